r"""How well what was heard at one place fits the pattern of a segment.

    E(t, s) = Σ_c sign_s(c) · R_t(c) / sqrt(Σ_c R_t(c)²),

the sum over the cells c of a segment that starts at frame t of the leak. For a true place E is about ±a, the variant's
sign times how clearly it is heard. For any other place the signs are as good as coin flips that know nothing of R, so
E is sub-Gaussian with variance 1 (Hoeffding), and independent from segment to segment: for q, the sum of n squares,

    P(q ≥ x) ≤ exp(-(x - n - n ln(x / n)) / 2),    x > n,

(Chernoff's bound with E exp(λ E²) ≤ (1 - 2λ)^(-1/2)). It holds whatever the leak is, so that "this passage is marked"
has a proven chance of error of its own.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earmark.signal.spectrum import HOPS_PER_SLOT, Listening

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Correlator:
    """Correlates what was heard with the patterns of a recording.

    Attributes:
        listening: what was heard.
        signs: the recording's patterns, shape (segments, cells), values ±1.
    """

    listening: Listening
    signs: Floats

    @property
    def segments(self) -> int:
        """Number of segments of the recording."""
        return len(self.signs)

    def windows(self, frames: Ints) -> Floats:
        """Return the cells of segments that start at ``frames``, scaled to unit energy; shape (len(frames), cells).

        Frames outside of what was heard, and silence, give zeros.
        """
        cells = self.listening.cells
        index = frames[:, None] + HOPS_PER_SLOT * np.arange(1, self.listening.layout.intervals)
        outside = (index < 0) | (index >= len(cells))
        if not len(cells):
            return np.zeros((len(frames), self.signs.shape[1]), np.float32)
        picked = cells[np.clip(index, 0, len(cells) - 1)].astype(np.float32)
        picked[outside] = 0
        flat = picked.reshape(len(frames), -1)
        norms = np.sqrt(np.einsum("fc,fc->f", flat, flat))
        unit: Floats = flat / np.maximum(norms, 1)[:, None]
        return unit

    def everywhere(self, frames: Ints) -> Floats:
        """Return E of every segment at each of ``frames``; shape (len(frames), segments)."""
        fits: Floats = self.windows(frames) @ self.signs.T
        return fits

    def along(self, frames: Ints, segments: Ints) -> Floats:
        """Return E of ``segments`` at ``frames``, pair by pair; segments outside of the recording give 0."""
        inside = (segments >= 0) & (segments < self.segments)
        signs = self.signs[np.clip(segments, 0, self.segments - 1)]
        fits: Floats = np.where(inside, np.einsum("fc,fc->f", self.windows(frames), signs), 0)
        return fits


def log_chance(energy: Doubles, terms: Doubles) -> Doubles:
    """Return the natural logarithm of a bound on the chance that ``terms`` squares at a wrong place reach ``energy``.

    Args:
        energy: sums of squares of E, at least 0.
        terms: how many squares were added; at least 1, broadcast against ``energy``.

    Returns:
        Numbers from -inf to 0.
    """
    ratio = np.maximum(energy / terms, 1)
    bound: Doubles = -0.5 * terms * (ratio - 1 - np.log(ratio))
    return bound
