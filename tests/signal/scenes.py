"""Marked sound and made-up listenings for the tests of listening."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle

import numpy as np
import soxr
from numpy.typing import NDArray

from earmark.grid import DEFAULT_SEGMENT_MS, Grid
from earmark.signal.correlation import Correlator
from earmark.signal.layout import Layout
from earmark.signal.listening import STEPS, Listening, listen
from earmark.signal.patterns import Patterns
from earmark.signal.spectrum import ANALYSIS_RATE
from earmark.signal.variants import DEFAULT_DEPTH, Renderer

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

KEY = bytes(range(32))
OTHER_KEY = bytes(range(1, 33))
HOPS = 6
"""Frames from one segment to the next where they last 80 ms, as all made-up ones do."""
LIKELY = 0.08
"""How far the log-odds of made-up cells lie on the right side, on the average."""


def renderer(
    samples: int, rate: int, segment_ms: int = DEFAULT_SEGMENT_MS, key: bytes = KEY, depth: float = DEFAULT_DEPTH
) -> Renderer:
    return Renderer(Patterns(key, Layout(segment_ms)), Grid.over(samples, rate, segment_ms), rate, depth)


def variants(sound: Floats, rate: int, segment_ms: int = DEFAULT_SEGMENT_MS) -> Floats:
    """Return both variants; shape (2, channels, samples)."""
    pieces = list(renderer(sound.shape[1], rate, segment_ms).render([sound]))
    return np.stack([np.concatenate([piece[variant] for piece in pieces], axis=1) for variant in (0, 1)])


def codeword(segments: int, seed: int = 0) -> Ints:
    return np.random.default_rng(seed).integers(0, 2, segments)


def copy(sound: Floats, rate: int, bits: Ints, segment_ms: int = DEFAULT_SEGMENT_MS) -> Floats:
    """Return the copy of a listener whose codeword is ``bits``."""
    grid = Grid.over(sound.shape[1], rate, segment_ms)
    variant0, variant1 = variants(sound, rate, segment_ms)
    spliced: Floats = variant0.copy()
    for segment in np.flatnonzero(bits[: grid.segments]).tolist():
        piece = slice(grid.start(segment, rate), grid.start(segment + 1, rate))
        spliced[:, piece] = variant1[:, piece]
    return spliced


def resampled(sound: Floats, rate: int, wanted: int = ANALYSIS_RATE) -> Floats:
    return np.asarray(soxr.resample(sound.T, rate, wanted, quality="VHQ").T, np.float32)


def signs(segments: int, key: bytes = KEY, segment_ms: int = 80) -> Floats:
    return Patterns(key, Layout(segment_ms)).signs(0, segments).reshape(segments, -1)


def correlated(sound: Floats, segments: int, key: bytes = KEY, segment_ms: int = DEFAULT_SEGMENT_MS) -> Correlator:
    """Return ``sound`` at 15 kHz beside a recording of ``segments`` segments."""
    return Correlator(listen([sound], Layout(segment_ms)), signs(segments, key, segment_ms))


def pieces(sound: Floats, lengths: Iterable[int]) -> Iterator[Floats]:
    """Cut ``sound`` into pieces of ``lengths`` samples, over and over."""
    at = 0
    for length in cycle(lengths):
        yield sound[:, at : at + length]
        at += length
        if at >= sound.shape[1]:
            return


def made_up(
    frames: int,
    told: Sequence[tuple[Ints, Ints]],
    recording: Floats,
    bits: Ints,
    *,
    seed: int = 0,
    likely: float = LIKELY,
) -> Listening:
    """Return a listening of ``frames`` frames that has the segments told at the frames told, as sure as real ones.

    Args:
        frames: how long it is.
        told: pairs of segments and the frames at which they start.
        recording: the recording's signs.
        bits: the codeword of the copy that leaked.
        seed: of the noise.
        likely: mean of the log-odds of a cell on its side; their variance is twice that, as it should be.
    """
    layout = Layout(80)
    odds = np.sqrt(2 * likely) * np.random.default_rng(seed).standard_normal((frames, 72))
    for segments, starts in told:
        for segment, start in zip(segments.tolist(), starts.tolist(), strict=True):
            index = start + 2 * np.arange(1, layout.intervals)
            heard = (index >= 0) & (index < frames)
            side = (2 * bits[segment] - 1) * recording[segment].reshape(layout.slots, 72)
            odds[index[heard]] += likely * side[heard]
    cells = np.clip(np.rint(odds * STEPS), -127, 127).astype(np.int8)
    return Listening(layout, cells, frames * layout.slot_s / 2)


def line(segments: Ints, start: int, ppm: float = 0) -> Ints:
    """Return the frames at which ``segments`` start if the first of them starts at frame ``start``."""
    starts: Ints = np.rint(start + (segments - segments[0]) * HOPS * (1 + ppm * 1e-6)).astype(np.int64)
    return starts
