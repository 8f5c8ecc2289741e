r"""The two variants of a recording, rendered once and as a stream.

In a slot's window the spectrum X(f) is multiplied by the gain pattern g(f) = depth · Σ_b sign_b · triangle_b(f); the
result, windowed again and overlapped, is the mark d. The variants are

    variant 1 = x + d,    variant 0 = x - d.

So what is not marked is kept to the last bit, both variants are equally far from the original, the mark follows the
host and is masked by it, and two FFTs a window make both. The window is the square root of a periodic Hann window,
before and after: neighbouring slots fade into each other and the mark fades to nothing at the segment's edges.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from earmark.grid import Grid
from earmark.signal.layout import Layout, triangles
from earmark.signal.patterns import Patterns

DEFAULT_DEPTH = 0.28
BATCH_SEGMENTS = 64

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Renderer:
    """Renders both variants of whole segments.

    Attributes:
        patterns: the recording's patterns.
        grid: its segments.
        rate: samples per second.
        depth: the largest gain of a cell, as a part of its amplitude; between 0 and 1.
    """

    patterns: Patterns
    grid: Grid
    rate: int
    depth: float = DEFAULT_DEPTH

    def mark(self, sound: Floats, first: int, count: int) -> Floats:
        """Return the mark d of ``count`` segments from ``first`` on.

        Args:
            sound: what was recorded in these segments; shape (channels, samples), full scale ±1.
            first: number of the first segment in ``sound``.
            count: number of segments.
        """
        layout = self.patterns.layout
        window = sqrt_hann(layout.window_samples(self.rate))
        gains = self._gains(first, count)
        starts = np.array([self.grid.start(s, self.rate) for s in range(first, first + count)]) - self.grid.start(
            first, self.rate
        )
        mark = np.zeros_like(sound)
        for slot, offset in enumerate(layout.window_starts(self.rate)):
            index = (starts + offset)[:, None] + np.arange(len(window))
            mark[:, index] += filtered(sound[:, index] * window, gains[:, slot]) * window
        return mark

    def _gains(self, first: int, count: int) -> Floats:
        """Return the gain of each bin; shape (count, slots, bins)."""
        size = fft_size(self.patterns.layout, self.rate)
        shapes = triangles(scipy.fft.rfftfreq(size, 1 / self.rate))
        gains: Floats = self.patterns.signs(first, count) @ (np.float32(self.depth) * shapes)
        return gains

    def render(self, blocks: Iterable[Floats]) -> Iterator[tuple[Floats, Floats]]:
        """Yield (variant 0, variant 1) block by block, each block whole segments, the last one with the rest.

        Args:
            blocks: the recording in pieces of any length; shape (channels, samples), full scale ±1.

        Returns:
            Pairs of equal shape (channels, samples); together as long as the recording.
        """
        first = 0
        for sound, count in self._batches(blocks):
            mark = self.mark(sound, first, count)
            yield sound - mark, sound + mark
            first += count

    def _batches(self, blocks: Iterable[Floats]) -> Iterator[tuple[Floats, int]]:
        """Cut ``blocks`` anew into batches of whole segments; the last one carries what is left."""
        held: list[Floats] = []
        length, first = 0, 0
        for block in blocks:
            held.append(block)
            length += block.shape[1]
            while (batch := self._batch_samples(first)) is not None and length >= batch:
                joined = np.concatenate(held, axis=1)
                yield joined[:, :batch], BATCH_SEGMENTS
                held, length, first = [joined[:, batch:]], length - batch, first + BATCH_SEGMENTS
        if length:
            yield np.concatenate(held, axis=1), self.grid.segments - first

    def _batch_samples(self, first: int) -> int | None:
        """Return the length of the batch from segment ``first`` on, None if it is the last one."""
        if first + BATCH_SEGMENTS >= self.grid.segments:
            return None
        return self.grid.start(first + BATCH_SEGMENTS, self.rate) - self.grid.start(first, self.rate)


def sqrt_hann(samples: int) -> Floats:
    """Return the square root of a periodic Hann window: its square and its shift by half add up to 1."""
    window: Floats = np.sin(np.pi * np.arange(samples) / samples).astype(np.float32)
    return window


def fft_size(layout: Layout, rate: int) -> int:
    """Return the length of the transform for a slot's window: the next even one that is fast."""
    size: int = 2 * scipy.fft.next_fast_len(layout.window_samples(rate) // 2, real=True)
    return size


def filtered(frames: Floats, gains: Floats) -> Floats:
    """Return ``frames`` with their spectra multiplied by ``gains``.

    Args:
        frames: shape (channels, segments, samples).
        gains: shape (segments, bins); the transform's length follows from the bins.
    """
    size = 2 * (gains.shape[-1] - 1)
    result: Floats = scipy.fft.irfft(scipy.fft.rfft(frames, size) * gains, size)[..., : frames.shape[-1]]
    return result
