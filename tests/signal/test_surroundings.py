import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from earmark.signal.surroundings import SAMPLED_FRAMES, Surroundings

seeds = st.integers(0, 2**32 - 1)


def log_powers(frames: int, seed: int) -> NDArray[np.float16]:
    return np.random.default_rng(seed).uniform(-25, -5, (frames, 72)).astype(np.float16)


@settings(deadline=None)
@given(st.integers(1, 300), seeds)
def test_what_bands_have_most_of_the_time_and_reach_sometimes(frames: int, seed: int) -> None:
    heard = log_powers(frames, seed)
    found = Surroundings.of(heard)
    assert found.floor.shape == found.top.shape == (72,)
    assert found.floor.dtype == found.top.dtype == np.float32
    assert ((heard >= found.floor).mean(axis=0) >= 0.9 - 1 / frames).all()
    assert ((heard >= found.top).mean(axis=0) >= 0.1 - 1 / frames).all()
    assert ((heard < found.floor).mean(axis=0) <= 0.1 + 1 / frames).all()
    assert ((heard > found.top).mean(axis=0) <= 0.1 + 1 / frames).all()
    assert (found.floor <= found.top).all()
    loudest = heard.max(axis=1)
    assert (loudest >= found.loud).mean() >= 0.05 - 1 / frames
    assert (loudest > found.loud).mean() <= 0.05 + 1 / frames


@settings(deadline=None)
@given(st.integers(-8, 8), seeds)
def test_a_gain_is_added(gain: int, seed: int) -> None:
    heard = np.round(log_powers(100, seed))
    before, after = Surroundings.of(heard), Surroundings.of(heard + np.float16(gain))
    assert after.loud == pytest.approx(before.loud + gain, abs=1e-4)
    assert after.floor == pytest.approx(before.floor + gain, abs=1e-4)
    assert after.top == pytest.approx(before.top + gain, abs=1e-4)


@settings(deadline=None, max_examples=5)
@given(seeds)
def test_the_order_of_frames_does_not_matter(seed: int) -> None:
    heard = log_powers(200, seed)
    one, other = Surroundings.of(heard), Surroundings.of(np.random.default_rng(seed).permutation(heard))
    assert one.loud == other.loud
    assert np.array_equal(one.floor, other.floor)
    assert np.array_equal(one.top, other.top)


def test_of_a_long_leak_some_frames_are_enough() -> None:
    heard = log_powers(2 * SAMPLED_FRAMES + 5, 0)
    found = Surroundings.of(heard)
    assert found.floor == pytest.approx(-23, abs=0.5)
    assert found.top == pytest.approx(-7, abs=0.5)


def test_one_frame_is_its_own_surroundings() -> None:
    heard = log_powers(1, 0)
    found = Surroundings.of(heard)
    assert found.loud == heard.max()
    assert np.array_equal(found.floor, heard[0])
    assert np.array_equal(found.top, heard[0])
