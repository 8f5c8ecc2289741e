"""The cells of a segment: time slots and frequency bands whose gains carry the mark.

A segment of T ms is divided into ``intervals`` equal parts of about 30 ms, or what ``slot_ms`` says; the inner
boundaries between them are the centres of its slots, and each slot's window reaches to the centres of its neighbours.
So every window lies wholly inside the segment and the mark fades to nothing at the segment's edges. With 30 ms, 60 ms
segments have one slot, 240 ms seven.

Bands are 93.75 Hz wide, from 250 Hz to 7 kHz: enough of them survives a telephone and a voice codec.

Segments of 60 ms with one slot and bands of 94 Hz were the best of twenty layouts compared at equal PESQ: shorter slots
cost quality faster than they gain evidence, longer segments carry fewer bits, and fewer or wider bands less of either.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BANDS = 72
BAND_HZ = 93.75
LOWEST_HZ = 250.0
FULL_HZ = 1500.0
LEAST_WEIGHT = 0.6
DEFAULT_SLOT_MS = 30

Floats = NDArray[np.float32]


@dataclass(frozen=True, order=True)
class Layout:
    """The slots and bands of segments of one length.

    Attributes:
        segment_ms: length of a segment, a positive multiple of 20 ms.
        slot_ms: about how far apart the slots' centres are, in ms; positive.
    """

    segment_ms: int
    slot_ms: int = DEFAULT_SLOT_MS

    def __post_init__(self) -> None:
        if self.slot_ms <= 0:
            raise ValueError(f"slots are apart by a positive number of milliseconds, not {self.slot_ms}")

    @property
    def intervals(self) -> int:
        """Number of parts between slot centres and edges: segment over slot, ties to even, at least 2."""
        return max(2, round(self.segment_ms / self.slot_ms))

    @property
    def slots(self) -> int:
        """Number of slots in a segment."""
        return self.intervals - 1

    @property
    def cells(self) -> int:
        """Number of cells in a segment."""
        return self.slots * BANDS

    @property
    def slot_s(self) -> float:
        """Distance of two slots' centres in seconds."""
        return self.segment_ms / self.intervals / 1000

    def window_samples(self, rate: int) -> int:
        """Length of a slot's window at ``rate`` Hz: even, and never longer than two intervals."""
        return 2 * int(self.segment_ms * rate // (1000 * self.intervals))

    def window_starts(self, rate: int) -> NDArray[np.int64]:
        """Return where the windows of a segment start, in samples from its start; shape (slots,)."""
        return np.arange(self.slots) * (self.segment_ms * rate) // (1000 * self.intervals)


def band_centres() -> NDArray[np.float64]:
    """Return the bands' centre frequencies in Hz; shape (72,)."""
    return LOWEST_HZ + BAND_HZ * (np.arange(BANDS, dtype=np.float64) + 0.5)


def triangles(frequencies: NDArray[np.float64]) -> Floats:
    """Return how much each band has of each frequency: 1 at its centre, 0 from its neighbours' centres on.

    Args:
        frequencies: in Hz; shape (bins,).

    Returns:
        Weights of shape (72, bins).
    """
    distance = np.abs(frequencies[None, :] - band_centres()[:, None]) / BAND_HZ
    weights: Floats = np.clip(1 - distance, 0, 1).astype(np.float32)
    return weights


def band_weights() -> Floats:
    """Return how strongly each band is marked, against the strongest; shape (72,).

    Below 1.5 kHz, where hearing tells narrower bands apart and speech has most of its energy, a mark costs more quality
    than it brings evidence: the weight is the centre over 1.5 kHz there, and at least 0.6.
    """
    weights: Floats = np.clip(band_centres() / FULL_HZ, LEAST_WEIGHT, 1).astype(np.float32)
    return weights
