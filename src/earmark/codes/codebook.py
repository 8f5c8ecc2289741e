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

from earmark.codes.biases import RULES, UNIT, Thresholds, draw_biases, draws
from earmark.keys import derive

Segments = npt.NDArray[np.integer[Any]]
Bits = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

LABEL = "earmark/1 codeword"
MOST_KEPT_BYTES = 1 << 28
_DRAWS_AT_ONCE = 1 << 16  # that many stay in a processor's cache


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
        rules: those it was marked by.
    """

    recording_id: bytes
    bias_seed: bytes
    coalition: int
    segments: int
    rules: int = RULES

    @cached_property
    def thresholds(self) -> Thresholds:
        """The biases of all segments as thresholds, shape (segments,)."""
        return draw_biases(self.bias_seed, self.coalition, 0, self.segments, self.rules)

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
        return self.rows(secrets, segments)[:]

    def stretch(self, secret: bytes, first: int, count: int) -> Bits:
        """Return ``count`` bits of a codeword from segment ``first`` on, shape (count,), at the cost of those alone.

        Args:
            secret: 32 bytes of the listener.
            first: the first of the segments.
            count: how many.

        Raises:
            ValueError: they are not all of this recording.
        """
        if not 0 <= first <= first + count <= self.segments:
            raise ValueError(f"segments lie outside of the recording's {self.segments}")
        thresholds = draw_biases(self.bias_seed, self.coalition, first, count, self.rules)
        return (draws(derive(secret, LABEL, self.recording_id), first, count) < thresholds).view(np.uint8)

    def rows(self, secrets: Sequence[bytes], segments: Segments) -> "ListenerRows":
        """Return the same as ``bits``, computed when first asked for.

        Raises:
            ValueError: a segment is listed twice or is not of this recording.
        """
        return ListenerRows(self, secrets, segments)


class ListenerRows:
    """The codewords of listeners at some segments of a recording, computed when first asked for.

    What was computed is kept, eight bits to a byte, unless all of it would take more than ``MOST_KEPT_BYTES``.

    Args:
        codebook: of the recording.
        secrets: 32 bytes for each listener.
        segments: shape (m,), in any order, none twice.

    Raises:
        ValueError: a segment is listed twice or is not of this recording.
    """

    def __init__(self, codebook: Codebook, secrets: Sequence[bytes], segments: Segments) -> None:
        self._wanted = _distinct(segments, codebook.segments)
        self._thresholds = codebook.thresholds[self._wanted]
        self._recording_id = codebook.recording_id
        self._secrets = secrets
        self._row_bytes = -(-self._wanted.size // 8)
        kept = len(secrets) if len(secrets) * self._row_bytes <= MOST_KEPT_BYTES else 0
        self._kept = np.empty((kept, self._row_bytes), dtype=np.uint8)
        self._known = np.zeros(kept, dtype=np.bool_)

    def __len__(self) -> int:
        """Return the number of listeners."""
        return len(self._secrets)

    def __getitem__(self, which: slice, /) -> Bits:
        """Return the bits of consecutive listeners, shape (listeners, m)."""
        known = self._known[which]
        if known.size and known.all():
            return np.unpackbits(self._kept[which], axis=1, count=self._wanted.size)
        bits = self._computed(self._secrets[which])
        if known.size:
            self._kept[which] = np.packbits(bits, axis=1)
            self._known[which] = True
        return bits

    def _computed(self, secrets: Sequence[bytes]) -> Bits:
        """Return the bits of listeners with ``secrets``, shape (listeners, m)."""
        bits = np.empty((len(secrets), self._wanted.size), dtype=np.uint8)
        if self._wanted.size:
            first = int(self._wanted.min())
            count = int(self._wanted.max()) + 1 - first
            listed = slice(None) if self._in_a_row(first, count) else self._wanted - first
            step = max(1, _DRAWS_AT_ONCE // count)
            for start in range(0, len(secrets), step):
                keys = [derive(secret, LABEL, self._recording_id) for secret in secrets[start : start + step]]
                drawn = np.array([draws(key, first, count) for key in keys], dtype=np.uint16)
                np.less(drawn[:, listed], self._thresholds, out=bits[start : start + step].view(np.bool_))
        return bits

    def _in_a_row(self, first: int, count: int) -> bool:
        """Tell whether the segments are ``count`` ones from ``first`` on, in their order."""
        return self._wanted.size == count and bool((self._wanted == np.arange(first, first + count)).all())


def _distinct(segments: Segments, available: int) -> Segments:
    """Return ``segments`` if all exist and none is listed twice: a bit counted twice would break the bound."""
    if segments.size and not 0 <= segments.min() <= segments.max() < available:
        raise ValueError(f"segments lie outside of the recording's {available}")
    if np.unique(segments).size != segments.size:
        raise ValueError("a segment is listed twice; its evidence must be merged first")
    return segments
