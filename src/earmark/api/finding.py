"""Listening to a leak: which recording it is of, where, and which variants it carries.

All that happens before anybody's name matters. Nothing here may import ``earmark.codes`` or ``earmark.records``, so
that evidence cannot depend on who was given what: it comes from a leak and from mark keys alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from earmark.api.progress import Progress, watched
from earmark.grid import Grid
from earmark.media.reading import read_resampled
from earmark.media.source import probe
from earmark.signal.alignment import LONGEST_SEARCH_S, SHORTEST_PART_S, Passage, align, search
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
class Heard:
    """What a leak says.

    Attributes:
        seconds: of sound in it.
        track: the recording found; None if none was.
        listening: what was heard, for that recording; None if none was found.
        passages: where, in the order of the leak.
        evidence: which variants.
    """

    seconds: float
    track: Track | None = None
    listening: Listening | None = None
    passages: tuple[Passage, ...] = ()
    evidence: Evidence | None = None


def hear(leak: Path, tracks: Sequence[Track], progress: Progress) -> Heard:
    """Listen to ``leak`` and look for one of ``tracks`` in it.

    Raises:
        MediaError: there is nothing in it that can be decoded.
    """
    lengths = sorted({track.grid.segment_ms for track in tracks}) or [20]
    listenings = {length: listened(leak, Layout(length), progress) for length in lengths}
    seconds = listenings[lengths[0]].seconds
    place = found(listenings, tracks, progress) if len(tracks) > 1 else ((tracks[0], 0.0) if tracks else None)
    if place is None:
        return Heard(seconds)
    track, start_s = place
    correlator = correlated(listenings, track)
    first = int(start_s / correlator.listening.hop_s)
    passages = align(correlator, first=first, trials=len(tracks), progress=lambda done: progress("aligning", done))
    progress("aligning", 1.0)
    if not passages:
        return Heard(seconds)
    return Heard(seconds, track, correlator.listening, tuple(passages), gather(correlator, passages))


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


def found(
    listenings: Mapping[int, Listening], tracks: Sequence[Track], progress: Progress
) -> tuple[Track, float] | None:
    """Return the recording surest to be in the first part of the leak that has any, and the second to go on from."""
    correlator = lru_cache(KEPT_CORRELATORS)(partial(correlated, listenings))
    seconds = next(iter(listenings.values())).seconds
    at = 0.0
    while at + SHORTEST_PART_S <= seconds:
        places: list[tuple[float, Track]] = []
        reached = seconds
        for number, track in enumerate(tracks):
            progress("searching", min(1.0, (at + LONGEST_SEARCH_S * number / len(tracks)) / seconds))
            chance, end = chance_from(at, correlator(track), len(tracks))
            reached = min(reached, end)
            places += [] if chance is None else [(chance, track)]
        if places:
            surest = min(places, key=lambda place: place[0])[1]
            return surest, max(0.0, at - LONGEST_SEARCH_S)  # it may begin at the end of the window before
        at = reached
    return None


def chance_from(at: float, correlator: Correlator, trials: int) -> tuple[float | None, float]:
    """Search one window of the leak from second ``at`` on.

    Returns:
        The logarithm of the chance that unmarked sound would look like this, None where nothing was found; and the
        second up to which was searched.
    """
    hop_s, frames = correlator.listening.hop_s, correlator.listening.frames
    place, end = search(correlator, min(round(at / hop_s), frames - 1), frames, trials)
    return (None if place is None else place.log_chance), end * hop_s
