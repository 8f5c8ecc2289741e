"""The bound on naming an innocent, computed a second time by other means than the accusation's.

Given are whole scores ``d_i``, biases ``t_i / 65536``, and the bits of the listener named. With ``q_i`` the probability
of the variant that segment ``i`` speaks for, an innocent's *deficit* ``G`` is a sum of independent ``|d_i|``, each with
probability ``1 - q_i``; the named one has the deficit ``g``. The bound is

    n · C(n - 1, s) · trials · depths / weight · P(G ≤ g).

``P(G ≤ g)`` is computed exactly, by multiplying out ``Π (q_i + (1 - q_i) x^|d_i|)`` with equal factors taken together
as binomials; where that takes too long, by Chernoff's bound with the best tilt found by bisection. Floating point is
rounded upward by a margin far above what its errors can add up to. ``tests/cases/test_bound.py`` compares with exact
fractions and with all codewords of short leaks.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb, exp, fsum, lgamma, log, log1p

import numpy as np
from numpy.typing import NDArray

UNIT = 65_536
MOST_WORK = 200_000_000
"""Segments × deficits that an exact tail may take, about a second."""

SMALLEST_SAID_LOG10 = -30.0
"""Decimal logarithm of the smallest chance that is said of a name, however small the one that is computed.

The theorem is about independent bits. Codewords are derived from secrets of 256 bits by HKDF-SHA256 and AES-256 of
counters: no chance is below the 2⁻²⁵⁶ that two secrets are one, and q blocks of even an ideal AES differ from
independent bits by up to q² / 2¹²⁹ (the switching lemma: Bellare and Rogaway, "The security of triple encryption and a
framework for code-based game-playing proofs", EUROCRYPT 2006), which for the 7,500 of an hour in segments of 60 ms is
10⁻³¹. Ciphers, and the machines that compute with them, are not known to be sound to anything like the smaller chances.
"""

_LOG_MARGIN = 1e-8
_LOST_TO_UNDERFLOW = 1e-280
_LARGEST_TILT = 64.0
_HALVINGS = 60

Pairs = Mapping[tuple[int, int], int]
"""How many segments have a pair of |d| and of the numerator of q over 65536."""


def said(log10: float) -> float:
    """Return the decimal logarithm of a bound as it is told to people: of no chance below ``SMALLEST_SAID_LOG10``."""
    return max(log10, SMALLEST_SAID_LOG10)


@dataclass(frozen=True)
class Claim:
    """What a bound is computed from.

    Attributes:
        scores: what variant 1 earns over variant 0 in each segment.
        thresholds: numerators of the biases over 65536, each above 0 and below 65536.
        bits: the variants of the listener named, 0 or 1.
        listeners: among how many was searched.
        companions: how many others were taken to have leaked as well.
        depths: over how many numbers of companions the weight is spread.
        weight: the decoder's share of the allowed error, above 0 and at most 1.
        trials: 1 over the share of the allowed error that the evidence has, at least 1.
    """

    scores: Sequence[int]
    thresholds: Sequence[int]
    bits: Sequence[int]
    listeners: int
    companions: int
    depths: int
    weight: float
    trials: float


def log_bound(claim: Claim) -> float:
    """Return the natural logarithm of the bound, rounded upward, at most 0.

    Raises:
        ValueError: the claim makes no sense.
    """
    require_sense(claim)
    pairs = pairs_of(claim.scores, claim.thresholds)
    reached = deficit(claim.scores, claim.bits)
    tail = log_chernoff(pairs, reached)
    if reached * len(claim.scores) <= MOST_WORK:
        tail = min(tail, log_exact(pairs, reached))
    return min(0.0, upward(tail + log_price(claim)))


def require_sense(claim: Claim) -> None:
    """Raise a ValueError where numbers are out of their ranges or lists of different lengths."""
    if not len(claim.scores) == len(claim.thresholds) == len(claim.bits):
        raise ValueError("scores, biases and bits are of different lengths")
    if not all(0 < threshold < UNIT for threshold in claim.thresholds) or not set(claim.bits) <= {0, 1}:
        raise ValueError("a bias lies between 0 and 1, and a bit is 0 or 1")
    if not (0 < claim.weight <= 1 and claim.trials >= 1 and 0 <= claim.companions < min(claim.depths, claim.listeners)):
        raise ValueError("the price makes no sense")


def deficit(scores: Sequence[int], bits: Sequence[int]) -> int:
    """Return by how much the score of ``bits`` falls short of the best there could be."""
    return sum(abs(score) for score, bit in zip(scores, bits, strict=True) if (score > 0) != (bit == 1))


def pairs_of(scores: Sequence[int], thresholds: Sequence[int]) -> Pairs:
    """Return the distinct pairs of |d| and 65536 q, and how many segments have each; scores of 0 say nothing."""
    return Counter(
        (abs(score), threshold if score > 0 else UNIT - threshold)
        for score, threshold in zip(scores, thresholds, strict=True)
        if score
    )


def log_price(claim: Claim) -> float:
    """Return the natural logarithm of what the tail is multiplied with: all tests that might have been made."""
    sets = claim.listeners * comb(claim.listeners - 1, claim.companions)
    return log(sets) + log(claim.trials) + log(claim.depths) - log(claim.weight)


def log_chernoff(pairs: Pairs, reached: int) -> float:
    """Return the natural logarithm of min over θ of e^(θ g) · Π (q + (1 - q) e^(-θ |d|)), a bound for every θ ≥ 0."""
    low, high = 0.0, _LARGEST_TILT
    for _ in range(_HALVINGS):  # the exponent is convex in θ: look for the zero of its slope
        middle = (low + high) / 2
        low, high = (middle, high) if reached < expected(pairs, middle) else (low, middle)
    return min(0.0, upward(exponent(pairs, reached, low)))


def exponent(pairs: Pairs, reached: int, tilt: float) -> float:
    """Return the natural logarithm of Chernoff's bound for one tilt θ."""
    moments = (count * log(q / UNIT + (1 - q / UNIT) * exp(-tilt * size)) for (size, q), count in pairs.items())
    return fsum((tilt * reached, *moments))


def expected(pairs: Pairs, tilt: float) -> float:
    """Return the mean deficit under the tilted distribution."""
    return fsum(
        count * size * missed / (q / UNIT + missed)
        for (size, q), count in pairs.items()
        for missed in ((1 - q / UNIT) * exp(-tilt * size),)
    )


def log_exact(pairs: Pairs, reached: int) -> float:
    """Return the natural logarithm of P(G ≤ g), rounded upward."""
    return min(0.0, upward(log(fsum(chances(pairs, reached)) + _LOST_TO_UNDERFLOW)))


def chances(pairs: Pairs, largest: int) -> NDArray[np.float64]:
    """Return P(G = g) for g = 0 … ``largest``, shape (largest + 1,)."""
    found = np.zeros(largest + 1)
    found[0] = 1.0
    for (size, q), count in pairs.items():
        before, found = found, np.zeros(largest + 1)
        for missed in range(min(count, largest // size) + 1):
            shift = missed * size
            found[shift:] += binomial(count, missed, q) * before[: largest + 1 - shift]
    return found


def binomial(count: int, missed: int, q: int) -> float:
    """Return the chance that ``missed`` of ``count`` segments have the variant that is not spoken for."""
    ways = lgamma(count + 1) - lgamma(missed + 1) - lgamma(count - missed + 1)
    return exp(ways + (count - missed) * log(q / UNIT) + missed * log1p(-q / UNIT))


def upward(log_value: float) -> float:
    """Return a logarithm that is surely not below the true one."""
    return log_value + _LOG_MARGIN * (1 + abs(log_value))
