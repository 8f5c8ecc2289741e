"""Checks 11 to 14: everything that can be computed anew from the evidence and what was opened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, log10

import numpy as np

from earmark.cases import bound, chance, codewords, committed_calls, scores
from earmark.cases.bundle import Bundle
from earmark.cases.checklist import NotCheckedError
from earmark.cases.committed import NOBODY
from earmark.cases.evidence import Accusation, Attempt, Evidence
from earmark.cases.facts import Heard

ROUNDING = 1e-6
"""By what part of it, and at least so much, a claimed bound's logarithm may lie below the one computed anew."""

Bits = Mapping[str, list[int]]
"""Codewords at the segments of an attempt, by listener."""


def check_scores(bundle: Bundle) -> str:
    """11. The decoders' weights and scores follow from the evidence."""
    bits = codewords_of(bundle)
    for number, attempt in enumerate(bundle.statement.evidence.attempts):
        _require_weights(attempt)
        for one in bundle.statement.evidence.named_by(number):
            _require_scores(attempt, one, bits[number])
    return f"{sum(len(one.bank) for one in bundle.statement.evidence.attempts)} decoders"


def _require_weights(attempt: Attempt) -> None:
    """Raise a ValueError unless the bank is the one of this format, fitted to the evidence."""
    listed = [(one.strategy, one.colluders, one.depths) for one in attempt.bank]
    if listed != [(one.name, one.colluders, scores.depths(one)) for one in scores.BANK]:
        raise ValueError("the bank is not the one of this format")
    weights = np.array([one.weight for one in attempt.bank])
    if not np.abs(scores.weights(_evidence(attempt.heard)) - weights).max() <= scores.WEIGHT_TOLERANCE:  # nor if NaN
        raise ValueError("the weights are not those of the evidence")


def _require_scores(attempt: Attempt, one: Accusation, bits: Bits) -> None:
    """Raise a ValueError unless the scores are those that evidence and companions give."""
    exact = exact_scores(one, _evidence(attempt.heard), bits)
    if not np.abs(exact - np.array(one.scores)).max() <= scores.HALF_STEP:
        raise ValueError(f"the scores by which {one.listener!r} is named are not those of the evidence")


def exact_scores(one: Accusation, known: scores.Heard, bits: Bits) -> scores.Floats:
    """Return the scores of the test that names somebody, before rounding; shape (m,).

    Args:
        one: who is named, by what decoder and with what companions.
        known: the evidence.
        bits: codewords of the companions at its segments.
    """
    ones = np.sum([bits[companion] for companion in one.companions], axis=0, dtype=np.intp, initial=0)
    companions = np.broadcast_to(ones, known.soft.size).tolist()
    return scores.exact_scores(scores.BANK[one.decoder], known, companions, len(one.companions))


def check_codewords(bundle: Bundle) -> str:
    """12. The scores of those named follow from their codewords."""
    bits, accusations = codewords_of(bundle), bundle.statement.evidence.accusations
    for one in accusations:
        if bound.deficit(one.scores, bits[one.attempt][one.listener]) != one.deficit:
            raise ValueError(f"the codeword of {one.listener!r} does not have that score")
    return f"{len(accusations)} codewords"


def check_bounds(bundle: Bundle) -> str:
    """13. The bounds are no smaller than those computed anew, and small enough to name anybody."""
    evidence, bits = bundle.statement.evidence, codewords_of(bundle)
    for one in evidence.accusations:
        claim = claim_of(evidence, one, sealed_test(evidence, one), bits[one.attempt][one.listener])
        anew = bound.log_bound(claim) / log(10)
        if not one.bound_log10 >= anew - ROUNDING * max(1.0, abs(anew)):
            raise ValueError(
                f"the bound of {one.listener!r} is claimed to be 10^{one.bound_log10:.4f}, and is 10^{anew:.4f}"
            )
        if one.bound_log10 > log10(evidence.family_wise):
            raise ValueError(f"the bound of {one.listener!r} is too large to name anybody")
        _require_sum(one, bound.log_price(claim) / log(10))
    largest = max(one.bound_log10 for one in evidence.accusations)
    attempts = f", {len(evidence.attempts)} pieces of evidence" if len(evidence.attempts) > 1 else ""
    return f"10^{bound.said(largest):.2f} or less, {evidence.family_wise:g} allowed{attempts}"


def _require_sum(one: Accusation, price_log10: float) -> None:
    """Raise a ValueError unless a bound is its tail times its price."""
    total = min(0.0, one.tail_log10 + one.price_log10)
    if not abs(one.price_log10 - price_log10) <= ROUNDING * max(1.0, abs(price_log10)):
        raise ValueError(f"the price of the bound of {one.listener!r} is another one")
    if not abs(total - one.bound_log10) <= ROUNDING * max(1.0, abs(one.bound_log10)):
        raise ValueError(f"the bound of {one.listener!r} is not the sum of its parts")


@dataclass(frozen=True)
class Tested:
    """The test that names somebody: as it is sealed, or as it comes out of what is heard again.

    Attributes:
        scores: what variant 1 earns over variant 0 in each segment.
        thresholds: the biases' numerators.
        depths: over how many numbers of companions the decoder's weight is spread.
        weight: the decoder's.
        share: of the allowed error that the evidence has.
    """

    scores: Sequence[int]
    thresholds: Sequence[int]
    depths: int
    weight: float
    share: float


def sealed_test(evidence: Evidence, one: Accusation) -> Tested:
    """Return the test that names somebody, as it is sealed."""
    attempt = evidence.attempts[one.attempt]
    decoder = attempt.bank[one.decoder]
    return Tested(one.scores, attempt.heard.thresholds, decoder.depths, decoder.weight, attempt.heard.share)


def claim_of(evidence: Evidence, one: Accusation, test: Tested, bits: Sequence[int]) -> bound.Claim:
    """Return what the bound of a name is computed from: of a test, and of the codeword at its segments."""
    return bound.Claim(
        scores=test.scores,
        thresholds=test.thresholds,
        bits=bits,
        listeners=evidence.listeners,
        companions=len(one.companions),
        depths=test.depths,
        weight=test.weight,
        trials=1 / test.share,
    )


def check_innocents(bundle: Bundle) -> str:
    """14. The innocents are what chance would have them be."""
    evidence = bundle.statement.evidence
    if not evidence.accusations:
        raise NotCheckedError(NOBODY)
    found = innocents(evidence)
    if not found.off <= found.allowed:
        raise ValueError(f"their scores are {found.off:.3f} off what chance gives, and {found.allowed:.3f} is allowed")
    return f"{found.count:,} innocents, {found.off:.3f} off, {found.allowed:.3f} allowed"


@dataclass(frozen=True)
class Found:
    """How those who are not named compare with chance.

    Attributes:
        count: how many they are.
        off: how far the shares of their deficits are from the probabilities at most, 0 to 1.
        allowed: how far they may be.
    """

    count: int
    off: float
    allowed: float


def innocents(evidence: Evidence) -> Found:
    """Return how those compare with chance who are not named, of evidence that names somebody.

    Raises:
        ValueError: not all of them are there, or not as the format says.
    """
    count = evidence.listeners - len(evidence.accusations)
    off = [_distance(one, next(evidence.named_by(n)), count) for n, one in enumerate(evidence.attempts)]
    return Found(count, max(off), chance.allowed(count, len(evidence.attempts)))


def _distance(attempt: Attempt, first: Accusation, count: int) -> float:
    """Return how far those not named are from what chance gives, by the first test of an attempt."""
    innocents = attempt.innocents
    if innocents is None or len(innocents.deficits) != count:
        raise ValueError("not all of those who are not named are there")
    in_order = list(innocents.deficits) == sorted(innocents.deficits)
    if not in_order or innocents.every != chance.every(len(attempt.heard.segments)):
        raise ValueError("they are not listed as this format says")
    counted = slice(None, None, innocents.every)
    return chance.distance(innocents.deficits, first.scores[counted], attempt.heard.thresholds[counted])


def codewords_of(bundle: Bundle) -> list[Bits]:
    """Return the codewords of those named at the segments of each attempt, by listener."""
    evidence = bundle.statement.evidence
    if not evidence.accusations:
        raise NotCheckedError(NOBODY)
    require_opened(bundle)
    return codewords_at(evidence, effective(bundle))


def require_opened(bundle: Bundle) -> None:
    """Raise a ValueError unless the secrets of those named are opened, and of nobody else."""
    named = [one.listener for one in bundle.statement.evidence.accusations]
    if [one.listener for one in bundle.statement.openings.listeners] != named:
        raise ValueError("the secrets of those named are not opened")


def effective(bundle: Bundle) -> dict[str, bytes]:
    """Return what the codewords of those named derive from: in a call, their nonces have a part in it."""
    recording = bundle.statement.evidence.recording
    secrets = {one.listener: bytes.fromhex(one.secret) for one in bundle.statement.openings.listeners}
    if recording is None or recording.call is None:
        return secrets
    nonces = committed_calls.nonces(bundle)
    return {name: codewords.effective(secret, nonces[name]) for name, secret in secrets.items()}


def codewords_at(evidence: Evidence, secrets: Mapping[str, bytes]) -> list[Bits]:
    """Return the codewords of listeners at the segments of each attempt, by listener; of no recording there are none.

    Args:
        evidence: what was heard of what.
        secrets: what their codewords derive from, by listener; of a call the effective ones.
    """
    recording = evidence.recording
    if recording is None:
        return []
    return [
        {
            name: codewords.bits(secret, recording.id, heard.thresholds, heard.segments)
            for name, secret in secrets.items()
        }
        for heard in (one.heard for one in evidence.attempts)
    ]


def _evidence(heard: Heard) -> scores.Heard:
    return scores.Heard(np.array(heard.soft), np.array(heard.amplitude), np.array(heard.thresholds) / bound.UNIT)
