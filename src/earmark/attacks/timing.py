"""Its time runs otherwise: faster, slower, drifting, or stretched here and there. None of these stays in step."""

import numpy as np

from earmark.attacks.drawing import Drawing
from earmark.attacks.graph import filtered
from earmark.attacks.sound import Floats, Sound, stretched

PERIOD_S = (0.0025, 0.015)  # a voice's, from 400 down to 67 Hz
BETWEEN_S = (0.1, 1.0)


def speed(sound: Sound, _drawing: Drawing, percent: float) -> Sound:
    """Play it faster by ``percent`` (or slower), its pitch along with it."""
    return played(sound, 1 + percent / 100)


def drift(sound: Sound, _drawing: Drawing, parts_per_million: float) -> Sound:
    """Play it by a clock that is fast by ``parts_per_million`` (or slow)."""
    return played(sound, 1 + parts_per_million / 1e6)


def played(sound: Sound, factor: float) -> Sound:
    """Play it ``factor`` times as fast: its length is divided by that, to the nearest sample."""
    length = round(sound.length / factor)
    return sound.holding(stretched(sound.samples, factor, 1.0)).fitted(length)


def tempo(sound: Sound, _drawing: Drawing, percent: float) -> Sound:
    """Play it faster by ``percent`` (or slower) at the same pitch: FFmpeg's ``atempo``, a WSOLA."""
    return filtered(sound, ("atempo", f"{1 + percent / 100:.6f}"))


def jitter(sound: Sound, drawing: Drawing, most_ms: float) -> Sound:
    """Leave out and repeat periods of the voice, as a jitter buffer does that shrinks and grows.

    Every 0.1 to 1 s one period of 2.5 to 15 ms, the one that is most like the next, is left out or repeated, with
    a cross-fade as long as itself (WSOLA with pieces of one period, like WebRTC's NetEq). What has been put in, less
    what has been left out, never exceeds ``most_ms`` either way.
    """
    mono = sound.samples.mean(axis=0)
    shortest, longest = (round(period * sound.rate) for period in PERIOD_S)
    most = max(longest, round(most_ms / 1000 * sound.rate))
    pieces: list[Floats] = []
    at = late = 0
    while True:
        stop = at + round(drawing.rng.uniform(*BETWEEN_S) * sound.rate)
        if stop + 2 * longest > sound.length:
            return sound.holding(np.concatenate([*pieces, sound.samples[:, at:]], axis=1))
        period = likest(mono[stop : stop + 2 * longest], shortest, longest)
        repeat = drawing.rng.random() < 0.5 * (1 - late / most)
        repeat = repeat if abs(late + (period if repeat else -period)) <= most else not repeat
        first, second = sound.samples[:, stop : stop + period], sound.samples[:, stop + period : stop + 2 * period]
        pieces += [sound.samples[:, at:stop], *([first, faded(second, first)] if repeat else [faded(first, second)])]
        late += period if repeat else -period
        at = stop + (period if repeat else 2 * period)


def likest(stretch: Floats, shortest: int, longest: int) -> int:
    """Return the period, in samples, at whose distance ``stretch`` is most like itself."""
    later = stretch[longest:]
    alike = np.correlate(stretch[: 2 * longest - shortest], later, "valid")  # entry k: with what is longest - k before
    squares = np.concatenate([[0.0], np.cumsum(stretch.astype(np.float64) ** 2)])
    starts = np.arange(len(alike))
    power = squares[starts + longest] - squares[starts]
    return longest - int(np.argmax(alike / np.sqrt(np.maximum(power, 1e-12))))


def faded(old: Floats, new: Floats) -> Floats:
    """Return ``old`` fading into ``new``."""
    weight = (np.arange(old.shape[1], dtype=np.float32) + 0.5) / old.shape[1]
    mixed: Floats = old + weight * (new - old)
    return mixed
