"""A report: the first page for people who decide, and what follows for people who check."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from earmark.cases.bound import deficit, said
from earmark.cases.checklist import NAMES
from earmark.cases.evidence import Accusation, Attempt, Evidence
from earmark.cases.facts import RecordingFacts, Stretch
from earmark.cases.report import pictures
from earmark.cases.report.alterations import notable
from earmark.cases.report.first_page import NOTICE, Answer, Background, answers, of_call, verdict
from earmark.cases.report.words import day, figures, listed, share, size, span

STRETCHES = ("In the leak", "What it is", "In the recording", "Share measured wrong")
BOUNDS = ("Copy", "Given", "Bound", "Test")
"""What stands above the tables."""

SHARE = (
    "Share measured wrong: how many of such statements were wrong, at the worst, when that was measured on leaks whose "
    "edits were known. It is no proven bound, and says nothing of whose copy it was."
)

TESTS = {
    "single": "one copy had leaked alone",
    "alternate": "{} copies had leaked, now one and now another",
    "average": "{} copies had leaked, mixed into one",
    "majority": "{} copies had leaked, each time in the variant that most of them have",
    "minority": "{} copies had leaked, each time in the variant that fewest of them have",
}
"""What the tests assume, by strategy and for how many copies: whatever was done, the bound holds."""

CROWD = 10
"""How well copies that are not named fit is shown of so many at least; of fewer, one could be told from another."""

STATES = {"found": "in the recording", "not found": "not found in the recording"}
"""How states are called that their own names do not say well."""


@dataclass(frozen=True)
class Figure:
    """A picture.

    Attributes:
        svg: without colours of its own.
        caption: what to see in it.
        alt: what it shows, for those who do not see it.
    """

    svg: str
    caption: str
    alt: str


@dataclass(frozen=True)
class Story:
    """A report.

    Attributes:
        title: of the case.
        subtitle: which case, and when it was made.
        made_at: the same as in the ledger.
        verdict: in a sentence.
        tone: "named", "insufficient" or "unmarked".
        notice: what must not be overlooked.
        answers: the first page.
        figures: what the evidence looks like.
        stretches: the time line: in the leak, what it is, in the recording, how often such statements were wrong.
        stretches_head: what stands above these columns.
        stretches_note: what belongs to them.
        bounds_head: what stands above those of ``bounds``.
        bounds: of those named: the copy, given when, the bound, the test.
        facts: names and values that identify everything.
        checks: what ``earmark case check`` does, number 1 first.
        terms: words and what they mean.
    """

    title: str
    subtitle: str
    made_at: str
    verdict: str
    tone: str
    notice: str
    answers: tuple[Answer, ...]
    figures: tuple[Figure, ...]
    stretches: tuple[tuple[str, str, str, str], ...]
    stretches_head: tuple[str, str, str, str]
    stretches_note: str
    bounds_head: tuple[str, str, str, str]
    bounds: tuple[tuple[str, str, str, str], ...]
    facts: tuple[tuple[str, str], ...]
    checks: tuple[str, ...]
    terms: tuple[tuple[str, str], ...]


def told(evidence: Evidence, background: Background) -> Story:
    """Return what is to be said."""
    return Story(
        title=background.title,
        subtitle=f"Case {background.case}, {day(background.made_at)}",
        made_at=background.made_at,
        verdict=verdict(evidence, background),
        tone=evidence.verdict,
        notice=NOTICE,
        answers=tuple(answers(evidence, background)),
        figures=tuple(drawn(evidence, background)),
        stretches=tuple(row(one, background) for one in evidence.stretches if notable(one)),
        stretches_head=STRETCHES,
        stretches_note=SHARE,
        bounds_head=BOUNDS,
        bounds=tuple(bound_row(evidence, one, background) for one in evidence.accusations),
        facts=tuple(facts(evidence, background)),
        checks=NAMES,
        terms=TERMS,
    )


def drawn(evidence: Evidence, background: Background) -> Iterator[Figure]:
    """Yield the pictures of the evidence."""
    if evidence.recording is None:
        return
    yield figure(
        pictures.time_line(
            evidence.stretches,
            evidence.exhibit.seconds,
            ending(evidence, evidence.recording),
            rows(evidence, background),
        ),
        f"Above the leak, below the {'call' if of_call(evidence) else 'recording'}. Bands join what was said to where "
        "it was said; dashed parts were not found.",
    )
    for number, attempt in enumerate(evidence.attempts):
        for first in islice(evidence.named_by(number), 1):
            yield from shown(evidence, attempt, first, background)


def shown(evidence: Evidence, attempt: Attempt, first: Accusation, background: Background) -> Iterator[Figure]:
    """Yield the pictures of an attempt: how it speaks for the first whom it names, and how all others fit."""
    name, speaker = background.called(first.listener), evidence.voices(first.attempt).alone
    bits = np.array(background.codewords[first.attempt][first.listener])
    of = "" if speaker is None else f" of the words of {background.called(speaker)} alone"
    yield figure(
        pictures.agreement(np.array(attempt.heard.soft), bits, name, first.attempt),
        f"Each dot is a segment{of}. Full dots speak for the copy of {name}, open ones against it; those near the line "
        "say little. For a copy that did not go into the leak there would be far more below the line.",
    )
    others, named = crowd(attempt, first, bits, background)
    if len(others) < CROWD:
        return
    yield figure(
        pictures.among(others, named, first.attempt),
        f"By the test that names the copy of {name}. The grey bars are all copies that are not named, without "
        f"names{'.' if of_call(evidence) else ': they fit as chance has it.'}",
    )


def figure(svg: str, caption: str) -> Figure:
    """Return a picture with its caption; its description is what stands for it."""
    start, end = svg.index("<desc"), svg.index("</desc>")
    return Figure(svg, caption, svg[svg.index(">", start) + 1 : end])


def crowd(
    attempt: Attempt, first: Accusation, bits: NDArray[np.int64], background: Background
) -> tuple[NDArray[np.float64], list[tuple[str, float]]]:
    """Return for those not named, and for the first who is, how much of the evidence fits by the latter's test."""
    assert attempt.innocents is not None  # noqa: S101 - there are some where somebody is named
    every = attempt.innocents.every
    scores = first.scores[::every]
    total = max(1, sum(abs(score) for score in scores))
    fits = 1 - deficit(scores, bits[::every].tolist()) / total
    return 1 - np.array(attempt.innocents.deficits) / total, [(background.called(first.listener), fits)]


def rows(evidence: Evidence, background: Background) -> dict[str, str] | None:
    """Return what the speakers in a call are called, by their ids; None of a file."""
    call = evidence.recording.call if evidence.recording else None
    return None if call is None else {one.speaker: background.called(one.speaker) for one in call.streams}


def ending(evidence: Evidence, recording: RecordingFacts) -> float:
    """Return when a recording ends, in seconds, as far as is known: a call may go on, and clocks are not exact."""
    if recording.call is None:
        return recording.seconds
    return max([recording.seconds, *(one.recording_end_s or 0.0 for one in evidence.stretches)])


def row(one: Stretch, background: Background) -> tuple[str, str, str, str]:
    """Return one row of the time line."""
    where = "–"
    if one.recording_start_s is not None and one.recording_end_s is not None:
        where = span(one.recording_start_s, one.recording_end_s)
    wrong = "not measured" if one.error_rate_log10 is None or one.state in STATES else share(one.error_rate_log10)
    what = STATES.get(one.state, one.state) + (f": {background.called(one.speaker)}" if one.speaker else "")
    return span(one.leak_start_s, one.leak_end_s), what, where, wrong


def bound_row(evidence: Evidence, one: Accusation, background: Background) -> tuple[str, str, str, str]:
    """Return one row of those named."""
    decoder = evidence.attempts[one.attempt].bank[one.decoder]
    copies = "copy" if len(one.companions) == 1 else "copies"
    with_whom = f", with the {copies} of {listed(list(one.companions))}" if one.companions else ""
    speaker = evidence.voices(one.attempt).alone
    by = "" if speaker is None else f", by the words of {background.called(speaker)} alone"
    test = f"as if {TESTS[decoder.strategy].format(decoder.colluders)}{with_whom}{by}"
    return background.called(one.listener), background.given(one.listener), figures(said(one.bound_log10)), test


def facts(evidence: Evidence, background: Background) -> Iterator[tuple[str, str]]:
    """Yield names and values that identify everything."""
    exhibit, recording = evidence.exhibit, evidence.recording
    yield "Exhibit", f"exhibit.bin, {size(exhibit.bytes)}, SHA-256 {exhibit.sha256}"
    if recording is not None and recording.call is not None:
        yield "Call", f"{recording.id}, streams {', '.join(str(one.stream) for one in recording.call.streams)}"
    elif recording is not None:
        yield "Recording", f"{recording.id}, marked from a file with SHA-256 {recording.input_sha256}"
    if recording is not None:
        yield (
            "Segments",
            f"{recording.grid.segments:,} of {recording.grid.segment_ms} ms, for {recording.coalition} colluders",
        )
    if evidence.attempts:
        segments = {segment for one in evidence.attempts for segment in one.heard.segments}
        yield "Heard", f"{len(segments):,} segments"
    yield "Key of the ledger", f"Ed25519 {background.public_key}"
    yield "Made by", background.made_by


TERMS = (
    ("Recording", "What was to be kept confidential, and was marked."),
    ("Copy", "What a listener was given. All copies sound the same; no two are the same."),
    ("Exhibit, leak", "The recording that was found where it should not be."),
    (
        "Segment",
        "A slice of a few hundredths of a second, in a call a quarter of one. Every copy has one of two "
        "variants, drawn at random.",
    ),
    (
        "Bound",
        "The largest chance there can be that an innocent listener is named. Innocent is whose copy did not leak.",
    ),
    ("Ledger", "The vault's log. Nothing in it can be changed afterwards without that showing."),
)
"""Words and what they mean."""
