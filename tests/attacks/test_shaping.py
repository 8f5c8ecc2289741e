import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.attacks.conftest import RATE, band_power_db, tone

from earmark.attacks import Chain, Sound, Synthetic
from earmark.errors import UsageError

noise = Sound(np.random.default_rng(0).standard_normal((1, 2 * RATE)).astype(np.float32) * 0.1, RATE)


def after(name: str, sound: Sound) -> Sound:
    return Chain.parse(name).apply(sound, 0, Synthetic())


@settings(max_examples=20, deadline=None)
@given(edge=st.integers(200, 7_000))
def test_above_or_below_an_edge_nothing_is_left(edge: int) -> None:
    assert band_power_db(after(f"lowpass:{edge}", noise), 1.15 * edge, 8_000) < -15
    assert band_power_db(after(f"highpass:{edge}", noise), 0, edge / 1.15) < -15


def test_a_band() -> None:
    left = after("band:300-3400", noise)
    assert band_power_db(left, 330, 3_100) > -0.5
    assert band_power_db(left, 0, 250) < -30
    assert band_power_db(left, 4_000, 8_000) < -20


def test_edges_beyond_what_there_is(voice: Sound) -> None:
    assert np.array_equal(after("lowpass:9000", voice).samples, voice.samples)
    with pytest.raises(UsageError, match="nothing would be left"):
        after("highpass:9000", voice)


def test_resampling_keeps_what_the_lower_rate_can() -> None:
    left = after("resample:8000", noise)
    assert left.length == noise.length
    assert band_power_db(left, 4_100, 8_000) < -40
    assert after("resample:8000", tone(1_000, 1)).power == pytest.approx(tone(1_000, 1).power, rel=0.01)


def test_polarity_is_an_involution(stereo: Sound) -> None:
    assert np.array_equal(after("polarity", stereo).samples, -stereo.samples)
    assert np.array_equal(after("polarity+polarity", stereo).samples, stereo.samples)


def test_one_channel_of_two(stereo: Sound, voice: Sound) -> None:
    assert np.array_equal(after("left", stereo).samples, stereo.samples[:1])
    assert np.array_equal(after("right", stereo).samples, stereo.samples[1:])
    assert np.array_equal(after("right", voice).samples, voice.samples)


def gains_db(name: str, seed: int) -> np.ndarray:
    shaped = Chain.parse(name).apply(noise, seed, Synthetic())
    before, left = (np.abs(np.fft.rfft(one.samples[0]))[100:-101].reshape(-1, 40) for one in (noise, shaped))
    return np.asarray(10 * np.log10((left**2).sum(axis=1) / (before**2).sum(axis=1)))


@pytest.mark.parametrize("seed", range(5))
def test_an_equaliser_raises_and_lowers_no_more_than_it_may(seed: int) -> None:
    assert np.abs(gains_db("equaliser:0", seed)).max() < 0.01
    assert 1 < np.abs(gains_db("equaliser:3", seed)).max() < 5 * 3
    assert np.allclose(gains_db("equaliser:6", seed), 2 * gains_db("equaliser:3", seed), atol=1)


def loudness_db(sound: Sound) -> np.ndarray:
    frames = sound.samples[0, : sound.length // 800 * 800].reshape(-1, 800)
    return np.asarray(10 * np.log10((frames**2).mean(axis=1) + 1e-9))


@pytest.mark.parametrize("name", ["agc", "compressor"])
def test_what_was_soft_becomes_as_loud_as_the_rest(name: str) -> None:
    long = noise.holding(np.tile(noise.samples, (1, 6)))
    swelling = long.holding(long.samples * np.where(np.arange(long.length) < long.length // 2, 0.1, 1))
    before, left = (loudness_db(one) for one in (swelling, after(name, swelling)))
    first, second = slice(20, 60), slice(-60, -20)
    assert before[second].mean() - before[first].mean() == pytest.approx(20, abs=0.5)
    assert left[second].mean() - left[first].mean() < 14


def test_a_compressor_takes_any_level_alike(voice: Sound) -> None:
    soft, loud = (after("compressor", voice.scaled(gain)) for gain in (0.001, 1.5))
    assert np.allclose(soft.samples, loud.samples, atol=1e-3)
    assert np.abs(loud.samples).max() <= 0.51
