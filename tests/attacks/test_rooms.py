import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.attacks.conftest import RATE, band_power_db, lag, tone

from earmark.attacks import Chain, Sound, Synthetic
from earmark.attacks.rooms import rt60_s


@settings(max_examples=20, deadline=None)
@given(rt60=st.floats(0.1, 2.0), rate=st.sampled_from([8_000, 16_000, 48_000]))
def test_the_reverberation_time_of_a_decay(rt60: float, rate: int) -> None:
    time = np.arange(round(1.5 * rt60 * rate)) / rate
    decay = np.random.default_rng(0).standard_normal(len(time)) * 10 ** (-3 * time / rt60)
    assert rt60_s(decay.astype(np.float32), rate) == pytest.approx(rt60, rel=0.15)


@pytest.mark.parametrize("response", [np.zeros(100), np.eye(1, 100)[0], np.ones(1)])
def test_what_does_not_decay_has_none(response: np.ndarray) -> None:
    assert rt60_s(response.astype(np.float32), RATE) == 0


@settings(max_examples=30, deadline=None)
@given(rt60=st.floats(0.15, 1.5), seed=st.integers(0, 1_000), rate=st.sampled_from([8_000, 16_000, 48_000]))
def test_a_synthetic_room_has_the_time_asked_for(rt60: float, seed: int, rate: int) -> None:
    response = Synthetic().room(np.random.default_rng(seed), rate, rt60)
    assert int(np.argmax(np.abs(response))) == 0
    assert rt60_s(response, rate) == pytest.approx(rt60, rel=0.4)


def test_a_room_rings_on_after_the_sound() -> None:
    click = Sound(np.zeros((2, RATE), np.float32), RATE)
    click.samples[:, 100] = 1
    heard = Chain.parse("room:0.5").apply(click, 0, Synthetic())
    assert lag(heard, click) == 0
    assert heard.power == pytest.approx(click.power, rel=0.01)
    assert np.abs(heard.samples[:, :99]).max() < 1e-6
    assert (heard.samples[:, 2_000:] ** 2).sum() > 0.01
    assert np.array_equal(heard.samples[0], heard.samples[1])


def test_longer_rooms_ring_longer() -> None:
    click = Sound(np.eye(1, 2 * RATE, dtype=np.float32), RATE)
    late = [
        (Chain.parse(f"room:{rt}").apply(click, 0, Synthetic()).samples[:, 3_200:] ** 2).sum() for rt in (0.2, 0.4, 0.8)
    ]
    assert late[0] < late[1] < late[2]


def test_a_small_loudspeaker_has_a_small_band_and_the_same_level() -> None:
    noise = Sound(np.random.default_rng(0).standard_normal((1, 96_000)).astype(np.float32) * 0.05, 48_000)
    played = Chain.parse("loudspeaker").apply(noise, 0, Synthetic())
    assert played.power == pytest.approx(noise.power, rel=0.02)
    assert band_power_db(played, 0, 125) < band_power_db(noise, 0, 125) - 15
    assert band_power_db(played, 18_000, 24_000) < band_power_db(noise, 18_000, 24_000) - 8


def test_a_loudspeaker_distorts_a_little() -> None:
    played = Chain.parse("loudspeaker").apply(tone(1_000, 1.0, 48_000), 0, Synthetic())
    assert -55 < band_power_db(played, 2_900, 3_100) < -20  # a tone has no third harmonic
