"""Are the innocents what chance would have them be?

If codewords were drawn as they should have been, and evidence knew nothing of them, the deficits of those not named are
a sample of the distribution that the bound is computed from. By the inequality of Dvoretzky, Kiefer and Wolfowitz, with
Massart's constant [1], the share of them up to any deficit is nowhere further from its probability than
``sqrt(ln(2 / chance) / (2 n))``, but for a probability of ``chance``, however few there are and whatever the
distribution.

[1] P. Massart, "The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality", Annals of Probability 18 (1990).
"""

from collections.abc import Sequence
from math import log, sqrt

import numpy as np

from earmark.cases.bound import chances, pairs_of

ALLOWED_CHANCE = 1e-3
MOST_SEGMENTS = 1000
"""More segments would make the distribution slow to compute; every k-th is as good a sample of chance."""


def every(segments: int) -> int:
    """Return k such that every k-th segment makes up for at most ``MOST_SEGMENTS``, never 0."""
    return max(1, -(-segments // MOST_SEGMENTS))


def distance(deficits: Sequence[int], scores: Sequence[int], thresholds: Sequence[int]) -> float:
    """Return how far the shares of ``deficits`` are from their probabilities at most, 0 to 1; of none: 0.

    Args:
        deficits: of those not named, in any order.
        scores: what variant 1 earns over variant 0 in each segment.
        thresholds: numerators of the biases over 65536.

    Raises:
        ValueError: a deficit cannot be.
    """
    largest = sum(abs(score) for score in scores)
    if any(not 0 <= deficit <= largest for deficit in deficits):
        raise ValueError("a deficit lies between 0 and the sum of all scores")
    if not deficits:
        return 0.0
    expected = np.cumsum(chances(pairs_of(scores, thresholds), largest))
    found = np.cumsum(np.bincount(np.asarray(deficits), minlength=largest + 1)) / len(deficits)
    return float(np.abs(found - expected).max())


def allowed(count: int, looks: int = 1) -> float:
    """Return the distance that ``count`` innocents exceed in any of some looks with at most ``ALLOWED_CHANCE``."""
    return 1.0 if not count else min(1.0, sqrt(log(2 * looks / ALLOWED_CHANCE) / (2 * count)))
