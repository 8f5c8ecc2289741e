"""Sound to attack, and materials that make up all they give."""

import numpy as np
import pytest
from tests.api.voices import speech

from earmark.attacks import Sound, Synthetic
from earmark.attacks.drawing import Drawing

RATE = 16_000


@pytest.fixture(scope="session")
def voice() -> Sound:
    return Sound(speech(6.0, rate=RATE), RATE)


@pytest.fixture(scope="session")
def stereo() -> Sound:
    return Sound(speech(2.5, rate=RATE, channels=2), RATE)


@pytest.fixture
def drawing() -> Drawing:
    return Drawing(np.random.default_rng(1), Synthetic())


def tone(hz: float, seconds: float, rate: int = RATE) -> Sound:
    time = np.arange(round(seconds * rate)) / rate
    return Sound((0.3 * np.sin(2 * np.pi * hz * time))[None].astype(np.float32), rate)


def hertz(sound: Sound) -> float:
    """Return the frequency of a tone, from the middle of it, to a tenth of a bin."""
    middle = sound.samples[0, sound.length // 4 : 3 * sound.length // 4]
    powers = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    peak = int(np.argmax(powers))
    below, at, above = np.log(powers[peak - 1 : peak + 2])
    return float((peak + 0.5 * (below - above) / (below - 2 * at + above)) * sound.rate / len(middle))


def lag(late: Sound, sound: Sound) -> int:
    """Return by how many samples the first channel of ``late`` comes after that of ``sound``."""
    length = min(late.length, sound.length)
    size = 2 * length
    spectra = [np.fft.rfft(one.samples[0, :length], size) for one in (late, sound)]
    alike = np.fft.irfft(spectra[0] * np.conj(spectra[1]), size)
    place = int(np.argmax(np.abs(alike)))
    return place if place < length else place - size


def band_power_db(sound: Sound, low: float, high: float) -> float:
    spectrum = np.abs(np.fft.rfft(sound.samples.mean(axis=0))) ** 2
    hz = np.fft.rfftfreq(sound.length, 1 / sound.rate)
    inside = spectrum[(hz >= low) & (hz < high)].sum()
    return float(10 * np.log10(inside / spectrum.sum() + 1e-12))
