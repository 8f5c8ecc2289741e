r"""The two variants of a recording, rendered once and as a stream.

In a slot's window the spectrum X(f) is given the gains

    variant 1: (1 + g(f)) / sqrt(1 + g(f)²),    variant 0: (1 - g(f)) / sqrt(1 + g(f)²),

with g(f) = depth · Σ_b sign_b · triangle_b(f). Their mean power is 1, so that copies are as loud as the original; both
variants are equally far from it, and the mark follows the host and is masked by it. Only the difference to X goes
through the transform and is overlapped and added to the sound, so what is not marked is kept to the last bit. The
window is the square root of a periodic Hann window, before and after: neighbouring slots fade into each other and the
mark fades to nothing at the segment's edges.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from earmark.grid import Grid
from earmark.signal.layout import triangles
from earmark.signal.patterns import Patterns

DEFAULT_DEPTH = 0.25
BATCH_SEGMENTS = 64

Floats = NDArray[np.float32]
Spectra = NDArray[np.complex64]


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

    def marks(self, sound: Floats, first: int, count: int) -> Floats:
        """Return what is added to ``count`` segments from ``first`` on to make variant 0 and variant 1.

        Args:
            sound: what was recorded in these segments; shape (channels, samples), full scale ±1.
            first: number of the first segment in ``sound``.
            count: number of segments.

        Returns:
            Shape (2, channels, samples).
        """
        layout = self.patterns.layout
        window = sqrt_hann(layout.window_samples(self.rate))
        gains = self._gains(first, count)
        edges = [self.grid.start(segment, self.rate) for segment in range(first, first + count)]
        starts = np.array(edges, np.int64) - self.grid.start(first, self.rate)
        marks = np.zeros((2, *sound.shape), np.float32)
        for slot, offset in enumerate(layout.window_starts(self.rate)):
            index = (starts + offset)[:, None] + np.arange(len(window))
            spectra = self._spectra(sound[:, index] * window)
            for mark, gain in zip(marks, gains, strict=True):
                mark[:, index] += self._sound(spectra * gain[:, slot], len(window)) * window
        return marks

    @cached_property
    def _size(self) -> int:
        """Length of the transform for a slot's window: the next even one that is fast."""
        half: int = scipy.fft.next_fast_len(self.patterns.layout.window_samples(self.rate) // 2, real=True)
        return 2 * half

    @cached_property
    def _band(self) -> slice:
        """The bins that are marked."""
        touched = np.flatnonzero(triangles(scipy.fft.rfftfreq(self._size, 1 / self.rate)).any(axis=0))
        return slice(int(touched[0]), int(touched[-1]) + 1)

    def _gains(self, first: int, count: int) -> Floats:
        """Return what the marked bins of each variant are multiplied with; shape (2, count, slots, bins)."""
        shapes = triangles(scipy.fft.rfftfreq(self._size, 1 / self.rate)[self._band])
        raised = self.patterns.signs(first, count) @ (np.float32(self.depth) * shapes)
        level = 1 / np.sqrt(1 + raised**2)
        gains: Floats = np.stack([(1 - raised) * level, (1 + raised) * level]) - 1
        return gains

    def _spectra(self, frames: Floats) -> Spectra:
        """Return the marked bins of ``frames``, shape (..., samples)."""
        spectra: Spectra = scipy.fft.rfft(frames, self._size)[..., self._band]
        return spectra

    def _sound(self, spectra: Spectra, samples: int) -> Floats:
        """Return the sound, (..., samples), whose marked bins are ``spectra``; all others are empty."""
        whole = np.zeros((*spectra.shape[:-1], self._size // 2 + 1), np.complex64)
        whole[..., self._band] = spectra
        sound = scipy.fft.irfft(whole, self._size)[..., :samples]
        return sound.astype(np.float32, copy=False)

    def render(self, blocks: Iterable[Floats]) -> Iterator[tuple[Floats, Floats]]:
        """Yield (variant 0, variant 1) block by block, each block whole segments, the last one with the rest.

        Args:
            blocks: the recording in pieces of any length; shape (channels, samples), full scale ±1.

        Returns:
            Pairs of equal shape (channels, samples); together as long as the recording.
        """
        first = 0
        for sound, count in self._batches(blocks):
            variant0, variant1 = sound + self.marks(sound, first, count)
            yield variant0, variant1
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
