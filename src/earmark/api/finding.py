"""Listening to a leak: which recording it is of, where, and which variants it carries.

All that happens before anybody's name matters. Nothing here may import ``earmark.codes`` or ``earmark.records``, so
that evidence cannot depend on who was given what: it comes from a leak and from mark keys alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from math import exp
from pathlib import Path

from earmark.api.looking import Ear, Hit, Track, layouts_of, signs_of, surest_hits
from earmark.api.progress import Progress, watched
from earmark.media.reading import read_resampled
from earmark.media.source import probe
from earmark.signal.alignment import SHORTEST_PART_S, Passage, align, follow
from earmark.signal.borders import settle
from earmark.signal.correlation import Correlator
from earmark.signal.evidence import Evidence, gather
from earmark.signal.layout import Layout
from earmark.signal.listening import Listening, listen
from earmark.signal.pace import OWN, Pace
from earmark.signal.search import CANDIDATES, Place

DETECTOR = 2
"""Which rules recordings are marked and traced by, kept with each of them.

It stands for the patterns, the grid and the codebook together, which do not know of each other; so it is said here,
where they meet, and has to grow when any of them changes what a copy of old would sound like or be traced by."""

KEPT_LISTENINGS = CANDIDATES + 1
ALIKE = 0.1


@dataclass(frozen=True)
class Found:
    """Where a recording may be in a leak, and what that would mean.

    Attributes:
        track: the recording.
        listening: what was heard, in its cells.
        passages: where, in the order of the leak.
        evidence: which variants.
        share: what this may use up of the allowed chance of naming an innocent; those of all found add up to at most 1.
    """

    track: Track
    listening: Listening
    passages: tuple[Passage, ...]
    evidence: Evidence
    share: float


@dataclass(frozen=True)
class Heard:
    """What a leak says.

    Attributes:
        seconds: of sound in it.
        sure: whether the leak can hardly be anything but marked.
        found: the one that is sure, or else all that are worth putting to a codebook; any of them may be chance, so
            that each is an attempt and has a share.
    """

    seconds: float
    sure: bool
    found: tuple[Found, ...]


def hear(leak: Path, tracks: Sequence[Track], progress: Progress) -> Heard:
    """Listen to ``leak`` and look for one of ``tracks`` in it.

    Raises:
        MediaError: there is nothing in it that can be decoded.
    """
    ear = lru_cache(KEPT_LISTENINGS)(partial(listened, leak, progress))
    seconds = ear(layouts_of(tracks)[0], OWN).seconds
    hits = surest_hits(ear, leak, tracks, progress) if seconds >= SHORTEST_PART_S else []
    if hits and hits[0].place.sure:
        found = aligned(ear, hits[0], len(tracks), progress)
        return Heard(seconds, bool(found.passages), (found,) if found.passages else ())
    pairs = zip(hits, shares(hits), strict=True)
    return Heard(seconds, False, tuple(one for hit, share in pairs for one in possible(ear, hit, share)))


def listened(leak: Path, progress: Progress, layout: Layout, pace: Pace) -> Listening:
    """Return what is heard in the cells of a layout."""
    expected = (probe(leak).seconds or 0) * pace.rate
    sound = watched(read_resampled(leak, pace.rate), expected, "listening", progress)
    return listen(sound, layout, pace=pace)


def aligned(ear: Ear, hit: Hit, trials: int, progress: Progress) -> Found:
    """Return all passages of a recording that is surely in the leak, and their evidence."""
    correlator = Correlator(ear(hit.track.layout, hit.pace), signs_of(hit.track))
    tell = partial(progress, "aligning")
    known = placed(hit, correlator) if hit.pace == OWN else None  # an excerpt is not searched as finely
    passages = settle(correlator, align(correlator, known, trials=trials, progress=tell))
    progress("aligning", 1.0)
    return Found(hit.track, correlator.listening, tuple(passages), gather(correlator, passages), 1.0)


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
    passage = follow(correlator, placed(hit, correlator), 0, correlator.listening.frames)
    if passage is not None:
        yield Found(hit.track, correlator.listening, (passage,), gather(correlator, [passage]), share)
