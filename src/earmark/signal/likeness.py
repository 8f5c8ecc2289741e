"""Likeness to the original: whether the leak sounds, moment by moment, like the place that it claims to be.

Around each segment nine frames (135 ms) of the leak are compared with what the recording would sound like after what
happened to the leak as a whole (``channel``). A few numbers say how alike they are and how much there is to compare. A
logistic regression turns them into the logarithm of the odds that they are the same sound rather than two moments of
the same speech; ``WEIGHTS`` were fitted to marked open speech after codecs, in noise and in rooms, each segment against
its own place and against others nearby; ``bench/train_likeness.py`` fits such weights. In a pause both are alike
whatever was done, and that says nothing.

That holds on the average of what may happen to leaks; in one room or another, what is the same is less alike.
Therefore the odds are scaled by how well they tell, in this very leak, the places that its passages claim from others.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import TypeVar

import numpy as np
import scipy  # loads scipy.special when it is used, so that no other command waits for it
from numpy.typing import NDArray

from earmark.signal.alignment import Passage
from earmark.signal.channel import Channel, LogPowers, fitted
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

AUDIBLE = 4.0
"""What lies no farther above that is hardly heard."""

FITTED = 4000

ENOUGH = 0.25
"""Nearly nothing counts as nothing: what is added to products of spreads."""

COMPARED = 1024
"""So many segments are compared at once with all frames."""

SHARE = 0.5
"""Neighbouring windows overlap and speech changes slowly, so that each counts for half."""

FACTORS = (1.0, 0.7, 0.5, 0.35, 0.25)
SUMS = (0.0, 0.5, 1.0, 1.5, 2.0)
SHIFTS = (30, 2000)
"""So many segments away are the other places that the ones claimed are told from."""

MISTAKEN = 0.1
"""This part of the places claimed may be no true ones: something was put in there, or the room drowns them."""

MOST = 3.0
"""No segment counts for more than this many nats."""

DIP = 10
"""A joint is mostly put where it is softest among so many frames on either side."""

SOFT_SHARE = 0.5
"""A place whose power is e times the softest one's is by this less likely chosen, in nats."""

Doubles = NDArray[np.float64]
Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True)
class Original:
    """The recording as it was.

    Attributes:
        log_power: of each band every half slot; shape (frames, 72).
        hops: frames of a segment.
        known: which segments are there; None where all are. Of the others nothing is said.
    """

    log_power: LogPowers
    hops: int
    known: NDArray[np.bool_] | None = None

    def has(self, segments: Ints) -> NDArray[np.bool_]:
        """Tell which of some segments are there; shape (n,)."""
        if self.known is None:
            return np.ones(len(segments), bool)
        has: NDArray[np.bool_] = (segments < len(self.known)) & picked(self.known, segments)
        return has


def spectrum(blocks: Iterable[Floats], layout: Layout, pace: Pace = OWN) -> LogPowers:
    """Return the log-powers of a sound at the rate of a pace; shape (frames, 72)."""
    pieces = [piece.astype(np.float16) for piece in log_powers(blocks, layout, pace.stretch)]
    return np.concatenate(pieces) if pieces else np.zeros((0, 72), np.float16)


@dataclass(frozen=True)
class Scaling:
    """How raw log-odds are scaled, as Platt does, to be those of one leak.

    Attributes:
        factor: what they are multiplied by; at most 1, so that no leak makes them surer.
        more: what is added, in nats.
    """

    factor: float = 1.0
    more: float = 0.0

    @classmethod
    def of(cls, true: Doubles, false: Doubles) -> "Scaling":
        """Return the scaling by which log-odds of true and false places say best which are which."""
        return max((cls(*both) for both in product(FACTORS, SUMS)), key=lambda one: one.explained(true, false))

    def scaled(self, odds: Doubles) -> Doubles:
        """Return log-odds, scaled."""
        scaled: Doubles = self.factor * odds + self.more
        return scaled

    def explained(self, true: Doubles, false: Doubles) -> float:
        """Return how likely it makes the truth, some of which may be mistaken: a log-likelihood."""
        right = np.concatenate([self.scaled(true), -self.scaled(false)])
        return float(np.log(MISTAKEN + (1 - 2 * MISTAKEN) * scipy.special.expit(right)).sum())


@dataclass(frozen=True)
class Likeness:
    """Compares a leak with the original.

    Attributes:
        leak: log-powers of the leak; shape (frames, 72).
        original: the recording as it was.
        channel: what happened to the leak.
        sounding: where parts of the leak sound alike.
        scaling: what its log-odds are worth in this leak.
    """

    leak: LogPowers
    original: Original
    channel: Channel
    sounding: Sounding
    scaling: Scaling

    @classmethod
    def of(cls, leak: LogPowers, original: Original, passages: Sequence[Passage], hop_s: float) -> "Likeness":
        """Return the likeness of a leak, judged by passages that surely are in it."""
        sounding = Sounding(leak, original.log_power, original.hops, hop_s)
        channel = fitted(leak, original.log_power, original.hops, passages, hop_s)
        plain = cls(leak, original, channel, sounding, Scaling())
        return replace(plain, scaling=Scaling.of(*plain.examples(passages)))

    def examples(self, passages: Sequence[Passage]) -> tuple[Doubles, Doubles]:
        """Return raw log-odds of segments where passages say that they are, and of others there; shape (n,) each."""
        frames, segments = (
            np.concatenate([getattr(passage, side) for passage in passages]) for side in ("frames", "segments")
        )
        away = np.random.default_rng(0).integers(*SHIFTS, len(segments))
        others = (segments + away) % max(1, len(self.original.log_power) // self.original.hops)
        known = self.original.has(segments) & self.original.has(others)
        frames, segments, others = frames[known], segments[known], others[known]
        return raw_odds(self.features(frames, segments)), raw_odds(self.features(frames, others))

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

    @cached_property
    def easy(self) -> Doubles:
        """How much likelier a joint is before each frame of the leak than elsewhere, in nats; shape (frames + 1,)."""
        levels = scipy.special.logsumexp(self.leak.astype(np.float64), axis=1)
        softest = scipy.ndimage.minimum_filter1d(levels, 2 * DIP + 1)
        return np.append(SOFT_SHARE * (softest - levels), 0.0)

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
        return log_odds(self.features(course.frames, course.segments), self.scaling) * self.original.has(
            course.segments
        )

    def silent(self, segments: Ints) -> NDArray[np.bool_]:
        """Tell in which segments the original is there and has nothing that could be heard in the leak; shape (n,)."""
        around = np.arange(-AROUND, AROUND + self.original.hops)
        loudest = picked(self.foretold, self.original.hops * segments[:, None] + around).max(axis=(1, 2))
        silent: NDArray[np.bool_] = self.original.has(segments) & (loudest < self.floor + AUDIBLE)
        return silent

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
            odds[:, some] = log_odds(features_of(heard, told, *products), self.scaling) * self.original.has(
                segments[some]
            )
        return odds


def picked(rows: NDArray[Number], index: Ints) -> NDArray[Number]:
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


def raw_odds(features: Floats | Doubles) -> Doubles:
    """Return log-odds in nats from features, as they are on the average of channels; shape (n,)."""
    raw: Doubles = features @ WEIGHTS[:-1] + WEIGHTS[-1]
    return raw


def log_odds(features: Floats | Doubles, scaling: Scaling) -> Doubles:
    """Return log-odds in nats from features; shape (n,)."""
    odds: Doubles = np.clip(SHARE * scaling.scaled(raw_odds(features)), -MOST, MOST)
    return odds
