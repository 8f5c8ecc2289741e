"""The decoders' scores and weights, computed a second time from the evidence: ``docs/formats/case.md``, "Decoders".

Why: a bound holds for whole scores that depend on evidence, biases and companions alone. Whoever could choose scores
freely could choose them to fit anybody. So a checker computes them anew, and accepts a rounded score only where the
number that was rounded is at most half a step away (and a millionth more, for floating point).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import comb

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEPS = 48
STRAY = 0.01
PRIOR_SHARE = 0.3
GAINS = 12
ROUNDS = 40
ENOUGH = 2000
BLOCK = 1 << 14
PSEUDO_COUNT = 0.2
DEEPEST = 2
LEVELS = np.array([-1, -1 / 2, -1 / 3, 0, 1 / 3, 1 / 2, 1])

HALF_STEP = 0.5 + 1e-6
WEIGHT_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Strategy:
    """What ``colluders`` leakers may have done.

    Attributes:
        name: "single", "alternate", "average", "majority" or "minority".
        colluders: how many copies went into the leak.
        prior: how likely that is held to be beforehand.
    """

    name: str
    colluders: int
    prior: float

    def levels(self) -> Floats:
        """Return the probability of each level, shape (colluders + 1, 7), if 0, 1, … copies carry variant 1."""
        shares = np.arange(self.colluders + 1) / self.colluders
        if self.name == "average":
            return np.asarray(np.abs(2 * shares[:, None] - 1 - LEVELS) < 1e-9, dtype=np.float64)
        ones = np.array([_ONES[self.name](float(share)) for share in shares])
        levels = np.zeros((self.colluders + 1, LEVELS.size))
        levels[:, 0], levels[:, -1] = 1 - ones, ones
        return levels


def _minority(share: float) -> float:
    return share if share in {0.0, 0.5, 1.0} else float(share < 0.5)


_ONES: dict[str, Callable[[float], float]] = {
    "single": lambda share: share,
    "alternate": lambda share: share,
    "majority": lambda share: share if share == 0.5 else float(share > 0.5),
    "minority": _minority,
}

BANK = (
    Strategy("single", 1, 0.5),
    Strategy("alternate", 2, 0.1),
    Strategy("average", 2, 0.1),
    *(
        Strategy(name, colluders, 0.0375)
        for colluders in (3, 4)
        for name in ("alternate", "average", "majority", "minority")
    ),
)


@dataclass(frozen=True)
class Heard:
    """The evidence.

    Attributes:
        soft: shape (m,), one number for each segment heard.
        amplitude: shape (m,), >= 0.
        biases: shape (m,), in (0, 1).
    """

    soft: Floats
    amplitude: Floats
    biases: Floats


def depths(strategy: Strategy) -> int:
    """Return for how many numbers of companions, from 0 on, a strategy is tested."""
    return min(DEEPEST, strategy.colluders - 1) + 1


def weights(heard: Heard) -> Floats:
    """Return the weight of each strategy of ``BANK``, shape (11,); they add up to 1."""
    fits = np.array([np.log(level_odds(s, 0, 0, heard.biases, likelihood(s, heard))).sum() for s in BANK])
    priors = np.array([strategy.prior for strategy in BANK])
    posterior = priors * np.exp(fits - fits.max())
    return np.asarray((1 - PRIOR_SHARE) * posterior / posterior.sum() + PRIOR_SHARE * priors / priors.sum())


def exact_scores(strategy: Strategy, heard: Heard, ones: Sequence[int], companions: int) -> Floats:
    """Return the scores before rounding, shape (m,).

    Args:
        strategy: what is assumed.
        heard: the evidence.
        ones: for each segment, how many of the companions carry variant 1.
        companions: how many there are.
    """
    heights = likelihood(strategy, heard)
    anything = level_odds(strategy, 0, 0, heard.biases, heights)
    logs = [
        np.log((1 - STRAY) * level_odds(strategy, companions + 1, k, heard.biases, heights) + STRAY * anything)
        for k in range(companions + 2)
    ]
    ratios = np.stack([after - before for before, after in pairwise(logs)])
    scaled = ratios * (STEPS / max(float(np.abs(ratios).max(initial=0.0)), 1e-3))
    return np.asarray(scaled[np.asarray(ones, dtype=np.intp), np.arange(heard.soft.size)])


def level_odds(strategy: Strategy, known: int, ones: int, biases: Floats, heights: Floats) -> Floats:
    """Return P(evidence | ``ones`` of ``known`` colluders carry variant 1), shape (m,), up to a factor per segment."""
    others, levels = strategy.colluders - known, strategy.levels()
    total = np.zeros(biases.size)
    for more in range(others + 1):
        chance = comb(others, more) * biases**more * (1 - biases) ** (others - more)
        total += chance * (heights @ levels[ones + more])
    return np.maximum(total, np.finfo(np.float64).tiny)


def likelihood(strategy: Strategy, heard: Heard) -> Floats:
    """Return how likely each segment's evidence is for each level, shape (m, 7), up to a factor per segment."""
    gains = gain_grid(heard)
    step = max(1, -(-heard.soft.size // ENOUGH))
    odds = gain_odds(strategy, heard.biases[::step], heights_of(heard.soft[::step], heard.amplitude[::step], gains))
    blocks = range(0, heard.soft.size, BLOCK)
    parts = ((heard.soft[start : start + BLOCK], heard.amplitude[start : start + BLOCK]) for start in blocks)
    return np.concatenate([np.einsum("igv,g->iv", heights_of(*part, gains), odds) for part in parts])


def heights_of(soft: Floats, amplitude: Floats, gains: Floats) -> Floats:
    """Return how likely evidence is for each gain and level, shape (m, 12, 7), the likeliest of a segment being 1."""
    means = amplitude[:, None, None] * gains[None, :, None] * LEVELS
    squares = (soft[:, None, None] - means) ** 2
    return np.asarray(np.exp(-(squares - squares.min(axis=(1, 2), keepdims=True)) / 2))


def gain_grid(heard: Heard) -> Floats:
    """Return 0 and eleven gains in even ratios, shape (12,)."""
    loudest = max(float(np.quantile(np.abs(heard.soft), 0.98)), 2.0)
    unit = 1 / max(float(np.sqrt(np.mean(heard.amplitude**2))), 1e-9)
    ratios = (loudest / 0.3) ** (np.arange(GAINS - 1) / (GAINS - 2))
    return np.concatenate([[0.0], 0.3 * ratios * unit])


def gain_odds(strategy: Strategy, biases: Floats, heights: Floats) -> Floats:
    """Return how often each gain occurs, shape (12,), by forty rounds of expectation maximisation.

    Args:
        strategy: what is assumed.
        biases: shape (k,), of every so-manieth segment.
        heights: shape (k, 12, 7), of the same.
    """
    p = biases
    levels = strategy.levels()
    copies = range(strategy.colluders + 1)
    chances = [comb(strategy.colluders, k) * p**k * (1 - p) ** (strategy.colluders - k) for k in copies]
    prior = sum(
        (chance[:, None] * levels[k] for k, chance in enumerate(chances)), start=np.zeros((p.size, LEVELS.size))
    )
    given = (heights * prior[:, None, :]).sum(axis=2)
    odds = np.full(GAINS, 1 / GAINS)
    for _ in range(ROUNDS):
        shares = given * odds
        shares /= np.maximum(shares.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
        odds = shares.sum(axis=0) + PSEUDO_COUNT
        odds /= odds.sum()
    return odds
