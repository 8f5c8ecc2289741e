from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from tests.api.voices import speech
from tests.signal.scenes import resampled

from earmark.grid import Grid
from earmark.signal.alignment import Passage
from earmark.signal.calls import DEPTH, RATE, SEGMENT_MS, SLOT_MS
from earmark.signal.correlation import Correlator
from earmark.signal.layout import Layout
from earmark.signal.listening import listen
from earmark.signal.patterns import Patterns
from earmark.signal.steps import STEP_NATS, likeliest, stepped
from earmark.signal.variants import Renderer

SECONDS, STEP = 24.0, 960


@given(arrays(np.float64, (5, 12), elements=st.floats(-9, 9)))
def test_no_way_is_worth_more(worth: NDArray[np.float64]) -> None:
    way = likeliest(worth, 2)

    def total(rows: NDArray[np.intp]) -> float:
        steps = np.count_nonzero(np.diff(np.concatenate([[2], rows])))
        return float(worth[rows, np.arange(len(rows))].sum() - STEP_NATS * steps)

    rng = np.random.default_rng(0)
    others = [np.full(12, row) for row in range(5)] + [np.repeat(rng.integers(5, size=3), 4) for _ in range(30)]
    assert all(total(way) >= total(other) - 1e-9 for other in others)


def heard(steps: dict[float, int]) -> tuple[Correlator, Passage]:
    """Return a stream as a jitter buffer plays it, which leaves samples out or repeats them, and its line as it was."""
    sound = speech(SECONDS, rate=RATE, seed=3)
    patterns, grid = Patterns(b"k" * 32, Layout(SEGMENT_MS, SLOT_MS)), Grid.over(sound.shape[1], RATE, SEGMENT_MS)
    marked = np.concatenate([one for one, _ in Renderer(patterns, grid, RATE, DEPTH).render([sound])], axis=1)
    pieces, at = [], 0
    for time, step in steps.items():
        until = round(time * RATE)
        pieces.append(marked[:, at:until])
        at = until + step
    played = np.concatenate([*pieces, marked[:, at:]], axis=1)
    listening = listen([resampled(played, RATE)], patterns.layout)
    signs = patterns.signs(0, grid.segments).reshape(grid.segments, -1)
    correlator = Correlator(listening, signs)
    segments = np.arange(grid.segments - 2)
    return correlator, Passage(segments, segments * listening.hops_per_segment, -50.0)


@pytest.mark.parametrize("step", [STEP, -STEP])
def test_a_step_is_followed(step: int) -> None:
    correlator, line = heard({11.0: step})
    found = stepped(correlator, line)
    hops = round(step / RATE / correlator.listening.hop_s)
    seconds = line.segments * SEGMENT_MS / 1000
    assert set((found.frames - line.frames)[seconds < 10]) == {0}
    assert set((found.frames - line.frames)[seconds > 12.5]) == {-hops}
    assert correlator.worth_along(found.frames, found.segments).sum() > (
        correlator.worth_along(line.frames, line.segments).sum() + 10
    )


def test_what_has_no_step_stays() -> None:
    correlator, line = heard({})
    assert np.array_equal(stepped(correlator, line).frames, line.frames)
    late = replace(line, frames=line.frames + 1)
    assert set(stepped(correlator, late).frames - line.frames) == {0}
