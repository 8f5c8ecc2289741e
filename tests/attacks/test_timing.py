import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.attacks.conftest import RATE, hertz, tone

from earmark.attacks import Chain, Sound, Synthetic
from earmark.attacks.timing import faded, likest


@settings(max_examples=25, deadline=None)
@given(percent=st.integers(-50, 100))
def test_speed_divides_the_length_and_multiplies_the_pitch(percent: int) -> None:
    before = tone(440, 1.0)
    after = Chain.parse(f"speed:{percent}").apply(before, 0, Synthetic())
    assert after.length == round(before.length / (1 + percent / 100))
    assert hertz(after) == pytest.approx(hertz(before) * (1 + percent / 100), rel=1e-3)


@settings(max_examples=15, deadline=None)
@given(ppm=st.integers(-20_000, 20_000))
def test_drift_is_as_many_parts_per_million(ppm: int) -> None:
    before = tone(1_000, 10.0)
    after = Chain.parse(f"drift:{ppm}").apply(before, 0, Synthetic())
    assert after.length == round(before.length / (1 + ppm / 1e6))
    assert (hertz(after) / hertz(before) - 1) * 1e6 == pytest.approx(ppm, abs=20)


@pytest.mark.parametrize("percent", [-10, -3, 3, 10, 50])
def test_tempo_keeps_the_pitch(percent: int) -> None:
    before = tone(440, 4.0)
    after = Chain.parse(f"tempo:{percent}").apply(before, 0, Synthetic())
    assert hertz(after) == pytest.approx(440, rel=0.005)
    assert after.seconds == pytest.approx(before.seconds / (1 + percent / 100), abs=0.06)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1_000), most_ms=st.integers(15, 300))
def test_jitter_never_strays_further_than_it_may(seed: int, most_ms: int) -> None:
    before = np.arange(4 * RATE, dtype=np.float32)[None]
    after = Chain.parse(f"jitter:{most_ms}").apply(Sound(before, RATE), seed, Synthetic())
    strayed = np.abs(after.samples[0] - np.arange(after.length))  # every sample says where it was
    assert 0 < strayed.max() <= most_ms * RATE / 1000 + 1
    assert after.samples[0, 0] == 0
    assert after.samples[0, -1] == before[0, -1]


def test_jitter_keeps_the_pitch_and_makes_no_clicks() -> None:
    before = tone(200, 4.0)
    after = Chain.parse("jitter").apply(before, 3, Synthetic())
    assert after.length != before.length
    assert hertz(after) == pytest.approx(200, rel=0.005)
    assert np.abs(np.diff(after.samples)).max() < 1.1 * np.abs(np.diff(before.samples)).max()


@settings(max_examples=20)
@given(period=st.integers(40, 240))
def test_the_period_of_a_voice_is_found(period: int) -> None:
    pulses = np.resize(np.random.default_rng(period).standard_normal(period), 480).astype(np.float32)
    assert likest(pulses, 40, 240) % period == 0


def test_fading_goes_from_one_to_the_other() -> None:
    mixed = faded(np.zeros((2, 100), np.float32), np.ones((2, 100), np.float32))
    assert (np.diff(mixed) > 0).all()
    assert mixed[0, 0] < 0.01
    assert mixed[0, -1] > 0.99
