"""From a trace to the evidence record: what was tested, and on what grounds each name stands."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from earmark.api.finding import Found
from earmark.api.own_words import named_by
from earmark.api.results import Named, PassageTimes
from earmark.api.tracing import Accused, Tracing
from earmark.cases.chance import every
from earmark.cases.evidence import Accusation, Attempt, Decoder, Evidence, Innocents
from earmark.cases.facts import CallFacts, ExhibitFacts, GridFacts, Heard, Passage, RecordingFacts, Stretch
from earmark.codes.codebook import Codebook
from earmark.codes.decoders import Decoder as FittedDecoder
from earmark.codes.decoders import fit_bank
from earmark.codes.grounds import Case, Grounds, grounds
from earmark.codes.lineup import DEEPEST
from earmark.records.entries import Recording

LN10 = log(10)
SHORTEST_GAP_S = 0.25
INNOCENTS_AT_ONCE = 1000
WITHOUT_ROUNDING = 0.5
"""What part of the allowed chance a case's names may use.

An expert may compute the evidence anew on another machine, whose sums are rounded otherwise, and names that then need
more than is allowed do not stand. There is no slack on that side: it would let names stand that nothing has paid for.
"""


@dataclass(frozen=True)
class Book:
    """A codebook with its listeners.

    Attributes:
        codebook: of the recording.
        secrets: of its listeners, by id.
    """

    codebook: Codebook
    secrets: Mapping[str, bytes]


def checkable(
    codebook: Codebook, secrets: Mapping[str, bytes], family_wise: float, accused: Sequence[Accused]
) -> tuple[Accused, ...]:
    """Return those named on grounds that a stranger can check, with the bounds of these grounds.

    Left out is who is named by tests only that take others to have leaked as well who are not named themselves: such a
    test cannot be shown without showing whom nothing is proved of. And whose bound is so close to what is allowed that
    another machine might find it above that.
    """
    standing = Standing.of(Book(codebook, secrets), family_wise, accused)
    return tuple(
        Accused(standing.names[one.index], one.log_bound / LN10, standing.founds[one.case]) for one in standing.grounds
    )


def evidence_of(
    tracing: Tracing,
    exhibit: ExhibitFacts,
    recording: RecordingFacts | None,
    book: Book | None,
    *,
    time_line: Sequence[Stretch] | None = None,
) -> Evidence:
    """Return the evidence record of a trace that was vetted by ``checkable``.

    Args:
        tracing: of the exhibit.
        exhibit: as it was received.
        recording: what leaked; None if unmarked.
        book: its codebook; None if nobody was named.
        time_line: of the leak, from a comparison with the recording; that of the passages if None.
    """
    judged, found = tracing.judged, tracing.judged.found
    passages = tuple(_passages(tracing.result.passages, found)) if found else ()
    standing = Standing.of(book, tracing.result.family_wise, judged.accused) if book else None
    return Evidence(
        verdict=judged.verdict,
        family_wise=tracing.result.family_wise,
        exhibit=exhibit,
        recording=recording,
        passages=passages,
        stretches=tuple(stretches(passages, exhibit.seconds) if time_line is None else time_line),
        tracks=judged.tracks,
        listeners=len(judged.listeners),
        attempts=standing.attempts() if standing else (),
        accusations=standing.accusations() if standing else (),
        more_needed_s=tracing.result.more_needed_s,
    )


def named_in(evidence: Evidence) -> tuple[Named, ...]:
    """Return who is named in an evidence record, and by whose words."""
    return tuple(
        named_by(
            evidence.voices(one.attempt), one.listener, one.bound_log10, evidence.attempts[one.attempt].heard.share
        )
        for one in evidence.accusations
    )


@dataclass(frozen=True)
class Standing:
    """The names that stand.

    Attributes:
        book: the codebook.
        names: whom the trace has named.
        founds: the evidence that names them.
        banks: the decoders fitted to each of it.
        grounds: on which each name stands; ``index`` is a place in ``names``, and ``case`` one in ``founds``.
    """

    book: Book
    names: Sequence[str]
    founds: Sequence[Found]
    banks: Sequence[Sequence[FittedDecoder]]
    grounds: Sequence[Grounds]

    @classmethod
    def of(cls, book: Book, family_wise: float, accused: Sequence[Accused]) -> "Standing":
        """Return the names that stand among those a trace has named."""
        names = list(dict.fromkeys(one.listener for one in accused))
        founds = list({id(one.found): one.found for one in accused}.values())
        secrets, cases = [book.secrets[name] for name in names], []
        for one in founds:
            segments, biases = one.evidence.segments, book.codebook.biases(one.evidence.segments)
            bank = fit_bank(one.evidence.soft, one.evidence.amplitude, biases)
            bits = book.codebook.bits(secrets, segments)
            cases.append(Case(biases, bank, len(book.secrets), 1 / one.share, family_wise * WITHOUT_ROUNDING, bits))
        return cls(book, names, founds, [one.decoders for one in cases], grounds(cases))

    @property
    def cases(self) -> list[int]:
        """The evidence that names stand on, in the order of these."""
        return list(dict.fromkeys(one.case for one in self.grounds))

    def attempts(self) -> tuple[Attempt, ...]:
        """Return the evidence that names stand on, and what it was put to."""
        return tuple(
            Attempt(
                heard=_heard(self.founds[case], self.book),
                streams=self.founds[case].streams or None,
                bank=self.bank(case),
                innocents=self.innocents(case),
            )
            for case in self.cases
        )

    def bank(self, case: int) -> tuple[Decoder, ...]:
        """Return the decoders of one piece of evidence."""
        return tuple(
            Decoder(
                strategy=one.strategy.name,
                colluders=one.strategy.colluders,
                weight=one.weight,
                depths=min(DEEPEST, one.strategy.colluders - 1) + 1,
            )
            for one in self.banks[case]
        )

    def accusations(self) -> tuple[Accusation, ...]:
        """Return who is named, the surest first, and by what test."""
        return tuple(
            Accusation(
                listener=self.names[one.index],
                attempt=self.cases.index(one.case),
                decoder=next(place for place, bank in enumerate(self.banks[one.case]) if bank is one.decoder),
                companions=tuple(self.names[other] for other in one.companions),
                scores=tuple(one.scores.tolist()),
                deficit=one.deficit,
                tail_log10=one.log_tail / LN10,
                price_log10=one.log_price / LN10,
                bound_log10=one.log_bound / LN10,
            )
            for one in self.grounds
        )

    def innocents(self, case: int) -> Innocents:
        """Return the deficits of all others by the first test of one piece of evidence, rising and without names."""
        named = {self.names[one.index] for one in self.grounds}
        others = [secret for name, secret in self.book.secrets.items() if name not in named]
        segments = self.founds[case].evidence.segments
        step = every(len(segments))
        scores = next(one.scores for one in self.grounds if one.case == case)[::step].astype(np.int64)
        rows = self.book.codebook.rows(others, segments[::step])
        best = int(np.maximum(scores, 0).sum())
        starts = range(0, len(others), INNOCENTS_AT_ONCE)
        deficits = [best - rows[start : start + INNOCENTS_AT_ONCE].astype(np.int64) @ scores for start in starts]
        return Innocents(every=step, deficits=tuple(sorted(np.concatenate([_NONE, *deficits]).tolist())))


_NONE: NDArray[np.int64] = np.zeros(0, np.int64)


def recording_facts(recording: Recording, call: CallFacts | None) -> RecordingFacts:
    """Return what a case says of a recording; ``call`` if it is one."""
    return RecordingFacts(
        id=recording.id,
        title=recording.title,
        input_sha256=recording.input_sha256 or None,
        seconds=recording.seconds,
        coalition=recording.coalition,
        detector=recording.detector,
        grid=GridFacts(segment_ms=recording.segment_ms, segments=recording.segments),
        call=call,
    )


def _heard(found: Found, book: Book) -> Heard:
    """Return what was heard, and the biases of it."""
    evidence = found.evidence
    thresholds = book.codebook.thresholds[evidence.segments].tolist()
    return Heard(
        segments=tuple(evidence.segments.tolist()),
        soft=tuple(evidence.soft.tolist()),
        amplitude=tuple(evidence.amplitude.tolist()),
        thresholds=tuple(thresholds),
        share=min(1.0, found.share),
    )


def _passages(places: Sequence[PassageTimes], found: Found) -> Iterator[Passage]:
    for where, (_, passage) in zip(places, found.passages, strict=True):
        yield Passage(
            leak_start_s=where.leak_start_s,
            leak_end_s=where.leak_end_s,
            recording_start_s=where.recording_start_s,
            recording_end_s=where.recording_end_s,
            speed=where.speed,
            speaker=where.speaker,
            chance_log10=min(0.0, passage.log_chance / LN10),
        )


def stretches(passages: Sequence[Passage], leak_s: float) -> Iterator[Stretch]:
    """Yield the time line of a leak of ``leak_s`` seconds: its passages, and what lies between them."""
    at = 0.0
    for one in passages:
        first = at if one.speaker is None else 0.0  # people talk over each other
        start, end = max(first, min(one.leak_start_s, leak_s)), max(first, min(one.leak_end_s, leak_s))
        if start - at >= SHORTEST_GAP_S:
            yield _gap(at, start)
        yield Stretch(
            state="found",
            leak_start_s=start,
            leak_end_s=end,
            recording_start_s=one.recording_start_s,
            recording_end_s=one.recording_end_s,
            missing_s=0.0,
            error_rate_log10=one.chance_log10,
            speaker=one.speaker,
        )
        at = max(at, end)
    if leak_s - at >= SHORTEST_GAP_S:
        yield _gap(at, leak_s)


def _gap(start_s: float, end_s: float) -> Stretch:
    return Stretch(
        state="not found",
        leak_start_s=start_s,
        leak_end_s=end_s,
        recording_start_s=None,
        recording_end_s=None,
        missing_s=0.0,
        error_rate_log10=None,
        speaker=None,
    )
