r"""Likeness to the original: whether the leak sounds, moment by moment, like the place that it claims to be.

What the recording would sound like after what happened to the leak as a whole is foretold from its log-powers Y: a room
lets powers die away (``Channel.tail``, ``Channel.decay``), loudspeaker and codec colour each band, and nothing gets
below the leak's noise,

    Ŷ(t, b) = ln(exp(colour_b + smeared Y(t, b)) + noise_b).

Around each segment nine frames (135 ms) of the leak are compared with what is foretold. A few numbers say how alike
they are and how much there is to compare. A logistic regression turns them into the logarithm of the odds that they are
the same sound rather than two moments of the same speech; ``WEIGHTS`` were fitted to marked open speech after codecs,
in noise and in rooms, each segment against its own place and against others nearby; ``bench/train_likeness.py`` fits
such weights.
In a pause both are alike whatever was done, and that says nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy  # loads scipy.signal when it is used, so that no other command waits for it
from numpy.typing import NDArray

from earmark.signal.alignment import Passage
from earmark.signal.correlation import Floats, Ints
from earmark.signal.courses import Course
from earmark.signal.layout import Layout
from earmark.signal.pace import OWN, Pace
from earmark.signal.sounding import Sounding
from earmark.signal.spectrum import HOPS_PER_SLOT, log_powers

AROUND = 4
"""Frames before and after a segment's middle that are compared."""

RANGE = 9.0
"""What lies farther below the loud parts than this, in nepers of power, is as good as silence."""

DECAYS_S = (0.3, 0.5, 0.8)
TAILS = (0.5, 1.0, 2.0)
FITTED = 4000
FITTED_S = 40.0
LEAD_S = 1.0

ENOUGH = 0.25
"""Nearly nothing counts as nothing: what is added to products of spreads."""

COMPARED = 1024
"""So many segments are compared at once with all frames."""

SHARE = 0.5
"""Neighbouring windows overlap and speech changes slowly, so that each counts for half."""

MOST = 3.0
"""No segment counts for more than this many nats."""

Doubles = NDArray[np.float64]
LogPowers = NDArray[np.float16]


@dataclass(frozen=True)
class Original:
    """The recording as it was.

    Attributes:
        log_power: of each band every half slot; shape (frames, 72).
        hops: frames of a segment.
    """

    log_power: LogPowers
    hops: int


def spectrum(blocks: Iterable[Floats], layout: Layout, pace: Pace = OWN) -> LogPowers:
    """Return the log-powers of a sound at the rate of a pace; shape (frames, 72)."""
    pieces = [piece.astype(np.float16) for piece in log_powers(blocks, layout, pace.stretch)]
    return np.concatenate(pieces) if pieces else np.zeros((0, 72), np.float16)


@dataclass(frozen=True)
class Channel:
    """What happened to the leak as a whole.

    Attributes:
        decay: by what part power dies away in a frame; 0 for no room.
        tail: how much of it does so, against what arrives directly.
        colour: what is added to each band's log-power; shape (72,).
        noise: log-power that is always there in each band; shape (72,).
    """

    decay: float
    tail: float
    colour: Floats
    noise: Floats

    def foretold(self, log_power: Floats) -> Floats:
        """Return what log-powers (frames, 72) of the recording become."""
        told: Floats = np.logaddexp(smeared(log_power, self.decay, self.tail) + self.colour, self.noise)
        return told.astype(np.float32)


def smeared(log_power: Floats, decay: float, tail: float) -> Floats:
    """Return log-powers with a tail that dies away by ``decay`` each frame."""
    if not tail:
        return log_power
    power = np.exp(log_power.astype(np.float64))
    late = scipy.signal.lfilter([0.0, 1 - decay], [1.0, -decay], power, axis=0)
    mixed: Floats = np.log(power + tail * late).astype(np.float32)
    return mixed


@dataclass(frozen=True)
class Likeness:
    """Compares a leak with the original.

    Attributes:
        leak: log-powers of the leak; shape (frames, 72).
        original: the recording as it was.
        channel: what happened to the leak.
        sounding: where parts of the leak sound alike.
    """

    leak: LogPowers
    original: Original
    channel: Channel
    sounding: Sounding

    @classmethod
    def of(cls, leak: LogPowers, original: Original, passages: Sequence[Passage], hop_s: float) -> "Likeness":
        """Return the likeness of a leak, judged by passages that surely are in it."""
        sounding = Sounding(leak, original.log_power, original.hops, hop_s)
        return cls(leak, original, fitted(leak, original, passages, hop_s), sounding)

    @cached_property
    def foretold(self) -> Floats:
        """What the whole recording would sound like; shape (frames, 72)."""
        return self.channel.foretold(self.original.log_power.astype(np.float32))

    @cached_property
    def floor(self) -> float:
        """What counts as silence."""
        return (
            float(np.quantile(self.leak[:: 1 + len(self.leak) // FITTED].max(axis=1).astype(np.float32), 0.95)) - RANGE
        )

    @cached_property
    def usual(self) -> Floats:
        """What each band has on the average; shape (72,)."""
        usual: Floats = np.maximum(self.leak.astype(np.float32), self.floor).mean(axis=0)
        return usual

    def features(self, frames: Ints, segments: Ints) -> Doubles:
        """Return what is compared of segments that start at frames of the leak; shape (n, FEATURES)."""
        return compared(self._windows(self.leak, frames), self._windows(self.foretold, self.original.hops * segments))

    def _windows(self, rows: NDArray[np.floating], starts: Ints) -> Floats:
        """Return what is around segments that start at ``starts``, against what is usual; shape (n, frames, 72)."""
        around = picked(rows, starts[:, None] + np.arange(-AROUND, AROUND + 1) + HOPS_PER_SLOT)
        windows: Floats = np.maximum(around.astype(np.float32), self.floor) - self.usual
        return windows

    def along(self, course: Course) -> Doubles:
        """Return the log-odds that each segment of a course is where it should be, in nats; shape (n,)."""
        return log_odds(self.features(course.frames, course.segments))

    def everywhere(self, frames: Ints, segments: Ints) -> Floats:
        """Return the log-odds that segments start at frames, each with each; shape (len(frames), len(segments))."""
        heard = Windows.of(self._windows(self.leak, frames)).upright()
        odds = np.empty((len(frames), len(segments)), np.float32)
        for start in range(0, len(segments), COMPARED):
            some = slice(start, start + COMPARED)
            told = Windows.of(self._windows(self.foretold, self.original.hops * segments[some]))
            products = (
                one @ other.T / np.float32(one.shape[1])
                for one, other in ((heard.shape, told.shape), (heard.slopes, told.slopes))
            )
            odds[:, some] = log_odds(features_of(heard, told, *products))
        return odds


def picked(rows: NDArray[np.floating], index: Ints) -> NDArray[np.floating]:
    """Return rows; those before the first and after the last are as these."""
    return rows[np.clip(index, 0, len(rows) - 1)]


@dataclass(frozen=True)
class Windows:
    """Windows of log-powers, made ready to be compared.

    Attributes:
        level: the mean of each; shape (n,), or what broadcasts against the others' in an outer comparison.
        spread: the standard deviation of each; likewise.
        shape: each without its level; shape (n, k).
        slopes: how it changes with time; shape (n, m).
        steepness: the root of their mean square; as ``level``.
    """

    level: Floats
    spread: Floats
    shape: Floats
    slopes: Floats
    steepness: Floats

    @classmethod
    def of(cls, rows: Floats) -> "Windows":
        """Return windows given as (n, frames, 72)."""
        flat = rows.reshape(len(rows), -1)
        level = flat.mean(axis=1)
        slopes = np.diff(rows[:, ::2], axis=1).reshape(len(rows), -1)
        return cls(level, flat.std(axis=1), flat - level[:, None], slopes, np.sqrt((slopes**2).mean(axis=1)))

    def upright(self) -> "Windows":
        """Return them as rows of a table, of which other windows are the columns."""
        level, spread, steepness = (one[:, None] for one in (self.level, self.spread, self.steepness))
        return replace(self, level=level, spread=spread, steepness=steepness)


def compared(heard: Floats, told: Floats) -> Doubles:
    """Return how alike windows (n, frames, 72) are pair by pair, and how much there is to compare."""
    x, y = Windows.of(heard), Windows.of(told)
    products = (x.shape * y.shape).mean(axis=1), (x.slopes * y.slopes).mean(axis=1)
    return features_of(x, y, *products).astype(np.float64)


def features_of(x: Windows, y: Windows, product: Floats, slope_product: Floats) -> Floats:
    """Return what is compared of windows, given the mean products of their shapes and slopes; (…, FEATURES)."""
    likeness = product / (x.spread * y.spread + ENOUGH)
    slopes = slope_product / (x.steepness * y.steepness + ENOUGH)
    step = np.abs(x.level - y.level)
    spreads = np.broadcast_arrays(x.spread, y.spread)
    both = np.minimum(*spreads)
    linear = (likeness, slopes, step, *spreads, both, likeness * both, likeness**2, step**2, slopes * both, step * both)
    features: Floats = np.stack(linear, axis=-1)
    return features


WEIGHTS = np.array([-0.889, 17.085, 3.32, -7.416, -4.586, -2.931, 16.725, 1.107, -0.906, -5.179, -0.76, 4.31])
"""Of the features of ``compared``, the last one for none of them."""


def log_odds(features: Floats | Doubles) -> Doubles:
    """Return log-odds in nats from features; shape (n,)."""
    raw = features @ WEIGHTS[:-1] + WEIGHTS[-1]
    odds: Doubles = np.clip(SHARE * raw, -MOST, MOST)
    return odds


def fitted(leak: LogPowers, original: Original, passages: Sequence[Passage], hop_s: float) -> Channel:
    """Return the channel that foretells the passages best."""
    noise = np.quantile(leak[:: 1 + len(leak) // FITTED].astype(np.float32), 0.1, axis=0).astype(np.float32)
    longest = max(passages, key=lambda passage: len(passage.segments))
    some = slice(0, round(FITTED_S / hop_s / original.hops))
    frames, segments = longest.frames[some] + HOPS_PER_SLOT, longest.segments[some]
    first = max(0, original.hops * int(segments[0]) - round(LEAD_S / hop_s))
    said = original.log_power[first : original.hops * int(segments[-1] + 1)].astype(np.float32)
    places = original.hops * segments + HOPS_PER_SLOT - first
    inside = (frames >= 0) & (frames < len(leak)) & (places < len(said))
    heard, places = leak[frames[inside]].astype(np.float32), places[inside]
    if not len(heard):
        return Channel(0.0, 0.0, np.zeros(leak.shape[1], np.float32), noise)
    rooms = [(0.0, 0.0), *((float(np.exp(-13.8 * hop_s / decay)), tail) for decay in DECAYS_S for tail in TAILS)]
    tries = [tried(heard, smeared(said, *room)[places], noise, room) for room in rooms]
    return min(tries, key=lambda one: one[0])[1]


def tried(heard: Floats, told: Floats, noise: Floats, room: tuple[float, float]) -> tuple[float, Channel]:
    """Return how far off a room's channel is on the average, and that channel."""
    loud = told >= np.median(told, axis=0)
    colour = np.array([np.median((heard - told)[loud[:, band], band]) for band in range(heard.shape[1])], np.float32)
    off = np.abs(heard - np.logaddexp(told + colour, noise)).mean()
    return float(off), Channel(*room, colour, noise)
