import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.signal.sounding import LogPowers, Sounding

HOPS, HOP_S = 4, 0.015
FRAMES = 8_000


def sound(seed: int, frames: int = FRAMES) -> LogPowers:
    """Return log-powers that change as slowly as those of speech do."""
    noise = np.random.default_rng(seed).standard_normal((frames + 7, 24))
    smooth = np.stack([np.convolve(band, np.ones(8) / 8, "valid") for band in noise.T], axis=1)
    return np.repeat(6 * smooth - 10, 3, axis=1).astype(np.float16)


ORIGINAL = sound(1)


@settings(max_examples=10, deadline=None)
@given(first=st.integers(0, 6000), length=st.integers(200, 1500), noise=st.floats(0, 3), seed=st.integers(0, 99))
def test_a_part_is_found_where_it_was(first: int, length: int, noise: float, seed: int) -> None:
    leak = ORIGINAL[first : first + length] + noise * sound(seed + 2, length) / 6
    passages = Sounding(leak.astype(np.float16), ORIGINAL, HOPS, HOP_S).passages(0, length)
    assert passages
    for passage in passages:
        assert np.abs(HOPS * passage.segments - first - passage.frames).max() <= 3


@pytest.mark.parametrize("seed", range(5))
def test_nothing_else_is_found(seed: int) -> None:
    assert not Sounding(sound(seed + 50, 1500), ORIGINAL, HOPS, HOP_S).passages(0, 1500)


@pytest.mark.parametrize("leak", [ORIGINAL[:0], ORIGINAL[:20], np.full((900, 72), -29, np.float16)])
def test_what_says_nothing_is_found_nowhere(leak: LogPowers) -> None:
    assert not Sounding(leak, ORIGINAL, HOPS, HOP_S).passages(0, len(leak))


def test_in_a_short_original_nothing_is_found() -> None:
    assert not Sounding(ORIGINAL[:900], ORIGINAL[:20], HOPS, HOP_S).passages(0, 900)
