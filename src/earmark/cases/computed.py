"""Checks 11 to 15: everything that can be computed anew from the evidence and what was opened."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import log, log10

import numpy as np
from numpy.typing import NDArray

from earmark.cases import bound, chance, codewords, committed_calls, scores
from earmark.cases.bundle import Bundle
from earmark.cases.checklist import NotCheckedError
from earmark.cases.committed import NOBODY
from earmark.cases.evidence import Accusation, Evidence
from earmark.cases.facts import Heard

ROUNDING = 1e-6
"""By what part of it, and at least so much, a claimed bound's logarithm may lie below the one computed anew."""

SAME_SEGMENTS = 0.98
SAME_SOFT = 0.1
SAME_SHARE = 0.98
"""How alike evidence computed anew has to be: that share of the segments, and of those that share within 0.1."""

Bits = Mapping[str, list[int]]


@dataclass(frozen=True)
class Again:
    """Evidence computed anew from an exhibit.

    Attributes:
        segments: numbers of the segments heard.
        soft: which variant each carries.
    """

    segments: NDArray[np.int64]
    soft: NDArray[np.float64]


def check_scores(bundle: Bundle) -> str:
    """11. The decoders' weights and scores follow from the evidence."""
    evidence, heard = bundle.statement.evidence, _heard(bundle)
    listed = [(one.strategy, one.colluders, one.depths) for one in evidence.bank]
    if listed != [(one.name, one.colluders, scores.depths(one)) for one in scores.BANK]:
        raise ValueError("the bank is not the one of this format")
    known = _evidence(heard)
    weights = np.array([one.weight for one in evidence.bank])
    if not np.abs(scores.weights(known) - weights).max() <= scores.WEIGHT_TOLERANCE:  # nor if it is not a number
        raise ValueError("the weights are not those of the evidence")
    bits = codewords_of(bundle)
    for one in evidence.accusations:
        ones = np.sum([bits[companion] for companion in one.companions], axis=0, dtype=np.intp, initial=0)
        companions = np.broadcast_to(ones, len(heard.segments)).tolist()
        exact = scores.exact_scores(scores.BANK[one.decoder], known, companions, len(one.companions))
        if not np.abs(exact - np.array(one.scores)).max() <= scores.HALF_STEP:
            raise ValueError(f"the scores by which {one.listener!r} is named are not those of the evidence")
    return f"{len(evidence.bank)} decoders"


def check_codewords(bundle: Bundle) -> str:
    """12. The scores of those named follow from their codewords."""
    bits = codewords_of(bundle)
    for one in bundle.statement.evidence.accusations:
        if bound.deficit(one.scores, bits[one.listener]) != one.deficit:
            raise ValueError(f"the codeword of {one.listener!r} does not have that score")
    return f"{len(bits)} codewords"


def check_bounds(bundle: Bundle) -> str:
    """13. The bounds are no smaller than those computed anew, and small enough to name anybody."""
    evidence, bits = bundle.statement.evidence, codewords_of(bundle)
    for one in evidence.accusations:
        anew = bound.log_bound(claim_of(bundle, one, bits[one.listener])) / log(10)
        if not one.bound_log10 >= anew - ROUNDING * max(1.0, abs(anew)):
            raise ValueError(
                f"the bound of {one.listener!r} is claimed to be 10^{one.bound_log10:.4f}, and is 10^{anew:.4f}"
            )
        if one.bound_log10 > log10(evidence.family_wise):
            raise ValueError(f"the bound of {one.listener!r} is too large to name anybody")
    largest = max(one.bound_log10 for one in evidence.accusations)
    return f"10^{largest:.2f} or less, {evidence.family_wise:g} allowed"


def claim_of(bundle: Bundle, one: Accusation, bits: list[int]) -> bound.Claim:
    """Return what the bound of an accusation is computed from."""
    evidence, heard = bundle.statement.evidence, _heard(bundle)
    decoder = evidence.bank[one.decoder]
    return bound.Claim(
        scores=one.scores,
        thresholds=heard.thresholds,
        bits=bits,
        listeners=evidence.listeners,
        companions=len(one.companions),
        depths=decoder.depths,
        weight=decoder.weight,
        trials=1 / heard.share,
    )


def check_innocents(bundle: Bundle) -> str:
    """14. The innocents are what chance would have them be."""
    evidence, heard = bundle.statement.evidence, _heard(bundle)
    innocents = evidence.innocents
    if innocents is None:
        raise NotCheckedError(NOBODY)
    if len(innocents.deficits) != evidence.listeners - len(evidence.accusations):
        raise ValueError("not all of those who are not named are there")
    if list(innocents.deficits) != sorted(innocents.deficits) or innocents.every != chance.every(len(heard.segments)):
        raise ValueError("they are not listed as this format says")
    counted = slice(None, None, innocents.every)
    found = chance.distance(innocents.deficits, evidence.accusations[0].scores[counted], heard.thresholds[counted])
    limit = chance.allowed(len(innocents.deficits))
    if not found <= limit:
        raise ValueError(f"their scores are {found:.3f} off what chance gives, and {limit:.3f} is allowed")
    return f"{len(innocents.deficits):,} innocents, {found:.3f} off, {limit:.3f} allowed"


def check_evidence(bundle: Bundle, hear: Callable[[], Again]) -> str:
    """15. The evidence is that of the exhibit, as the opened mark key shows."""
    heard, again = _heard(bundle, needed="no recording was found"), hear()
    mine = dict(zip(heard.segments, heard.soft, strict=True))
    anew = dict(zip(again.segments.tolist(), again.soft.tolist(), strict=True))
    shared = mine.keys() & anew.keys()
    if len(shared) < SAME_SEGMENTS * len(mine.keys() | anew.keys()):
        raise ValueError("other segments are heard in the exhibit")
    alike = sum(abs(mine[segment] - anew[segment]) <= SAME_SOFT for segment in shared)
    if alike < SAME_SHARE * len(shared):
        raise ValueError("other variants are heard in the exhibit, or not as surely")
    return f"{alike:,} of {len(mine):,} segments agree within {SAME_SOFT}"


def codewords_of(bundle: Bundle) -> Bits:
    """Return the codewords of those named at the segments heard, by listener."""
    evidence, opened = bundle.statement.evidence, bundle.statement.openings.listeners
    _heard(bundle)
    if [one.listener for one in opened] != [one.listener for one in evidence.accusations]:
        raise ValueError("the secrets of those named are not opened")
    return codewords_at(evidence, effective(bundle))


def effective(bundle: Bundle) -> dict[str, bytes]:
    """Return what the codewords of those named derive from: in a call, their nonces have a part in it."""
    recording = bundle.statement.evidence.recording
    secrets = {one.listener: bytes.fromhex(one.secret) for one in bundle.statement.openings.listeners}
    if recording is None or recording.call is None:
        return secrets
    nonces = committed_calls.nonces(bundle)
    return {name: codewords.effective(secret, nonces[name]) for name, secret in secrets.items()}


def codewords_at(evidence: Evidence, secrets: Mapping[str, bytes]) -> Bits:
    """Return the codewords of listeners at the segments heard, by listener; of no recording there are none.

    Args:
        evidence: what was heard of what.
        secrets: what their codewords derive from, by listener; of a call the effective ones.
    """
    recording, heard = evidence.recording, evidence.heard
    if recording is None or heard is None:
        return {}
    segments, thresholds = heard.segments, heard.thresholds
    return {name: codewords.bits(secret, recording.id, thresholds, segments) for name, secret in secrets.items()}


def _evidence(heard: Heard) -> scores.Heard:
    return scores.Heard(np.array(heard.soft), np.array(heard.amplitude), np.array(heard.thresholds) / bound.UNIT)


def _heard(bundle: Bundle, needed: str = NOBODY) -> Heard:
    evidence = bundle.statement.evidence
    if evidence.heard is None or (needed == NOBODY and not evidence.accusations):
        raise NotCheckedError(needed)
    return evidence.heard
