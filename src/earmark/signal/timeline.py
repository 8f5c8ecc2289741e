"""The time line of a leak: what each stretch of it is, compared with the recording.

Every stretch is *genuine*, with where in the recording it was said; *moved*, if so but out of the recording's order;
*not from this recording*; or *too degraded to say*, where the leak tells too little, as in a pause or under noise.
Between two stretches the leak may be *cut here*: something of the recording is missing.

All that comes from the mark's patterns alone, and, if it is at hand, from the original; never from who has which copy.
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Generic, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from earmark.signal.again import SHORTEST_S, anywhere, found_again
from earmark.signal.alignment import Passage
from earmark.signal.correlation import Correlator, energy
from earmark.signal.courses import Course, courses_of
from earmark.signal.drowned import Usual
from earmark.signal.likeness import Likeness
from earmark.signal.listening import Listening
from earmark.signal.order import in_order
from earmark.signal.path import FOREIGN, Part, Prices, best_path, centred, certainty, drawn_in, opened, without_crumbs
from earmark.signal.presence import presence, strength, telling
from earmark.signal.sounding import KNOWN

State = Literal["genuine", "cut here", "moved", "not from this recording", "too degraded to say"]

PRICES = Prices(jump=12.0, leave=7.0, enter=5.0)
"""By what likelihood ratios promise, chance pays x nats once in about e^x segments; a word between two is no dearer."""

SHORTEST_JUMP_S = 0.1
"""A smaller step from course to course is drift, or how exactly a course is known, and no edit."""

SHORTEST_FOREIGN_S = 0.25
"""Between two courses, less than this is a joint; between two stretches of one course it is not."""

CRUMB_S = 0.3
"""Where something was moved, less than this that seems to be missing is how exactly its borders are known."""

ROUNDS = 4
QUIET_S = 1.0
QUIET_NATS = 1.5
FOREIGN_NATS = 3.0
SURELY = {True: 1.25, False: 2.0}
"""How many times what finding it elsewhere takes a foreign stretch has to tell, with the original and without.

By the mark alone one can only expect what it would have told, and it may be of two pieces.
"""

WINDOW_S = 1.0
SURE_S, SURE = 0.5, 0.8
"""By the mark alone an edit is told of where it is within half a second with this probability."""

SILENT_NATS = 0.5
BORDER_REACH_S = 2.0

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Stretch:
    """A part of the time line.

    Attributes:
        state: what it is.
        leak_start_s: in seconds from the leak's start.
        leak_end_s: likewise; the same where it is cut.
        recording_start_s: where in the recording it was said, or what is missing begins; None where that is unknown.
        recording_end_s: likewise.
        speed: seconds of the recording per second of the leak; None where it is unknown or too short to tell.
        missing_s: seconds of the recording that are missing here, as it was cut or something else put in; else 0.
    """

    state: State
    leak_start_s: float
    leak_end_s: float
    recording_start_s: float | None = None
    recording_end_s: float | None = None
    speed: float | None = None
    missing_s: float = 0.0

    @property
    def placed(self) -> bool:
        """Whether it is known to come from the recording."""
        return self.state in ("genuine", "moved")


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


@dataclass(frozen=True)
class TimeLine:
    """What a leak is, from its start to its end.

    Attributes:
        stretches: they cover all of it, in order.
        edits: when in the leak one thing ends and another begins that did not follow it in the recording; in seconds.
    """

    stretches: tuple[Stretch, ...]
    edits: tuple[float, ...]


def time_line(correlator: Correlator, passages: Sequence[Passage], likeness: Likeness | None = None) -> TimeLine:
    """Return the time line of a leak.

    Args:
        correlator: leak and recording.
        passages: found in it, in the order of the leak.
        likeness: to the original, if that is at hand.
    """
    leak = weighed(correlator, passages, likeness)
    told = Told(leak, correlator.listening, correlator.segments, SURELY[likeness is not None])
    parts = path_of(correlator, leak)
    certain = likeness is not None and marked(passages)
    found = list(with_cuts(ordered(joined([*told.stretches(parts, certain=certain, marked=marked(passages))]))))
    stretches = (one for stretch in found for one in told.without_quiet(told.if_foreign(stretch)))
    edits = (at for at in edits_of(found) if likeness is not None or told.sure_of(at, parts))
    return TimeLine(tuple(stretches), tuple(edits))


def marked(passages: Sequence[Passage]) -> bool:
    """Tell whether the mark has proved any of some passages; if not, they only sound alike."""
    return any(passage.log_chance < 0 for passage in passages)


def path_of(correlator: Correlator, leak: Weighed[Way]) -> list[Part]:
    """Return the likeliest path through a leak that is weighed."""
    hop_s = correlator.listening.hop_s
    parts = without_crumbs(best_path(leak.worth, PRICES), round(SHORTEST_FOREIGN_S / hop_s))
    reach = round(BORDER_REACH_S / hop_s)
    parts = drawn_in(centred(leak.worth, parts, reach, leak.easy), leak.telling, SILENT_NATS, reach)
    least = SHORTEST_FOREIGN_S / hop_s
    repeated = [leak.repeated(before, after) for before, after in pairwise(parts)]
    return opened(leak.worth, parts, [count if count >= least else 0 for count in repeated])


def edits_of(stretches: Sequence[Stretch], jump_s: float = SHORTEST_JUMP_S) -> Iterator[float]:
    """Yield when in the leak it was edited, given a time line in which nothing is set apart yet for being quiet."""
    whole = [one for one in stretches if one.state != "cut here"]
    for before, after in pairwise(whole):
        strange = "not from this recording" in (before.state, after.state)
        if strange or abs(skipped(before, after)) >= jump_s:
            yield after.leak_start_s
    for number in range(1, len(whole) - 1):  # a quiet place with a cut somewhere in it
        before, quiet, after = whole[number - 1 : number + 2]
        if quiet.state == "too degraded to say" and jumped(before, quiet, after, jump_s):
            yield (quiet.leak_start_s + quiet.leak_end_s) / 2


def jumped(before: Stretch, quiet: Stretch, after: Stretch, jump_s: float) -> bool:
    """Tell whether the recording does not go on after a quiet stretch as it would have."""
    if before.recording_end_s is None or after.recording_start_s is None:
        return False
    return abs(skipped(before, after) - (quiet.leak_end_s - quiet.leak_start_s)) >= jump_s


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


@dataclass(frozen=True)
class Told:
    """Turns parts of a path into stretches.

    Attributes:
        leak: what was weighed.
        listening: what was heard of it.
        segments: of the recording.
        surely: how many times what finding a stretch elsewhere takes it has to tell to be called foreign.
    """

    leak: Weighed[Way]
    listening: Listening
    segments: int
    surely: float

    def stretch(self, part: Part) -> Stretch:
        """Return a part as a stretch."""
        start, end = self.time(part.first), self.time(part.last)
        if part.course == FOREIGN:
            told = not self.is_scrap(part) and self.leak.strangeness(part) >= FOREIGN_NATS
            return Stretch("not from this recording" if told else "too degraded to say", start, end)
        course = self.leak.courses[part.course]
        segment_s = self.listening.layout.segment_ms / 1000
        first, last = (segment_s * course.position(frame) for frame in (part.first, part.last))
        speed = course.speed(part.first, part.last)
        return Stretch("genuine", start, end, first, last, speed and speed * self.listening.pace.tempo)

    def stretches(self, parts: Sequence[Part], *, certain: bool, marked: bool) -> Iterator[Stretch]:
        """Yield the parts of a path as stretches.

        Args:
            parts: of the path.
            certain: whether what is of the recording would surely be heard to be. If not, what is foreign but leaves
                the recording in step, or is at either end of the leak, may be drowned.
            marked: whether how it is usually heard can tell that it was not.
        """
        window = round(WINDOW_S / self.listening.hop_s)
        usual = Usual.of(self.leak.worth, self.leak.telling, parts, window) if marked else None
        for number, part in enumerate(parts):
            one, beside = self.stretch(part), [*parts[max(0, number - 1) : number], *parts[number + 1 : number + 2]]
            unsure = one.state == "not from this recording" and not certain
            drowned = unsure and self.goes_on(beside) and self.explained(part, beside, usual)
            yield replace(one, state="too degraded to say") if drowned else one

    def explained(self, part: Part, beside: Sequence[Part], usual: Usual | None) -> bool:
        """Tell whether a part may be of a course beside it, by what is usually heard; if that is unknown, it may."""
        some = slice(part.first, part.last)
        rows = (self.leak.worth[one.course, some] for one in beside)
        heard = max(float(np.where(np.isfinite(row), row, 0.0).sum()) for row in rows)
        return usual is None or usual.explains(heard, float(self.leak.telling[some].sum()))

    def goes_on(self, beside: Sequence[Part]) -> bool:
        """Tell whether the recording goes on, past a part, as if it were of it; or is on one side of that only."""
        if len(beside) < 2:
            return bool(beside)
        before, after = (self.stretch(one) for one in beside)
        return abs(skipped(before, after) - (after.leak_start_s - before.leak_end_s)) < SHORTEST_JUMP_S

    def sure_of(self, at: float, parts: Sequence[Part]) -> bool:
        """Tell whether it is known well enough when an edit was made."""
        hop_s = self.listening.hop_s
        former, latter = min(pairwise(parts), key=lambda pair: abs(pair[1].first * hop_s - at))
        reach, near = round(BORDER_REACH_S / hop_s), round(SURE_S / hop_s)
        loud = self.leak.telling > QUIET_NATS / QUIET_S * hop_s
        return certainty(self.leak.worth, former, latter, reach=reach, near=near, loud=loud) >= SURE

    def is_scrap(self, part: Part) -> bool:
        """Tell whether a part is too short to be looked for, and where a room has yet to fill, or the leak ends."""
        edge = part.first == 0 or part.last == self.listening.frames
        return edge and (part.last - part.first) * self.listening.hop_s < SHORTEST_S

    def if_foreign(self, stretch: Stretch) -> Stretch:
        """Return a stretch, called foreign only if it would have been found had it been said anywhere else.

        That something else was put in there stays an edit; but whether it is a word from another place of the
        recording or from none is more than so little can tell.
        """
        hop_s = self.listening.hop_s
        first, last = (round(at / hop_s) for at in (stretch.leak_start_s, stretch.leak_end_s))
        if stretch.state != "not from this recording" or last <= first:
            return stretch
        needed = anywhere(self.listening.hops_per_segment, max(1, self.segments), last - first)
        told = float(self.leak.telling[first:last].sum())
        return stretch if told >= self.surely * needed else replace(stretch, state="too degraded to say")

    def time(self, frame: int) -> float:
        """Return when a frame of the leak is; the last is at its end."""
        seconds = self.listening.seconds
        return seconds if frame >= self.listening.frames else min(seconds, frame * self.listening.hop_s)

    def without_quiet(self, stretch: Stretch) -> Iterator[Stretch]:
        """Yield a stretch with those parts set apart that are too degraded to say."""
        hop_s = self.listening.hop_s
        first, last = (round(at / hop_s) for at in (stretch.leak_start_s, stretch.leak_end_s))
        quiet = quiet_frames(self.leak.telling[first:last], round(QUIET_S / hop_s))
        edges = [0, *(np.flatnonzero(np.diff(quiet)) + 1).tolist(), len(quiet)]
        if not quiet.any():
            yield stretch
            return
        missing_s = stretch.missing_s
        times = [stretch.leak_start_s, *(self.time(first + edge) for edge in edges[1:-1]), stretch.leak_end_s]
        for (start, end), edge in zip(pairwise(times), edges, strict=False):
            one = replace(cut_out(stretch, start, end), missing_s=0.0 if quiet[edge] else missing_s)
            missing_s = missing_s if quiet[edge] else 0.0  # told once
            yield replace(one, state="too degraded to say") if quiet[edge] else one


def cut_out(stretch: Stretch, start: float, end: float) -> Stretch:
    """Return the part of a stretch from one time of the leak to another."""
    if stretch.recording_start_s is None or stretch.recording_end_s is None:
        return replace(stretch, leak_start_s=start, leak_end_s=end)
    times = (stretch.leak_start_s, stretch.leak_end_s)
    places = (stretch.recording_start_s, stretch.recording_end_s)
    first, last = (float(np.interp(time, times, places)) for time in (start, end))
    return replace(stretch, leak_start_s=start, leak_end_s=end, recording_start_s=first, recording_end_s=last)


def quiet_frames(told: Doubles, window: int) -> NDArray[np.bool_]:
    """Tell which frames lie in a window of ``window`` frames that says too little; shape (len(told),)."""
    quiet = np.zeros(len(told), bool)
    if len(told) < window:
        return quiet
    sums = np.cumsum(np.concatenate([[0.0], told]))
    starts = np.flatnonzero(sums[window:] - sums[:-window] < QUIET_NATS)
    change = np.zeros(len(told) + 1)
    np.add.at(change, starts, 1)
    np.add.at(change, starts + window, -1)
    return np.cumsum(change)[:-1] > 0


def joined(stretches: Sequence[Stretch], jump_s: float = SHORTEST_JUMP_S) -> list[Stretch]:
    """Return stretches with neighbours of one kind joined, where the recording goes on from one to the next.

    Args:
        stretches: in order.
        jump_s: what is skipped or repeated where it goes on is less than that; so in what follows.
    """
    found: list[Stretch] = []
    for one in stretches:
        last = found[-1] if found else None
        if last is not None and last.state == one.state and abs(skipped(last, one)) < jump_s:
            longer = max(last, one, key=lambda stretch: stretch.leak_end_s - stretch.leak_start_s)
            found[-1] = replace(
                last, leak_end_s=one.leak_end_s, recording_end_s=one.recording_end_s, speed=longer.speed
            )
        elif one.leak_end_s > one.leak_start_s:
            found.append(one)
    return found


def skipped(before: Stretch, after: Stretch) -> float:
    """Return the seconds of the recording between two stretches; 0 where nothing is known."""
    if before.recording_end_s is None or after.recording_start_s is None:
        return 0.0
    return after.recording_start_s - before.recording_end_s


def ordered(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Return stretches with those called moved that are out of the recording's order."""
    placed = [number for number, one in enumerate(stretches) if one.recording_start_s is not None]
    spans = [
        (stretches[number].recording_start_s or 0.0, stretches[number].recording_end_s or 0.0) for number in placed
    ]
    kept = in_order(spans, SHORTEST_JUMP_S)
    moved = {number for number, keep in zip(placed, kept, strict=True) if not keep}
    return [replace(one, state="moved") if number in moved else one for number, one in enumerate(stretches)]


def said(stretch: Stretch) -> tuple[float, float]:
    """Return where in the recording a stretch is; 0 where that is unknown."""
    return stretch.recording_start_s or 0.0, stretch.recording_end_s or 0.0


def with_cuts(stretches: Sequence[Stretch], jump_s: float = SHORTEST_JUMP_S) -> Iterator[Stretch]:
    """Yield stretches, and between them where the leak was cut; what was put in instead of something says so itself."""
    held: list[Stretch] = []  # of what lies between two genuine stretches
    last: Stretch | None = None
    for one in stretches:
        if one.state != "genuine":
            held.append(one)
            continue
        yield from between(last, held, one, stretches, jump_s) if last else held
        yield one
        last, held = one, []
    yield from held


def between(
    before: Stretch, held: Sequence[Stretch], after: Stretch, every: Sequence[Stretch], jump_s: float
) -> Iterator[Stretch]:
    """Yield what lies between two genuine stretches, and what is missing there."""
    missing = absent(before, after, every)
    missing_s = sum(end - start for start, end in missing)
    missing_s -= sum(one.leak_end_s - one.leak_start_s for one in held if one.state == "too degraded to say")
    foreign = next((one for one in held if one.state == "not from this recording"), None)
    yield from (replace(one, missing_s=max(0.0, missing_s)) if one is foreign else one for one in held)
    if foreign is None and missing_s >= max(jump_s, CRUMB_S if any(one.placed for one in held) else 0.0):
        where = after.leak_start_s
        yield Stretch("cut here", where, where, missing[0][0], missing[-1][1], missing_s=missing_s)


def absent(before: Stretch, after: Stretch, every: Sequence[Stretch]) -> list[tuple[float, float]]:
    """Return what the recording has between two stretches and the leak has nowhere; pairs of seconds."""
    start, end = before.recording_end_s or 0.0, after.recording_start_s or 0.0
    left = [(start, end)] if end > start else []
    for one in every:
        if one.state == "moved":
            left = [piece for span in left for piece in without(span, one)]
    return left


def without(span: tuple[float, float], stretch: Stretch) -> Iterator[tuple[float, float]]:
    """Yield what a stretch leaves of a span, but for crumbs."""
    start, end = span
    first, last = said(stretch)
    if last <= start or first >= end:
        yield span
        return
    yield from ((a, b) for a, b in ((start, first), (last, end)) if b - a >= CRUMB_S)
