"""Where two passages meet: a leak that was cut or re-ordered goes over from one line to another at one moment.

``alignment`` follows one line at a time and tends to follow it too far, by chance, into what belongs to the next. Here
the border between neighbours is put where what both are worth together is largest. And a line that was given up
too soon, a little astray, is followed by one that goes on where it ended: nothing was cut there, and the two are one.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from earmark.signal.alignment import BEND, Passage
from earmark.signal.correlation import Correlator

FARTHEST = 100
"""By how many segments a border may move."""

CLOSE_FRAMES = 100
"""Passages farther apart than this do not meet."""

ASTRAY = 2 * BEND
"""By how many frames a line may be off where another one goes on."""

MISSED = 4
"""How many segments may lie between two passages that are one."""


def settle(correlator: Correlator, passages: Sequence[Passage]) -> list[Passage]:
    """Return ``passages``, in the order of the leak, with the borders between neighbours where they are worth most."""
    hops = correlator.listening.hops_per_segment
    settled = list(passages[:1])
    for passage in passages[1:]:
        pair = met(correlator, settled[-1], passage)
        settled[-1:] = [joined(*pair)] if goes_on(*pair, hops) else list(pair)
    return settled


def goes_on(former: Passage, latter: Passage, hops: int) -> bool:
    """Tell whether the latter of two neighbours goes on where the former ends, so that nothing was cut or put in."""
    if not len(former.segments):
        return False
    step = int(latter.segments[0] - former.segments[-1])
    expected = former.frames[-1] + step * slope_of(latter, hops)
    return 1 <= step <= 1 + MISSED and abs(float(latter.frames[0] - expected)) <= ASTRAY


def joined(former: Passage, latter: Passage) -> Passage:
    """Return two passages as one, with the segments that lie between them."""
    segments = np.arange(former.segments[0], latter.segments[-1] + 1)
    ends = np.concatenate([former.segments, latter.segments]), np.concatenate([former.frames, latter.frames])
    frames = np.rint(np.interp(segments, *ends)).astype(np.int64)
    return Passage(segments, frames, min(former.log_chance, latter.log_chance))


def met(correlator: Correlator, former: Passage, latter: Passage) -> tuple[Passage, Passage]:
    """Return two neighbours with the border between them moved back to where they are worth most together."""
    hops = correlator.listening.hops_per_segment
    if latter.frames[0] - former.frames[-1] > hops + CLOSE_FRAMES:
        return former, latter
    head = max(1, len(former.segments) - FARTHEST)
    tail = part(former, slice(head, None))
    added = extended(latter, min(FARTHEST, int(latter.segments[0])), hops)
    added = part(added, added.frames >= former.frames[head - 1] + hops)
    kept = np.concatenate([[0.0], np.cumsum(correlator.worth_along(tail.frames, tail.segments))])
    gained = np.cumsum(correlator.worth_along(added.frames, added.segments)[::-1])[::-1]
    starts = np.append(added.frames, latter.frames[0])
    left = np.searchsorted(tail.frames + hops, starts, side="right")
    best = int(np.argmax(kept[left] + np.append(gained, 0.0)))
    longer = replace(
        latter,
        segments=np.concatenate([added.segments[best:], latter.segments]),
        frames=np.concatenate([added.frames[best:], latter.frames]),
    )
    return part(former, slice(head + int(left[best]))), longer


def part(passage: Passage, which: "slice | np.typing.NDArray[np.bool_]") -> Passage:
    """Return some of a passage."""
    return replace(passage, segments=passage.segments[which], frames=passage.frames[which])


def extended(passage: Passage, count: int, hops: int) -> Passage:
    """Return the ``count`` segments that come before a passage, where they would start in the leak."""
    back = np.arange(count, 0, -1)
    frames = passage.frames[0] - np.rint(slope_of(passage, hops) * back).astype(np.int64)
    return replace(passage, segments=passage.segments[0] - back, frames=frames)


def slope_of(passage: Passage, hops: int) -> float:
    """Return how many frames a segment takes where a passage begins; ``hops`` where that is too short to tell."""
    ahead = min(len(passage.segments), FARTHEST) - 1
    return float(passage.frames[ahead] - passage.frames[0]) / ahead if ahead > 0 else float(hops)
