"""The codebook: which variant of every segment each listener gets.

A listener's codeword is a keyed function of their own secret and of nothing else: draw ``u`` of the segment, a number
of 16 bits from the key "earmark/1 codeword" of (secret, recording), picks variant 1 where it is below the segment's
threshold. Hence any stretch of any codeword can be had by itself, and listeners can be added at any time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from earmark.codes.biases import UNIT, Thresholds, draw_biases, draws
from earmark.keys import derive

Segments = npt.NDArray[np.integer[Any]]
Bits = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]


class Rows(Protocol):
    """The codewords of listeners, some at a time; an array of shape (listeners, segments) is one."""

    def __len__(self) -> int:
        """Return the number of listeners."""

    def __getitem__(self, which: slice, /) -> Bits:
        """Return the bits of consecutive listeners, shape (listeners, segments)."""


@dataclass(frozen=True)
class Codebook:
    """The code of one recording.

    Attributes:
        recording_id: what the codewords are bound to.
        bias_seed: the 32 bytes that the biases derive from.
        coalition: the number of colluders that the biases are best against.
        segments: how many segments the recording has.
    """

    recording_id: bytes
    bias_seed: bytes
    coalition: int
    segments: int

    @cached_property
    def thresholds(self) -> Thresholds:
        """The biases of all segments as thresholds, shape (segments,)."""
        return draw_biases(self.bias_seed, self.coalition, 0, self.segments)

    def biases(self, segments: Segments) -> Floats:
        """Return the probability of variant 1 in each of ``segments``, shape (m,), exactly."""
        biases: Floats = self.thresholds[_distinct(segments, self.segments)] / UNIT
        return biases

    def codeword(self, secret: bytes) -> Bits:
        """Return the whole codeword of the listener with ``secret``, shape (segments,), 0 or 1."""
        codeword: Bits = self.bits([secret], np.arange(self.segments))[0]
        return codeword

    def bits(self, secrets: Sequence[bytes], segments: Segments) -> Bits:
        """Return the variants that listeners were given, shape (listeners, m), 0 or 1.

        Args:
            secrets: 32 bytes for each listener.
            segments: shape (m,), in any order, none twice.

        Raises:
            ValueError: a segment is listed twice or is not of this recording.
        """
        wanted = _distinct(segments, self.segments)
        thresholds = self.thresholds[wanted]
        bits = np.empty((len(secrets), wanted.size), dtype=np.uint8)
        if wanted.size:
            first = int(wanted.min())
            count = int(wanted.max()) + 1 - first
            for row, secret in zip(bits, secrets, strict=True):
                key = derive(secret, "earmark/1 codeword", self.recording_id)
                np.less(draws(key, first, count)[wanted - first], thresholds, out=row.view(np.bool_))
        return bits

    def rows(self, secrets: Sequence[bytes], segments: Segments) -> "ListenerRows":
        """Return the same as ``bits``, computed when asked for, so that memory stays small."""
        return ListenerRows(self, secrets, segments)


@dataclass(frozen=True)
class ListenerRows:
    """The codewords of listeners at some segments of a recording, computed when asked for."""

    codebook: Codebook
    secrets: Sequence[bytes]
    segments: Segments

    def __len__(self) -> int:
        """Return the number of listeners."""
        return len(self.secrets)

    def __getitem__(self, which: slice, /) -> Bits:
        """Return the bits of consecutive listeners, shape (listeners, m)."""
        return self.codebook.bits(self.secrets[which], self.segments)


def _distinct(segments: Segments, available: int) -> Segments:
    """Return ``segments`` if all exist and none is listed twice: a bit counted twice would break the bound."""
    if segments.size and not 0 <= segments.min() <= segments.max() < available:
        raise ValueError(f"segments lie outside of the recording's {available}")
    if np.unique(segments).size != segments.size:
        raise ValueError("a segment is listed twice; its evidence must be merged first")
    return segments
