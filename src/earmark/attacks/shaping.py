"""Its spectrum and its level are changed: band limits, equalisers, automatic gain, compressors, channels."""

from typing import Literal

import numpy as np
import scipy  # loads scipy.signal when it is used, so that no other command waits for it

from earmark.attacks.drawing import Drawing
from earmark.attacks.graph import Filter, filtered
from earmark.attacks.sound import Sound
from earmark.errors import UsageError

PIECE = 1 << 21
ORDER = 8
FREE_OF_ALIASES = 0.499
EQUALISER_BANDS = 5
EQUALISER_HZ = (100, 7_000)
TYPICAL_LEVEL = 0.1
COMPRESSOR: tuple[Filter, ...] = (
    ("acompressor", "threshold=0.05:ratio=6:attack=5:release=100:makeup=2"),
    ("alimiter", "limit=0.5:attack=2:release=50:level=0:latency=1"),
)
AUTOMATIC_GAIN: Filter = ("dynaudnorm", "framelen=150:gausssize=11:maxgain=100")


def lowpass(sound: Sound, _drawing: Drawing, edge_hz: float) -> Sound:
    """Cut off what is above ``edge_hz``."""
    return sound if edge_hz >= FREE_OF_ALIASES * sound.rate else edged(sound, edge_hz, "lowpass")


def highpass(sound: Sound, _drawing: Drawing, edge_hz: float) -> Sound:
    """Cut off what is below ``edge_hz``.

    Raises:
        UsageError: that is all of it.
    """
    if edge_hz >= FREE_OF_ALIASES * sound.rate:
        raise UsageError(f"nothing would be left above {edge_hz:g} Hz", "Choose a lower frequency.")
    return edged(sound, edge_hz, "highpass")


def edged(sound: Sound, edge_hz: float, kind: Literal["lowpass", "highpass"]) -> Sound:
    """Apply a Butterworth filter, a piece after the other to need less memory."""
    sections = scipy.signal.butter(ORDER, edge_hz, kind, fs=sound.rate, output="sos")
    state = np.zeros((len(sections), sound.channels, 2))
    out = np.empty_like(sound.samples)
    for start in range(0, sound.length, PIECE):
        piece = slice(start, start + PIECE)
        out[:, piece], state = scipy.signal.sosfilt(sections, sound.samples[:, piece], axis=1, zi=state)
    return sound.holding(out)


def resample(sound: Sound, _drawing: Drawing, rate: float) -> Sound:
    """Resample to ``rate`` Hz and back."""
    return sound.at_rate(round(rate)).at_rate(sound.rate).fitted(sound.length)


def equaliser(sound: Sound, drawing: Drawing, most_db: float) -> Sound:
    """Raise and lower five bands anywhere by up to ``most_db``, each 0.5 to 2 octaves wide."""
    top = min(EQUALISER_HZ[1], 0.4 * sound.rate)
    bands: list[Filter] = []
    for _ in range(EQUALISER_BANDS):
        hz = np.exp(drawing.rng.uniform(np.log(EQUALISER_HZ[0]), np.log(top)))
        width, gain = drawing.rng.uniform(0.5, 2), drawing.rng.uniform(-most_db, most_db)
        bands.append(("equalizer", f"f={hz:.1f}:t=o:w={width:.3f}:g={gain:.2f}"))
    return filtered(sound, *bands)


def automatic_gain(sound: Sound) -> Sound:
    """Bring all of it to full level within about a second, as recorders and meeting programs do."""
    return filtered(sound, AUTOMATIC_GAIN).fitted(sound.length)


def compressor(sound: Sound) -> Sound:
    """Compress 6 to 1 above -26 dBFS and limit the rest, from speech at -20 dBFS, as radio stations do."""
    return filtered(sound.levelled(TYPICAL_LEVEL), *COMPRESSOR).fitted(sound.length)


def polarity(sound: Sound) -> Sound:
    """Turn every sample's sign."""
    return sound.holding(-sound.samples)


def left(sound: Sound) -> Sound:
    """Keep the first channel only."""
    return sound.holding(sound.samples[:1])


def right(sound: Sound) -> Sound:
    """Keep the second channel only; of mono the one there is."""
    return sound.holding(sound.samples[1:2] if sound.channels > 1 else sound.samples)
