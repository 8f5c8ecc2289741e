"""Where in the recording each part of a leak was said, found from the patterns alone.

The search knows the mark key and nothing of who was given what, so that trying all places costs no accusation anything.

1. *Search.* From the first part of the leak that is not explained yet, segment after segment is compared with all
   segments of the recording at every phase (15 ms apart); what they are worth (``correlation``) adds up along the
   diagonals until one of them can hardly be chance any more, or 20 s have passed.
2. *Follow.* From there the line is followed to both ends of the leak, 24 segments at a time, and bends where the leak
   runs a little fast or slow.
3. *Cut.* The passage ends where following the line on does not pay any more. What is left is searched again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import log

import numpy as np
from numpy.typing import NDArray

from earmark.signal.correlation import Correlator, Floats, Ints

FALSE_PASSAGE = 1e-4
CANDIDATES = 8
SAME_LINE = 2
NEIGHBOURS = 2 * SAME_LINE + 1
SEARCH_BLOCK = 16
LONGEST_SEARCH_S = 20.0
SHORTEST_PART_S = 1.5
FOLLOW_BLOCK = 24
BEND = 2
SURE = 8.0
PATIENCE = 30.0
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


@dataclass(frozen=True)
class Place:
    """A segment of the recording found at a frame of the leak.

    Attributes:
        segment: which one; it may lie before the recording's first where the leak starts earlier.
        frame: where it starts in the leak.
        log_chance: natural logarithm of a bound on the chance of finding anything so sure in unmarked sound; above 0
            where that is no bound at all.
    """

    segment: int
    frame: int
    log_chance: float

    @property
    def sure(self) -> bool:
        """Whether this can hardly be chance."""
        return self.log_chance <= log(FALSE_PASSAGE)


def align(correlator: Correlator, *, first: int = 0, trials: int = 1, progress: Progress = silent) -> list[Passage]:
    """Return the passages of the recording in the leak, in the order of the leak.

    Args:
        correlator: leak and recording.
        first: the frame of the leak to start from.
        trials: how many recordings are searched; the allowed chance of error is shared among them.
        progress: called with the part of the leak that is done, 0 to 1.
    """
    passages: list[Passage] = []
    parts = [(first, first, correlator.listening.frames)]  # from where unexplained, from where unsearched, to where
    while parts:
        lowest, start, stop = parts.pop()
        progress(start / max(1, correlator.listening.frames))
        if (stop - start) * correlator.listening.hop_s < SHORTEST_PART_S:
            continue
        places, searched = search(correlator, start, stop, trials)
        passage = follow(correlator, places[0], lowest, stop) if places and places[0].sure else None
        if passage is None:
            parts.append((lowest, searched, stop))
        else:
            passages.append(passage)
            end = int(passage.frames[-1]) + correlator.listening.hops_per_segment
            parts += [(end, end, stop), (lowest, start, int(passage.frames[0]))]
    return sorted(passages, key=lambda passage: int(passage.frames[0]))


def search(correlator: Correlator, first: int, last: int, trials: int) -> tuple[list[Place], int]:
    """Look for the recording in the leak from frame ``first`` on, for 20 s at most.

    Returns:
        The surest places, the surest first: one if it is sure, else up to eight, any of which may be chance; and the
        frame from which to search on.
    """
    hops = correlator.listening.hops_per_segment
    phases = np.arange(hops)
    longest = int(LONGEST_SEARCH_S / (hops * correlator.listening.hop_s))
    rows = min(longest, max(1, (last - first) // hops))
    windows = -(-correlator.listening.frames // (hops * longest))
    odds = np.full((hops, correlator.segments + rows), -np.inf, np.float32)
    log_places = log(odds.size * trials * max(1, windows))
    for start in range(0, rows, SEARCH_BLOCK):
        np.logaddexp(odds, log_share(start // SEARCH_BLOCK, -(-rows // SEARCH_BLOCK)), out=odds)
        block = np.arange(start, min(rows, start + SEARCH_BLOCK))
        gains = correlator.worth_everywhere((first + hops * block[:, None] + phases).ravel())
        for row, gain in zip(block, gains.reshape(len(block), hops, -1), strict=True):
            odds[:, rows - row : rows - row + correlator.segments] += gain
        if log_places - float(odds.max()) <= log(FALSE_PASSAGE):
            break
    found = [
        Place(lag - rows, first + phase, log_places - float(odds[phase, lag])) for phase, lag in surest_lines(odds)
    ]
    return (found[:1] if found[0].sure else found), first + hops * rows


def log_share(block: int, blocks: int) -> float:
    """Return the logarithm of the share of belief that a passage begins with a block: half for the first one.

    What is worth looking at may begin anywhere in the part searched, and what comes before would count against it. So
    the search adds up, not multiplies, over where to begin: an average of test martingales is one.
    """
    if blocks == 1:
        return 0.0
    return log(0.5 if block == 0 else 0.5 / (blocks - 1))


def surest_lines(odds: Floats) -> list[tuple[int, int]]:
    """Return phase and lag of the eight surest lines, the surest first; of lines a frame or two apart only one.

    Args:
        odds: shape (phases, lags); a phase more is a frame later, a lag more a segment's frames earlier.
    """
    hops = len(odds)
    by_offset = odds[::-1].T.ravel()
    count = min(len(by_offset), NEIGHBOURS * CANDIDATES)
    likely = np.argpartition(by_offset, -count)[-count:]
    picked: list[int] = []
    for offset in likely[np.argsort(-by_offset[likely])].tolist():
        if len(picked) < CANDIDATES and all(abs(offset - other) > SAME_LINE for other in picked):
            picked.append(offset)
    return [(hops - 1 - offset % hops, offset // hops) for offset in picked]


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
    before = track(correlator, place, min(place.segment, (place.frame - first) // hops + 1), -1)
    after = track(correlator, place, min(correlator.segments - place.segment, (last - place.frame) // hops), 1)
    segments = np.concatenate([before[0][::-1], after[0]])
    frames = np.concatenate([before[1][::-1], after[1]])
    gains = np.concatenate([before[2][::-1], after[2]])
    usable = (frames >= first) & (frames + hops <= last) & (segments >= 0)
    segments, frames = segments[usable], frames[usable]
    span = best_stretch(gains[usable])
    return Passage(segments[span], frames[span], place.log_chance) if span.stop > span.start else None


def track(correlator: Correlator, place: Place, count: int, direction: int) -> tuple[Ints, Ints, Floats]:
    """Follow the line through ``place`` for ``count`` segments, forwards (+1) or backwards (-1) in the recording.

    Returns:
        The segments in the order met, the frames at which each starts, and what each is worth there.
    """
    line = Line(correlator.listening.hops_per_segment, [(place.segment, place.frame)])
    away = np.arange(count) if direction > 0 else -np.arange(1, count + 1)
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
    tried = np.stack([correlator.worth_along(expected + bend, segments) for bend in bends])
    sums = tried.sum(axis=1)
    best = int(sums.argmax())
    if sums[best] < sums[BEND] + log(len(bends)):  # no better than the best of so many would be by chance
        best = BEND
    if sums[best] > SURE:
        line.add(float(segments.mean()), float(expected.mean() + bends[best]))
    else:
        best = BEND
    return expected + bends[best], tried[best]


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
