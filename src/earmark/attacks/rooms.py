"""Played through a small loudspeaker, in a room, and heard by a microphone there."""

import numpy as np
import scipy  # loads scipy.signal when it is used, so that no other command waits for it

from earmark.attacks.drawing import Drawing
from earmark.attacks.graph import Filter, filtered
from earmark.attacks.sound import Floats, Sound

PIECE = 1 << 21
DIRECT_SOUND_S = 0.0005
DECAY_FROM_DB, DECAY_TO_DB = -5.0, -25.0
LOUD = 0.15  # of full scale, where speech begins to be distorted
BAND_HZ = (250, 9_000)
RESONANCES_HZ = (700, 1_800, 4_500)
RESONANCE_DB = 5.0


def in_a_room(sound: Sound, drawing: Drawing, rt60_s: float | None) -> Sound:
    """Play ``sound`` in a room; what is heard starts just before the direct sound, so it is in step."""
    response = drawing.materials.room(drawing.rng, sound.rate, rt60_s)
    direct = int(np.argmax(np.abs(response)))
    response = response[max(0, direct - round(DIRECT_SOUND_S * sound.rate)) :]
    response = response / max(float(np.sqrt(np.sum(response**2))), 1e-20)
    return sound.holding(convolved(sound.samples, response.astype(np.float32)))


def convolved(samples: Floats, response: Floats) -> Floats:
    """Return ``samples``, shape (channels, n), convolved with ``response``, shape (m,), as long as before.

    A piece after the other, since an hour at once would take several times its size.
    """
    out = np.zeros_like(samples)
    for start in range(0, samples.shape[1], PIECE):
        wet = scipy.signal.oaconvolve(samples[:, start : start + PIECE], response[None], axes=1)
        out[:, start : start + wet.shape[1]] += wet[:, : samples.shape[1] - start]
    return out


def any_room(sound: Sound, drawing: Drawing) -> Sound:
    """Play ``sound`` in any room of the materials."""
    return in_a_room(sound, drawing, None)


def loudspeaker(sound: Sound, drawing: Drawing) -> Sound:
    """Play ``sound`` through a telephone's or laptop's loudspeaker: a narrow band, resonances, soft clipping.

    A high-pass of fourth order at 250 Hz, a low-pass of second order at 9 kHz, three resonances of up to 5 dB near
    700, 1,800 and 4,500 Hz, and tanh on speech at -16 dBFS.
    """
    low, high = BAND_HZ
    shape: list[Filter] = [("highpass", f"f={low}:p=2")] * 2
    for centre in RESONANCES_HZ:
        hz, gain = centre * drawing.rng.uniform(0.8, 1.25), drawing.rng.uniform(-RESONANCE_DB, RESONANCE_DB)
        if hz < 0.45 * sound.rate:
            shape.append(("equalizer", f"f={hz:.1f}:t=q:w=2:g={gain:.2f}"))
    if high < 0.45 * sound.rate:
        shape.append(("lowpass", f"f={high}:p=2"))
    before = sound.power
    driven = filtered(filtered(sound, *shape).levelled(LOUD), ("asoftclip", "type=tanh"))
    return driven.levelled(before**0.5)


def rt60_s(response: Floats, rate: int) -> float:
    """Return the reverberation time of a room's response, shape (samples,), in seconds; 0 where it has no decay.

    Schroeder's backward integration [1], a line through -5 to -25 dB (T20), from the direct sound on.

    1. M. R. Schroeder, "New method of measuring reverberation time", J. Acoust. Soc. Am. 37, 1965.
    """
    tail = response[int(np.argmax(np.abs(response))) :].astype(np.float64)
    energy = np.cumsum(tail[::-1] ** 2)[::-1]
    if not energy[0]:
        return 0.0
    level = 10 * np.log10(np.maximum(energy / energy[0], 1e-30))
    decay = np.flatnonzero((level <= DECAY_FROM_DB) & (level >= DECAY_TO_DB))
    if len(decay) < 2 or level[decay[0]] == level[decay[-1]]:
        return 0.0
    return float(-60 / np.polyfit(decay / rate, level[decay], 1)[0])
