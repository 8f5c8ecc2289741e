"""A rehearsal: some of a recording is marked in memory with a key of its own, leaked, and listened to.

That says how clearly this speaker in this room can be told apart, before a single copy is made. Nothing is written to
any disk.
"""

import io
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
import soxr
from numpy.typing import NDArray

from earmark.codes.hearing import Hearing
from earmark.grid import Grid
from earmark.keys import new_secret
from earmark.media.reading import read_blocks
from earmark.media.source import SoundInfo
from earmark.signal.alignment import Passage
from earmark.signal.correlation import Correlator
from earmark.signal.evidence import gather
from earmark.signal.layout import Layout
from earmark.signal.listening import listen
from earmark.signal.patterns import Patterns
from earmark.signal.spectrum import ANALYSIS_RATE
from earmark.signal.variants import DEFAULT_DEPTH, Renderer

LONGEST_S = 180
OPUS_RATE = 48_000
OPUS_BIT_RATE = 16_000
SHARES = 1000

Mono = NDArray[np.float32]
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Rehearsal:
    """How clearly segments speak.

    Attributes:
        seconds: how much was marked and listened to.
        clean: how clearly segments speak in a copy as it was given, any order; shape (k,), >= 0.
        coded: the same after Opus at 16 kb/s.
    """

    seconds: float
    clean: Doubles
    coded: Doubles


def rehearse(info: SoundInfo, segment_ms: int) -> Rehearsal:
    """Mark the first three minutes of a recording, and listen to them."""
    sound = beginning(info)
    patterns = Patterns(new_secret(), Layout(segment_ms))
    grid = Grid.over(sound.shape[1], info.rate, segment_ms)
    marked = random_copy(Renderer(patterns, grid, info.rate, DEFAULT_DEPTH), sound)
    clean = amplitudes(marked, info.rate, patterns, grid)
    coded = amplitudes(*through_opus(marked, info.rate), patterns, grid)
    return Rehearsal(sound.shape[1] / info.rate, clean, coded)


def beginning(info: SoundInfo) -> Mono:
    """Return up to three minutes of the sound, all channels as one; shape (1, samples)."""
    wanted, pieces, have = LONGEST_S * info.rate, [], 0
    for block in read_blocks(info):
        pieces.append(block.mean(axis=0, keepdims=True)[:, : wanted - have])
        have += pieces[-1].shape[1]
        if have >= wanted:
            break
    return np.concatenate(pieces, axis=1)


def random_copy(renderer: Renderer, sound: Mono) -> Mono:
    """Return a copy whose variants are drawn at random."""
    variants = [np.concatenate(blocks, axis=1) for blocks in zip(*renderer.render([sound]), strict=True)]
    bits = np.random.default_rng().integers(0, 2, renderer.grid.segments + 1)
    edges = [renderer.grid.start(segment, renderer.rate) for segment in range(renderer.grid.segments + 1)]
    which = np.repeat(bits, np.diff([*edges, sound.shape[1]]))
    copy: Mono = np.where(which, variants[1], variants[0])
    return copy


def through_opus(sound: Mono, rate: int) -> tuple[Mono, int]:
    """Return mono sound as it comes back from Opus, and its new rate."""
    at_rate = soxr.resample(sound[0], rate, OPUS_RATE)[None]
    file = io.BytesIO()
    with av.open(file, "w", format="ogg") as out:
        stream = out.add_stream("libopus", rate=OPUS_RATE, layout="mono")
        stream.bit_rate = OPUS_BIT_RATE
        for start in range(0, at_rate.shape[1], OPUS_RATE):
            piece = np.clip(at_rate[:, start : start + OPUS_RATE], -1, 1)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(piece, np.float32), "flt", "mono")
            frame.sample_rate, frame.time_base, frame.pts = OPUS_RATE, Fraction(1, OPUS_RATE), start
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    file.seek(0)
    with av.open(file, "r") as coded:
        return np.concatenate([frame.to_ndarray()[:1] for frame in coded.decode(audio=0)], axis=1), OPUS_RATE


def amplitudes(sound: Mono, rate: int, patterns: Patterns, grid: Grid) -> Doubles:
    """Return how clearly segments speak where everything is in its place.

    The evidence is noisy itself, so what is returned is not one number for each segment but as many of each size as
    there should be: shape (about 1000,).
    """
    at_rate = soxr.resample(sound[0], rate, ANALYSIS_RATE)[None]
    listening = listen([at_rate], patterns.layout)
    signs = patterns.signs(0, grid.segments).reshape(grid.segments, -1)
    segments = np.arange(grid.segments)
    passage = Passage(segments, segments * listening.hops_per_segment, 0.0)
    evidence = gather(Correlator(listening, signs), [passage])
    hearing = Hearing.of(evidence.soft, evidence.amplitude)
    usual = float(np.sqrt(np.mean(evidence.amplitude**2)))
    return np.repeat(hearing.gains * usual, np.rint(SHARES * hearing.single_gain_odds()).astype(int))
