"""Where in the recording each part of a leak was said, found from the patterns alone.

The search knows the mark key and nothing of who was given what, so that trying all places costs no accusation anything.

1. *Search.* From the first part of the leak that is not explained yet, segment after segment is compared with all
   segments of the recording at six phases (13 ms apart); squares add up along the diagonals until one of them could
   not be chance any more, or 20 s have passed.
2. *Follow.* From there the line is followed to both ends of the leak, two seconds at a time, and bends where the leak
   runs a little fast or slow.
3. *Cut.* The passage ends where following the line on does not pay any more. What is left is searched again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import log

import numpy as np
from numpy.typing import NDArray

from earmark.signal.correlation import Correlator, Ints, log_chance

FALSE_PASSAGE = 1e-9
SEARCH_STEP = 2
SEARCH_BLOCK = 16
LONGEST_SEARCH_S = 20.0
SHORTEST_PART_S = 1.5
FOLLOW_BLOCK = 24
BEND = 3
SURE = log(1e-4)
PATIENCE = 40.0
CAUTIOUS_GAIN = 3.0
LINE_POINTS = 16
LINE_STIFFNESS = 400.0

Doubles = NDArray[np.float64]
Progress = Callable[[float], None]


def silent(_: float) -> None:
    """Report progress to nobody."""


@dataclass(frozen=True)
class Passage:
    """A stretch of the leak and where in the recording it was said.

    Attributes:
        segments: consecutive segments of the recording; shape (n,).
        frames: the frame of the leak at which each of them starts; shape (n,).
        log_chance: natural logarithm of a bound on the chance that unmarked sound shows such a passage.
    """

    segments: Ints
    frames: Ints
    log_chance: float

    @property
    def frames_per_segment(self) -> float:
        """How many frames of the leak a segment takes."""
        if len(self.segments) < 2 * FOLLOW_BLOCK:
            return float("nan")
        slope, _ = np.polyfit(self.segments, self.frames, 1)
        return float(slope)


@dataclass(frozen=True)
class Place:
    """A segment of the recording found at a frame of the leak."""

    segment: int
    frame: int
    log_chance: float


def align(correlator: Correlator, *, trials: int = 1, progress: Progress = silent) -> list[Passage]:
    """Return the passages of the recording in the leak, in the order of the leak.

    Args:
        correlator: leak and recording.
        trials: how many recordings are searched; the allowed chance of error is shared among them.
        progress: called with the part of the leak that is done, 0 to 1.
    """
    passages: list[Passage] = []
    parts = [(0, correlator.listening.frames)]
    while parts:
        first, last = parts.pop()
        progress(first / max(1, correlator.listening.frames))
        if (last - first) * correlator.listening.hop_s < SHORTEST_PART_S:
            continue
        place, searched = search(correlator, first, last, trials)
        passage = None if place is None else follow(correlator, place, first, last)
        if passage is None:
            parts.append((searched, last))
        else:
            passages.append(passage)
            end = int(passage.frames[-1]) + correlator.listening.hops_per_segment
            parts += [(end, last), (first, int(passage.frames[0]))]
    return sorted(passages, key=lambda passage: int(passage.frames[0]))


def search(correlator: Correlator, first: int, last: int, trials: int) -> tuple[Place | None, int]:
    """Look for the recording in the leak from frame ``first`` on.

    Returns:
        The surest place if it can hardly be chance, else None; and the frame up to which was searched.
    """
    hops = correlator.listening.hops_per_segment
    phases = np.arange(0, hops, SEARCH_STEP)
    rows = min(int(LONGEST_SEARCH_S / (hops * correlator.listening.hop_s)), max(1, (last - first) // hops))
    energy = np.zeros((len(phases), correlator.segments + rows))
    terms = 0.0
    limit = log(FALSE_PASSAGE) - log(energy.size * trials * -(-rows // SEARCH_BLOCK))
    for start in range(0, rows, SEARCH_BLOCK):
        block = np.arange(start, min(rows, start + SEARCH_BLOCK))
        fits = correlator.everywhere((first + hops * block[:, None] + phases).ravel())
        squares = np.square(fits, out=fits).reshape(len(block), len(phases), -1)
        for row, square in zip(block, squares, strict=True):
            energy[:, rows - row : rows - row + correlator.segments] += square
        terms += int(np.any(squares > 0, axis=(1, 2)).sum())
        chance = log_chance(energy.max(), np.array(max(terms, 1.0)))
        if chance < limit:
            phase, lag = np.unravel_index(int(energy.argmax()), energy.shape)
            frame = first + int(phases[phase])
            return Place(int(lag) - rows, frame, float(chance) - limit + log(FALSE_PASSAGE)), last
    return None, first + hops * rows


@dataclass
class Line:
    """The straight line that the leak follows for now: where a segment of the recording starts in it.

    The slope is a regression on the last points, drawn towards the nominal one while they are few and close together.

    Attributes:
        nominal: frames per segment at the recording's own speed.
        points: segments and the frames at which they were found.
    """

    nominal: float
    points: list[tuple[float, float]] = field(default_factory=list)

    def add(self, segment: float, frame: float) -> None:
        """Let the line bend towards a point."""
        self.points = [*self.points[1 - LINE_POINTS :], (segment, frame)]

    def frames(self, segments: Ints) -> Ints:
        """Return the frames at which ``segments`` should start."""
        x, y = np.array(self.points).T
        steep = y - self.nominal * x
        slope = ((x - x.mean()) @ (steep - steep.mean())) / (((x - x.mean()) ** 2).sum() + LINE_STIFFNESS)
        frames: Ints = np.rint(y.mean() + (self.nominal + slope) * (segments - x.mean())).astype(np.int64)
        return frames


def follow(correlator: Correlator, place: Place, first: int, last: int) -> Passage | None:
    """Return the passage that ``place`` belongs to, between the frames ``first`` and ``last`` of the leak."""
    hops = correlator.listening.hops_per_segment
    before = track(correlator, place, min(place.segment, (place.frame - first) // hops + 1), -1)
    after = track(correlator, place, min(correlator.segments - place.segment, (last - place.frame) // hops), 1)
    segments, frames, energy = (np.concatenate([b[::-1], a]) for b, a in zip(before, after, strict=True))
    usable = (frames >= first) & (frames + hops <= last) & (segments >= 0)
    segments, frames, energy = segments[usable], frames[usable], energy[usable]
    span = best_stretch(worth(energy))
    if span.stop == span.start:
        return None
    return Passage(segments[span], frames[span], place.log_chance)


def track(correlator: Correlator, place: Place, count: int, direction: int) -> tuple[Ints, Ints, Doubles]:
    """Follow the line through ``place`` for ``count`` segments, forwards (+1) or backwards (-1) in the recording.

    Returns:
        The segments in the order met, the frames at which each starts, and E² there.
    """
    line = Line(correlator.listening.hops_per_segment, [(place.segment, place.frame)])
    away = np.arange(count) if direction > 0 else -np.arange(1, count + 1)
    segments, bends = place.segment + away, np.arange(-BEND, BEND + 1)
    frames, energy = np.zeros(len(away), np.int64), np.zeros(len(away))
    for start in range(0, len(away), FOLLOW_BLOCK):
        block = slice(start, start + FOLLOW_BLOCK)
        expected = line.frames(segments[block])
        tried = np.stack([correlator.along(expected + bend, segments[block]) for bend in bends]).astype(float) ** 2
        best = int(tried.sum(axis=1).argmax())
        sure = log_chance(tried[best].sum(), np.array(float(len(expected)))) + log(len(bends)) < SURE
        if not sure:
            best = BEND
        else:
            line.add(float(segments[block].mean()), float(expected.mean() + bends[best]))
        frames[block], energy[block] = expected + bends[best], tried[best]
    return segments, frames, energy


def worth(energy: Doubles) -> Doubles:
    """Return how much each segment speaks for being marked: the logarithm of the odds of a variance above 1.

    The variance is that of the loudest third, and cautiously at most 3, so that a pause costs little.
    """
    loud = float(np.quantile(energy, 2 / 3)) if len(energy) else 1.0
    gain = min(max(loud, 1.3), CAUTIOUS_GAIN)
    odds: Doubles = 0.5 * (energy * (1 - 1 / gain) - log(gain))
    return odds


def best_stretch(scores: Doubles) -> slice:
    """Return the stretch with the largest sum that nowhere loses more than ``PATIENCE`` on the way."""
    best, best_sum, start, total, peak = slice(0, 0), 0.0, 0, 0.0, 0.0
    for index, score in enumerate(scores):
        total += score
        peak = max(peak, total)
        if total <= 0 or total < peak - PATIENCE:
            start, total, peak = index + 1, 0.0, 0.0
        elif total > best_sum:
            best, best_sum = slice(start, index + 1), total
    return best
