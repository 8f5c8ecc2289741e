"""Something else is heard with it: noise, music, another talker."""

from collections.abc import Callable

import numpy as np

from earmark.attacks.drawing import Background, Drawing
from earmark.attacks.sound import Floats, Sound


def at_ratio(sound: Sound, other: Floats, ratio_db: float) -> Sound:
    """Return ``sound`` with ``other`` added so that it is ``ratio_db`` below it.

    Args:
        sound: the sound; its mean power over all of it, pauses included, is what counts.
        other: shape (channels, samples), or one row for all channels.
        ratio_db: the ratio of the powers in dB; below 0 the other is louder.
    """
    power = float(np.vdot(other, other)) / max(1, other.size)
    scale = np.sqrt(sound.power / max(power, 1e-20)) * 10 ** (-ratio_db / 20)
    return sound.holding(sound.samples + np.multiply(other, np.float32(scale)))


def white(sound: Sound, drawing: Drawing, ratio_db: float) -> Sound:
    """Add white noise, another in each channel."""
    return at_ratio(sound, drawing.rng.standard_normal(sound.samples.shape, dtype=np.float32), ratio_db)


def background(kind: Background) -> Callable[[Sound, Drawing, float], Sound]:
    """Return the effect that adds a sound of some kind, the same to all channels."""

    def effect(sound: Sound, drawing: Drawing, ratio_db: float) -> Sound:
        other = drawing.materials.background(kind, drawing.rng, sound.rate, sound.length)
        return at_ratio(sound, other[None], ratio_db)

    return effect
