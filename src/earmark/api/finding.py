"""Listening to a leak: which recording it is of, where, and which variants it carries.

All that happens before anybody's name matters. Nothing here may import ``earmark.codes`` or ``earmark.records``, so
that evidence cannot depend on who was given what: it comes from a leak and from mark keys alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from math import exp
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from earmark.api.progress import Progress, watched
from earmark.grid import Grid
from earmark.media.reading import read_resampled
from earmark.media.source import probe
from earmark.signal.alignment import (
    CANDIDATES,
    LONGEST_SEARCH_S,
    SHORTEST_PART_S,
    Passage,
    Place,
    align,
    follow,
    search,
)
from earmark.signal.borders import settle
from earmark.signal.correlation import Correlator
from earmark.signal.evidence import Evidence, gather
from earmark.signal.layout import Layout
from earmark.signal.listening import Listening, listen
from earmark.signal.patterns import Patterns
from earmark.signal.spectrum import ANALYSIS_RATE

DETECTOR = 1
"""Which rules recordings are marked and traced by, kept with each of them.

It stands for the patterns, the grid and the codebook together, which do not know of each other; so it is said here,
where they meet, and has to grow when any of them changes what a copy of old would sound like or be traced by."""

KEPT_CORRELATORS = 4
ALIKE = 0.1


@dataclass(frozen=True)
class Track:
    """What listening may know of a recording.

    Attributes:
        recording_id: to tell it from others.
        mark_key: 32 bytes; its patterns.
        grid: its segments.
    """

    recording_id: str
    mark_key: bytes
    grid: Grid


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
    lengths = sorted({track.grid.segment_ms for track in tracks}) or [20]
    listenings = {length: listened(leak, Layout(length), progress) for length in lengths}
    seconds = listenings[lengths[0]].seconds
    hits = surest_hits(listenings, tracks, progress)
    if hits and hits[0].place.sure:
        found = aligned(listenings, hits[0], len(tracks), progress)
        return Heard(seconds, bool(found.passages), (found,) if found.passages else ())
    pairs = zip(hits, shares(hits), strict=True)
    return Heard(seconds, False, tuple(one for hit, share in pairs for one in possible(listenings, hit, share)))


def listened(leak: Path, layout: Layout, progress: Progress) -> Listening:
    """Return what is heard in the cells of ``layout``."""
    expected = (probe(leak).seconds or 0) * ANALYSIS_RATE
    return listen(watched(read_resampled(leak, ANALYSIS_RATE), expected, "listening", progress), layout)


def correlated(listenings: Mapping[int, Listening], track: Track) -> Correlator:
    """Return leak and recording side by side."""
    return Correlator(listenings[track.grid.segment_ms], signs_of(track))


def signs_of(track: Track) -> NDArray[np.float32]:
    """Return the recording's patterns, shape (segments, cells)."""
    patterns = Patterns(track.mark_key, Layout(track.grid.segment_ms))
    return patterns.signs(0, track.grid.segments).reshape(track.grid.segments, -1)


@dataclass(frozen=True)
class Hit:
    """A place in a leak where a recording may be.

    Attributes:
        track: the recording.
        place: where.
        first: the frame from which was searched.
    """

    track: Track
    place: Place
    first: int


def surest_hits(listenings: Mapping[int, Listening], tracks: Sequence[Track], progress: Progress) -> list[Hit]:
    """Return the first sure hit in the leak; if there is none, the few that are most likely to be no chance."""
    correlator = lru_cache(KEPT_CORRELATORS)(partial(correlated, listenings))
    seconds = max(listening.seconds for listening in listenings.values())
    likely: list[Hit] = []
    at = 0.0
    while tracks and at + SHORTEST_PART_S <= seconds:
        reached = seconds
        for number, track in enumerate(tracks):
            progress("searching", min(1.0, (at + LONGEST_SEARCH_S * number / len(tracks)) / seconds))
            listening = listenings[track.grid.segment_ms]
            first = round(at / listening.hop_s)
            places, end = search(correlator(track), first, listening.frames, len(tracks))
            likely += [Hit(track, place, first) for place in places]
            reached = min(reached, end * listening.hop_s)
        likely = sorted(likely, key=lambda hit: hit.place.log_chance)[:CANDIDATES]
        if likely[0].place.sure:
            return likely[:1]
        at = reached
    return likely


def aligned(listenings: Mapping[int, Listening], hit: Hit, trials: int, progress: Progress) -> Found:
    """Return all passages of a recording that is surely in the leak, and their evidence."""
    correlator = correlated(listenings, hit.track)
    window = round(LONGEST_SEARCH_S / correlator.listening.hop_s)
    first = max(0, hit.first - window)  # it may begin at the end of the window before
    followed = align(correlator, first=first, trials=trials, progress=lambda done: progress("aligning", done))
    passages = settle(correlator, followed)
    progress("aligning", 1.0)
    return Found(hit.track, correlator.listening, tuple(passages), gather(correlator, passages), 1.0)


def shares(hits: Sequence[Hit]) -> list[float]:
    """Return how the allowed chance is shared among hits: mostly by how likely each is, in part alike; adds up to 1."""
    best = min((hit.place.log_chance for hit in hits), default=0.0)
    likely = [exp(best - hit.place.log_chance) for hit in hits]
    return [(1 - ALIKE) * odds / sum(likely) + ALIKE / len(hits) for odds in likely]


def possible(listenings: Mapping[int, Listening], hit: Hit, share: float) -> Iterator[Found]:
    """Yield the passage that a place would belong to, and its evidence, if there is any."""
    correlator = correlated(listenings, hit.track)
    passage = follow(correlator, hit.place, 0, correlator.listening.frames)
    if passage is not None:
        yield Found(hit.track, correlator.listening, (passage,), gather(correlator, [passage]), share)
