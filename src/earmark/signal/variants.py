r"""The two variants of a recording, rendered once and as a stream.

In a slot's window w, the square root of a periodic Hann window, the spectrum X(f) of w · x is given the gains
g(f) = depth · Σ_b sign_b · weight_b · triangle_b(f), which makes two sounds,

    odd = w · F⁻¹(g · X),    even = w³ · F⁻¹(-g² / 2 · X),

and the variants are

    variant 1 = x + even + odd,    variant 0 = x + even - odd.

The mark follows the host and is masked by it; both variants are equally far from the original, and on the average as
loud (``even`` takes away what ``odd`` adds, up to the fourth power of g); what is not marked is kept to the last bit;
the mark fades to nothing at the segment's edges.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from earmark.grid import Grid
from earmark.signal.layout import band_weights, triangles
from earmark.signal.patterns import Patterns

DEFAULT_DEPTH = 0.36
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
        start = self.grid.start(first, self.rate)
        starts = np.array(
            [self.grid.start(segment, self.rate) - start for segment in range(first, first + count)], np.int64
        )
        odd, even = np.zeros_like(sound), np.zeros_like(sound)
        for slot, offset in enumerate(layout.window_starts(self.rate)):
            index = (starts + offset)[:, None] + np.arange(len(window))
            spectra, gain = self._spectra(sound[:, index] * window), gains[:, slot]
            odd[:, index] += self._sound(spectra * gain, len(window)) * window
            even[:, index] -= self._sound(spectra * (gain * gain / 2), len(window)) * window**3
        return np.stack([even - odd, even + odd])

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
        """Return g of the marked bins; shape (count, slots, bins)."""
        shapes = triangles(scipy.fft.rfftfreq(self._size, 1 / self.rate)[self._band])
        gains: Floats = self.patterns.signs(first, count) @ (np.float32(self.depth) * band_weights()[:, None] * shapes)
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
