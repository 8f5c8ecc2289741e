from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from tests.signal.scenes import Floats, Ints, signs

from earmark.keys import derive
from earmark.signal.correlation import GAIN, Correlator, energy, worth
from earmark.signal.layout import Layout
from earmark.signal.listening import STEPS, Listening

SEGMENTS = 12
SLOTS = 2

listened = hnp.arrays(np.int8, st.tuples(st.integers(0, 20), st.just(72)), elements=st.integers(-127, 127))
frame_lists = st.lists(st.integers(-20, 40), max_size=10).map(lambda frames: np.array(frames, np.int64))
odds = st.floats(-127 / 64, 127 / 64)


def correlator(cells: NDArray[np.int8], segments: int = SEGMENTS) -> Correlator:
    return Correlator(Listening(Layout(80), cells, 0.0), signs(segments))


def rng_of(cells: NDArray[np.int8]) -> np.random.Generator:
    return np.random.default_rng(int(np.abs(cells.astype(int)).sum()))


@settings(deadline=None)
@given(listened, frame_lists)
def test_a_window_is_the_cells_at_its_slots(cells: NDArray[np.int8], frames: Ints) -> None:
    found = correlator(cells).windows(frames)
    assert found.shape == (len(frames), SLOTS * 72)
    for window, frame in zip(found.reshape(-1, SLOTS, 72), frames.tolist(), strict=True):
        for slot in range(SLOTS):
            at = frame + 2 * (slot + 1)
            expected = cells[at] / STEPS if 0 <= at < len(cells) else np.zeros(72)
            assert np.array_equal(window[slot], expected)


@settings(deadline=None)
@given(listened, frame_lists)
def test_everywhere_is_along_all_diagonals(cells: NDArray[np.int8], frames: Ints) -> None:
    both = correlator(cells)
    everywhere = both.worth_everywhere(frames)
    assert everywhere.shape == (len(frames), SEGMENTS)
    for segment in range(SEGMENTS):
        along = both.worth_along(frames, np.full(len(frames), segment))
        assert along == pytest.approx(everywhere[:, segment], rel=1e-4, abs=1e-3)


@settings(deadline=None)
@given(listened, frame_lists, st.data())
def test_pairs_are_summed_cell_by_cell(cells: NDArray[np.int8], frames: Ints, data: st.DataObject) -> None:
    both = correlator(cells)
    numbers = st.integers(-3, SEGMENTS + 3)
    segments = np.array(data.draw(st.lists(numbers, min_size=len(frames), max_size=len(frames))), np.int64)
    sums, squares = both.along(frames, segments)
    for index, (segment, window) in enumerate(zip(segments.tolist(), both.windows(frames), strict=True)):
        inside = 0 <= segment < SEGMENTS
        pattern = both.signs[segment] if inside else np.zeros(144)
        assert sums[index] == pytest.approx(float(window @ pattern), abs=1e-3)
        assert squares[index] == pytest.approx(float(window @ window) if inside else 0, rel=1e-4)


@settings(deadline=None)
@given(listened)
def test_a_recording_has_nothing_outside_of_itself(cells: NDArray[np.int8]) -> None:
    both = correlator(cells)
    assert both.segments == SEGMENTS
    outside = np.array([-1, -100, SEGMENTS, 10**6])
    assert not both.worth_along(np.zeros(4, np.int64), outside).any()


@settings(deadline=None)
@given(st.floats(-300, 300), st.floats(0, 1000))
def test_worth_is_its_formula_and_takes_no_side(log_odds: float, squares: float) -> None:
    found = worth(np.array([log_odds, -log_odds], np.float32), np.array([squares, squares], np.float32))
    expected = np.log(np.cosh(GAIN * log_odds / 2)) - GAIN**2 * squares / 8
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_worth_leaves_what_it_is_given() -> None:
    log_odds, squares = np.array([3.0, -4.0], np.float32), np.array([1.0, 2.0], np.float32)
    worth(log_odds, squares)
    assert log_odds.tolist() == [3, -4]
    assert squares.tolist() == [1, 2]


@settings(deadline=None)
@given(hnp.arrays(np.float32, (5, 9), elements=st.floats(-2, 2, width=32)))
def test_energy_is_the_sum_of_squares(windows: Floats) -> None:
    assert energy(windows) == pytest.approx((windows.astype(float) ** 2).sum(axis=1), rel=1e-5, abs=1e-6)


@settings(deadline=None)
@given(st.lists(odds, min_size=1, max_size=9))
def test_no_cells_can_be_made_for_which_chance_signs_are_worth_more_than_nothing(log_odds: list[float]) -> None:
    """E exp(W) ≤ 1 over all patterns, exactly: what the bound stands on, whatever the cells."""
    cells = np.array(log_odds)
    every = np.array(list(product((-1.0, 1.0), repeat=len(cells))))
    gains = worth((every @ cells).astype(np.float32), np.array([cells @ cells], np.float32)).astype(float)
    assert np.exp(gains).mean() <= 1 + 1e-5


@settings(deadline=None, max_examples=12)
@given(
    hnp.arrays(
        np.int8, (40, 72), elements=st.integers(-127, 127), fill=st.sampled_from([-127, -30, -3, 0, 3, 30, 127])
    ),
    st.lists(st.integers(-2, 40), min_size=30, max_size=30),
    st.sampled_from([1, 8, 40]),
)
def test_unmarked_sound_hardly_ever_reaches_a_bound(cells: NDArray[np.int8], frames: list[int], softer: int) -> None:
    """P(W ever reaches w) ≤ exp(-w) over keys, for any cells, any path through them and however long one looks."""
    trials, count = 600, len(frames)
    heard = Listening(Layout(80), (cells / softer).astype(np.int8), 0.0)
    keys = (derive(bytes(32), "earmark/1 test", number.to_bytes(4, "big")) for number in range(trials))
    paths = np.array(
        [
            np.cumsum(Correlator(heard, signs(count, key)).worth_along(np.array(frames), np.arange(count)))
            for key in keys
        ]
    )
    highest = paths.max(axis=1)
    for bound in (1.0, 2.0, 3.0, 4.0):
        allowed = trials * np.exp(-bound)
        assert (highest >= bound).sum() <= allowed + 5 * np.sqrt(allowed)
