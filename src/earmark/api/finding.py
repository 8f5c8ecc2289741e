"""Listening to a leak: which recording it is of, where, and which variants it carries.

All that happens before anybody's name matters. Nothing here may import ``earmark.codes`` or ``earmark.records``, so
that evidence cannot depend on who was given what: it comes from a leak and from mark keys alone.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from math import exp
from pathlib import Path

import numpy as np

from earmark.api.ear import Ear
from earmark.api.looking import LONG_S, Hit, Track, layouts_of, manner_of, signs_of, surest_hits
from earmark.api.progress import Progress, parted
from earmark.media.bounds import require_bounded
from earmark.signal.alignment import FALSE_FURTHER_PASSAGE, SHORTEST_PART_S, Passage, align
from earmark.signal.borders import settle
from earmark.signal.correlation import Correlator
from earmark.signal.evidence import Evidence, gather
from earmark.signal.listening import Listening
from earmark.signal.search import Place

DETECTOR = 2
"""Which rules recordings are marked and traced by, kept with each of them.

It stands for the patterns, the grid and the codebook together, which do not know of each other; so it is said here,
where they meet, and has to grow when any of them changes what a copy of old would sound like or be traced by."""

ALIKE = 0.1
TOGETHER = 0.8
"""What all streams of a call that are in a leak have together of the allowed chance; the rest is for each by itself.

Most leaks are of one copy, which all of them tell best; of two copies one stream often says far more than it needs."""


@dataclass(frozen=True)
class Strand:
    """Where one track is in a leak.

    Attributes:
        track: the recording, or a stream of it.
        listening: what was heard, in its cells.
        passages: where, in the order of the leak.
    """

    track: Track
    listening: Listening
    passages: tuple[Passage, ...]

    @property
    def correlator(self) -> Correlator:
        """The leak and the track."""
        return Correlator(self.listening, signs_of(self.track))

    def evidence(self) -> Evidence:
        """Return which variants the leak carries, by the recording's numbers of segments."""
        heard = gather(self.correlator, self.passages)
        return replace(heard, segments=self.track.numbers(heard.segments))


@dataclass(frozen=True)
class Found:
    """Where a recording may be in a leak, and what that would mean.

    Attributes:
        strands: one of a file; of a call those of its streams that were found, at least one, the surest first.
        heard_in: those of them that the evidence is of: all together, or one.
        evidence: which variants.
        share: what this may use up of the allowed chance of naming an innocent; those of all found add up to at most 1.
    """

    strands: tuple[Strand, ...]
    heard_in: tuple[Strand, ...]
    evidence: Evidence
    share: float

    @property
    def streams(self) -> tuple[int, ...]:
        """The numbers of the streams that the evidence is of, rising; none of a file."""
        return tuple(sorted(one.track.stream for one in self.heard_in if one.track.stream is not None))

    @property
    def recording_id(self) -> str:
        """The recording's."""
        return self.strands[0].track.recording_id

    @property
    def passages(self) -> list[tuple[Strand, Passage]]:
        """Where, in the order of the leak."""
        both = [(strand, passage) for strand in self.strands for passage in strand.passages]
        return sorted(both, key=lambda one: int(one[1].frames[0]) * one[0].listening.hop_s)


def found_in(strands: Sequence[Strand], heard: Sequence[tuple[Strand, Evidence]], share: float) -> Found:
    """Return what some of the strands of one recording say together.

    Streams of a call have no segment in common, so that none counts twice.
    """
    said = [evidence for _, evidence in heard]
    segments = np.concatenate([one.segments for one in said])
    order = np.argsort(segments, kind="stable")
    soft, amplitude = (np.concatenate([getattr(one, name) for one in said])[order] for name in ("soft", "amplitude"))
    evidence = Evidence(segments[order], soft, amplitude)
    return Found(tuple(strands), tuple(strand for strand, _ in heard), evidence, share)


def attempts(strands: Sequence[Strand]) -> tuple[Found, ...]:
    """Return what strands that are surely in a leak are put to the codebook as: all together, and each by itself.

    Nobody hears their own words in a call. So where two leak together what they heard, what one of them said comes from
    the other's copy alone: that stream says the most by itself, while all of them together are of two copies.
    """
    heard = [(strand, strand.evidence()) for strand in strands]
    if len(heard) < 2:
        return tuple(found_in(strands, [one], 1.0) for one in heard)
    alone = (1 - TOGETHER) / len(heard)
    return found_in(strands, heard, TOGETHER), *(found_in(strands, [one], alone) for one in heard)


@dataclass(frozen=True)
class Sought:
    """What was looked for in a leak; the more that is, the surer a passage has to be.

    Attributes:
        tracks: how many.
        beside: how many of them are streams of the call that was found, but for the surest of them; 0 of a file.
    """

    tracks: int
    beside: int


@dataclass(frozen=True)
class Heard:
    """What a leak says.

    Attributes:
        seconds: of sound in it.
        sure: whether the leak can hardly be anything but marked.
        found: of the recording that is surely in it, all that is worth putting to a codebook, beginning with all of the
            evidence; if none is, all places that are; any of those may be chance. Each is an attempt and has a share.
        tracks: how many were looked for.
    """

    seconds: float
    sure: bool
    found: tuple[Found, ...]
    tracks: int


def hear(leak: Path, tracks: Sequence[Track], progress: Progress, sought: Sought | None = None) -> Heard:
    """Listen to ``leak`` and look for one of ``tracks`` in it.

    Args:
        leak: the leak.
        tracks: what is looked for.
        progress: told about the stages "listening", "searching" and "aligning".
        sought: what was looked for once, of which ``tracks`` are a part, to hear the same again; else just these.

    Raises:
        MediaError: there is nothing in it that can be decoded, or more than can be listened to.
    """
    require_bounded(leak)
    among = len(tracks) if sought is None else sought.tracks
    with closing(Ear(leak, progress)) as ear:
        layout = layouts_of(tracks)[0]
        long_enough = ear.early(layout, LONG_S).seconds >= SHORTEST_PART_S
        hits = surest_hits(ear, leak, tracks, among, progress) if long_enough else []
        if hits and hits[0].place.sure:
            strands = aligned(ear, hits[0], tracks, sought, progress)
            seconds = ear(hits[0].track.layout, hits[0].pace).seconds
            return Heard(seconds, bool(strands), attempts(strands), among)
        pairs = zip(hits, shares(hits), strict=True)
        likely = tuple(one for hit, share in pairs for one in possible(ear, hit, share))
        return Heard(ear(layout).seconds, False, likely, among)


def aligned(ear: Ear, hit: Hit, tracks: Sequence[Track], sought: Sought | None, progress: Progress) -> list[Strand]:
    """Return all passages of a recording that is surely in the leak; of a call, those of its other streams as well."""
    beside = [one for one in tracks if one.recording_id == hit.track.recording_id and one.stream != hit.track.stream]
    among = sought or Sought(len(tracks), len(beside))
    tell = partial(parted, progress, 1 + len(beside))
    correlator = Correlator(ear(hit.track.layout, hit.pace), signs_of(hit.track))
    known = placed(hit, correlator) if hit.fine else None
    manner, told = manner_of(hit.track), partial(tell, 0, "aligning")
    passages = settle(correlator, align(correlator, known, trials=among.tracks, manner=manner, progress=told))
    strands = [Strand(hit.track, correlator.listening, tuple(passages))]
    for number, track in enumerate(beside if passages else (), 1):
        strands.append(joining(ear(track.layout, hit.pace), track, among.beside, partial(tell, number, "aligning")))
    progress("aligning", 1.0)
    return [strand for strand in strands if strand.passages]


def joining(listening: Listening, track: Track, trials: int, tell: Callable[[float], None]) -> Strand:
    """Return where a stream of a call is in a leak that another one is surely in: less has to be proved of it."""
    correlator = Correlator(listening, signs_of(track))
    manner = manner_of(track)
    passages = align(correlator, trials=trials, allowed=FALSE_FURTHER_PASSAGE, manner=manner, progress=tell)
    return Strand(track, listening, tuple(settle(correlator, passages)))


def placed(hit: Hit, correlator: Correlator) -> Place:
    """Return where a hit is in the whole leak."""
    return replace(hit.place, frame=round(hit.time_s / correlator.listening.hop_s))


def shares(hits: Sequence[Hit]) -> list[float]:
    """Return how the allowed chance is shared among hits: mostly by how likely each is, in part alike; adds up to 1."""
    best = min((hit.place.log_chance for hit in hits), default=0.0)
    likely = [exp(best - hit.place.log_chance) for hit in hits]
    return [(1 - ALIKE) * odds / sum(likely) + ALIKE / len(hits) for odds in likely]


def possible(ear: Ear, hit: Hit, share: float) -> Iterator[Found]:
    """Yield the passage that a place would belong to, and its evidence, if there is any."""
    correlator = Correlator(ear(hit.track.layout, hit.pace), signs_of(hit.track))
    passage = manner_of(hit.track).follow(correlator, placed(hit, correlator), 0, correlator.listening.frames)
    if passage is not None:
        strand = Strand(hit.track, correlator.listening, (passage,))
        yield found_in([strand], [(strand, strand.evidence())], share)
