"""The likeliest path of a leak through its courses, and through what is of none of them.

At every frame the leak follows one of the courses or is foreign. What a course is worth at a frame is a log-likelihood
ratio against foreign, which is worth 0; every change has its price in nats. The best path is found by dynamic
programming (Viterbi). Then each border between two parts is put where half of the likelihood lies on either side, which
in a pause, where nothing tells, is its middle. Where the leak's sound is at hand, joints are taken to be where it is
soft, as those are that are to go unheard.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

FOREIGN = -1
NOWHERE = -1e9

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Prices:
    """What changes cost, in nats; higher prices mean fewer false edits, and fewer found.

    Attributes:
        jump: from one course to another.
        leave: from a course to what is foreign.
        enter: from what is foreign to a course.
    """

    jump: float
    leave: float
    enter: float


@dataclass(frozen=True)
class Part:
    """A part of the leak that follows one course.

    Attributes:
        course: its number, or FOREIGN.
        first: the first frame.
        last: the frame after the last one.
    """

    course: int
    first: int
    last: int


def best_path(worth: Doubles, prices: Prices) -> list[Part]:
    """Return the parts of the best path, in order; they cover all frames.

    Args:
        worth: of each course at each frame in nats, minus infinity where it cannot be; shape (courses, frames).
        prices: of changes.
    """
    courses, frames = worth.shape
    if not frames:
        return []
    values = np.vstack([np.maximum(worth, NOWHERE), np.zeros((1, frames))]).T  # the last state is foreign
    stay = np.arange(courses + 1)
    came_from = np.empty((frames, courses + 1), np.int32)
    best = values[0] - np.where(stay == courses, prices.leave / 2, 0.0)
    for frame in range(1, frames):
        came_from[frame], best = step(best, stay, prices)
        best += values[frame]
    best[-1] -= prices.leave / 2
    return parts_of(traced_back(came_from, int(best.argmax())), courses)


def step(best: Doubles, stay: NDArray[np.int64], prices: Prices) -> tuple[NDArray[np.int64], Doubles]:
    """Return for each state the one before it on the best path, and what that path is worth.

    Args:
        best: what the best path to each state has been worth; the last state is foreign.
        stay: the states' numbers.
        prices: of changes.
    """
    came, paid = stay.copy(), best.copy()
    top = int(best[:-1].argmax()) if len(best) > 1 else 0
    for source, price in ((top, prices.jump), (len(best) - 1, prices.enter)):
        better = best[source] - price > paid[:-1]
        came[:-1][better], paid[:-1][better] = source, best[source] - price
    if best[top] - prices.leave > paid[-1]:
        came[-1], paid[-1] = top, best[top] - prices.leave
    return came, paid


def traced_back(came_from: NDArray[np.int32], state: int) -> NDArray[np.int64]:
    """Return the state at each frame, given the last one."""
    states = np.zeros(len(came_from), np.int64)
    for frame in range(len(states) - 1, -1, -1):
        states[frame] = state
        state = int(came_from[frame, state])
    return states


def parts_of(states: NDArray[np.int64], courses: int) -> list[Part]:
    """Return the parts of a sequence of states, of which the one numbered ``courses`` is foreign."""
    if not len(states):
        return []
    edges = [0, *(np.flatnonzero(np.diff(states)) + 1).tolist(), len(states)]
    numbers = [int(states[edge]) for edge in edges[:-1]]
    return [
        Part(FOREIGN if number == courses else number, first, last)
        for number, first, last in zip(numbers, edges[:-1], edges[1:], strict=True)
    ]


def without_crumbs(parts: Sequence[Part], shortest: int) -> list[Part]:
    """Return the parts without foreign ones shorter than ``shortest`` frames between two courses: such are joints."""
    found = list(parts[:1])
    for number, part in enumerate(parts[1:], 1):
        after = parts[number + 1] if number + 1 < len(parts) else None
        before = found[-1]
        jump = after is not None and FOREIGN not in (before.course, after.course) and before.course != after.course
        if part.course == FOREIGN and jump and part.last - part.first < shortest:
            continue
        if part.first > before.last:  # what was left out is shared
            middle = (before.last + part.first) // 2
            found[-1] = replace(before, last=middle)
            found.append(replace(part, first=middle))
        else:
            found.append(part)
    return found


def centred(worth: Doubles, parts: Sequence[Part], reach: int, easy: Doubles | None = None) -> list[Part]:
    """Return the parts with each border in the middle of its likelihood, no farther than ``reach`` frames away.

    Args:
        worth: of each course at each frame.
        parts: of the path.
        reach: no border is moved by more frames.
        easy: how much likelier a joint is before each frame than elsewhere, in nats; None where nothing is known.
    """
    moved = list(parts)
    for number in range(1, len(moved)):
        former, latter = moved[number - 1], moved[number]
        first, weights = borders(worth, former, latter, reach, easy)
        border = first + int(np.searchsorted(np.cumsum(weights), weights.sum() / 2))
        moved[number - 1 : number + 1] = [replace(former, last=border), replace(latter, first=border)]
    return moved


def drawn_in(parts: Sequence[Part], telling: Doubles, least: float, reach: int) -> list[Part]:
    """Return the parts with what is foreign drawn in, at both of its ends, to where there is something to be heard.

    Where nothing tells it from a course that it borders on, a border may be anywhere; what was put in is mostly put in
    for what it says, so that it begins and ends with that rather than with a pause.

    Args:
        parts: of the path.
        telling: what each frame could be worth, in nats.
        least: so many nats at an end say nothing.
        reach: no end is moved by more frames.
    """
    moved = list(parts)
    for number, part in enumerate(parts):
        sums = np.cumsum(telling[part.first : part.last])
        if part.course != FOREIGN or not len(sums) or sums[-1] <= 2 * least:
            continue
        first = part.first + min(reach, int(np.searchsorted(sums, least)))
        last = part.last - min(reach, int(np.searchsorted(np.cumsum(telling[part.first : part.last][::-1]), least)))
        if number > 0:
            moved[number - 1] = replace(moved[number - 1], last=first)
            moved[number] = replace(moved[number], first=first)
        if number + 1 < len(parts):
            moved[number + 1] = replace(moved[number + 1], first=last)
            moved[number] = replace(moved[number], last=last)
    return moved


def along(worth: Doubles, course: int) -> Doubles:
    """Return what a course, or being foreign, is worth at each frame."""
    return np.zeros(worth.shape[1]) if course == FOREIGN else np.maximum(worth[course], NOWHERE)


def borders(worth: Doubles, former: Part, latter: Part, reach: int, easy: Doubles | None = None) -> tuple[int, Doubles]:
    """Return the first frame that the border between two parts may be before, and how likely that and the next are."""
    first = max(former.first + 1, former.last - reach)
    last = min(latter.last - 1, former.last + reach)
    if last <= first:
        return former.last, np.ones(1)
    before, after = (along(worth, part.course)[first:last] for part in (former, latter))
    gained = np.concatenate([[0.0], np.cumsum(before - after)])
    if easy is not None:
        gained = gained + easy[first : last + 1]
    weights: Doubles = np.exp(gained - gained.max())
    return first, weights


def certainty(worth: Doubles, former: Part, latter: Part, *, reach: int, near: int, loud: NDArray[np.bool_]) -> float:
    """Return how likely the border between two parts is near where it is put.

    Args:
        worth: of each course at each frame.
        former: the part before it.
        latter: the part after it.
        reach: it is no more frames away.
        near: so many frames away is near.
        loud: which frames say anything; in a pause it may be anywhere.
    """
    first, weights = borders(worth, former, latter, reach)
    passed = np.append(0, np.cumsum(loud))
    away = np.abs(passed[first : first + len(weights)] - passed[former.last])
    return float(weights[away <= near].sum() / weights.sum())


def opened(worth: Doubles, parts: Sequence[Part], repeated: Sequence[int]) -> list[Part]:
    """Return the parts with something foreign between two where the leak seems to say a little of the recording twice.

    Whatever was put in there says too little to be told from either; but it takes as long as what seems repeated, so
    that it is put where the two lose least.

    Args:
        worth: of each course at each frame.
        parts: of the path.
        repeated: for each part but the first, how many frames seem repeated where it begins; 0 for none.
    """
    found = list(parts[:1])
    for part, count in zip(parts[1:], repeated, strict=True):
        before = found[-1]
        if 0 < count < min(before.last - before.first, part.last - part.first) / 2:
            start = least_loss(along(worth, before.course), along(worth, part.course), part.first, count)
            found[-1:] = [replace(before, last=start), Part(FOREIGN, start, start + count)]
            found.append(replace(part, first=start + count))
        else:
            found.append(part)
    return found


def least_loss(before: Doubles, after: Doubles, border: int, count: int) -> int:
    """Return the frame from which on ``count`` frames at a border can be taken away at the least loss."""
    lost_before = np.append(np.cumsum(before[border - count : border][::-1])[::-1], 0.0)
    lost_after = np.append(0.0, np.cumsum(after[border : border + count]))
    return border - count + int((lost_before + lost_after).argmin())
