import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.signal.scenes import Floats, pieces

from earmark.signal.layout import BANDS, Layout, band_centres
from earmark.signal.spectrum import ANALYSIS_RATE, BATCH_FRAMES, HOPS_PER_SLOT, POWER_FLOOR, log_powers

layouts = st.sampled_from([20, 60, 80, 100, 240]).map(Layout)
seeds = st.integers(0, 2**32 - 1)


def noise(samples: int, seed: int = 0, channels: int = 1) -> Floats:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (channels, samples)).astype(np.float32)


def seen(sound: Floats, layout: Layout | None = None) -> Floats:
    return np.concatenate(list(log_powers([sound], layout or Layout(80))))


def hop_of(layout: Layout) -> float:
    return ANALYSIS_RATE * layout.slot_s / HOPS_PER_SLOT


def slowly(sound: Floats, layout: Layout, frame: int) -> NDArray[np.float64]:
    """Return the log-powers of one frame as the formula says."""
    window = layout.window_samples(ANALYSIS_RATE)
    start = int(frame * hop_of(layout)) - window // 2
    at = np.arange(start, start + window)
    inside = (at >= 0) & (at < sound.shape[1])
    taper = np.sin(np.pi * np.arange(window) / window) ** 2
    heard = np.where(inside, sound[:, np.clip(at, 0, sound.shape[1] - 1)].astype(np.float64), 0) * taper
    frequencies = np.arange(window // 2 + 1) * ANALYSIS_RATE / window
    power = sum(np.abs(np.fft.rfft(channel)) ** 2 for channel in heard) / window**2
    share = np.maximum(0, 1 - np.abs(frequencies - band_centres()[:, None]) / 93.75)
    return np.log(share @ power + POWER_FLOOR)


@settings(deadline=None, max_examples=20)
@given(layouts, seeds, st.integers(1, 6000), st.integers(1, 3))
def test_log_powers_are_what_the_formula_says(layout: Layout, seed: int, samples: int, channels: int) -> None:
    sound = noise(samples, seed, channels)
    for frame, found in enumerate(seen(sound, layout)):
        assert found == pytest.approx(slowly(sound, layout, frame), abs=2e-3)


@settings(deadline=None, max_examples=25)
@given(layouts, st.lists(st.integers(0, 900), min_size=1, max_size=6).filter(any), st.integers(1, 8000), seeds)
def test_the_size_of_blocks_makes_no_difference(layout: Layout, sizes: list[int], samples: int, seed: int) -> None:
    sound = noise(samples, seed, 2)
    blockwise = np.concatenate(list(log_powers(pieces(sound, sizes), layout)))
    assert blockwise == pytest.approx(seen(sound, layout), abs=1e-4)


@settings(deadline=None, max_examples=25)
@given(layouts, st.integers(0, 20_000))
def test_there_is_a_frame_at_the_start_and_after_every_hop(layout: Layout, samples: int) -> None:
    frames = len(seen(np.zeros((1, samples), np.float32), layout))
    assert abs(frames - (samples / hop_of(layout) + 1)) < 1
    assert frames >= 1


@settings(deadline=None)
@given(layouts, st.integers(2, 30))
def test_frames_lie_where_their_number_says(layout: Layout, frame: int) -> None:
    click = np.zeros((1, 12_000), np.float32)
    click[0, round(frame * hop_of(layout))] = 0.5
    assert seen(click, layout).mean(axis=1).argmax() == frame


@settings(deadline=None)
@given(st.integers(1, 20), seeds)
def test_a_shift_by_a_hop_is_a_shift_by_a_frame(hops: int, seed: int) -> None:
    sound = noise(10_000, seed)
    shifted = seen(np.concatenate([np.zeros((1, 200 * hops), np.float32), sound], axis=1))
    assert shifted[hops + 2 :] == pytest.approx(seen(sound)[2:], abs=1e-3)


@settings(deadline=None)
@given(st.floats(0.01, 1), seeds)
def test_a_gain_is_added(gain: float, seed: int) -> None:
    sound = noise(6_000, seed)
    assert seen(np.float32(gain) * sound) - seen(sound) == pytest.approx(2 * np.log(gain), abs=1e-2)


@settings(deadline=None)
@given(seeds, st.integers(0, BANDS - 1))
def test_a_tone_is_loudest_in_its_band(seed: int, band: int) -> None:
    phase = 2 * np.pi * (band_centres()[band] * np.arange(6_000) / ANALYSIS_RATE + seed / 2**32)
    assert (seen(0.3 * np.sin(phase)[None].astype(np.float32)).argmax(axis=1) == band).all()


def test_channels_cannot_cancel() -> None:
    sound = noise(6_000)
    alone = seen(sound)
    assert seen(-sound) == pytest.approx(alone, abs=1e-4)
    assert seen(np.concatenate([sound, -sound])) == pytest.approx(alone + np.log(2), abs=1e-4)
    assert seen(np.concatenate([0 * sound, sound])) == pytest.approx(alone, abs=1e-4)


def test_silence_is_at_the_floor() -> None:
    assert seen(np.zeros((2, 3_000), np.float32)) == pytest.approx(np.log(POWER_FLOOR))


def test_long_sound_comes_some_frames_at_a_time() -> None:
    sound = noise((2 * BATCH_FRAMES + 10) * 50)
    parts = list(log_powers([sound], Layout(20)))
    assert max(len(part) for part in parts) <= BATCH_FRAMES
    assert sum(len(part) for part in parts) == len(sound[0]) // 75 + 1


def test_nothing_gives_no_frames() -> None:
    assert list(log_powers([], Layout(80))) == []
