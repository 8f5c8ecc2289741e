"""Tails: how likely an innocent listener's score gets as high as one that was seen.

Given the evidence, segment ``i`` earns a listener the whole number ``d_i`` where their copy carries variant 1, which
for an innocent happens with probability ``p_i``, independently. Written as a *deficit*, the sum of ``|d_i|`` over the
segments where the listener has the variant that the leak does not speak for, a high score is a small deficit. With
``q_i`` the probability of the variant it does speak for (``p_i`` or ``1 − p_i``), the deficit ``G`` of an innocent
obeys

    P(G ≤ g) ≤ e^(θ g) · Π (q_i + (1 − q_i) e^(−θ |d_i|))        for every θ ≥ 0 (Chernoff [1])

and the left side itself is a finite sum that convolution gives, all of its terms positive. Any θ gives a bound, so
trying a grid of them is sound. For an exact match of error-free bits both go to Π q_i.

[1] H. Chernoff, "A measure of asymptotic efficiency for tests of a hypothesis based on the sum of observations",
Annals of Mathematical Statistics 23 (1952), 493-507.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.integer[Any]]

_TILTS = np.geomspace(1e-4, 40.0, 96)
_ROUNDING = 1e-9
_LOST_TO_UNDERFLOW = 1e-280


@dataclass(frozen=True)
class InnocentTail:
    """The distribution of the deficit of a listener whose copy did not go into the leak.

    Attributes:
        sizes: shape (k,), the distinct pairs' ``|d|``, all positive.
        odds: shape (k,), the distinct pairs' ``q``, in (0, 1).
        counts: shape (k,), how many segments have that pair.
    """

    sizes: Whole
    odds: Floats
    counts: Whole

    @classmethod
    def of(cls, scores: Whole, biases: Floats) -> "InnocentTail":
        """Return the distribution for whole scores ``d``, shape (m,), and biases ``p``, shape (m,)."""
        speaks = scores != 0
        favoured = np.where(scores > 0, biases, 1 - biases)[speaks]
        odds, which = np.unique(favoured, return_inverse=True)
        sizes = np.abs(scores[speaks].astype(np.int64))
        width = int(sizes.max(initial=0)) + 1
        counts = np.bincount(which * width + sizes, minlength=odds.size * width)
        found = np.flatnonzero(counts)
        return cls(found % width, odds[found // width], counts[found])

    def chernoff(self, deficits: Whole) -> Floats:
        """Return the natural logarithm of a bound on P(G ≤ g) for each g of ``deficits``, shape (n,), at most 0."""
        missed = np.exp(-_TILTS[:, None] * self.sizes)
        log_moments = np.log(self.odds + (1 - self.odds) * missed) @ self.counts
        bounds = (log_moments + np.multiply.outer(deficits, _TILTS)).min(axis=-1)
        capped: Floats = np.minimum(bounds + _ROUNDING * (1 + np.abs(bounds)), 0.0)
        return capped

    def exact(self, largest: int) -> Floats:
        """Return the natural logarithm of P(G ≤ g) for g = 0 … ``largest``, rounded upward, shape (largest + 1,).

        Takes a time that grows with segments × ``largest``.
        """
        chances = np.zeros(largest + 1)
        chances[0] = 1.0
        for size, odds in zip(np.repeat(self.sizes, self.counts), np.repeat(self.odds, self.counts), strict=True):
            missed = (1 - odds) * chances[: max(largest + 1 - size, 0)]
            chances *= odds
            chances[size:] += missed
        bounds: Floats = np.log(np.cumsum(chances) * (1 + _ROUNDING) + _LOST_TO_UNDERFLOW)
        return np.minimum(bounds, 0.0)
