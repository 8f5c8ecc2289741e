import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from earmark.signal.plain import CLIP, GAIN, WHITENING, mirrored, plain
from earmark.signal.surroundings import REACH, Surroundings

Floats = NDArray[np.float32]

ANYWHERE = Surroundings(0.0, np.zeros(72, np.float32), np.zeros(72, np.float32))
seeds = st.integers(0, 2**32 - 1)
quarters = hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2), elements=st.floats(-4, 4, width=32))


def log_powers(frames: int, seed: int, spread: float = 2) -> Floats:
    return (-15 + spread * np.random.default_rng(seed).standard_normal((frames + 2 * REACH, 72))).astype(np.float32)


@settings(deadline=None)
@given(st.integers(1, 6), seeds)
def test_cells_are_judged_as_the_formula_says(frames: int, seed: int) -> None:
    heard = log_powers(frames, seed)
    bands = np.clip(np.arange(-3, 75), 0, 71)
    balance = sum(WHITENING[abs(i), abs(j)] for i in range(-1, 2) for j in range(-3, 4)) / 21
    found = plain(heard, ANYWHERE)
    assert found.shape == (frames, 72)
    for t in range(frames):
        for b in range(72):
            whitened = sum(
                (WHITENING[abs(i), abs(j)] - balance) * heard[t + 2 + 2 * i, bands[b + 3 + j]]
                for i in range(-1, 2)
                for j in range(-3, 4)
            )
            assert found[t, b] == pytest.approx(GAIN * np.clip(whitened, -CLIP, CLIP), abs=1e-4)


@settings(deadline=None)
@given(seeds, st.floats(-10, 10))
def test_loudness_does_not_matter(seed: int, gain: float) -> None:
    heard = log_powers(20, seed)
    assert plain(heard + np.float32(gain), ANYWHERE) == pytest.approx(plain(heard, ANYWHERE), abs=1e-4)


@settings(deadline=None)
@given(seeds, st.floats(0, 1000))
def test_no_cell_says_more_than_the_limit(seed: int, spread: float) -> None:
    assert np.abs(plain(log_powers(5, seed, spread), ANYWHERE)).max() <= GAIN * CLIP + 1e-6


@settings(deadline=None)
@given(st.floats(-30, 0), st.integers(1, 5))
def test_what_is_alike_everywhere_says_nothing(level: float, frames: int) -> None:
    assert plain(np.full((frames + 2 * REACH, 72), level, np.float32), ANYWHERE) == pytest.approx(0, abs=1e-4)


@settings(deadline=None)
@given(seeds, st.integers(0, 71), st.floats(0.05, 1))
def test_a_raised_cell_is_likelier_raised(seed: int, band: int, more: float) -> None:
    heard = log_powers(3, seed, spread=0.3)
    raised = heard.copy()
    raised[REACH + 1, band] += more
    assert plain(raised, ANYWHERE)[1, band] > plain(heard, ANYWHERE)[1, band]


@settings(deadline=None)
@given(quarters)
def test_filters_are_mirrored_on_both_axes_and_add_up_to_nothing(quarter: Floats) -> None:
    whole = mirrored(quarter)
    rows, columns = quarter.shape
    assert whole.shape == (2 * rows - 1, 2 * columns - 1)
    assert np.array_equal(whole, whole[::-1])
    assert np.array_equal(whole, whole[:, ::-1])
    assert whole.sum() == pytest.approx(0, abs=1e-4)
    corner = whole[rows - 1 :, columns - 1 :]
    assert corner - corner[0, 0] == pytest.approx(quarter - quarter[0, 0], abs=1e-5)
