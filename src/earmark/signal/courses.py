"""Courses: the lines that a leak may follow, each a mapping from frames of the leak to places of the recording.

A passage says where the recording surely is. Its line goes on before and after it, and may come back after a word that
was put in; so each passage is followed for a while in both directions, and what the leak is at every frame is weighed
along all of the courses at once (``path``).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earmark.signal.alignment import Passage, track
from earmark.signal.borders import FARTHEST, slope_of
from earmark.signal.correlation import Correlator, Ints
from earmark.signal.search import SAME_LINE, Place

REACH_S = 30.0
"""How far beyond its passage a course is followed; clocks may drift, so it is not followed for ever."""

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Course:
    """A line that the leak may follow.

    Attributes:
        segments: consecutive segments of the recording; shape (n,), at least one.
        frames: the frame of the leak at which each of them starts, rising; shape (n,).
        hops: how many frames a segment takes at the recording's own speed.
    """

    segments: Ints
    frames: Ints
    hops: int

    @property
    def edges(self) -> Ints:
        """The frames at which segments start, and the one at which the last ends; shape (n + 1,)."""
        return np.append(self.frames, self.frames[-1] + self.hops)

    def per_frame(self, values: Doubles, frames: int) -> Doubles:
        """Spread a value per segment evenly over the frames of the leak; minus infinity where the course is not.

        Args:
            values: shape (n,).
            frames: length of the leak.
        """
        spread = np.full(frames, -np.inf)
        first, last = max(0, int(self.edges[0])), min(frames, int(self.edges[-1]))
        if last > first:
            which = np.searchsorted(self.frames, np.arange(first, last), side="right") - 1
            spread[first:last] = (values / np.maximum(1, np.diff(self.edges)))[which]
        return spread

    def position(self, frame: float) -> float:
        """Return the place in the recording, in segments, that the leak is at when it is at ``frame``."""
        places = np.append(self.segments, self.segments[-1] + 1)
        return float(np.interp(frame, self.edges, places))

    def has(self, passage: Passage) -> bool:
        """Tell whether a passage begins on the course, but for a frame or two."""
        frame, segment = int(passage.frames[0]), int(passage.segments[0])
        inside = self.edges[0] <= frame < self.edges[-1]
        return bool(inside and abs(self.position(frame) - segment) * self.hops <= SAME_LINE)

    def speed(self, first: int, last: int) -> float | None:
        """Return how many times as fast as the nominal speed it runs from a frame to another; None if that is short."""
        inside = (self.frames >= first) & (self.frames < last)
        part = Passage(self.segments[inside], self.frames[inside], 0.0)
        measured = part.frames_per_segment if inside.any() else None
        return self.hops / measured if measured else None


def course_of(correlator: Correlator, passage: Passage) -> Course:
    """Return the course that a passage is part of."""
    listening = correlator.listening
    hops = listening.hops_per_segment
    reach = round(REACH_S / listening.hop_s / hops)
    first, last = (Place(int(passage.segments[end]), int(passage.frames[end]), 0.0) for end in (0, -1))
    before = track(correlator, first, min(reach, first.segment), -1, slope_of(passage, hops))
    left = min(reach, correlator.segments - 1 - last.segment)
    after = track(correlator, last, left + 1, 1, last_slope(passage, hops))
    segments = np.concatenate([before[0][::-1], passage.segments, after[0][1:]])
    frames = np.maximum.accumulate(np.concatenate([before[1][::-1], passage.frames, after[1][1:]]))
    kept = (frames + hops > 0) & (frames < listening.frames)
    return Course(segments[kept], frames[kept], hops)


def last_slope(passage: Passage, hops: int) -> float:
    """Return how many frames a segment takes where a passage ends; ``hops`` where that is too short to tell."""
    count = min(len(passage.segments), FARTHEST) - 1
    return float(passage.frames[-1] - passage.frames[-1 - count]) / count if count > 0 else float(hops)


def courses_of(correlator: Correlator, passages: Sequence[Passage]) -> list[Course]:
    """Return the courses of passages."""
    return [course_of(correlator, passage) for passage in passages]
