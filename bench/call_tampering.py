"""How many edits of leaks of calls ``verify`` finds, and how often what it states of them is wrong.

A leak is three quarters of a minute of a call of two held speakers, as one listener heard it (``call_forgery``), with
one edit or none, coded by Opus at 24 kb/s. It is looked at by the mark alone, and against what both have kept of their
words. Keys are drawn anew for each leak.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench import degraded, tampering
from bench.attacks import Attack
from bench.call_forgery import CALL_ID, KINDS, CallForgery, HeldCall, held_call
from bench.call_forgery import CallForger as Forger
from bench.degraded import Degraded, Speaking, Truth
from bench.tables import MISSED
from bench.tampering import DEGRADED, STATES, Outcome, outcome_from, told_near
from earmark.api.comparing import recognised, speakers_of
from earmark.api.error_rates import ErrorRate
from earmark.api.finding import DETECTOR, Strand
from earmark.api.progress import silent
from earmark.api.timelines import StretchTimes
from earmark.api.verifying_calls import Voice, stretches
from earmark.grid import BLOCK_SEGMENTS
from earmark.records.calls.entries import CallRecord, NewCall, Stream
from earmark.records.calls.speech import Spoken
from earmark.records.entries import Recording
from earmark.signal.calls import DEPTH, RATE, SEGMENT_MS, SLOT_MS
from earmark.signal.speakers import time_lines

CODED = "opus:24k"
WITHIN_S = {True: 0.25, False: 0.5}
FAR_S = 1.0
APART_S = 1.0
OFF_S = 0.6
"""Streams are late by up to a quarter of a second, and clocks add to that."""

KEPT = "call-tampering.jsonl"
START = datetime(2026, 1, 1, tzinfo=UTC)
SPEAKERS = ("first", "second")


def outcomes(seed: int) -> list[Outcome]:
    """Make a leak, look at it without and with what was kept, and compare what is told with what was done."""
    rng = np.random.default_rng([7, seed])
    call = held_call(rng)
    forgery = KINDS[seed % len(KINDS)](Forger(call, rng))
    with TemporaryDirectory() as folder:
        leak = Attack(CODED).write(forgery.sound, RATE, Path(folder) / "leak", seed)
        strands = recognised(leak, call.tracks, silent).strands
        kept = {number: call.frames(number) for number in range(2)}
        return [
            judged(forgery, told_of(leak, call, forgery, strands, frames), with_original=bool(frames))
            for frames in ({}, kept)
        ]


@dataclass(frozen=True)
class Told:
    """What is told of a leak.

    Attributes:
        line: its time line.
        edits: when it was edited; in seconds.
        speaking: what could have been told of each speaker who is heard in it.
    """

    line: Sequence[StretchTimes] = ()
    edits: Sequence[float] = ()
    speaking: Mapping[str, Speaking] = field(default_factory=dict)


def told_of(
    leak: Path, call: HeldCall, forgery: CallForgery, strands: Sequence[Strand], kept: Mapping[int, Mapping[int, bytes]]
) -> Told:
    """Return what ``verify`` tells of a leak."""
    if not strands:
        return Told()
    everybody = speakers_of(leak, strands, kept, silent)
    together = time_lines(everybody)
    record = held(call)
    streams = [record.streams[strand.track.stream or 0] for strand in strands]
    spoken = [Spoken(dict(kept[one.number])) if one.number in kept else None for one in streams]
    voices = [Voice(*one) for one in zip(streams, spoken, together.lines, strict=True)]
    speaking = {
        stream.speaker_id: Speaking.of(one.correlator, one.passages, one.likeness, truths(forgery))
        for stream, one in zip(streams, everybody, strict=True)
    }
    return Told(stretches(record, voices, together.seconds), together.edits, speaking)


def truths(forgery: CallForgery) -> list[Truth]:
    """Return the parts of a leak that are of the call."""
    starts = (0, *forgery.ends)
    return [
        Truth(start / RATE, end / RATE, piece[0] / RATE)
        for piece, start, end in zip(forgery.pieces, starts, forgery.ends, strict=False)
        if piece is not None
    ]


def held(call: HeldCall) -> CallRecord:
    """Return what the vault would have of a call."""
    new = NewCall(title="Call", detector=DETECTOR, depth=DEPTH, slot_ms=SLOT_MS, segment_ms=SEGMENT_MS).recording
    facts = vars(new) | {"segments": 2 * BLOCK_SEGMENTS, "seconds": call.said.shape[1] / RATE}
    recording = Recording(**facts, id=CALL_ID, created_at=START)
    positions = call.said.shape[1] * 1000 // (RATE * SEGMENT_MS)
    streams = tuple(
        Stream(number, speaker, START, None, positions, (number,), ((0, START),))
        for number, speaker in enumerate(SPEAKERS)
    )
    return CallRecord(recording, {}, None, (), (), streams)


def judged(forgery: CallForgery, told: Told, *, with_original: bool) -> Outcome:
    """Compare what is told with what was done."""
    near, places = WITHIN_S[with_original], forgery.places()
    some = [degraded_in(one, told.speaking) for one in told.line if one.state == DEGRADED]
    statements = Counter((one.state, wrong(one, forgery)) for one in told.line if one.state != DEGRADED)
    statements.update((DEGRADED, one.recognisable > 0) for one in some)
    false = [edit for edit in told.edits if not any(told_near([edit], place, FAR_S) for place in places)]
    return Outcome(
        kind=forgery.kind,
        channel=CODED,
        with_original=with_original,
        found=all(told_near(told.edits, place, near) for place in places),
        strictly=all(told_near(told.edits, place, FAR_S) for place in places),
        false_edits=sum(number == 0 or edit - false[number - 1] > APART_S for number, edit in enumerate(false)),
        seconds=len(forgery.sound) / RATE,
        statements=tuple(statements.items()),
        degraded=sum(some, Degraded()),
    )


def degraded_in(stretch: StretchTimes, speaking: Mapping[str, Speaking]) -> Degraded:
    """Return what could have been told of a stretch: of its speaker, or, where it is nobody's, of whom most could."""
    asked = [one for name, one in speaking.items() if stretch.speaker in (None, name)]
    some = [one.degraded(stretch.leak_start_s, stretch.leak_end_s) for one in asked]
    return max(some, key=lambda one: one.recognisable)


def wrong(stretch: StretchTimes, forgery: CallForgery) -> bool:
    """Tell whether what is stated of a stretch is not so; of a speaker, a joint in a pause of theirs is all of it."""
    speaker = None if stretch.speaker is None else SPEAKERS.index(stretch.speaker)
    places = forgery.places(speaker)
    if stretch.state == "cut here":
        return not any(told_near([stretch.leak_start_s], place, FAR_S) for place in places)
    middle = (stretch.leak_start_s + stretch.leak_end_s) / 2
    inner = np.arange(stretch.leak_start_s + OFF_S, stretch.leak_end_s - OFF_S, 0.1)
    times = [float(time) for time in (inner if len(inner) else [middle])]
    clear = [time for time in times if not any(told_near([time], place, OFF_S) for place in places)]
    return any(is_wrong(stretch, forgery, time) for time in clear)


def is_wrong(stretch: StretchTimes, forgery: CallForgery, time_s: float) -> bool:
    """Tell whether what is stated of a stretch is not so at a time."""
    piece, said = forgery.at(time_s)
    if stretch.state == "not from this recording":
        return said is not None
    if said is None or stretch.recording_start_s is None or stretch.recording_end_s is None:
        return True
    times, places = (stretch.leak_start_s, stretch.leak_end_s), (stretch.recording_start_s, stretch.recording_end_s)
    off = abs(float(np.interp(time_s, times, places)) - said) > OFF_S
    return off or (stretch.state == "moved" and piece not in forgery.displaced)


def measure(leaks: int, folder: Path) -> list[Outcome]:
    """Return what came of so many leaks; ``folder`` keeps it, so that a measurement that was broken off goes on."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / KEPT
    found = dict(read(kept))
    with kept.open("a") as file:
        for seed in range(leaks):
            if seed not in found:
                found[seed] = outcomes(seed)
                print(json.dumps([seed, [asdict(one) for one in found[seed]]]), file=file, flush=True)
    return [one for seed in range(leaks) for one in found[seed]]


def read(kept: Path) -> Iterator[tuple[int, list[Outcome]]]:
    """Yield what came of leaks before, if anything was kept."""
    for line in kept.read_text().splitlines() if kept.exists() else []:
        seed, some = json.loads(line)
        if all("degraded" in one for one in some):  # which was not measured once
            yield seed, [outcome_from(one) for one in some]


ABOUT = (
    "Three quarters of a minute of a call of two with one edit, as one listener heard it, coded by Opus at 24 kb/s;\n"
    "seen by the mark alone, and against what both had kept. An edit is found if all its joints are told of within\n"
    "0.25 s with what was kept, 0.5 s without; a joint in a pause of both counts as anywhere in it (in brackets:\n"
    "within a second). What is *too degraded to say* is judged as in leaks of files."
)
HEAD = ("what was done", "after", "leaks", "found with what was kept", "found without it")
FALSE_HEAD, STATED_HEAD = tampering.FALSE_HEAD, tampering.STATED_HEAD
SEEN = {True: "with what was kept", False: "by the mark alone"}


def rows(found: Sequence[Outcome]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each kind of edit, and one for all."""
    edited = [one for one in found if one.kind != "untouched"]
    for kind in dict.fromkeys(one.kind for one in edited):
        yield tampering.row(kind, CODED, [one for one in edited if one.kind == kind])
    yield tampering.row("all edits", CODED, edited)


def false_rows(found: Sequence[Outcome]) -> Iterator[tuple[str, ...]]:
    """Yield how many edits were told of that there are not."""
    for with_original, seen in SEEN.items():
        some = [one for one in found if one.with_original == with_original]
        minutes, false = sum(one.seconds for one in some) / 60, sum(one.false_edits for one in some)
        rate = 10 * false / max(minutes, 1e-9)
        yield f"`{CODED}`", seen, f"{minutes:.0f}", str(false), f"{rate:.2f}" + MISSED * (rate > 1), "≤ 1"


def stated(found: Sequence[Outcome]) -> Iterator[ErrorRate]:
    """Yield how often each statement was wrong."""
    for with_original in SEEN:
        counts: Counter[tuple[str, bool]] = Counter()
        for one in found:
            if one.with_original == with_original:
                counts.update(dict(one.statements))
        for state in STATES:
            right, false = counts[state, False], counts[state, True]
            if right + false:
                yield ErrorRate(state, CODED, with_original, right + false, false)


def stated_rows(rates: Sequence[ErrorRate]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each statement."""
    for one in rates:
        share = f"{one.wrong / one.stated:.1%}"
        yield one.state, f"`{one.after}`", SEEN[one.with_original], str(one.stated), str(one.wrong), share


def degraded_rows(found: Sequence[Outcome]) -> Iterator[tuple[str, ...]]:
    """Yield how much was called too degraded to say, and what of that was genuine and would have been recognised."""
    for with_original, seen in SEEN.items():
        some = [one for one in found if one.with_original == with_original]
        whole = sum((one.degraded for one in some), Degraded())
        yield degraded.row(CODED, seen, sum(one.seconds for one in some), whole)
