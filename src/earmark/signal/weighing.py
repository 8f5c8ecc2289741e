"""Weighing a leak along its courses, and the likeliest path through them.

The passages that were found, and others that only now can be, are followed as courses. What the leak is worth at each
frame along each of them, by the mark and by how it is like the original, decides what it is of (``path``).
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from earmark.signal.again import found_again
from earmark.signal.alignment import Passage
from earmark.signal.correlation import Correlator, energy
from earmark.signal.courses import Course, courses_of
from earmark.signal.likeness import Likeness
from earmark.signal.path import FOREIGN, Part, Prices, best_path, centred, drawn_in, opened, without_crumbs
from earmark.signal.presence import presence, strength, telling
from earmark.signal.sounding import KNOWN

PRICES = Prices(jump=12.0, leave=7.0, enter=5.0)
"""By what likelihood ratios promise, chance pays x nats once in about e^x segments; a word between two is no dearer."""

SHORTEST_FOREIGN_S = 0.25
"""Between two courses, less than this is a joint; between two stretches of one course it is not."""

ROUNDS = 4
SILENT_NATS = 0.5
BORDER_REACH_S = 2.0

Doubles = NDArray[np.float64]


class Way(Protocol):
    """What a leak may follow: a course, or a thread of several speakers' courses."""

    @property
    def hops(self) -> int:
        """How many frames a segment takes at the recording's own speed."""
        ...

    def position(self, frame: float) -> float:
        """Return the place in the recording, in segments, that the leak is at when it is at ``frame``."""
        ...

    def speed(self, first: int, last: int) -> float | None:
        """Return how fast it runs from a frame to another; see ``Course.speed``."""
        ...


Followed_co = TypeVar("Followed_co", bound=Way, covariant=True)


@dataclass(frozen=True)
class Weighed(Generic[Followed_co]):
    """A leak, weighed along its courses.

    Attributes:
        courses: that it may follow.
        worth: of each at each frame, in nats against foreign; shape (courses, frames).
        telling: what a frame could be worth if it is of the recording, in nats; shape (frames,).
        easy: how much likelier a joint is before each frame than elsewhere, in nats, shape (frames + 1,); None where
            that is unknown.
    """

    courses: Sequence[Followed_co]
    worth: Doubles
    telling: Doubles
    easy: Doubles | None = None

    def strangeness(self, part: Part) -> float:
        """Return about how sure it is that a part is of no course, in nats: by what they lose in it, or could."""
        lost = [-row[part.first : part.last].sum() for row in self.worth]
        known = [loss for loss in lost if np.isfinite(loss)]
        return max(min(known, default=0.0), float(self.telling[part.first : part.last].sum()))

    def repeated(self, before: Part, after: Part) -> int:
        """Return how many frames of the recording come twice where one part of a path goes over into another."""
        if FOREIGN in (before.course, after.course):
            return 0
        one, other = self.courses[before.course], self.courses[after.course]
        return round((one.position(before.last) - other.position(after.first)) * one.hops)


def weighed(correlator: Correlator, passages: Sequence[Passage], likeness: Likeness | None) -> Weighed[Course]:
    """Weigh a leak along the courses of its passages, and of others that only now can be found.

    Args:
        correlator: leak and recording.
        passages: found in it, in the order of the leak.
        likeness: to the original, if that is at hand.
    """
    scale = Scale(correlator, strength(correlator, passages), likeness)
    courses = courses_of(correlator, passages)
    weights = [scale.weigh(course) for course in courses]
    searched: set[Part] = set()
    for _ in range(ROUNDS):
        parts = best_path(stacked(weights, correlator), PRICES)
        further = scale.further(courses, parts, searched)
        searched.update(parts)
        if not further:
            break
        courses += courses_of(correlator, further)
        weights += [scale.weigh(course) for course in courses[len(weights) :]]
    worth = stacked(weights, correlator)
    return Weighed(courses, worth, scale.telling(courses), None if likeness is None else likeness.easy)


def stacked(weights: Sequence[Doubles], correlator: Correlator) -> Doubles:
    """Return rows as one array, shape (rows, frames), even if there are none."""
    return np.reshape(weights, (len(weights), correlator.listening.frames))


def path_of(correlator: Correlator, leak: Weighed[Way]) -> list[Part]:
    """Return the likeliest path through a leak that is weighed."""
    hop_s = correlator.listening.hop_s
    parts = without_crumbs(best_path(leak.worth, PRICES), round(SHORTEST_FOREIGN_S / hop_s))
    reach = round(BORDER_REACH_S / hop_s)
    parts = drawn_in(centred(leak.worth, parts, reach, leak.easy), leak.telling, SILENT_NATS, reach)
    least = SHORTEST_FOREIGN_S / hop_s
    repeated = [leak.repeated(before, after) for before, after in pairwise(parts)]
    return opened(leak.worth, parts, [count if count >= least else 0 for count in repeated])


@dataclass(frozen=True)
class Scale:
    """Weighs courses.

    Attributes:
        correlator: leak and recording.
        strength: how strongly the leak carries the mark.
        likeness: to the original, if that is at hand.
    """

    correlator: Correlator
    strength: float
    likeness: Likeness | None

    def further(self, courses: Sequence[Course], parts: Sequence[Part], searched: Set[Part]) -> list[Passage]:
        """Return passages in the foreign parts of a path, but for those searched, that are on none of its courses."""
        found = found_again(self.correlator, courses, parts, searched, strength=self.strength, likeness=self.likeness)
        if self.likeness is not None:
            foreign = ((part.first, part.last) for part in parts if part.course == FOREIGN and part not in searched)
            found += (one for part in foreign for one in self.likeness.sounding.passages(*part, KNOWN))
        return [one for one in found if not any(course.has(one) for course in courses)]

    def telling(self, courses: Sequence[Course]) -> Doubles:
        """Return what each frame could be worth: by how much its cells say, and how it is like the original or not."""
        told = telling_of(self.correlator, self.strength)
        if self.likeness is None:
            return told
        rows = (course.per_frame(np.abs(self.likeness.along(course)), len(told)) for course in courses)
        most: Doubles = told + np.max([np.zeros(len(told)), *rows], axis=0)
        return most

    def weigh(self, course: Course) -> Doubles:
        """Return what a course is worth at each frame, in nats against foreign."""
        worth = presence(*self.correlator.along(course.frames, course.segments), self.strength)
        if self.likeness is not None:
            worth = worth + self.likeness.along(course)
        return course.per_frame(worth, self.correlator.listening.frames)


def telling_of(correlator: Correlator, strong: float) -> Doubles:
    """Return what each frame could be worth, judged by how much its cells say."""
    hops = correlator.listening.hops_per_segment
    starts = np.arange(-(hops // 2), correlator.listening.frames - hops // 2)
    return telling(energy(correlator.windows(starts)), strong) / hops
