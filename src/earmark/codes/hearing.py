"""Hearing: how likely the evidence is for each level a segment may carry. Nothing here knows the codebook.

The evidence of segment ``i`` is modelled as ``e = a·v + noise``, the noise normal with deviation 1 and ``v`` the level
(-1 variant 0, +1 variant 1). How clearly a segment speaks, ``a``, is never known: pauses say nothing, vowels much.
So ``a`` is a gain from a small set times the ``amplitude`` the caller expects (1 where nothing is known), and how
often each gain occurs is estimated by expectation maximisation from the evidence itself [1].

[1] A. Dempster, N. Laird, D. Rubin, "Maximum likelihood from incomplete data via the EM algorithm", Journal of the
Royal Statistical Society B 39 (1977), 1-38.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from earmark.codes.strategies import LEVELS

Floats = npt.NDArray[np.float64]

_GAINS = 12
_ROUNDS = 40
_ENOUGH = 2000
_PSEUDO_COUNT = 0.2


@dataclass(frozen=True)
class Hearing:
    """What the evidence says about levels.

    Attributes:
        gains: shape (g,), the gains considered, the first 0.
        likelihood: shape (m, g, 7): of the evidence given gain and level, each segment scaled to a maximum of 1.
        log_scale: shape (m,), the natural logarithms of those scales.
    """

    gains: Floats
    likelihood: Floats
    log_scale: Floats

    @classmethod
    def of(cls, soft: Floats, amplitude: Floats | None = None) -> "Hearing":
        """Return what ``soft``, shape (m,), says; ``amplitude``, shape (m,) and >= 0, is what each might reach.

        Raises:
            ValueError: shapes differ, a number is not finite, or an amplitude is negative.
        """
        expected = np.ones_like(soft) if amplitude is None else amplitude
        _check(soft, expected)
        gains = _gains(soft, expected)
        means = (expected[:, None] * gains)[:, :, None] * np.array(LEVELS)
        log_likelihood = -0.5 * (soft[:, None, None] - means) ** 2
        log_scale = log_likelihood.max(axis=(1, 2), initial=-np.inf)
        return cls(gains, np.exp(log_likelihood - log_scale[:, None, None]), log_scale)

    def gain_odds(self, level_odds: Floats) -> Floats:
        """Return how often each gain occurs, shape (g,), if levels occur with ``level_odds``, shape (m, 7)."""
        step = max(1, -(-len(level_odds) // _ENOUGH))
        given_gain = np.einsum("igv,iv->ig", self.likelihood[::step], level_odds[::step])
        odds = np.full(self.gains.size, 1 / self.gains.size)
        for _ in range(_ROUNDS):
            shares = given_gain * odds
            shares /= np.maximum(shares.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
            odds = shares.sum(axis=0) + _PSEUDO_COUNT
            odds /= odds.sum()
        return odds

    def single_gain_odds(self) -> Floats:
        """Return how often each gain occurs, shape (g,), if every segment carries one variant or the other."""
        level_odds = np.zeros((len(self.likelihood), len(LEVELS)))
        level_odds[:, [0, -1]] = 0.5
        return self.gain_odds(level_odds)

    def level_likelihood(self, gain_odds: Floats) -> Floats:
        """Return how likely each segment's evidence is given its level, shape (m, 7), at the scale of ``self``."""
        weighted: Floats = np.einsum("igv,g->iv", self.likelihood, gain_odds)
        return weighted


def _check(soft: Floats, amplitude: Floats) -> None:
    """Refuse evidence that is not a vector of finite numbers with an amplitude >= 0 for each."""
    if soft.ndim != 1 or soft.shape != amplitude.shape:
        raise ValueError(f"evidence of shape {soft.shape} and amplitudes of shape {amplitude.shape} do not match")
    if not (np.isfinite(soft).all() and np.isfinite(amplitude).all() and (amplitude >= 0).all()):
        raise ValueError("evidence must be finite and amplitudes must not be negative")


def _gains(soft: Floats, amplitude: Floats) -> Floats:
    """Return 0 and gains in even ratios up to the largest that the evidence could need."""
    loudest = float(np.quantile(np.abs(soft), 0.98)) if soft.size else 1.0
    usual = float(np.sqrt(np.mean(amplitude**2))) if soft.size else 1.0
    unit = 1 / max(usual, 1e-9)
    return np.concatenate([[0.0], np.geomspace(0.3, max(loudest, 2.0), _GAINS - 1) * unit])
