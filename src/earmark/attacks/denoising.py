"""Noise is taken out: RNNoise as telephones and meeting programs have it, or FFmpeg's spectral subtraction."""

from importlib import import_module
from types import ModuleType

import numpy as np

from earmark.attacks.graph import filtered
from earmark.attacks.sound import Floats, Sound
from earmark.errors import EarmarkError

RATE = 48_000
FRAME = 480
LATE = 2 * FRAME
SPECTRAL_LATE_S = 0.025
FRAME_S, QUIET = 0.02, 0.1


def rnnoise() -> ModuleType:
    """Return the module with the neural network.

    Raises:
        EarmarkError: it is not installed.
    """
    try:
        return import_module("pyrnnoise.rnnoise")  # large, and only this effect needs it
    except (ImportError, OSError) as error:
        hint = "Install it: pip install pyrnnoise; or take denoise:fft, which needs nothing."
        raise EarmarkError("denoise needs RNNoise, which is not installed", hint) from error


def denoise(sound: Sound) -> Sound:
    """Send every channel through RNNoise, in step: what comes out of it is 20 ms late."""
    library = rnnoise()
    wide = sound.at_rate(RATE)
    clean = [denoised(library, channel) for channel in wide.samples]
    return wide.holding(np.stack(clean)).at_rate(sound.rate).fitted(sound.length)


def denoised(library: ModuleType, channel: Floats) -> Floats:
    """Return one channel at 48 kHz without noise; shape (samples,)."""
    count = -(-(len(channel) + LATE) // FRAME)
    padded = np.pad(channel, (0, count * FRAME - len(channel)))
    words = np.rint(np.clip(padded, -1, 1) * 32_767).astype(np.int16).reshape(count, FRAME)
    state = library.create()
    try:
        clean = [library.process_mono_frame(state, frame)[0] for frame in words]
    finally:
        library.destroy(state)
    whole: Floats = np.concatenate(clean).astype(np.float32) / np.float32(32_767)
    return whole[LATE : LATE + len(channel)]


def subtracted(sound: Sound) -> Sound:
    """Send it through FFmpeg's ``afftdn``, in step: what is like its softest parts is taken down by 20 dB."""
    late = round(SPECTRAL_LATE_S * sound.rate)
    padded = sound.fitted(sound.length + late)
    clean = filtered(padded, ("afftdn", f"noise_reduction=20:noise_floor={floor_db(sound):.1f}"))
    return sound.holding(clean.samples[:, late:]).fitted(sound.length)


def floor_db(sound: Sound) -> float:
    """Return the level below which a tenth of it lies, in dB of full scale; -80 to -20, which is what FFmpeg takes."""
    frame = round(FRAME_S * sound.rate)
    whole = sound.samples.mean(axis=0)[: max(1, sound.length // frame) * frame]
    powers = np.square(whole).reshape(-1, min(frame, len(whole))).mean(axis=1)
    return float(np.clip(10 * np.log10(np.quantile(powers, QUIET) + 1e-10), -80, -20))
