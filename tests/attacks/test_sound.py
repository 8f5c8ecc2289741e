from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.api.voices import write_wav

from earmark.attacks import Sound, read_sound
from earmark.attacks import sound as module
from earmark.errors import MediaError


@given(st.integers(0, 400), st.integers(1, 3))
def test_fitting(length: int, channels: int) -> None:
    sound = Sound(np.ones((channels, 200), np.float32), 8_000)
    fitted = sound.fitted(length)
    assert fitted.samples.shape == (channels, length)
    assert fitted.samples.sum() == channels * min(length, 200)


def test_levels(voice: Sound) -> None:
    assert voice.levelled(0.1).power == pytest.approx(0.01, rel=1e-4)
    assert voice.scaled(2).power == pytest.approx(4 * voice.power, rel=1e-4)
    silence = voice.holding(np.zeros((1, 10)))
    assert not silence.levelled(0.1).samples.any()


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000])
def test_another_rate_and_back(voice: Sound, rate: int) -> None:
    there = voice.at_rate(rate)
    assert there.seconds == pytest.approx(voice.seconds, abs=1e-3)
    assert there.at_rate(voice.rate).power == pytest.approx(voice.power, rel=0.1)


def test_mixing_down(stereo: Sound) -> None:
    assert np.allclose(stereo.mixed_down(1).samples[0], stereo.samples.mean(axis=0))
    assert stereo.mixed_down(2) is stereo


def test_reading(stereo: Sound, tmp_path: Path) -> None:
    read = read_sound(write_wav(tmp_path / "x.wav", stereo.samples, 44_100))
    assert (read.rate, read.samples.shape) == (44_100, stereo.samples.shape)
    assert np.abs(read.samples - stereo.samples).max() < 1e-4


def test_what_is_too_much(stereo: Sound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_wav(tmp_path / "x.wav", stereo.samples, 8_000)
    monkeypatch.setattr(module, "MOST_SAMPLES", 30_000)
    with pytest.raises(MediaError, match="too long"):
        read_sound(path)
    many = write_wav(tmp_path / "many.wav", np.zeros((9, 100), np.float32), 8_000)
    with pytest.raises(MediaError, match="9 channels"):
        read_sound(many)
