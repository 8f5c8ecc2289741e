"""Strategies: what one leaker, or several together, may have done to their copies.

``k`` of the ``c`` copies that went into a segment of the leak carry variant 1. A strategy says what the leak carries
then: a *level* from -1 (variant 0) to +1 (variant 1), or something between where copies were averaged. A strategy
only helps to find who leaked. The bound on naming an innocent holds whatever was done (``accusation``).
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import comb

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEVELS = (-1.0, -0.5, -1 / 3, 0.0, 1 / 3, 0.5, 1.0)
"""Every level that averaging up to four copies can give."""


@dataclass(frozen=True)
class Strategy:
    """What ``colluders`` leakers do.

    Attributes:
        name: for tables and tests.
        colluders: how many copies go into the leak, ``c``.
        prior: how likely the strategy is held to be before the leak is heard.
        levels: shape (c + 1, 7): the probability of each of ``LEVELS`` where k = 0 … c copies carry variant 1.
    """

    name: str
    colluders: int
    prior: float
    levels: Floats

    def level_odds(self, known: int, biases: Floats) -> Floats:
        """Return the probability of each level given how many of ``known`` colluders carry variant 1.

        Args:
            known: of how many colluders the bits are known, 0 to c.
            biases: shape (b,), each in (0, 1).

        Returns:
            Shape (known + 1, b, 7): [ones among the known, bias, level]; the other colluders' bits follow the bias.
        """
        others = self.colluders - known
        ones = np.arange(others + 1)
        ways = np.array([comb(others, k) for k in ones])
        binomial = ways * biases[:, None] ** ones * (1 - biases[:, None]) ** (others - ones)
        return np.stack([binomial @ self.levels[j : j + others + 1] for j in range(known + 1)])


def _strategy(name: str, colluders: int, prior: float, ones_odds: Callable[[float], float]) -> Strategy:
    """Return a strategy that puts out variant 1 with odds given by the share of copies that carry it."""
    odds = np.array([ones_odds(k / colluders) for k in range(colluders + 1)])
    levels = np.zeros((colluders + 1, len(LEVELS)))
    levels[:, 0], levels[:, -1] = 1 - odds, odds
    return Strategy(name, colluders, prior, levels)


def _average(colluders: int, prior: float) -> Strategy:
    """Return the strategy of averaging all copies."""
    wanted = 2 * np.arange(colluders + 1) / colluders - 1
    return Strategy("average", colluders, prior, np.isclose(wanted[:, None], LEVELS).astype(np.float64))


def _majority(share: float) -> float:
    return float(share > 0.5) + 0.5 * float(share == 0.5)


def _minority(share: float) -> float:
    return share if share in (0, 1) else 1 - _majority(share)


def _bank() -> tuple[Strategy, ...]:
    """Return the single leaker, and the common strategies of two to four colluders."""
    single = _strategy("single", 1, 0.5, float)
    pair = (_strategy("alternate", 2, 0.1, float), _average(2, 0.1))
    rest = [
        strategy
        for colluders in (3, 4)
        for strategy in (
            _strategy("alternate", colluders, 0.0375, float),
            _average(colluders, 0.0375),
            _strategy("majority", colluders, 0.0375, _majority),
            _strategy("minority", colluders, 0.0375, _minority),
        )
    ]
    return (single, *pair, *rest)


BANK = _bank()
