"""Which passages of the recording a leak consists of, found from the patterns alone.

1. *Search.* The first part of the leak that is not explained yet is searched for a sure place (``search``), 20 s at
   a time.
2. *Follow.* The line through that place may lean, as a leak that was stretched runs up to a tenth fast or slow. It is
   followed to both ends of the leak, 24 segments at a time, and bends where the leak drifts.
3. *Cut.* The passage ends where following the line on does not pay any more. What is left is searched again.

Once a recording is surely in a leak, less has to be proved of a further passage: 1 %, where it was a hundredth of that.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import log

import numpy as np
from numpy.typing import NDArray

from earmark.signal.correlation import Correlator, Floats, Ints
from earmark.signal.pace import FASTEST, STEP
from earmark.signal.search import FALSE_PASSAGE, Place, search

FALSE_FURTHER_PASSAGE = 1e-2
LONGEST_SEARCH_S = 20.0
SHORTEST_PART_S = 1.5
FOLLOW_BLOCK = 24
BEND = 2
SURE = 8.0
PATIENCE = 30.0
LEAN_REACH = 24
LINE_POINTS = 16
LINE_STIFFNESS = 400.0

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
    def frames_per_segment(self) -> float | None:
        """How many frames of the leak a segment takes; None for a passage too short to tell."""
        if len(self.segments) < 2 * FOLLOW_BLOCK:
            return None
        slope, _ = np.polyfit(self.segments, self.frames, 1)
        return float(slope)


def align(
    correlator: Correlator,
    known: Place | None = None,
    *,
    trials: float = 1,
    allowed: float = FALSE_PASSAGE,
    manner: "Manner | None" = None,
    progress: Progress = silent,
) -> list[Passage]:
    """Return the passages of the recording in the leak, in the order of the leak.

    Args:
        correlator: leak and recording.
        known: a place that is sure already, None to look for the first one.
        trials: how many recordings are searched; the allowed chance of error is shared among them.
        allowed: the allowed chance of error of the first passage.
        manner: how places are found and lines followed; ``STRAIGHT`` if None.
        progress: called with the part of the leak that is done, 0 to 1.
    """
    manner = manner or STRAIGHT
    frames = correlator.listening.frames
    window = round(manner.longest_s / correlator.listening.hop_s)
    trials *= max(1, -(-frames // window))
    passages: list[Passage] = []
    parts = [(0, 0, frames)]  # from where unexplained, from where unsearched, to where
    while parts:
        lowest, start, stop = parts.pop()
        if (stop - start) * correlator.listening.hop_s < SHORTEST_PART_S:
            continue
        progress(start / frames)
        searched = min(stop, start + window)
        sought = FALSE_FURTHER_PASSAGE if passages else allowed
        place = known or manner.find(correlator, start, searched, trials, sought)
        passage = manner.follow(correlator, place, lowest, stop) if place else None
        known = None
        if passage is None:
            parts.append((lowest, searched, stop))
        else:
            passages.append(passage)
            end = int(passage.frames[-1]) + correlator.listening.hops_per_segment
            parts += [(end, end, stop), (lowest, start, int(passage.frames[0]))]
    return sorted(passages, key=lambda passage: int(passage.frames[0]))


def surest(correlator: Correlator, first: int, last: int, trials: float, allowed: float) -> Place | None:
    """Return the surest place between two frames if it is no chance but for what is ``allowed``."""
    places = search(correlator, first, last, trials, allowed=allowed)
    return places[0] if places and places[0].log_chance <= log(allowed) else None


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
        excess = y - self.nominal * x
        slope = ((x - x.mean()) @ (excess - excess.mean())) / (((x - x.mean()) ** 2).sum() + LINE_STIFFNESS)
        frames: Ints = np.rint(y.mean() + (self.nominal + slope) * (segments - x.mean())).astype(np.int64)
        return frames


def follow(correlator: Correlator, place: Place, first: int, last: int) -> Passage | None:
    """Return the passage that ``place`` belongs to, between the frames ``first`` and ``last`` of the leak."""
    hops = correlator.listening.hops_per_segment
    slope = lean(correlator, place)
    before = track(correlator, place, min(place.segment, int((place.frame - first) / slope) + 1), -1, slope)
    after = track(
        correlator, place, min(correlator.segments - place.segment, int((last - place.frame) / slope)), 1, slope
    )
    segments = np.concatenate([before[0][::-1], after[0]])
    frames = np.concatenate([before[1][::-1], after[1]])
    gains = np.concatenate([before[2][::-1], after[2]])
    usable = (frames >= first) & (frames + hops <= last) & (segments >= 0)
    segments, frames = segments[usable], frames[usable]
    span = best_stretch(gains[usable])
    return Passage(segments[span], frames[span], place.log_chance) if span.stop > span.start else None


def lean(correlator: Correlator, place: Place) -> float:
    """Return how many frames a segment takes near ``place``: the nominal number unless another is surely better."""
    nominal = correlator.listening.hops_per_segment
    steps = np.arange(-round(FASTEST / STEP), round(FASTEST / STEP) + 1)
    away = np.arange(-LEAN_REACH, LEAN_REACH + 1)
    slopes = nominal / (1 + STEP * steps)
    frames = place.frame + np.rint(slopes[:, None] * away).astype(np.int64)
    worths = worth_of_lines(correlator, frames, place.segment + away).sum(axis=1)
    best = int(worths.argmax())
    return float(slopes[best]) if worths[best] > worths[steps == 0][0] + log(len(steps)) else float(nominal)


def track(correlator: Correlator, place: Place, count: int, direction: int, slope: float) -> tuple[Ints, Ints, Floats]:
    """Follow the line through ``place`` for ``count`` segments, forwards (+1) or backwards (-1) in the recording.

    Args:
        correlator: leak and recording.
        place: on the line.
        count: of segments.
        direction: +1 or -1.
        slope: how many frames a segment takes to begin with.

    Returns:
        The segments in the order met, the frames at which each starts, and what each is worth there.
    """
    line = Line(slope, [(place.segment, place.frame)])
    away = np.arange(count) if direction > 0 else -np.arange(1, max(0, count) + 1)
    segments: Ints = place.segment + away
    frames, gains = np.zeros(len(away), np.int64), np.zeros(len(away), np.float32)
    for start in range(0, len(away), FOLLOW_BLOCK):
        block = slice(start, start + FOLLOW_BLOCK)
        frames[block], gains[block] = bent(correlator, line, segments[block])
    return segments, frames, gains


def bent(correlator: Correlator, line: Line, segments: Ints) -> tuple[Ints, Floats]:
    """Return where ``segments`` start and what they are worth, a little off the line if that is surely better."""
    expected = line.frames(segments)
    bends = np.arange(-BEND, BEND + 1)
    tried = worth_of_lines(correlator, expected + bends[:, None], segments)
    sums = tried.sum(axis=1)
    best = int(sums.argmax())
    if sums[best] < sums[BEND] + log(len(bends)):  # no better than the best of so many would be by chance
        best = BEND
    if sums[best] > SURE:
        line.add(float(segments.mean()), float(expected.mean() + bends[best]))
    else:
        best = BEND
    return expected + bends[best], tried[best]


def worth_of_lines(correlator: Correlator, frames: Ints, segments: Ints) -> Floats:
    """Return what segments are worth on each of some lines; shape (lines, segments).

    Args:
        correlator: leak and recording.
        frames: where the segments start on each line; shape (lines, segments).
        segments: shape (segments,).
    """
    return correlator.worth_along(frames.ravel(), np.tile(segments, len(frames))).reshape(frames.shape)


def best_stretch(gains: NDArray[np.float32]) -> slice:
    """Return the stretch with the largest sum that nowhere loses more than ``PATIENCE`` on the way."""
    best, best_sum, start, total, peak = slice(0, 0), 0.0, 0, 0.0, 0.0
    for index, gain in enumerate(gains.tolist()):
        total += gain
        peak = max(peak, total)
        if total <= 0 or total < peak - PATIENCE:
            start, total, peak = index + 1, 0.0, 0.0
        elif total > best_sum:
            best, best_sum = slice(start, index + 1), total
    return best


@dataclass(frozen=True)
class Manner:
    """How the places of passages are found, and how passages are followed from there.

    Attributes:
        longest_s: how much of a leak is searched at a time.
        find: returns a place between two frames of the leak if it is no chance but for what is allowed.
        follow: returns the passage of a place between two frames of the leak.
    """

    longest_s: float
    find: Callable[[Correlator, int, int, float, float], Place | None]
    follow: Callable[[Correlator, Place, int, int], Passage | None]


STRAIGHT = Manner(LONGEST_SEARCH_S, surest, follow)
"""That of recordings that are played as they are: ``wandering`` has another one."""
