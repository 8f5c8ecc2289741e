import types
from importlib.util import find_spec

import numpy as np
import pytest
from tests.attacks.conftest import RATE, lag

from earmark.attacks import Chain, Sound, Synthetic, denoising
from earmark.errors import EarmarkError


class LateByTwoFrames(types.ModuleType):
    """Takes frames as RNNoise does and gives them back half as loud, 20 ms late."""

    def create(self) -> list[np.ndarray]:
        return [np.zeros(480, np.int16), np.zeros(480, np.int16)]

    def destroy(self, state: list[np.ndarray]) -> None:
        state.clear()

    def process_mono_frame(self, state: list[np.ndarray], frame: np.ndarray) -> tuple[np.ndarray, float]:
        assert frame.dtype == np.int16
        assert len(frame) == 480
        state.append(frame // 2)
        return state.pop(0), 1.0


def test_frames_come_back_in_step(stereo: Sound, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(denoising, "import_module", lambda _name: LateByTwoFrames("rnnoise"))
    left = Chain.parse("denoise").apply(stereo, 0, Synthetic())
    assert left.samples.shape == stereo.samples.shape
    assert lag(left, stereo) == 0
    assert left.power == pytest.approx(stereo.power / 4, rel=0.02)


@pytest.mark.parametrize("library", ["pyrnnoise"] if find_spec("pyrnnoise") else [])
def test_the_real_one_is_in_step_and_takes_noise_away(voice: Sound, library: str) -> None:
    assert library
    pause = np.zeros((1, 2 * RATE), np.float32)
    noisy = Chain.parse("white:15").apply(voice.holding(np.concatenate([voice.samples, pause], axis=1)), 0, Synthetic())
    clean = Chain.parse("denoise").apply(noisy, 0, Synthetic())
    assert lag(clean, noisy) == 0
    assert (clean.samples[:, -RATE:] ** 2).mean() < 0.05 * (noisy.samples[:, -RATE:] ** 2).mean()


def test_without_rnnoise(voice: Sound, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_name: str) -> types.ModuleType:
        raise ImportError

    monkeypatch.setattr(denoising, "import_module", missing)
    with pytest.raises(EarmarkError, match="not installed") as caught:
        Chain.parse("denoise").apply(voice, 0, Synthetic())
    assert "pip install pyrnnoise" in caught.value.hint


def test_spectral_subtraction_takes_noise_away(voice: Sound) -> None:
    pause = np.zeros((1, 2 * RATE), np.float32)
    speech = voice.holding(np.concatenate([pause, voice.samples, pause], axis=1))
    noisy = Chain.parse("white:15").apply(speech, 0, Synthetic())
    clean = Chain.parse("denoise:fft").apply(noisy, 0, Synthetic())
    assert clean.length == noisy.length
    assert lag(clean, noisy) == 0
    rest = slice(-RATE, -RATE // 4)
    assert (clean.samples[:, rest] ** 2).mean() < 0.5 * (noisy.samples[:, rest] ** 2).mean()
