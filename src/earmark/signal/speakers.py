"""The time lines of several speakers who are heard in one leak, as in a call: one for each, all beside each other.

What each of them says is a recording by itself, with a mark of its own; the leak is the sum of them. So that a speaker
is not heard is no sign of an edit where another one is: first it is asked where each of them surely is, then each line
is drawn with the others in mind. Networks and browsers stretch pauses and leave things out, so that less than half a
second that seems to be missing, or too much, is no edit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from earmark.signal.alignment import Passage
from earmark.signal.correlation import Correlator
from earmark.signal.likeness import Likeness
from earmark.signal.order import in_order
from earmark.signal.path import FOREIGN
from earmark.signal.steps import stepped
from earmark.signal.timeline import (
    FOREIGN_NATS,
    HEARD_S,
    SURE_NATS,
    SURELY,
    Doubles,
    Flags,
    Stretch,
    TimeLine,
    Told,
    Weighed,
    cut_out,
    edits_of,
    heard,
    joined,
    path_of,
    said,
    weighed,
    with_cuts,
)

JUMP_S = 0.5
CLOSE_S = 0.4
LOST_NATS = 6.0
"""A speaker is known to have said something else where their own words have lost so much."""

NOTHING = 0.8
"""What is so far silent is nothing that could be missing."""


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
class Edit:
    """Somewhere in a leak it was edited.

    Attributes:
        at_s: about when; in seconds of the leak.
        first_s: no earlier than that.
        last_s: no later.
    """

    at_s: float
    first_s: float
    last_s: float


@dataclass(frozen=True)
class Line:
    """One speaker's time line, and between which moments each of its edits is."""

    line: TimeLine
    edits: tuple[Edit, ...]


def time_lines(speakers: Sequence[Speaker]) -> list[Line]:
    """Return the time lines of all speakers in a leak, in the same order."""
    followed = [in_steps(one) for one in speakers]
    alone = [heard_alone(one) for one in followed]
    return [
        line_beside(one, np.any([np.zeros_like(own), *alone[:number], *alone[number + 1 :]], axis=0))
        for number, (one, own) in enumerate(zip(followed, alone, strict=True))
    ]


def in_steps(speaker: Speaker) -> Speaker:
    """Return a speaker with their passages as a jitter buffer has played them."""
    return replace(speaker, passages=[stepped(speaker.correlator, one) for one in speaker.passages])


def heard_alone(speaker: Speaker) -> Flags:
    """Tell at which frames of the leak, or shortly before or after which, a speaker is heard; shape (frames,)."""
    correlator = speaker.correlator
    leak = weighed(correlator, speaker.passages, speaker.likeness)
    found = heard(worth_of_path(leak, correlator), correlator.listening.hop_s, SURE_NATS)
    reach = round(CLOSE_S / correlator.listening.hop_s)
    close: Flags = np.convolve(found, np.ones(2 * reach + 1), "same")[: len(found)] > 0
    return close


def worth_of_path(leak: Weighed, correlator: Correlator) -> Doubles:
    """Return what the path through a leak is worth at each frame; shape (frames,)."""
    worth = np.zeros(correlator.listening.frames)
    for part in path_of(correlator, leak):
        if part.course != FOREIGN:
            some = slice(part.first, part.last)
            worth[some] = np.where(np.isfinite(leak.worth[part.course, some]), leak.worth[part.course, some], 0.0)
    return worth


def line_beside(speaker: Speaker, others: Flags) -> Line:
    """Return the time line of a speaker, given where others are heard."""
    correlator, with_original = speaker.correlator, speaker.likeness is not None
    leak = weighed(correlator, speaker.passages, speaker.likeness, others)
    told = Told(leak, correlator.listening, correlator.segments, SURELY[False])
    parts = [told.stretch(part) for part in path_of(correlator, leak)]
    sure = [one if with_original and lost(leak, told, one) else told.if_foreign(one) for one in parts]
    hop_s = correlator.listening.hop_s
    known: Doubles = hop_s * np.flatnonzero(heard(worth_of_path(leak, correlator), hop_s, SURE_NATS)).astype(np.float64)
    found = list(with_cuts(in_speech_order(joined(sure, JUMP_S), known), JUMP_S))
    shown = (one for one in found if not nothing_missing(one, speaker))
    stretches = (one for stretch in shown for one in told.without_quiet(told.if_foreign(stretch)))
    edits = [around(at, known) for at in edits_of(found, JUMP_S)]
    return Line(TimeLine(tuple(stretches), tuple(edit.at_s for edit in edits)), tuple(edits))


def in_speech_order(stretches: Sequence[Stretch], known: Doubles) -> list[Stretch]:
    """Return stretches with those called moved that are out of order, by what of each the speaker is heard in.

    Where a stretch begins or ends in a pause of theirs is not well known.
    """
    placed = [(number, one) for number, one in enumerate(stretches) if one.placed]
    kept = in_order([said(in_speech(one, known)) for _, one in placed], JUMP_S)
    moved = {number for (number, _), keep in zip(placed, kept, strict=True) if not keep}
    return [replace(one, state="moved") if number in moved else one for number, one in enumerate(stretches)]


def in_speech(stretch: Stretch, known: Doubles) -> Stretch:
    """Return a stretch from when the speaker is first heard in it until they are last heard."""
    times = known[(known >= stretch.leak_start_s) & (known <= stretch.leak_end_s)]
    return cut_out(stretch, float(times[0]), float(times[-1])) if len(times) else stretch


def nothing_missing(stretch: Stretch, speaker: Speaker) -> bool:
    """Tell whether a cut is one of what the speaker is known not to have said: a pause, next to something moved."""
    start, end = stretch.recording_start_s, stretch.recording_end_s
    if stretch.state != "cut here" or speaker.likeness is None or start is None or end is None:
        return False
    segment_s = speaker.correlator.listening.layout.segment_ms / 1000
    segments = np.arange(int(start / segment_s), int(end / segment_s) + 1)
    return float(speaker.likeness.silent(segments).mean()) >= NOTHING


def lost(leak: Weighed, told: Told, stretch: Stretch) -> bool:
    """Tell whether a foreign stretch is where the speaker is known to have said something else."""
    hop_s = told.listening.hop_s
    some = slice(round(stretch.leak_start_s / hop_s), round(stretch.leak_end_s / hop_s))
    losses = [-float(row[some].sum()) for row in leak.worth]
    if float(leak.telling[some].sum()) < FOREIGN_NATS or stretch.leak_end_s - stretch.leak_start_s < JUMP_S:
        return False  # a network has lost it
    return min((loss for loss in losses if np.isfinite(loss)), default=0.0) >= LOST_NATS


def around(at: float, known: Doubles) -> Edit:
    """Return between which moments an edit is: those at which the speaker is heard before it and after it."""
    before, after = known[known <= at], known[known >= at]
    first_s, last_s = (float(some[place]) if len(some) else at for some, place in ((before, -1), (after, 0)))
    return Edit(at, max(0.0, first_s - HEARD_S / 2), last_s + HEARD_S / 2)  # so well it is known when they are heard


def edits_together(lines: Sequence[Line]) -> Iterator[float]:
    """Yield when the leak was edited, by the fewest edits that all lines' can be; in seconds, rising.

    Where several speakers tell of one edit, it is between the moments that all of them allow.
    """
    waiting = sorted((edit for line in lines for edit in line.edits), key=lambda edit: edit.last_s)
    while waiting:
        until = waiting[0].last_s
        together = [edit for edit in waiting if edit.first_s <= until]
        yield (max(edit.first_s for edit in together) + until) / 2
        waiting = [edit for edit in waiting if edit.first_s > until]


def without_others(line: TimeLine, others: Sequence[TimeLine]) -> TimeLine:
    """Return a time line that calls nothing foreign where somebody else is placed."""
    placed = [one for other in others for one in other.stretches if one.placed]

    def checked(one: Stretch) -> Stretch:
        strange = one.state == "not from this recording"
        covered = sum(overlap(one, other) for other in placed)
        whole = covered >= (one.leak_end_s - one.leak_start_s) / 2
        return replace(one, state="too degraded to say") if strange and whole else one

    return replace(line, stretches=tuple(checked(one) for one in line.stretches))


def overlap(one: Stretch, other: Stretch) -> float:
    """Return for how many seconds of the leak two stretches are beside each other."""
    return max(0.0, min(one.leak_end_s, other.leak_end_s) - max(one.leak_start_s, other.leak_start_s))
