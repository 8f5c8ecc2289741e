"""From a trace to the evidence record: what was tested, and on what grounds each name stands."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from earmark.api.finding import Found
from earmark.api.results import Named, PassageTimes
from earmark.api.tracing import Tracing
from earmark.cases.chance import every
from earmark.cases.evidence import Accusation, Decoder, Evidence, Innocents
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
    found: Found, codebook: Codebook, secrets: Mapping[str, bytes], family_wise: float, named: tuple[Named, ...]
) -> tuple[Named, ...]:
    """Return those named on grounds that a stranger can check, with the bounds of these grounds.

    Left out is who is named by tests only that take others to have leaked as well who are not named themselves: such a
    test cannot be shown without showing whom nothing is proved of.
    """
    if not named:
        return ()
    names = [one.listener for one in named]
    standing = Standing.of(found, Book(codebook, secrets), names, family_wise)
    return tuple(Named(names[one.index], one.log_bound / LN10) for one in standing.grounds)


def evidence_of(
    tracing: Tracing,
    exhibit: ExhibitFacts,
    recording: RecordingFacts | None,
    listeners: int,
    book: Book | None,
    *,
    time_line: Sequence[Stretch] | None = None,
) -> Evidence:
    """Return the evidence record of a trace that was vetted by ``checkable``.

    Args:
        tracing: of the exhibit.
        exhibit: as it was received.
        recording: what leaked; None if unmarked.
        listeners: how many it has.
        book: its codebook; None if nobody was named.
        time_line: of the leak, from a comparison with the recording; that of the passages if None.
    """
    found = tracing.judged.found
    passages = tuple(_passages(tracing.result.passages, found)) if found else ()
    names = [one.listener for one in tracing.result.named]
    standing = Standing.of(found, book, names, tracing.result.family_wise) if found and book else None
    accused = standing is not None and bool(standing.grounds)
    return Evidence(
        verdict="unmarked" if found is None else "named" if accused else "insufficient",
        family_wise=tracing.result.family_wise,
        exhibit=exhibit,
        recording=recording,
        passages=passages,
        stretches=tuple(stretches(passages, exhibit.seconds) if time_line is None else time_line),
        heard=_heard(found, book if accused else None) if found else None,
        listeners=listeners,
        bank=standing.bank() if standing and accused else (),
        accusations=standing.accusations() if standing and accused else (),
        innocents=standing.innocents() if standing and accused else None,
        more_needed_s=tracing.result.more_needed_s,
    )


@dataclass(frozen=True)
class Standing:
    """The names that stand.

    Attributes:
        found: the evidence.
        book: the codebook.
        names: whom the trace has named.
        decoders: the bank, fitted to the evidence.
        grounds: on which each name stands; ``index`` is a place in ``names``.
    """

    found: Found
    book: Book
    names: Sequence[str]
    decoders: Sequence[FittedDecoder]
    grounds: Sequence[Grounds]

    @classmethod
    def of(cls, found: Found, book: Book, names: Sequence[str], family_wise: float) -> "Standing":
        """Return the names that stand among those a trace has named."""
        evidence = found.evidence
        biases = book.codebook.biases(evidence.segments)
        decoders = fit_bank(evidence.soft, evidence.amplitude, biases)
        case = Case(biases, decoders, len(book.secrets), 1 / found.share, family_wise)
        bits = book.codebook.bits([book.secrets[name] for name in names], evidence.segments)
        return cls(found, book, names, decoders, grounds(case, bits))

    def bank(self) -> tuple[Decoder, ...]:
        """Return the decoders."""
        return tuple(
            Decoder(
                strategy=one.strategy.name,
                colluders=one.strategy.colluders,
                weight=one.weight,
                depths=min(DEEPEST, one.strategy.colluders - 1) + 1,
            )
            for one in self.decoders
        )

    def accusations(self) -> tuple[Accusation, ...]:
        """Return who is named, the surest first, and by what test."""
        return tuple(
            Accusation(
                listener=self.names[one.index],
                decoder=next(place for place, decoder in enumerate(self.decoders) if decoder is one.decoder),
                companions=tuple(self.names[other] for other in one.companions),
                scores=tuple(one.scores.tolist()),
                deficit=one.deficit,
                tail_log10=one.log_tail / LN10,
                price_log10=one.log_price / LN10,
                bound_log10=one.log_bound / LN10,
            )
            for one in self.grounds
        )

    def innocents(self) -> Innocents:
        """Return the deficits of all others by the first test, in rising order and without names."""
        named = {self.names[one.index] for one in self.grounds}
        others = [secret for name, secret in self.book.secrets.items() if name not in named]
        step = every(len(self.found.evidence.segments))
        scores = self.grounds[0].scores[::step].astype(np.int64)
        rows = self.book.codebook.rows(others, self.found.evidence.segments[::step])
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


def _heard(found: Found, book: Book | None) -> Heard:
    """Return what was heard; the biases of it too where there is a ``book``."""
    evidence = found.evidence
    thresholds = book.codebook.thresholds[evidence.segments].tolist() if book else []
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
        start, end = max(at, min(one.leak_start_s, leak_s)), max(at, min(one.leak_end_s, leak_s))
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
        at = end
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
