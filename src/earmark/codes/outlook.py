"""Outlook: how many segments a verdict will take, said without a look at the codebook.

The score of a true leaker grows by a certain *information* per segment: the expected logarithm, under the assumed
strategy, of how much likelier the evidence is given the leaker's bit than without it. A leaker is named about when the
sum passes the price of the test, and in nineteen cases of twenty when it does so by ``z`` standard deviations:

    m · I − z · sqrt(m · V) ≥ ln(n · C(n − 1, s) · trials / (ε w))

with ``I`` and ``V`` the mean and the variance of one segment's log ratio, and z = 1.645; of ``c`` colluders one is
enough, and z is such that all of them fail in one case of twenty. This is a forecast (its normal approximation
decides about nobody); the names of the proof are those of ``accusation``. Expectations over the noise are sums over a
fixed grid, so the same question always gets the same answer.
"""

from dataclasses import dataclass
from math import ceil, comb, log, sqrt
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from earmark.codes.biases import UNIT, bias_table
from earmark.codes.decoders import STRAY
from earmark.codes.hearing import Hearing
from earmark.codes.lineup import DEEPEST
from earmark.codes.strategies import BANK, LEVELS, Strategy

Floats = npt.NDArray[np.float64]

MOST_COLLUDERS = max(strategy.colluders for strategy in BANK)

_FAILING = 0.05
_NOISE_REACH = 4.0
_NOISE_STEP = 0.25
_LEAST_INFORMATION = 1e-6


@dataclass(frozen=True)
class Price:
    """What a verdict has to overcome.

    Attributes:
        listeners: how many there are, at least 1.
        family_wise: the allowed chance that any innocent is named, in (0, 1).
        trials: 1 over the share of that chance which the evidence has.
    """

    listeners: int
    family_wise: float = 1e-6
    trials: float = 1

    def log(self, strategy: Strategy, companions: int) -> float:
        """Return the natural logarithm of what the tail of a test is multiplied with, over the allowed chance."""
        depths = min(DEEPEST, strategy.colluders - 1) + 1
        sets = comb(self.listeners - 1, companions)
        return log(self.listeners * sets * self.trials * depths / (strategy.prior * self.family_wise))


@dataclass(frozen=True)
class Forecast:
    """How long a leak must be for a name.

    Attributes:
        colluders: how many leakers are assumed.
        segments: with how many segments of evidence at least one is named in 95 of 100 cases.
    """

    colluders: int
    segments: int


def segments_needed(amplitudes: Floats, price: Price, *, coalition: int, colluders: int = 1) -> int | None:
    """Return how many segments will do against the hardest strategy of ``colluders`` leakers; None if none will.

    Args:
        amplitudes: shape (k,), >= 0: how clearly segments of such a recording speak, one number each, any order.
        price: what has to be overcome.
        coalition: the coalition size that the biases are drawn for.
        colluders: how many leak together, 1 to 4.

    Raises:
        ValueError: nobody can forecast this many colluders.
    """
    if not 1 <= colluders <= MOST_COLLUDERS:
        raise ValueError(f"forecasts are for 1 to {MOST_COLLUDERS} colluders, not {colluders}")
    gains, counts = np.unique(np.round(amplitudes, 1), return_counts=True)
    return _needed(gains, counts / amplitudes.size, price, coalition, colluders)


def forecast(soft: Floats, amplitude: Floats | None, price: Price, *, coalition: int) -> Forecast | None:
    """Return how much evidence like this would do, from evidence that named nobody.

    The fewest leakers are assumed for whom what is there was not enough; None where more of the same will not help.

    Args:
        soft: shape (m,), the evidence.
        amplitude: shape (m,), or None where nothing is known.
        price: what has to be overcome.
        coalition: the coalition size that the biases are drawn for.
    """
    hearing = Hearing.of(soft, amplitude)
    usual = 1.0 if amplitude is None or not soft.size else float(np.sqrt(np.mean(amplitude**2)))
    for colluders in range(1, MOST_COLLUDERS + 1):
        needed = _needed(hearing.gains * usual, hearing.single_gain_odds(), price, coalition, colluders)
        if needed is not None and needed > soft.size:
            return Forecast(colluders, needed)
    return None


def _needed(gains: Floats, odds: Floats, price: Price, coalition: int, colluders: int) -> int | None:
    """Return the segments that the hardest strategy takes with the companions that suit it best."""
    channel = _Channel.of(gains, odds, coalition)
    hardest = 0
    for strategy in BANK:
        if strategy.colluders == colluders:
            depths = range(min(DEEPEST, colluders - 1, price.listeners - 1) + 1)
            lengths = [channel.segments(strategy, depth, price.log(strategy, depth)) for depth in depths]
            possible = [length for length in lengths if length is not None]
            if not possible:
                return None
            hardest = max(hardest, min(possible))
    return hardest


@dataclass(frozen=True)
class _Channel:
    """From levels to evidence: densities on a grid, and the biases.

    Attributes:
        densities: shape (7, grid), of the evidence for each of ``LEVELS``, times the grid's step.
        biases: shape (b,).
        bias_odds: shape (b,).
    """

    densities: Floats
    biases: Floats
    bias_odds: Floats

    @classmethod
    def of(cls, gains: Floats, odds: Floats, coalition: int) -> "_Channel":
        reach = float(gains.max(initial=0.0)) + _NOISE_REACH
        grid = np.arange(-reach, reach + _NOISE_STEP, _NOISE_STEP)
        means = np.multiply.outer(LEVELS, gains)
        bells = np.exp(-0.5 * (grid - means[..., None]) ** 2)
        densities = np.einsum("vge,g->ve", bells / bells.sum(axis=-1, keepdims=True), odds)
        thresholds, ends = bias_table(coalition)
        return cls(densities, thresholds / UNIT, np.diff(ends, prepend=0) / UNIT)

    def segments(self, strategy: Strategy, companions: int, log_price: float) -> int | None:
        """Return how many segments overcome ``log_price``; None where evidence says next to nothing."""
        mean, variance = self._information(strategy, companions)
        if mean < _LEAST_INFORMATION:
            return None
        spread = -NormalDist().inv_cdf(_FAILING ** (1 / strategy.colluders)) * sqrt(variance)
        root = (spread + sqrt(spread**2 + 4 * mean * log_price)) / (2 * mean)
        return ceil(root**2)

    def _information(self, strategy: Strategy, companions: int) -> tuple[float, float]:
        """Return mean and variance of a segment's log ratio for somebody who did leak, in nats."""
        given = strategy.level_odds(companions + 1, self.biases) @ self.densities
        p = self.biases[:, None]
        ones = np.arange(companions + 1)
        ways = np.array([comb(companions, int(k)) for k in ones])[:, None]
        company = ways * self.biases ** ones[:, None] * (1 - self.biases) ** (companions - ones[:, None])
        without = (1 - p) * given[:-1] + p * given[1:]
        moments = np.zeros(2)
        for chance, evidence in ((1 - p, given[:-1]), (p, given[1:])):
            ratio = np.log(((1 - STRAY) * evidence + STRAY * without) / without)
            for power in (1, 2):
                per_bias = (chance * evidence * ratio**power).sum(axis=-1)
                moments[power - 1] += float((company * per_bias).sum(axis=0) @ self.bias_odds)
        return float(moments[0]), float(moments[1] - moments[0] ** 2)
