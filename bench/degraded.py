"""What is called too degraded to say, and whether it was: what speaks for the very place that it was truly said at.

Who makes a leak knows its true course. Weighed along that, a passage that speaks for its place by as much as ``verify``
asks of one that stands between two foreign ones would have been recognised there, had it been looked for nowhere else.
To call it too degraded was wrong. It is right of pauses, of what a codec or a room has drowned, and of what was put in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earmark.signal.alignment import Passage
from earmark.signal.correlation import Correlator, Ints
from earmark.signal.courses import Course
from earmark.signal.likeness import Likeness
from earmark.signal.presence import strength
from earmark.signal.steps import stepped
from earmark.signal.weighing import PRICES, Scale

NEEDED_NATS = PRICES.enter + PRICES.leave
LATE_S = 0.5
"""Codecs, rooms, and the clocks and jitter buffers of calls make a leak late by less."""

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Truth:
    """A genuine part of a leak.

    Attributes:
        start_s: when in the leak it begins.
        end_s: when it ends.
        said_s: when in the recording it begins.
    """

    start_s: float
    end_s: float
    said_s: float


@dataclass(frozen=True)
class Degraded:
    """How much of a leak is called too degraded to say; in seconds.

    Attributes:
        all: of it.
        genuine: of these, what is of the recording.
        recognisable: of these, what would have been recognised.
    """

    all: float = 0.0
    genuine: float = 0.0
    recognisable: float = 0.0

    def __add__(self, other: "Degraded") -> "Degraded":
        """Return both together."""
        return Degraded(self.all + other.all, self.genuine + other.genuine, self.recognisable + other.recognisable)


@dataclass(frozen=True)
class Speaking:
    """What speaks for the places that the genuine parts of a leak were truly said at.

    Attributes:
        truths: these parts.
        worth: of each at each frame in nats, minus infinity where it is not; shape (truths, frames).
        hop_s: length of a frame.
    """

    truths: Sequence[Truth]
    worth: Doubles
    hop_s: float

    @classmethod
    def of(
        cls, correlator: Correlator, passages: Sequence[Passage], likeness: Likeness | None, truths: Sequence[Truth]
    ) -> "Speaking":
        """Weigh a leak along its true course; see ``time_line`` for what it is weighed by."""
        scale = Scale(correlator, strength(correlator, passages), likeness)
        frames = correlator.listening.frames
        rows = [weighed(scale, late(along(correlator, truth), passages, correlator)) for truth in truths]
        return cls(truths, np.reshape(rows, (len(truths), frames)), correlator.listening.hop_s)

    def degraded(self, start_s: float, end_s: float) -> Degraded:
        """Return what of a stretch is genuine, and what of that would have been recognised."""
        first, last = round(start_s / self.hop_s), round(end_s / self.hop_s)
        genuine = sum(max(0.0, min(one.end_s, end_s) - max(one.start_s, start_s)) for one in self.truths)
        frames = sum(surest(row[first:last]) for row in self.worth)
        return Degraded(end_s - start_s, genuine, self.hop_s * frames)


def along(correlator: Correlator, truth: Truth) -> Passage:
    """Return all whole segments of a genuine part, where a leak has them that is not late."""
    listening = correlator.listening
    segment_s = listening.layout.segment_ms / 1000
    segments = np.arange(int(np.ceil(truth.said_s / segment_s)), correlator.segments)
    starts = truth.start_s + segments * segment_s - truth.said_s
    inside = starts + segment_s <= truth.end_s
    return Passage(segments[inside], np.rint(starts[inside] / listening.hop_s).astype(np.int64), 0.0)


def late(true: Passage, passages: Sequence[Passage], correlator: Correlator) -> Passage:
    """Return a part as late as the passages are that were found in it, and else as those next to them."""
    frames: list[Ints] = [np.zeros(0, np.int64)]
    behind: list[Ints] = [np.zeros(0, np.int64)]
    for passage in passages:
        _, mine, theirs = np.intersect1d(true.segments, passage.segments, return_indices=True)
        frames.append(true.frames[mine])
        behind.append(passage.frames[theirs] - true.frames[mine])
    at, off = np.concatenate(frames), np.concatenate(behind)
    known = np.abs(off) * correlator.listening.hop_s < LATE_S
    order = np.argsort(at[known], kind="stable")
    if not len(order):
        return true
    moved = true.frames + np.rint(np.interp(true.frames, at[known][order], off[known][order])).astype(np.int64)
    return Passage(true.segments, np.maximum.accumulate(np.maximum(moved, 0)), 0.0)


def weighed(scale: Scale, passage: Passage) -> Doubles:
    """Return what a passage is worth at each frame of a leak."""
    listening = scale.correlator.listening
    if not len(passage.segments):
        return np.full(listening.frames, -np.inf)
    followed = stepped(scale.correlator, passage)
    return scale.weigh(Course(followed.segments, followed.frames, listening.hops_per_segment))


def surest(worth: Doubles) -> int:
    """Return how many frames the run has that is worth most, if it is enough to be recognised; else 0."""
    sums = np.append(0.0, np.cumsum(np.where(np.isfinite(worth), worth, 0.0)))
    last = int((sums - np.minimum.accumulate(sums)).argmax())
    first = int(sums[: last + 1].argmin())
    return last - first if sums[last] - sums[first] >= NEEDED_NATS else 0


HEAD = ("after", "seen", "minutes", "too degraded to say", "of these genuine", "recognisable")


def row(after: str, seen: str, seconds: float, some: Degraded) -> tuple[str, ...]:
    """Return a row of a table: of ``seconds`` of leak, how much is called so."""
    shares = (f"{part / 60:.1f} ({part / max(whole, 1e-9):.1%})" for part, whole in parts_of(seconds, some))
    return (f"`{after}`", seen, f"{seconds / 60:.0f}", *shares)


def parts_of(seconds: float, some: Degraded) -> tuple[tuple[float, float], ...]:
    """Return seconds, and those that they are a part of."""
    return (some.all, seconds), (some.genuine, some.all), (some.recognisable, some.all)
