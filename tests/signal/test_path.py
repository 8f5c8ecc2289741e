from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from earmark.signal.path import FOREIGN, Part, Prices, best_path, centred, certainty, drawn_in, opened

PRICES = Prices(jump=9.0, leave=7.0, enter=5.0)

worths = st.tuples(st.integers(0, 4), st.integers(0, 12)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.sampled_from([-np.inf, -3.0, -1.0, 0.0, 1.0, 4.0]))
)


def value(worth: np.ndarray, states: list[int]) -> float:
    """Return what a path is worth, straight from the definition."""
    rows = np.vstack([np.maximum(worth, -1e9), np.zeros((1, worth.shape[1]))])
    total = sum(rows[state, frame] for frame, state in enumerate(states))
    for before, after in pairwise(states):
        if before != after:
            total -= PRICES.leave if after == FOREIGN else PRICES.enter if before == FOREIGN else PRICES.jump
    return float(total - PRICES.leave / 2 * ((states[0] == FOREIGN) + (states[-1] == FOREIGN)))


@given(worths, st.lists(st.integers(-1, 3), min_size=12, max_size=12))
def test_no_path_is_better(worth: np.ndarray, other: list[int]) -> None:
    courses, frames = worth.shape
    parts = best_path(worth, PRICES)
    states = [part.course for part in parts for _ in range(part.first, part.last)]
    assert len(states) == frames
    if frames:
        rival = [state if state < courses else FOREIGN for state in other[:frames]]
        assert value(worth, states) >= value(worth, rival) - 1e-9


@pytest.mark.parametrize("pause", [0, 10, 30])
def test_a_border_in_a_pause_is_in_its_middle(pause: int) -> None:
    one = np.concatenate([np.ones(50), np.zeros(pause), -np.ones(50)])
    worth = np.stack([one, one[::-1]])
    before, after = centred(worth, best_path(worth, PRICES), 60)
    assert before.last == after.first
    assert abs(before.last - (50 + pause / 2)) <= 1


def test_a_border_is_put_where_a_joint_is_easy_if_nothing_else_tells() -> None:
    one = np.concatenate([np.ones(50), np.zeros(30), -np.ones(50)])
    worth, easy = np.stack([one, one[::-1]]), np.zeros(131)
    easy[70] = 9.0
    before, after = centred(worth, best_path(worth, PRICES), 60, easy)
    assert before.last == after.first == 70


def test_how_sure_a_border_is_does_not_depend_on_pauses() -> None:
    sharp = np.concatenate([np.ones(50), -np.ones(50)])
    vague = np.concatenate([np.ones(30), np.zeros(40), -np.ones(30)])
    loud = np.ones(100, bool)
    for one, sure in ((sharp, True), (vague, False)):
        worth, parts = np.stack([one, one[::-1]]), [Part(0, 0, 50), Part(1, 50, 100)]
        assert (certainty(worth, *parts, reach=45, near=5, loud=loud) > 0.9) == sure
        assert certainty(worth, *parts, reach=45, near=5, loud=loud & (one != 0)) > 0.9


def test_what_seems_said_twice_was_put_in() -> None:
    worth = np.stack([np.repeat([1.0, -1.0], [40, 60]), np.repeat([-1.0, 1.0], [50, 50])])
    parts = opened(worth, [Part(0, 0, 46), Part(1, 46, 100)], [10])
    assert parts == [Part(0, 0, 40), Part(FOREIGN, 40, 50), Part(1, 50, 100)]
    assert opened(worth, [Part(0, 0, 46), Part(1, 46, 100)], [0]) == [Part(0, 0, 46), Part(1, 46, 100)]


@pytest.mark.parametrize(("quiet", "moved"), [(0, 0), (12, 12), (45, 40)])
def test_what_is_foreign_is_drawn_in_to_where_it_is_heard(quiet: int, moved: int) -> None:
    telling = np.ones(300)
    telling[100 : 100 + quiet] = telling[200 - quiet : 200] = 0.0
    parts = [Part(0, 0, 100), Part(FOREIGN, 100, 200), Part(1, 200, 300)]
    first, last = 100 + moved, 200 - moved
    assert drawn_in(parts, telling, 0.5, 40) == [Part(0, 0, first), Part(FOREIGN, first, last), Part(1, last, 300)]
    assert drawn_in(parts, np.zeros(300), 0.5, 40) == parts


@given(worths, st.floats(0, 3), st.integers(0, 20))
def test_drawn_in_parts_cover_the_leak(worth: np.ndarray, least: float, reach: int) -> None:
    parts = best_path(worth, PRICES)
    drawn = drawn_in(parts, np.abs(np.maximum(worth, -9)).sum(axis=0), least, reach)
    assert [part.course for part in drawn] == [part.course for part in parts]
    for before, after in pairwise(drawn):
        assert before.last == after.first
    for part in drawn:
        assert part.first <= part.last
