"""Looking again where a leak seems foreign: a moved sentence, a word from elsewhere, the same words a little later.

The alignment looks for passages of a second and a half or more, and may run over shorter ones. Once it is known which
recording the leak is of and how strongly it carries the mark, less is needed, the more so near the places known.
"""

from collections.abc import Sequence, Set
from dataclasses import replace
from math import log

import numpy as np
from numpy.typing import NDArray

from earmark.signal.alignment import Passage
from earmark.signal.correlation import Correlator, Floats, Ints
from earmark.signal.courses import Course
from earmark.signal.likeness import Likeness
from earmark.signal.path import FOREIGN, Part
from earmark.signal.presence import everywhere

SHORTEST_S = 0.4
LONGEST_S = 12.0
NEAR_S = 6.0
FAR_SHARE = 0.2
ALLOWED = 0.01
MOST_PLACES = 20_000_000
MOST_IN_ALL = 150_000_000
"""So many pairs of a frame and a segment are compared for one part, and for all of a long leak; then only near ones."""

Doubles = NDArray[np.float64]


def found_again(
    correlator: Correlator,
    courses: Sequence[Course],
    parts: Sequence[Part],
    searched: Set[Part],
    *,
    strength: float,
    likeness: Likeness | None = None,
) -> list[Passage]:
    """Return passages in the foreign parts of a path.

    Args:
        correlator: leak and recording.
        courses: known so far.
        parts: of the path.
        searched: parts that need not be searched once more.
        strength: how strongly the leak carries the mark (``presence``).
        likeness: to the original, if that is at hand.
    """
    hop_s = correlator.listening.hop_s
    found = []
    left = MOST_IN_ALL
    for number, part in enumerate(parts):
        if part.course != FOREIGN or part in searched:
            continue
        beside = (*parts[max(0, number - 1) : number], *parts[number + 1 : number + 2])
        for piece in pieces(part, hop_s):
            middle = (piece.first + piece.last) / 2
            near = [courses[one.course].position(middle) for one in beside if one.course != FOREIGN]
            places = (piece.last - piece.first) * correlator.segments
            far = places <= min(MOST_PLACES, left)
            left -= places if far else 0
            passage = surest(correlator, piece, near, strength=strength, likeness=likeness, far=far)
            found += [passage] if passage else []
    return found


def pieces(part: Part, hop_s: float) -> list[Part]:
    """Return what to search of a part: all of it, of a long one what is next to what is known, of a crumb nothing."""
    seconds = (part.last - part.first) * hop_s
    if seconds < SHORTEST_S:
        return []
    if seconds <= LONGEST_S:
        return [part]
    some = round(LONGEST_S / 2 / hop_s)
    return [replace(part, last=part.first + some), replace(part, first=part.last - some)]


def surest(
    correlator: Correlator, part: Part, near: Sequence[float], *, strength: float, likeness: Likeness | None, far: bool
) -> Passage | None:
    """Return the surest passage in a part of the leak; None if there is none that is no chance.

    Args:
        correlator: leak and recording.
        part: of the leak.
        near: places in the recording, in segments, that what is beside the part would be at in its middle.
        strength: how strongly the leak carries the mark.
        likeness: to the original, if that is at hand.
        far: whether to search all of the recording, not only what is near those places.
    """
    listening = correlator.listening
    hops = listening.hops_per_segment
    frames = np.arange(max(0, part.first - hops), min(part.last, listening.frames - hops) + 1)
    segments = np.arange(correlator.segments)
    reach = NEAR_S / listening.hop_s / hops
    close = np.zeros(len(segments), bool)
    for place in near:
        close |= np.abs(segments - place) < reach
    if not far:
        segments, close = segments[close], np.ones(int(close.sum()), bool)
    if not len(segments) or len(frames) < hops:
        return None
    gains = everywhere(correlator, frames, segments, strength)
    if likeness is not None:
        gains = gains + likeness.everywhere(frames, segments)
    dear = anywhere(hops, len(segments), len(frames))
    price = np.where(close, dear + log(FAR_SHARE * max(1, close.sum()) / len(segments)), dear)
    return best_diagonal(gains, frames, segments, hops, price)


def anywhere(hops: int, segments: int, frames: int) -> float:
    """Return how sure a passage has to be, in nats, that begins with any segment at any of ``frames``."""
    return log(hops * segments / FAR_SHARE) + log(frames / hops) - log(ALLOWED)


def best_diagonal(worth: Floats, frames: Ints, segments: Ints, hops: int, price: Doubles) -> Passage | None:
    """Return the stretch of a line with the largest sum, if that is more than its price.

    Args:
        worth: of each segment at each frame; shape (frames, segments).
        frames: consecutive.
        segments: rising.
        hops: frames of a segment.
        price: of ending at each segment; shape (segments,).
    """
    best, where = 0.0, (0, 0, 0)
    sums, lengths = np.zeros((hops, len(segments)), np.float32), np.zeros((hops, len(segments)), np.int64)
    joined = np.concatenate([[False], np.diff(segments) == 1])
    for row in range(len(frames)):
        phase = row % hops
        before = np.where(joined, np.roll(sums[phase], 1), 0.0)
        length = np.where(joined & (before > 0), np.roll(lengths[phase], 1), 0)
        sums[phase], lengths[phase] = np.maximum(before, 0.0) + worth[row], length + 1
        over = sums[phase] - price
        top = int(over.argmax())
        if over[top] > best:
            best, where = float(over[top]), (row, top, int(lengths[phase][top]))
    if not best:
        return None
    row, column, count = where
    back = np.arange(count - 1, -1, -1)
    return Passage(segments[column] - back, frames[row] - hops * back, -best)
