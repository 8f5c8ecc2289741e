"""Comparing a leak with the recording it comes from: its time line, by the mark and, if at hand, by the original.

Nothing here may import ``earmark.codes`` or ``earmark.records``, see ``earmark.api.finding``: what a leak is must not
depend on who has which copy either.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from earmark.api.ear import Ear
from earmark.api.finding import Strand, hear
from earmark.api.looking import Track
from earmark.api.progress import Progress, parted, watched
from earmark.media.opus import FRAME_MS, RATE, opus_sound
from earmark.media.reading import read_resampled, regrouped, resampled
from earmark.media.source import probe
from earmark.signal.channel import LogPowers
from earmark.signal.likeness import Likeness, Original, Scaling, spectrum
from earmark.signal.listening import Listening
from earmark.signal.pace import OWN, Pace
from earmark.signal.sounding import LONG_WINDOW_S, Sounding
from earmark.signal.speakers import Together, time_lines
from earmark.signal.threads import Speaker
from earmark.signal.timeline import TimeLine, time_line

HELD_SAMPLES = 8 * RATE
AS_USUAL = Scaling()
"""Where others speak as well, how well one's likeness tells in a leak cannot be judged by that leak."""


@dataclass(frozen=True)
class Recognised:
    """What was heard in a leak.

    Attributes:
        seconds: of sound in it.
        strands: where the recording is that is surely in it: one of a file, of a call one for each of its streams that
            were found; none if there is none.
    """

    seconds: float
    strands: tuple[Strand, ...]

    @property
    def found(self) -> Strand | None:
        """The surest of them."""
        return self.strands[0] if self.strands else None


def recognised(leak: Path, tracks: Sequence[Track], progress: Progress) -> Recognised:
    """Listen to a leak for one of ``tracks``.

    Raises:
        MediaError: there is nothing in it that can be decoded.
    """
    heard = hear(leak, [replace(track, straight=True) for track in tracks], progress)
    return Recognised(heard.seconds, heard.found[0].strands if heard.sure else ())


def by_sound(leak: Path, track: Track, original: Path, progress: Progress) -> Strand | None:
    """Return where a recording is in a leak by how it sounds, its mark aside; None if it is not, at its own speed."""
    with closing(Ear(leak, progress)) as ear:
        listening = ear(track.layout)
    if not listening.frames:
        return None
    sounding = Sounding(
        heard_at(leak, listening, OWN, progress),
        heard_at(original, listening, OWN, progress),
        listening.hops_per_segment,
        listening.hop_s,
    )
    every = (0, listening.frames)
    passages = sounding.passages(*every, window_s=LONG_WINDOW_S) or sounding.passages(*every)
    return Strand(track, listening, tuple(passages)) if passages else None


def compared(leak: Path, found: Strand, original: Original | None, progress: Progress) -> TimeLine:
    """Return the time line of a leak.

    Args:
        leak: the leak.
        found: the recording in it.
        original: the recording as it was, if it is at hand.
        progress: told about the stage "comparing".
    """
    likeness = None if original is None else likeness_of(leak, found, original, progress)
    progress("comparing", 0.5)
    line = time_line(found.correlator, found.passages, likeness)
    progress("comparing", 1.0)
    return line


def likeness_of(leak: Path, found: Strand, original: Original, progress: Progress) -> Likeness:
    """Return what compares a leak with the original."""
    told = partial(halved, progress)
    log_power = heard_at(leak, found.listening, found.listening.pace, told)
    return Likeness.of(log_power, original, found.passages, found.listening.hop_s)


def compared_together(
    leak: Path, strands: Sequence[Strand], kept: Mapping[int, Mapping[int, bytes]], progress: Progress
) -> Together:
    """Return what the streams of a call that are in a leak tell of it together; see ``speakers_of``."""
    together = time_lines(speakers_of(leak, strands, kept, progress))
    progress("comparing", 1.0)
    return together


def speakers_of(
    leak: Path, strands: Sequence[Strand], kept: Mapping[int, Mapping[int, bytes]], progress: Progress
) -> list[Speaker]:
    """Return those who are heard in a leak, and what can be said of each.

    Args:
        leak: the leak.
        strands: the streams in it.
        kept: by stream, what its speaker has kept of it: Opus frames by their places.
        progress: told about the stage "comparing".
    """
    speakers = []
    for number, strand in enumerate(strands):
        frames = kept.get(strand.track.stream or 0, {})
        said = speech_of(frames, strand) if frames else None
        told = partial(parted, progress, len(strands) + 1, number)
        likeness = None if said is None else replace(likeness_of(leak, strand, said, told), scaling=AS_USUAL)
        speakers.append(Speaker(strand.correlator, strand.passages, likeness))
    return speakers


def speech_of(frames: Mapping[int, bytes], strand: Strand) -> Original:
    """Return what a speaker has kept of a stream, as it is compared with."""
    layout = strand.listening.layout
    per_segment = layout.segment_ms // FRAME_MS
    known = [
        all(segment * per_segment + frame in frames for frame in range(per_segment))
        for segment in range(max(frames) // per_segment + 1)
    ]
    sound = resampled(regrouped(opus_sound(frames), HELD_SAMPLES), RATE, OWN.rate, 1)
    return Original(spectrum(sound, layout), strand.listening.hops_per_segment, np.array(known))


def original_of(path: Path, found: Strand, progress: Progress) -> Original:
    """Return the original of the recording that was found, from its file."""
    return Original(heard_at(path, found.listening, OWN, progress), found.listening.hops_per_segment)


def heard_at(path: Path, listening: Listening, pace: Pace, progress: Progress) -> LogPowers:
    """Return the log-powers of a file's sound, heard as the leak is but at a pace."""
    expected = (probe(path).seconds or 0) * pace.rate
    return spectrum(watched(read_resampled(path, pace.rate), expected, "comparing", progress), listening.layout, pace)


def halved(progress: Progress, stage: str, done: float) -> None:
    """Pass on half of what is done."""
    progress(stage, done / 2)
