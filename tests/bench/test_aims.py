import numpy as np
import pytest
import scipy.signal
from numpy.typing import NDArray

from bench.aims import remarked, repeated, scrambled, smoothed
from bench.leaks import SEGMENT
from bench.stage import RATE

Floats = NDArray[np.float32]


def noise(seconds: float = 1.0) -> Floats:
    return 0.1 * np.random.default_rng(0).standard_normal(round(seconds * RATE)).astype(np.float32)


def far(one: Floats, other: Floats) -> float:
    """Return the level of the difference against the first sound, in dB."""
    return float(10 * np.log10(np.mean((one - other) ** 2) / np.mean(one**2)))


def test_marking_again_adds_a_mark_each_time() -> None:
    sound = noise()
    once, twice, deeper = (
        remarked(sound[None], np.random.default_rng(1), times, depth) for times, depth in ((1, 0.3), (2, 0.3), (1, 0.6))
    )
    assert -30 < far(sound, once) < far(sound, twice) < far(sound, deeper) < -5
    assert len(once) == len(sound)


def test_smoothing_levels_what_changes() -> None:
    loud = np.repeat(np.resize([0.3, 1.0], 20), RATE // 20)
    speech_band = scipy.signal.butter(4, (500, 6500), "bandpass", fs=RATE, output="sos")
    sound = (scipy.signal.sosfilt(speech_band, noise()) * loud).astype(np.float32)
    even = smoothed(sound[None], np.random.default_rng(0), 400, 1.0)
    unchanged = smoothed(sound[None], np.random.default_rng(0), 400, 0.0)
    assert np.allclose(sound, unchanged, atol=1e-5)

    def ratio(heard: Floats) -> float:
        levels = np.sqrt(np.mean(heard.reshape(20, -1)[2:-2] ** 2, axis=1))
        return float(levels[1::2].mean() / levels[::2].mean())

    assert ratio(even) < 0.75 * ratio(sound)


def test_without_gain_two_leave_the_middle() -> None:
    copies = np.stack([noise(), noise()[::-1]])
    assert np.allclose(scrambled(copies, np.random.default_rng(0), 0), copies.mean(axis=0), atol=1e-6)


@pytest.mark.parametrize("gain", [1, 2])
def test_where_two_agree_nothing_is_guessed(gain: float) -> None:
    copies = np.stack([noise(), noise()])
    copies[1, SEGMENT : 2 * SEGMENT] *= np.float32(0.8)
    mixed = scrambled(copies, np.random.default_rng(0), gain)
    same = np.flatnonzero(np.abs(mixed - copies[0]) < 1e-6)
    assert set(range(SEGMENT)) | set(range(2 * SEGMENT, len(mixed))) <= set(same.tolist())
    assert not np.allclose(mixed[SEGMENT : 2 * SEGMENT], copies.mean(axis=0)[SEGMENT : 2 * SEGMENT], atol=1e-3)


def test_repeats_are_averaged() -> None:
    assert np.allclose(repeated(np.stack([noise(), 3 * noise()]), np.random.default_rng(0)), 2 * noise())
