"""Decoders: scores that tell the codewords of those who leaked from all others.

A decoder assumes a strategy and scores listener ``u`` by the likelihood ratio of the evidence [1, 2]: where ``h(v)`` is
how likely a segment's evidence is for level ``v``, a listener with variant 1 there earns

    log P(e | u has 1, companions) − log P(e | u has 0, companions)

over one with variant 0, the bits of all other colluders being averaged over by the bias. *Companions* are listeners
whose copies are taken to have gone into the leak as well; knowing them makes the evidence say far more about ``u``
(joint decoding with side information [2]).

Scores are rounded to whole numbers: their sums are then exact on every machine, and the distribution of an innocent
listener's sum can be computed, not only bounded (``tails``). Rounding changes the test a little, never its bound.

Each decoder gets a weight, its share of the allowed error: its prior, moved towards the strategies under which the
evidence is likely. Evidence and biases alone decide that, so it costs nothing.

[1] T. Laarhoven, "Capacities and capacity-achieving decoders for various fingerprinting games", IH&MMSec 2014.
[2] P. Meerwald, T. Furon, "Toward practical joint decoding of binary Tardos fingerprinting codes", IEEE Transactions
on Information Forensics and Security 7 (2012), 1168-1180.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from earmark.codes.hearing import Hearing
from earmark.codes.strategies import BANK, Strategy

Floats = npt.NDArray[np.float64]
Scores = npt.NDArray[np.int16]

SCORE_STEPS = 48
"""The largest score of a segment, after rounding."""

STRAY = 0.01
"""The share of segments taken to say nothing about the strategy: cut, replaced or misaligned ones."""

_PRIOR_SHARE = 0.3
"""How much of the weights stays with the priors, whatever the evidence looks like."""


@dataclass(frozen=True)
class Biases:
    """The biases of segments; few of them differ.

    Attributes:
        distinct: shape (b,), rising.
        which: shape (m,), the bias of each segment.
    """

    distinct: Floats
    which: npt.NDArray[np.intp]

    @classmethod
    def of(cls, biases: Floats) -> "Biases":
        """Return ``biases``, shape (m,), sorted out."""
        return cls(*np.unique(biases, return_inverse=True))


@dataclass(frozen=True)
class Decoder:
    """One strategy, fitted to one leak.

    Attributes:
        strategy: what is assumed to have been done.
        weight: the decoder's share of the allowed error; those of a bank sum up to 1.
        heard: shape (m, 7), how likely each segment's evidence is for each level.
        biases: of the segments.
    """

    strategy: Strategy
    weight: float
    heard: Floats
    biases: Biases

    def scores(self, companions: int) -> Scores:
        """Return what variant 1 earns over variant 0, in whole steps.

        Args:
            companions: how many other colluders' bits are taken as known, 0 to c - 1.

        Returns:
            Shape (companions + 1, m): [how many of the companions have variant 1, segment], -48 … 48.
        """
        given = _segment_odds(self.strategy, companions + 1, self.heard, self.biases)
        anything = _segment_odds(self.strategy, 0, self.heard, self.biases)
        log_odds = np.log((1 - STRAY) * given + STRAY * anything)
        ratios = np.diff(log_odds, axis=0)
        largest = np.abs(ratios).max(initial=0.0)
        scores: Scores = np.rint(ratios * (SCORE_STEPS / max(largest, 1e-3))).astype(np.int16)
        return scores


def fit_bank(soft: Floats, amplitude: Floats | None, biases: Floats) -> list[Decoder]:
    """Return the bank of decoders fitted to evidence, without a look at any codeword.

    Args:
        soft: shape (m,), the evidence.
        amplitude: shape (m,), what each segment might reach, or None where nothing is known.
        biases: shape (m,).
    """
    hearing, sorted_out = Hearing.of(soft, amplitude), Biases.of(biases)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        heard = list(pool.map(partial(_heard, hearing, sorted_out), BANK))
        fits = list(pool.map(partial(_fit, sorted_out), BANK, heard))
    weights = _weights(np.array(fits))
    return [Decoder(s, float(w), h, sorted_out) for s, w, h in zip(BANK, weights, heard, strict=True)]


def _fit(biases: Biases, strategy: Strategy, levels: Floats) -> float:
    """Return the natural logarithm of how likely all the evidence is for a strategy."""
    return float(np.log(_segment_odds(strategy, 0, levels, biases)[0]).sum())


def _heard(hearing: Hearing, biases: Biases, strategy: Strategy) -> Floats:
    """Return how likely the evidence is for each level, with the gains that suit ``strategy`` best."""
    level_odds = _per_segment(strategy, 0, biases)[0]
    return hearing.level_likelihood(hearing.gain_odds(level_odds))


def _per_segment(strategy: Strategy, known: int, biases: Biases) -> Floats:
    """Return the probability of each level, shape (known + 1, m, 7)."""
    return strategy.level_odds(known, biases.distinct)[:, biases.which]


def _segment_odds(strategy: Strategy, known: int, heard: Floats, biases: Biases) -> Floats:
    """Return how likely each segment's evidence is given the ones among ``known`` colluders, shape (known + 1, m)."""
    odds: Floats = np.einsum("jiv,iv->ji", _per_segment(strategy, known, biases), heard)
    return np.maximum(odds, np.finfo(np.float64).tiny)


def _weights(fits: Floats) -> Floats:
    """Return the share of each decoder: mostly its posterior probability, in part its prior."""
    priors = np.array([strategy.prior for strategy in BANK])
    posterior = priors * np.exp(fits - fits.max())
    weights: Floats = (1 - _PRIOR_SHARE) * posterior / posterior.sum() + _PRIOR_SHARE * priors / priors.sum()
    return weights
