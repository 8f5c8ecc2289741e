r"""Lines that wander: where a stream of a call is in a leak, as the jitter buffers of whoever heard it played it.

A jitter buffer plays faster and slower all the time, a few milliseconds now and a packet then, and others talk over
what it plays. No straight piece of such a line says enough to be found by; the line as a whole does. So all lines are
followed at once: from one segment to the next each keeps its pace, or moves by a frame or two, or, seldom, anywhere.
What they are worth together, each with its share of the belief, is found by the forward algorithm of hidden Markov
models, and the likeliest of them by Viterbi's.

Where others talk as well, cells seem to say far more than they do. So what a segment is worth is averaged over how much
its cells may be believed: over gains g that are normal with deviation τ, of ``correlation``'s martingale,

    W = ln E_g exp(g S / 2 - g² |λ|² / 8) = (k / (1 + k) · S² / |λ|² - ln(1 + k)) / 2   with   k = τ² |λ|² / 4,

which is one as well: whatever the leak is, along any line E exp(W) ≤ 1 for signs that know nothing of it. So is the
average over all lines and several τ, and the chance that unmarked sound ever gets its logarithm to w is at most
exp(-w). No number of places has to be paid for besides.
"""

from dataclasses import dataclass, field, replace
from math import log

import numpy as np
from numpy.typing import NDArray

from earmark.signal.alignment import Manner, Passage, best_stretch
from earmark.signal.correlation import Correlator, Floats, Ints, energy
from earmark.signal.search import Place

Doubles = NDArray[np.float64]

BELIEFS = (0.25, 0.4, 0.65)
"""τ that are tried beside each other: for two copies that were mixed, and for one."""
FOLLOWED = 0.5
STAY, NEAR, REACH = 0.95, 0.045, 2
"""How likely a line keeps its pace, and how likely it moves by up to two frames, at every segment."""
LONGEST_S = 60.0
MOST_WORTH = 40.0
SCALED, LEAST = 1e15, 1e-30
"""Beliefs are kept in single precision: brought back to one above the former, and nothing below the latter."""
SEGMENTS_AT_ONCE = 64
LEAP_S = 1.5
AHEAD, COMMITTED = 96, 64


def doubtful_worth(log_odds: Floats, squares: Floats, deviation: float) -> Floats:
    """Return W of segments, see above, at most 40 nats.

    Args:
        log_odds: S.
        squares: |λ|², broadcast against S.
        deviation: τ, positive.
    """
    spread = np.float32(deviation**2 / 4) * squares
    slope = np.float32(deviation**2 / 8) / (1 + spread)
    worth: Floats = slope * np.square(log_odds) - np.log1p(spread) / 2
    return np.minimum(worth, np.float32(MOST_WORTH))


def find(correlator: Correlator, first: int, last: int, trials: float, allowed: float) -> Place | None:
    """Return where a stream is between two frames of the leak if that is no chance but for what is ``allowed``."""
    place = likeliest(correlator, first, last, trials, allowed)
    return place if place is not None and place.log_chance <= log(allowed) else None


def likeliest(correlator: Correlator, first: int, last: int, trials: float, allowed: float) -> Place | None:
    """Return where a stream most likely is between two frames of the leak; None if there are none.

    Args:
        correlator: leak and stream.
        first: where to begin.
        last: where to end.
        trials: how many searches there are; the allowed chance of error is shared among them.
        allowed: the search ends as soon as a place has at most this chance to be none.
    """
    last -= correlator.listening.hops_per_segment - 1  # a segment has to end before what comes next
    if last <= first or not correlator.segments:
        return None
    lines = _Lines(last - first, correlator)
    windows = correlator.windows(np.arange(first, last))
    squares = energy(windows)
    best = Place(0, first, log(trials))
    for start in range(0, correlator.segments, SEGMENTS_AT_ONCE):
        signs = correlator.signs[start : start + SEGMENTS_AT_ONCE]
        for segment, log_odds in enumerate((windows @ signs.T).T, start):
            chance = log(trials) - lines.hear(segment, log_odds, squares)
            if chance < best.log_chance and lines.inside(segment):
                best = Place(segment, first + lines.frame(segment), chance)
        if best.log_chance <= log(allowed):
            break
    return best


@dataclass
class _Lines:
    """What is believed of all lines after some segments.

    A line is known by where segment 0 would start in the leak; only those that are in the leak at a segment move there.

    Attributes:
        frames: of the leak.
        correlator: leak and stream.
        belief: for each of the τ, in each line; shape (3, lines).
        totals: of the belief in all lines; shape (3,).
        log_scale: natural logarithm of what belief is in units of; shape (3,).
    """

    frames: int
    correlator: Correlator
    belief: Floats = field(init=False)
    totals: Doubles = field(init=False)
    log_scale: Doubles = field(init=False)

    def __post_init__(self) -> None:
        lines = self.frames + self._hops * (self.correlator.segments - 1)
        self.belief = np.full((len(BELIEFS), lines), 1 / lines, np.float32)
        self.totals = np.ones(len(BELIEFS))
        self.log_scale = np.zeros(len(BELIEFS))

    @property
    def _hops(self) -> int:
        return self.correlator.listening.hops_per_segment

    def _here(self, segment: int) -> Floats:
        """Return what is believed of the lines that have a segment in the leak, by the frame it would start at."""
        start = self._hops * (self.correlator.segments - 1 - segment)
        return self.belief[:, start : start + self.frames]

    def hear(self, segment: int, log_odds: Floats, squares: Floats) -> float:
        """Go on to a segment; returns the logarithm of what all lines are worth together.

        Args:
            segment: the one after the last.
            log_odds: its S at each frame.
            squares: |λ|² at each frame.
        """
        here = self._here(segment)
        self.totals -= here.sum(axis=1, dtype=np.float64)
        if segment:
            here[:] = moved(here)
        here *= np.exp([doubtful_worth(log_odds, squares, deviation) for deviation in BELIEFS])
        self.totals += here.sum(axis=1, dtype=np.float64)
        for row in np.flatnonzero(self.totals > SCALED):
            self.belief[row] /= np.float32(self.totals[row])
            self.log_scale[row] += log(self.totals[row])
            self.totals[row] = 1.0
        logs = self.log_scale + np.log(np.maximum(self.totals, LEAST))
        return float(np.logaddexp.reduce(logs) - log(len(BELIEFS)))

    def inside(self, segment: int) -> bool:
        """Tell whether most of what is believed is of lines that have a segment in the leak, not of earlier ones."""
        surest = int(np.argmax(self.log_scale + np.log(np.maximum(self.totals, LEAST))))
        return bool(2 * self._here(segment)[surest].sum(dtype=np.float64) >= self.totals[surest])

    def frame(self, segment: int) -> int:
        """Return the frame at which the likeliest line has a segment."""
        here = self._here(segment)
        surest = int(np.argmax(self.log_scale + np.log(here.max(axis=1) + LEAST)))
        return int(here[surest].argmax())


def moved(belief: Floats) -> Floats:
    """Return what is believed of lines at the next segment; the last axis is that of frames."""
    away = np.float32((1 - STAY - NEAR) / belief.shape[-1])
    after: Floats = np.float32(STAY) * belief + away * belief.sum(axis=-1, keepdims=True)
    step = np.float32(NEAR / (2 * REACH)) * belief
    for by in range(1, REACH + 1):
        after[..., by:] += step[..., :-by]
        after[..., :-by] += step[..., by:]
    return after


def follow(correlator: Correlator, place: Place, first: int, last: int) -> Passage | None:
    """Return the passage that ``place`` belongs to, between the frames ``first`` and ``last`` of the leak.

    Every step of the line has its price, the logarithm of how likely it is. Without it the likeliest line would seem to
    be worth something wherever it is: it was chosen. With it what noise adds is worth less than nothing.
    """
    place = _within(correlator, place)
    before, after = (_followed(correlator, place, step, first, last) for step in (-1, 1))
    segments = np.concatenate([before.segments[::-1], [place.segment], after.segments])
    frames = np.concatenate([before.frames[::-1], [place.frame], after.frames])
    prices = np.concatenate([before.prices[::-1], [0.0], after.prices])
    hops = correlator.listening.hops_per_segment
    usable = (frames >= first) & (frames + hops <= last) & (segments >= 0) & (segments < correlator.segments)
    segments, frames = segments[usable], frames[usable]
    span = best_stretch(doubtful_worth(*correlator.along(frames, segments), FOLLOWED) + prices[usable])
    return Passage(segments[span], frames[span], place.log_chance) if span.stop > span.start else None


def _within(correlator: Correlator, place: Place) -> Place:
    """Return where the same line has the nearest segment that there is: a short look may name one past the end."""
    segment = min(max(place.segment, 0), correlator.segments - 1)
    hops = correlator.listening.hops_per_segment
    return replace(place, segment=segment, frame=place.frame + hops * (segment - place.segment))


@dataclass(frozen=True)
class _Line:
    """Segments of a line with their frames, and what each step to them costs, in nats (negative)."""

    segments: Ints
    frames: Ints
    prices: Doubles


def _followed(correlator: Correlator, place: Place, step: int, first: int, last: int) -> _Line:
    """Return segments and frames of the line through a place, from the one after it on, forwards (+1) or back (-1)."""
    hops = correlator.listening.hops_per_segment
    left = place.segment if step < 0 else correlator.segments - 1 - place.segment
    segment, frame = place.segment, place.frame
    found: list[tuple[Ints, Ints, Doubles]] = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
    while left > 0 and first < frame + hops and frame < last:
        segments = segment + step * np.arange(1, min(left, AHEAD) + 1)
        frames, prices = _path(correlator, segments, frame + hops * (segments - segment))
        kept = len(segments) if len(segments) == left else COMMITTED
        found.append((segments[:kept], frames[:kept], prices[:kept]))
        segment, frame, left = int(segments[kept - 1]), int(frames[kept - 1]), left - kept
    return _Line(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def _path(correlator: Correlator, segments: Ints, expected: Ints) -> tuple[Ints, Doubles]:
    """Return the frames of ``segments`` along the likeliest line that begins where it is expected, and its prices.

    That line is found by Viterbi's algorithm.
    """
    reach = round(LEAP_S / correlator.listening.hop_s)
    offsets = np.arange(-reach, reach + 1)
    leap = log((1 - STAY - NEAR) / len(offsets))
    prices = {by: log(NEAR / (2 * REACH)) if by else log(STAY) for by in range(-REACH, REACH + 1)}
    best = np.where(offsets == 0, 0.0, -np.inf)
    came_from = np.zeros((len(segments), len(offsets)), np.int64)
    for row, (segment, frame) in enumerate(zip(segments.tolist(), expected.tolist(), strict=True)):
        windows = correlator.windows(frame + offsets)
        top = int(best.argmax())
        paid, came = np.full(len(offsets), best[top] + leap), np.full(len(offsets), top)
        for by, price in prices.items():
            source = np.arange(max(0, -by), len(offsets) - max(0, by))
            target = source + by
            better = best[source] + price > paid[target]
            paid[target[better]], came[target[better]] = best[source[better]] + price, source[better]
        came_from[row] = came
        best = paid + doubtful_worth(windows @ correlator.signs[segment], energy(windows), FOLLOWED)
    line, at = np.zeros(len(segments), np.int64), int(best.argmax())
    for row in range(len(segments) - 1, -1, -1):
        line[row] = at
        at = int(came_from[row, at])
    frames: Ints = expected + offsets[line]
    steps = np.diff(line, prepend=reach).tolist()
    return frames, np.array([prices.get(by, leap) for by in steps])


WANDERING = Manner(LONGEST_S, find, follow)
"""That of the streams of calls."""
