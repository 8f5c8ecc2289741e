import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter

from earmark.signal.sounding import LONG_WINDOW_S, LogPowers, Sounding

HOPS, HOP_S = 4, 0.015
FRAMES = 8_000


def sound(seed: int, frames: int = FRAMES) -> LogPowers:
    """Return log-powers that change as slowly as those of speech do."""
    noise = np.random.default_rng(seed).standard_normal((frames + 7, 24))
    smooth = np.stack([np.convolve(band, np.ones(8) / 8, "valid") for band in noise.T], axis=1)
    return np.repeat(6 * smooth - 10, 3, axis=1).astype(np.float16)


def played(log_power: LogPowers, seed: int) -> LogPowers:
    """Return what a loudspeaker, a room that dies away in half a second, and noise leave of log-powers."""
    rng = np.random.default_rng(seed)
    powers = np.exp(log_power.astype(np.float64) + rng.normal(0, 2, 72))
    late = lfilter([0.0, 0.34], [1.0, -0.66], powers, axis=0)
    noise = np.quantile(powers, 0.6, axis=0) * rng.exponential(size=powers.shape)
    return np.asarray(np.log(powers + late + noise), np.float16)


ORIGINAL = sound(1)


@settings(max_examples=10, deadline=None)
@given(first=st.integers(0, 6000), length=st.integers(200, 1500), noise=st.floats(0, 3), seed=st.integers(0, 99))
def test_a_part_is_found_where_it_was(first: int, length: int, noise: float, seed: int) -> None:
    leak = ORIGINAL[first : first + length] + noise * sound(seed + 2, length) / 6
    passages = Sounding(leak.astype(np.float16), ORIGINAL, HOPS, HOP_S).passages(0, length)
    assert passages
    for passage in passages:
        assert np.abs(HOPS * passage.segments - first - passage.frames).max() <= 3


@settings(max_examples=10, deadline=None)
@given(first=st.integers(0, 6000), length=st.integers(500, 1500), seed=st.integers(0, 99))
def test_a_part_is_found_after_a_room(first: int, length: int, seed: int) -> None:
    leak = played(ORIGINAL[first : first + length], seed)
    passages = Sounding(leak, ORIGINAL, HOPS, HOP_S).passages(0, length, window_s=LONG_WINDOW_S)
    assert passages
    for passage in passages:
        assert np.abs(HOPS * passage.segments - first - passage.frames).max() <= 5


@pytest.mark.parametrize("seed", range(5))
def test_nothing_else_is_found_after_a_room(seed: int) -> None:
    sounding = Sounding(played(sound(seed + 50, 1500), seed), ORIGINAL, HOPS, HOP_S)
    assert not sounding.passages(0, 1500, window_s=LONG_WINDOW_S)
    assert not sounding.passages(0, 1500)


@settings(max_examples=10, deadline=None)
@given(shift=st.floats(-5, 5), tilt=st.floats(-0.1, 0.1), seed=st.integers(0, 99))
def test_loudness_and_colour_do_not_count(shift: float, tilt: float, seed: int) -> None:
    leak = played(ORIGINAL[1000:2000], seed)
    other = (leak.astype(np.float32) + shift + tilt * np.arange(72)).astype(np.float16)
    one, same = (Sounding(what, ORIGINAL, HOPS, HOP_S).passages(0, len(leak)) for what in (leak, other))
    assert [(p.segments[0], p.frames[0]) for p in one] == [(p.segments[0], p.frames[0]) for p in same]


@pytest.mark.parametrize("seed", range(5))
def test_nothing_else_is_found(seed: int) -> None:
    assert not Sounding(sound(seed + 50, 1500), ORIGINAL, HOPS, HOP_S).passages(0, 1500)


@pytest.mark.parametrize("leak", [ORIGINAL[:0], ORIGINAL[:20], np.full((900, 72), -29, np.float16)])
def test_what_says_nothing_is_found_nowhere(leak: LogPowers) -> None:
    assert not Sounding(leak, ORIGINAL, HOPS, HOP_S).passages(0, len(leak))


def test_in_a_short_original_nothing_is_found() -> None:
    assert not Sounding(ORIGINAL[:900], ORIGINAL[:20], HOPS, HOP_S).passages(0, 900)
