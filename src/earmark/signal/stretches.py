"""Stretches: what a time line is made of, and what follows from how they follow each other.

Where the recording goes on from one to the next they are one. What is out of its order was *moved*; where something of
it is missing between two that are in order the leak was *cut here*; and wherever it does not go on is an edit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np

from earmark.signal.order import in_order

State = Literal["genuine", "cut here", "moved", "not from this recording", "too degraded to say"]

SHORTEST_JUMP_S = 0.1
"""A smaller step from course to course is drift, or how exactly a course is known, and no edit."""

CRUMB_S = 0.3
"""Where something was moved, less than this that seems to be missing is how exactly its borders are known."""


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


def cut_out(stretch: Stretch, start: float, end: float) -> Stretch:
    """Return the part of a stretch from one time of the leak to another."""
    if stretch.recording_start_s is None or stretch.recording_end_s is None:
        return replace(stretch, leak_start_s=start, leak_end_s=end)
    times = (stretch.leak_start_s, stretch.leak_end_s)
    places = (stretch.recording_start_s, stretch.recording_end_s)
    first, last = (float(np.interp(time, times, places)) for time in (start, end))
    return replace(stretch, leak_start_s=start, leak_end_s=end, recording_start_s=first, recording_end_s=last)


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
