"""The time line of a leak of a call, in which several speakers are heard: one path for all, told of each.

The leak follows threads (``threads``) as one of a file follows courses. Where it goes over from one to another, or to
what is of none, is one edit for all speakers. Of each speaker it is told where they are heard; what is missing, or is
of nobody, of the one who is heard closest to it.

Networks and browsers stretch and lose things, so that less than half a second is no edit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from earmark.signal.order import in_order
from earmark.signal.path import FOREIGN, Part
from earmark.signal.stretches import Stretch, cut_out, edits_of, joined, said, with_cuts
from earmark.signal.threads import Alone, Doubles, Flags, Speaker, Thread, Voice, clocks, heard, threads_of
from earmark.signal.timeline import FOREIGN_NATS, QUIET_S, SURELY, Told
from earmark.signal.weighing import Weighed, path_of

JUMP_S = 0.5
LOST_NATS = 6.0
"""A speaker is known to have said something else where their own words have lost so much."""


@dataclass(frozen=True)
class Together:
    """What a leak of a call is.

    Attributes:
        lines: the stretches that are told of each speaker, in order; what is told of nobody is in none.
        edits: when in the leak it was edited; in seconds.
        seconds: of leak.
    """

    lines: tuple[tuple[Stretch, ...], ...]
    edits: tuple[float, ...]
    seconds: float


def time_lines(speakers: Sequence[Speaker]) -> Together:
    """Return the time lines of all speakers in a leak, in the same order.

    Args:
        speakers: the surest first; at least one.
    """
    everybody = [Alone.of(one) for one in speakers]
    correlator = speakers[0].correlator
    ahead_s = clocks(everybody)
    threads = threads_of(everybody, ahead_s)
    hop_s, frames = correlator.listening.hop_s, correlator.listening.frames
    worth = np.reshape([one.worth(hop_s) for one in threads], (len(threads), frames))
    telling = np.max([one.scale.telling(one.leak.courses) for one in everybody], axis=0)
    easy = next((one.easy for one in (speaker.likeness for speaker in speakers) if one), None)
    leak = Weighed(threads, worth, telling, easy)
    told = Told(leak, correlator.listening, max(one.correlator.segments for one in speakers), SURELY[False])
    call = Call(everybody, ahead_s, threads, path_of(correlator, leak), told)
    found = call.stretches()
    edits = tuple(edits_of(found, JUMP_S))
    return Together(
        tuple(tuple(call.line(found, number)) for number in range(len(speakers))), edits, correlator.listening.seconds
    )


@dataclass(frozen=True)
class Call:
    """A leak of a call, followed.

    Attributes:
        everybody: its speakers.
        ahead_s: by how many seconds each one's clock is ahead of the first one's.
        threads: that the leak may follow.
        parts: the likeliest path through them.
        told: turns these into stretches.
    """

    everybody: Sequence[Alone]
    ahead_s: Sequence[float]
    threads: Sequence[Thread]
    parts: Sequence[Part]
    told: Told

    def stretches(self) -> list[Stretch]:
        """Return what is told of all together, at the first one's clock."""
        parts = [self.told.stretch(part) for part in self.parts]
        sure = [one if self.lost(one) else self.told.if_foreign(one) for one in parts]
        known = np.any([self.heard(number) for number in range(len(self.everybody))], axis=0)
        times: Doubles = self.hop_s * np.flatnonzero(known).astype(np.float64)
        return list(with_cuts(in_speech_order(joined(sure, JUMP_S), times), JUMP_S))

    @property
    def hop_s(self) -> float:
        """Length of a frame."""
        return self.told.listening.hop_s

    def voice(self, number: int, part: Part) -> Voice | None:
        """Return what a speaker adds to the thread that a part follows."""
        return None if part.course == FOREIGN else self.threads[part.course].voices[number]

    def own(self, number: int) -> Doubles:
        """Return what a speaker's words are worth along the path; shape (frames,)."""
        worth = np.zeros(self.told.listening.frames)
        for part in self.parts:
            voice = self.voice(number, part)
            if voice is not None:
                worth[part.first : part.last] = voice.best[part.first : part.last]
        return worth

    def heard(self, number: int) -> Flags:
        """Tell at which frames a speaker is heard along the path; shape (frames,)."""
        return heard(self.own(number), self.hop_s)

    def lost(self, stretch: Stretch) -> bool:
        """Tell whether a stretch is where somebody is known to have said something else: no network has lost that."""
        if not any(one.speaker.likeness for one in self.everybody):
            return False
        leak, some = self.told.leak, slice(*self.frames(stretch))
        losses = [-float(row[some].sum()) for row in leak.worth]
        if float(leak.telling[some].sum()) < FOREIGN_NATS or stretch.leak_end_s - stretch.leak_start_s < JUMP_S:
            return False
        return min((loss for loss in losses if np.isfinite(loss)), default=0.0) >= LOST_NATS

    def frames(self, stretch: Stretch) -> tuple[int, int]:
        """Return from which frame to which a stretch is."""
        return round(stretch.leak_start_s / self.hop_s), round(stretch.leak_end_s / self.hop_s)

    def line(self, found: Sequence[Stretch], number: int) -> Iterator[Stretch]:
        """Yield what is told of a speaker."""
        for one in found:
            if one.placed:
                yield from (self.at_clock(cut_out(one, *times), number) for times in self.spoken(one, number))
            elif (one.state != "too degraded to say" or one.missing_s) and self.closest(one) == number:
                yield self.at_clock(self.told.if_foreign(one), number)

    def spoken(self, stretch: Stretch, number: int) -> Iterator[tuple[float, float]]:
        """Yield from when to when a speaker is heard in a stretch, short pauses of theirs included."""
        first, last = self.frames(stretch)
        at = first + np.flatnonzero(self.heard(number)[first:last])
        breaks = np.flatnonzero(np.diff(at) * self.hop_s >= QUIET_S) + 1
        for some in np.split(at, breaks) if len(at) else ():
            start, end = self.hop_s * int(some[0]), self.hop_s * (int(some[-1]) + 1)
            yield max(start, stretch.leak_start_s), min(end, stretch.leak_end_s)

    def closest(self, stretch: Stretch) -> int:
        """Return the speaker who is heard closest to a stretch."""
        first, last = self.frames(stretch)
        away = []
        for number in range(len(self.everybody)):
            at = np.flatnonzero(self.heard(number))
            gaps = np.maximum(np.maximum(first - at, at - last), 0)
            away.append(int(gaps.min()) if len(gaps) else self.told.listening.frames)
        return int(np.argmin(away))

    def at_clock(self, stretch: Stretch, number: int) -> Stretch:
        """Return a stretch with the places of a speaker's own clock."""
        start, end = stretch.recording_start_s, stretch.recording_end_s
        if start is None or end is None:
            return stretch
        first, last = (at + self.ahead_s[number] for at in (start, end))
        return replace(stretch, recording_start_s=max(0.0, first), recording_end_s=max(0.0, last))


def in_speech_order(stretches: Sequence[Stretch], known: Doubles) -> list[Stretch]:
    """Return stretches with those called moved that are out of order, by what of each somebody is heard in.

    Where a stretch begins or ends in a pause is not well known.
    """
    placed = [(number, one) for number, one in enumerate(stretches) if one.placed]
    kept = in_order([said(in_speech(one, known)) for _, one in placed], JUMP_S)
    moved = {number for (number, _), keep in zip(placed, kept, strict=True) if not keep}
    return [replace(one, state="moved") if number in moved else one for number, one in enumerate(stretches)]


def in_speech(stretch: Stretch, known: Doubles) -> Stretch:
    """Return a stretch from when somebody is first heard in it until they are last heard."""
    times = known[(known >= stretch.leak_start_s) & (known <= stretch.leak_end_s)]
    return cut_out(stretch, float(times[0]), float(times[-1])) if len(times) else stretch
