"""The time line of a leak: what each stretch of it is, compared with the recording.

Every stretch is *genuine*, with where in the recording it was said; *moved*, if so but out of the recording's order;
*not from this recording*; or *too degraded to say*, where the leak tells too little, as in a pause or under noise.
Between two stretches the leak may be *cut here*: something of the recording is missing.

All that comes from the mark's patterns alone, and, if it is at hand, from the original; never from who has which copy.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from earmark.signal.again import SHORTEST_S, anywhere
from earmark.signal.alignment import Passage
from earmark.signal.correlation import Correlator
from earmark.signal.drowned import Usual
from earmark.signal.likeness import Likeness
from earmark.signal.listening import Listening
from earmark.signal.path import FOREIGN, Part, certainty
from earmark.signal.stretches import SHORTEST_JUMP_S, Stretch, cut_out, edits_of, joined, ordered, skipped, with_cuts
from earmark.signal.weighing import BORDER_REACH_S, Doubles, Way, Weighed, path_of, weighed

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
