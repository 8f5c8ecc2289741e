"""The pattern: the keyed signs by which the two variants of a segment differ."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earmark.keys import BLOCK_BYTES, derive, keystream
from earmark.signal.layout import BANDS, Layout

LABEL = "earmark/1 pattern"


@dataclass(frozen=True)
class Patterns:
    """The patterns of one recording.

    The signs of segment s are the first ``cells`` bits of its keystream blocks, the most significant bit of a byte
    first, slot by slot and within a slot from the lowest band up. Bit 1 is +1: the cell is raised in variant 1 and
    lowered in variant 0. A segment owns ``ceil(cells / 128)`` blocks, so that each can be computed alone.

    Attributes:
        mark_key: the recording's secret, 32 bytes.
        layout: the cells of a segment.
    """

    mark_key: bytes
    layout: Layout

    @property
    def blocks_per_segment(self) -> int:
        """Number of keystream blocks that a segment owns."""
        return -(-self.layout.cells // (8 * BLOCK_BYTES))

    def signs(self, first: int, count: int) -> NDArray[np.float32]:
        """Return the signs of ``count`` segments from ``first`` on; shape (count, slots, 72), values ±1."""
        blocks = self.blocks_per_segment
        stream = keystream(derive(self.mark_key, LABEL), first * blocks, count * blocks)
        octets = np.frombuffer(stream, np.uint8).reshape(count, blocks * BLOCK_BYTES)
        bits = np.unpackbits(octets, axis=1, count=self.layout.cells)
        return (2.0 * bits.astype(np.float32) - 1).reshape(count, self.layout.slots, BANDS)
