"""Threads: how a leak may follow a call, with all who are heard in it at once.

Whoever cuts a leak of a call, or moves a part of it, does so in all voices at the same moment and by the same time. So
what one speaker says before a joint and another one after it tell of one edit, which neither of them could place alone.
A thread is made of the courses of all speakers that keep step with each other. Each speaker has a clock of their own:
by how much one is ahead of another is told by what of the leak both are heard in, taken together.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from earmark.signal.alignment import Passage
from earmark.signal.correlation import Correlator
from earmark.signal.courses import Course
from earmark.signal.likeness import Likeness
from earmark.signal.path import FOREIGN
from earmark.signal.presence import strength
from earmark.signal.steps import stepped
from earmark.signal.weighing import Scale, Weighed, path_of, weighed

IN_STEP_S = 0.25
"""Courses no farther apart are of one thread: so much may jitter buffers and clocks do, and a joint does more."""

FADES_S = 5.0
"""In so many seconds what one speaker says tells half as much about another one's clock."""

HEARD_S = 0.75
SURE_NATS = 4.0
"""A speaker is surely heard where so much speaks for them in so long a time."""

CLOSE_S = 0.4

Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Speaker:
    """One of those who are heard in a leak.

    Attributes:
        correlator: the leak and what they said; the leak is heard alike for all.
        passages: where they surely are, in the order of the leak.
        likeness: to what they said without the mark, if that is at hand.
    """

    correlator: Correlator
    passages: Sequence[Passage]
    likeness: Likeness | None = None


@dataclass(frozen=True)
class Alone:
    """A speaker whose words have been followed by themselves.

    Attributes:
        speaker: they.
        scale: weighs courses of theirs.
        leak: weighed along their courses.
    """

    speaker: Speaker
    scale: Scale
    leak: Weighed[Course]

    @classmethod
    def of(cls, speaker: Speaker) -> "Alone":
        """Follow a speaker, as a jitter buffer has played them."""
        correlator = speaker.correlator
        passages = [stepped(correlator, one) for one in speaker.passages]
        scale = Scale(correlator, strength(correlator, passages), speaker.likeness)
        return cls(speaker, scale, weighed(correlator, passages, speaker.likeness))

    @property
    def segment_s(self) -> float:
        """Length of a segment in seconds."""
        return self.speaker.correlator.listening.layout.segment_ms / 1000

    def shift(self, course: Course, frame: float) -> float:
        """Return by how many seconds the recording is ahead of the leak on a course, at a frame."""
        return self.segment_s * (course.position(frame) - frame / course.hops)

    def votes(self) -> Iterator[tuple[float, int, float]]:
        """Yield for each part that is of them: the shift, the frame in its middle, and what speaks for it in nats."""
        for part in path_of(self.speaker.correlator, self.leak):
            if part.course != FOREIGN:
                middle = (part.first + part.last) // 2
                worth = float(finite(self.leak.worth[part.course, part.first : part.last]).sum())
                yield self.shift(self.leak.courses[part.course], middle), middle, max(0.0, worth)


@dataclass(frozen=True)
class Voice:
    """What one speaker adds to a thread.

    Attributes:
        courses: of theirs that are in it; at least one, unless they said nothing there.
        worth: of each course at each frame, in nats; shape (courses, frames).
        speaks: where they are known to say something; shape (frames,).
        unknown: where it is not known whether they do; likewise.
    """

    courses: Sequence[Course]
    worth: Doubles
    speaks: Flags
    unknown: Flags

    @property
    def best(self) -> Doubles:
        """What the best of their courses is worth at each frame, 0 where there is none; shape (frames,)."""
        return finite(self.worth.max(axis=0, initial=-np.inf))

    def heard(self, hop_s: float) -> Flags:
        """Tell at which frames they are heard, or shortly before or after which; shape (frames,)."""
        return widened(heard(self.best, hop_s), round(CLOSE_S / hop_s))


@dataclass(frozen=True)
class Thread:
    """A way in which a leak may follow a call.

    Attributes:
        voices: of all speakers.
        lead: whose places count.
        ahead: by how many segments these are ahead of the call's.
        course: of theirs.
    """

    voices: tuple[Voice, ...]
    lead: int
    ahead: float
    course: Course

    @property
    def hops(self) -> int:
        """How many frames a segment takes."""
        return self.course.hops

    def position(self, frame: float) -> float:
        """Return the place in the call, in segments, that the leak is at when it is at ``frame``."""
        first, last = self.course.edges[[0, -1]]
        beyond = frame - float(np.clip(frame, first, last))
        return self.course.position(frame) + beyond / self.hops - self.ahead

    def speed(self, first: int, last: int) -> float | None:
        """Return how fast it runs from a frame to another; see ``Course.speed``."""
        return self.course.speed(first, last)

    def worth(self, hop_s: float) -> Doubles:
        """Return what the thread is worth at each frame, in nats against foreign; shape (frames,).

        Those who are heard speak for it, and nobody speaks against it then. Where nobody is heard, all of those who
        are known to say something would have to be; if that is known of none, any of those of whom it is not known.
        """
        best = np.stack([voice.best for voice in self.voices])
        heard = np.stack([voice.heard(hop_s) for voice in self.voices])
        speaks = np.stack([voice.speaks for voice in self.voices])
        unknown = np.stack([voice.unknown for voice in self.voices])
        missed = np.where(speaks.any(axis=0), most(best, speaks), most(best, unknown))
        known = np.any([np.isfinite(voice.worth).any(axis=0) for voice in self.voices], axis=0)
        worth = np.where(heard.any(axis=0), best.max(axis=0), missed)
        return np.where(widened(known, round(IN_STEP_S / hop_s)), worth, -np.inf)  # streams begin late


def finite(worth: Doubles) -> Doubles:
    """Return worth with 0 where a course is not."""
    return np.where(np.isfinite(worth), worth, 0.0)


def most(worth: Doubles, which: Flags) -> Doubles:
    """Return the most that those of some rows which count are worth in each column; 0 where none counts."""
    top = np.where(which, worth, -np.inf).max(axis=0)
    return finite(top)


def heard(worth: Doubles, hop_s: float) -> Flags:
    """Tell where something is surely heard; shape (frames,)."""
    found: Flags = np.convolve(finite(worth), np.ones(round(HEARD_S / hop_s)), "same")[: len(worth)] > SURE_NATS
    return found


def widened(flags: Flags, reach: int) -> Flags:
    """Return flags that are up where any within ``reach`` is."""
    wide: Flags = np.convolve(flags, np.ones(2 * reach + 1))[reach : reach + len(flags)] > 0
    return wide


def clocks(everybody: Sequence[Alone]) -> list[float]:
    """Return by how many seconds each speaker's clock is ahead of the first one's: as most of the leak has it."""
    first = list(everybody[0].votes())
    return [0.0, *(ahead(list(one.votes()), first, one) for one in everybody[1:])]


def ahead(mine: Sequence[tuple[float, int, float]], theirs: Sequence[tuple[float, int, float]], one: Alone) -> float:
    """Return by how many seconds a clock is ahead of another one, by the votes of both."""
    hop_s = one.speaker.correlator.listening.hop_s
    pairs = np.array(
        [
            (a - b, min(worth, other) / (1 + abs(at - then) * hop_s / FADES_S))
            for a, at, worth in mine
            for b, then, other in theirs
        ]
    ).reshape(-1, 2)
    if not len(pairs):
        return 0.0
    steps, weights = pairs[np.argsort(pairs[:, 0])].T
    heaped = np.append(0.0, np.cumsum(weights))
    first, last = np.searchsorted(steps, steps - IN_STEP_S, "right"), np.searchsorted(steps, steps + IN_STEP_S)
    best = int((heaped[last] - heaped[first]).argmax())
    chosen = slice(first[best], last[best])
    return float(np.average(steps[chosen], weights=weights[chosen] + 1e-9))


def threads_of(everybody: Sequence[Alone], ahead_s: Sequence[float]) -> list[Thread]:
    """Return the threads that courses of all speakers make."""
    placed = sorted(
        (one.shift(course, centre(row)) - ahead_s[number], number, which)
        for number, one in enumerate(everybody)
        for which, (course, row) in enumerate(zip(one.leak.courses, one.leak.worth, strict=True))
    )
    edges = [0, *(n for n, (a, b) in enumerate(pairwise(placed), 1) if b[0] - a[0] >= IN_STEP_S), len(placed)]
    groups = [placed[first:last] for first, last in pairwise(edges) if last > first]
    return [thread_of(everybody, ahead_s, [(number, which) for _, number, which in group]) for group in groups]


def thread_of(everybody: Sequence[Alone], ahead_s: Sequence[float], members: Sequence[tuple[int, int]]) -> Thread:
    """Return the thread of some courses, each given by its speaker and its number; speakers who lack one are led."""
    lead, which = max(members, key=lambda one: float(np.maximum(finite(everybody[one[0]].leak.worth[one[1]]), 0).sum()))
    course = everybody[lead].leak.courses[which]
    voices = []
    for number, one in enumerate(everybody):
        own = [chosen for speaker, chosen in members if speaker == number]
        courses = [one.leak.courses[chosen] for chosen in own]
        if not courses:
            courses = led(one, course, (ahead_s[number] - ahead_s[lead]) / one.segment_s)
        voices.append(voice_of(one, courses))
    return Thread(tuple(voices), lead, ahead_s[lead] / everybody[lead].segment_s, course)


def led(one: Alone, course: Course, ahead: float) -> list[Course]:
    """Return the course of a speaker who is in step with another one's course; none if they said nothing there.

    Args:
        one: the speaker.
        course: the other one's.
        ahead: by how many segments their places are ahead of those.
    """
    whole = round(ahead)
    frames = course.frames + round((whole - ahead) * course.hops)
    segments = course.segments + whole
    there = (segments >= 0) & (segments < one.speaker.correlator.segments)
    if not there.any():
        return []
    passage = stepped(one.speaker.correlator, Passage(segments[there], frames[there], 0.0))
    return [Course(passage.segments, passage.frames, course.hops)]


def voice_of(one: Alone, courses: Sequence[Course]) -> Voice:
    """Return what courses of a speaker add to a thread."""
    frames = one.speaker.correlator.listening.frames
    worth = np.reshape([one.scale.weigh(course) for course in courses], (len(courses), frames))
    there = np.isfinite(worth).any(axis=0)
    likeness = one.speaker.likeness
    if likeness is None:
        return Voice(courses, worth, np.zeros(frames, bool), there)
    has, silent = np.zeros(frames, bool), np.zeros(frames, bool)
    for course in courses:
        has |= course.per_frame(likeness.original.has(course.segments).astype(float), frames) > 0
        silent |= course.per_frame(likeness.silent(course.segments).astype(float), frames) > 0
    return Voice(courses, worth, there & has & ~silent, there & ~has)


def centre(row: Doubles) -> int:
    """Return the frame that has half of what speaks for a course before it."""
    sums = np.cumsum(np.maximum(finite(row), 0.0))
    return int(np.searchsorted(sums, sums[-1] / 2)) if len(sums) else 0
