r"""How well what was heard at one place fits the pattern of a segment, and what that proves.

With λ_t(c) the log-odds of the cells c of a segment that starts at frame t of the leak,

    S(t, s) = Σ_c sign_s(c) · λ_t(c)

is the log-odds that the leak carries variant 1 of segment s there. If t is the place of s, S is about ±|λ|²/2; if not,
the signs are as good as coin flips that know nothing of λ. Then E cosh(g S / 2) ≤ exp(g² |λ|² / 8) for any g
(Hoeffding), the signs of different segments are independent, and

    W = Σ_s ln cosh(g S_s / 2) - g² |λ_s|² / 8

is the logarithm of a test martingale: P(W ever reaches w) ≤ exp(-w) (Ville's inequality), whatever the leak is and
however long one looks. So "this passage is marked" has a proven chance of error of its own; and W is at the same time
the likelihood ratio of "either variant" against "none", the best there is to search by. g is a little below 1, so that
copies mixed by colluders are found as well.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earmark.signal.listening import STEPS, Listening
from earmark.signal.spectrum import HOPS_PER_SLOT

GAIN = 0.7

Floats = NDArray[np.float32]
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
        """Return the log-odds of the cells of segments that start at ``frames``; shape (len(frames), cells).

        Frames outside of what was heard say nothing: 0.
        """
        cells = self.listening.cells
        index = frames[:, None] + HOPS_PER_SLOT * np.arange(1, self.listening.layout.intervals)
        outside = (index < 0) | (index >= len(cells))
        if not len(cells):
            return np.zeros((len(frames), self.signs.shape[1]), np.float32)
        picked = cells[np.clip(index, 0, len(cells) - 1)].astype(np.float32)
        picked[outside] = 0
        log_odds: Floats = picked.reshape(len(frames), self.signs.shape[1]) / STEPS
        return log_odds

    def worth_everywhere(self, frames: Ints) -> Floats:
        """Return what every segment adds to W at each of ``frames``; shape (len(frames), segments)."""
        windows = self.windows(frames)
        return worth(windows @ self.signs.T, energy(windows)[:, None])

    def along(self, frames: Ints, segments: Ints) -> tuple[Floats, Floats]:
        """Return S and |λ|² of ``segments`` at ``frames``, pair by pair; 0 for segments outside of the recording."""
        inside = (segments >= 0) & (segments < self.segments)
        signs = self.signs[np.clip(segments, 0, self.segments - 1)]
        windows = np.where(inside[:, None], self.windows(frames), np.float32(0))
        return np.einsum("fc,fc->f", windows, signs), energy(windows)

    def worth_along(self, frames: Ints, segments: Ints) -> Floats:
        """Return what ``segments`` at ``frames`` add to W, pair by pair."""
        return worth(*self.along(frames, segments))


def energy(windows: Floats) -> Floats:
    """Return |λ|² of each window; shape (len(windows),)."""
    squares: Floats = np.einsum("fc,fc->f", windows, windows)
    return squares


def worth(log_odds: Floats, squares: Floats) -> Floats:
    """Return ln cosh(g S / 2) - g² |λ|² / 8 in nats, computed in place where it can be.

    Args:
        log_odds: S.
        squares: |λ|², broadcast against S.
    """
    size = np.abs(log_odds)
    size *= GAIN
    tail = np.exp(-size)
    np.log1p(tail, out=tail)
    size *= 0.5
    size += tail
    size -= np.float32(np.log(2)) + np.float32(GAIN**2 / 8) * squares
    return size
