"""Looking for recordings in a leak: at the seconds that say most, at other paces, at everything.

Nothing here may import ``earmark.codes`` or ``earmark.records``, see ``earmark.api.finding``.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from math import ceil, log
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from earmark.api.ear import Ear
from earmark.api.progress import Progress
from earmark.grid import BLOCK_SEGMENTS, Grid
from earmark.media.reading import read_resampled
from earmark.signal.alignment import STRAIGHT, Manner
from earmark.signal.correlation import Correlator, Ints
from earmark.signal.layout import DEFAULT_SLOT_MS, Layout
from earmark.signal.listening import Listening, listen
from earmark.signal.pace import Pace, beside, paces
from earmark.signal.patterns import Patterns
from earmark.signal.search import CANDIDATES, FALSE_PASSAGE, Place, most_telling, promise, search
from earmark.signal.wandering import WANDERING, likeliest

LOOKS = 3
GLANCES = 3
LONG_S = 60.0
FEW = 3
"""Tracks that are looked for at other paces sooner than the rest of a long leak is heard."""
LIKELY = 0.05
SAME_LINE_S = 0.04
GLANCE_S = 4.0
EXCERPT_S = 5.0
EXCERPT_FROM_S = 300.0
EXCERPT_RATE = 32_000
PACE_STRIDE = 2
LEAST_PROMISE = 7.0
"""In nats. What promises less has never been found at another pace; five clean seconds promise 10 to 40."""
KEPT_SIGNS = 4
NEVER = 1e-300
"""A chance so small that a search that is allowed no larger one goes on to the end."""

Sound = NDArray[np.float32]


@dataclass(frozen=True)
class Track:
    """What listening may know of a recording, or of one of the streams of a call.

    Attributes:
        recording_id: to tell it from others.
        mark_key: 32 bytes; its patterns.
        grid: its segments.
        slot_ms: about how far apart the slots of its segments are, in ms.
        stream: which one of a call; None for a file.
        blocks: of a stream: which thousands of the call's segments its own thousands are.
        straight: whether it is followed straight in any case: where it matters more where a leak was cut than how
            much of it is heard.
    """

    recording_id: str
    mark_key: bytes = field(repr=False)
    grid: Grid
    slot_ms: int = DEFAULT_SLOT_MS
    stream: int | None = None
    blocks: tuple[int, ...] = ()
    straight: bool = False

    @property
    def layout(self) -> Layout:
        """The cells of a segment."""
        return Layout(self.grid.segment_ms, self.slot_ms)

    def numbers(self, segments: Ints) -> Ints:
        """Return which segments of the recording those of the track are: the same, but for a stream of a call."""
        if self.stream is None:
            return segments
        block, place = np.divmod(segments, BLOCK_SEGMENTS)
        return np.asarray(self.blocks, np.int64)[block] * BLOCK_SEGMENTS + place


def layouts_of(tracks: Sequence[Track]) -> list[Layout]:
    """Return the layouts that segments have; any where there is no recording."""
    return sorted({track.layout for track in tracks}) or [Layout(20)]


def signs_of(track: Track) -> NDArray[np.float32]:
    """Return the recording's patterns, shape (segments, cells)."""
    patterns = Patterns(track.mark_key, track.layout)
    return patterns.signs(0, track.grid.segments).reshape(track.grid.segments, -1)


def manner_of(track: Track) -> Manner:
    """Return how a track is to be found and followed: jitter buffers have played what is of a call."""
    return STRAIGHT if track.stream is None or track.straight else WANDERING


@dataclass(frozen=True)
class Hit:
    """A place in a leak where a recording may be.

    Attributes:
        track: the recording.
        pace: how the leak runs.
        time_s: when in the leak the place is.
        place: where it is in what was listened to, which may be an excerpt of the leak.
        fine: whether all of the leak's frames were tried there; an excerpt is not searched as finely.
    """

    track: Track
    pace: Pace
    time_s: float
    place: Place
    fine: bool = True

    @property
    def recording_s(self) -> float:
        """When in the leak the recording would have to start."""
        return self.time_s - self.place.segment * self.track.grid.segment_s / self.pace.tempo

    def same_line(self, other: "Hit") -> bool:
        """Tell whether another hit is of the same recording at the same place."""
        mine, theirs = ((one.track.recording_id, one.track.stream, one.pace) for one in (self, other))
        return mine == theirs and abs(self.recording_s - other.recording_s) < SAME_LINE_S


Look = Iterator[tuple[float, list[Hit]]]
"""What part of a look is done, and what it found since."""


def surest_hits(ear: Ear, leak: Path, tracks: Sequence[Track], among: int, progress: Progress) -> list[Hit]:
    """Return the first sure hit in the leak; if there is none, the few that are most likely to be no chance.

    A hit is as sure as if ``among`` tracks had been looked for.

    There are three looks, each with a third of the allowed chance of error: at the few seconds that say most, since
    most leaks need no more; at everything; at other paces. The last comes before the second where that is long. It is
    left out for recordings that are likely to have been found, or where so little is said that no look so short can be
    sure. What is heard of a recording does not depend on which others are looked for: who hears it again has it alone.

    Of a long leak the first look is at those that say most of its first minute, of its first minutes, and of all, as
    long as nothing is found. The rest of it is not heard before that is needed; where few tracks are looked for, other
    paces are looked at sooner. It goes by ``among`` what few are, so that whoever hears it again looks alike.
    """
    everywhere = looks_everywhere(ear, tracks, among)
    at_paces = looks_at_paces(ear, leak, tracks, among, lambda: found_likely(likely))
    looks: tuple[Look, ...] = glances(ear, tracks, among), everywhere, at_paces
    if ear.early(layouts_of(tracks)[0], LONG_S).seconds > LONG_S:
        glance = partial(glances, tracks=tracks, among=GLANCES * among)
        minute, minutes = (glance(partial(ear.early, seconds=seconds)) for seconds in (LONG_S, EXCERPT_FROM_S))
        whole = glance(ear)
        looks = minute, minutes, *((at_paces, whole) if among <= FEW else (whole, at_paces)), everywhere
    likely: list[Hit] = []
    for look in looks:
        for done, hits in look:
            progress("searching", done)
            likely = distinct(sorted([*likely, *hits], key=lambda hit: hit.place.log_chance))[:CANDIDATES]
            if likely and likely[0].place.sure:
                return likely[:1]
    return likely


def distinct(hits: Sequence[Hit]) -> list[Hit]:
    """Return hits without those that say the same as an earlier one: two looks may find one place."""
    told: list[Hit] = []
    for hit in hits:
        if not any(hit.same_line(other) for other in told):
            told.append(hit)
    return told


def glances(hear: Callable[[Layout], Listening], tracks: Sequence[Track], among: int) -> Look:
    """Look for each recording in the few seconds that say most of what is heard."""
    for number, track in enumerate(tracks):
        listening = hear(track.layout)
        correlator = Correlator(listening, signs_of(track))
        places = search(correlator, *most_telling(listening, GLANCE_S), LOOKS * among)
        yield number / len(tracks), hits_of(track, listening, places)


def found_likely(hits: Sequence[Hit]) -> frozenset[str]:
    """Return the recordings of hits that are likely to be no chance."""
    return frozenset(hit.track.recording_id for hit in hits if hit.place.log_chance <= log(LIKELY))


def promising(listening: Listening) -> bool:
    """Tell whether an excerpt may say enough to be found at another pace, if it is marked."""
    return most_promised(listening, *most_telling(listening, EXCERPT_S)) >= LEAST_PROMISE


def most_promised(listening: Listening, first: int, last: int) -> float:
    """Return what is promised where segments begin at the best of all frames."""
    return max(promise(listening, first + phase, last) for phase in range(listening.hops_per_segment))


def looks_at_paces(
    ear: Ear, leak: Path, tracks: Sequence[Track], among: int, left_out: Callable[[], Collection[str]]
) -> Look:
    """Look at other paces for each recording not ``left_out`` by then, in what says most in its own cells."""
    tried, known = tuple(paces()), left_out()
    for layout in layouts_of(tracks):
        chosen = [track for track in tracks if track.layout == layout and track.recording_id not in known]
        listening = ear.early(layout, EXCERPT_FROM_S)
        if not chosen or not promising(listening):
            continue
        start_s, sound = excerpt(leak, listening)
        heard = cache(partial(at_pace, sound, layout))
        for number, track in enumerate(chosen):
            look = partial(look_at_pace, heard, signs_of(track), LOOKS * among * len(tried))
            for pace, places in zip(tried, in_parallel(look, tried), strict=True):
                best, found = at_best(look, pace, places)
                yield number / len(chosen), hits_of(track, heard(best), found, start_s, fine=False)


def look_at_pace(
    heard: Callable[[Pace], Listening],
    signs: NDArray[np.float32],
    trials: float,
    pace: Pace,
    *,
    allowed: float = FALSE_PASSAGE,
) -> list[Place]:
    """Look for a recording everywhere in what is heard of an excerpt at a pace."""
    listening = heard(pace)
    return search(Correlator(listening, signs), 0, listening.frames, trials, allowed=allowed, stride=PACE_STRIDE)


def at_best(look: Callable[..., list[Place]], pace: Pace, places: list[Place]) -> tuple[Pace, list[Place]]:
    """Return the pace at which a leak runs best, and what is found at it, if anything surely is; else what was given.

    A leak is found at paces close to its own as well. Which of them comes first depends on how much is looked for, and
    so differs for those who look for it again.
    """
    if not places or not places[0].sure:
        return pace, places
    best = settled(pace, cache(partial(score, look)))
    found = look(best)
    return (best, found) if found and found[0].sure else (pace, places)


def settled(pace: Pace, score: Callable[[Pace], float]) -> Pace:
    """Return the pace with the least score of those that lead to it step by step, from one on."""
    while (best := min(beside(pace), key=score)) != pace:
        pace = best
    return pace


def score(look: Callable[..., list[Place]], pace: Pace) -> float:
    """Return the logarithm of a chance, the less the better an excerpt fits at a pace: of all of it, sure or not."""
    return min((place.log_chance for place in look(pace, allowed=NEVER)), default=0.0)


def excerpt(leak: Path, listening: Listening) -> tuple[float, Sound]:
    """Return when the few seconds that say most begin, and their sound at 32 kHz."""
    first, last = most_telling(listening, EXCERPT_S)
    start, stop = (round(frame * listening.hop_s * EXCERPT_RATE) for frame in (first, last))
    held, samples = [], 0
    for block in read_resampled(leak, EXCERPT_RATE):
        held.append(block[:, max(0, start - samples) : max(0, stop - samples)])
        samples += block.shape[1]
        if samples >= stop:
            break
    return start / EXCERPT_RATE, np.concatenate(held, axis=1)


def at_pace(sound: Sound, layout: Layout, pace: Pace) -> Listening:
    """Return what is heard of an excerpt at a pace."""
    resampled: Sound = np.asarray(soxr.resample(sound.T, EXCERPT_RATE, pace.rate, quality="MQ"), np.float32).T
    return listen([resampled], layout, pace=pace)


def looks_everywhere(ear: Ear, tracks: Sequence[Track], among: int) -> Look:
    """Look for each recording in all of the leak, 20 s after 20 s; for each stream of a call, a minute at a time."""
    signs = lru_cache(KEPT_SIGNS)(signs_of)
    seconds = ear(layouts_of(tracks)[0]).seconds
    parts = [
        (number * manner_of(track).longest_s, track)
        for track in tracks
        for number in range(max(1, ceil(seconds / manner_of(track).longest_s)))
    ]
    for done, (start_s, track) in enumerate(sorted(parts, key=lambda part: part[0])):
        listening, manner = ear(track.layout), manner_of(track)
        trials = LOOKS * among * max(1, ceil(seconds / manner.longest_s))
        first, last = (round(at / listening.hop_s) for at in (start_s, start_s + manner.longest_s))
        span = first, min(last, listening.frames)
        correlator = Correlator(listening, signs(track))
        yield done / len(parts), hits_of(track, listening, places_in(correlator, *span, trials, manner))


def places_in(correlator: Correlator, first: int, last: int, trials: float, manner: Manner) -> list[Place]:
    """Return the surest places between two frames of the leak."""
    if manner is STRAIGHT:
        return search(correlator, first, last, trials)
    place = likeliest(correlator, first, last, trials, FALSE_PASSAGE)
    return [] if place is None else [place]


def hits_of(
    track: Track, listening: Listening, places: Sequence[Place], start_s: float = 0.0, *, fine: bool = True
) -> list[Hit]:
    """Return hits for places in a listening that starts at a time of the leak."""
    return [Hit(track, listening.pace, start_s + place.frame * listening.hop_s, place, fine) for place in places]


def in_parallel(function: Callable[[Pace], list[Place]], items: Iterable[Pace]) -> Iterator[list[Place]]:
    """Yield the results in order; what is not wanted any more is not begun."""
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        yield from pool.map(function, items)
    finally:
        pool.shutdown(cancel_futures=True)
