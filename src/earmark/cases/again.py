"""Check 15: the exhibit is heard again, and whoever is named has to be named by what is heard now.

That what is sealed is like what is heard is not enough. Who knows the codewords could choose, among all evidence that
is nearly the same, the one that fits somebody best: such a choice nobody has paid for. So the bounds are computed once
more from what is heard now, which depends on exhibit and mark keys alone, and those have to be small enough.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import log, log10

import numpy as np
from numpy.typing import NDArray

from earmark.cases import bound, codewords, scores
from earmark.cases.bundle import Bundle
from earmark.cases.checklist import NotCheckedError
from earmark.cases.committed import NO_RECORDING, NOBODY
from earmark.cases.computed import Tested, claim_of, effective, exact_scores, require_opened
from earmark.cases.evidence import Accusation, Attempt
from earmark.cases.facts import RecordingFacts

SAME_SEGMENTS = 0.98
SAME_SOUND = 0.1
SAME_SHARE = 0.98
"""How alike evidence computed anew has to be: that share of the segments, and of those that share within 0.1."""
SAME_BOUND = 0.9
"""What part of a bound's logarithm has to come out again."""
ROUNDING = 1e-6


@dataclass(frozen=True)
class Again:
    """Evidence computed anew from an exhibit.

    Attributes:
        streams: of a call, which of them it is of; None of a file.
        segments: numbers of the segments heard.
        soft: which variant each carries.
        amplitude: what that should reach.
        share: of the allowed error.
    """

    streams: tuple[int, ...] | None
    segments: NDArray[np.int64]
    soft: NDArray[np.float64]
    amplitude: NDArray[np.float64]
    share: float


def check_evidence(bundle: Bundle, hear: Callable[[], Sequence[Again]]) -> str:
    """15. The evidence is that of the exhibit, as the opened mark key shows, and computed anew it names the same."""
    evidence = bundle.statement.evidence
    if evidence.recording is None:
        raise NotCheckedError(NO_RECORDING)
    if not evidence.attempts:
        raise NotCheckedError(NOBODY)
    _require_sense(bundle)
    heard = hear()
    anew = [_again(one, heard) for one in evidence.attempts]
    alike = sum(_alike(one, again) for one, again in zip(evidence.attempts, anew, strict=True))
    count = sum(len(one.heard.segments) for one in evidence.attempts)
    told = f"{alike:,} of {count:,} segments agree within {SAME_SOUND}"
    reached = [_require_named(bundle, evidence.recording, one, anew[one.attempt]) for one in evidence.accusations]
    return f"{told}; by what is heard now, 10^{bound.said(max(reached)):.2f} or less" if reached else told


def _require_sense(bundle: Bundle) -> None:
    """Raise a ValueError where bounds could not be computed anew: checks that fail elsewhere do not end this one."""
    require_opened(bundle)
    if any(one.decoder >= len(scores.BANK) for one in bundle.statement.evidence.accusations):
        raise ValueError("there is no such decoder")


def _again(attempt: Attempt, heard: Sequence[Again]) -> Again:
    """Return what is most like an attempt of all that is heard again.

    Raises:
        ValueError: nothing is like it.
    """
    mine = frozenset(attempt.heard.segments)
    found = max((one for one in heard if one.streams == attempt.streams), key=partial(_overlap, mine), default=None)
    if found is None or _overlap(mine, found) < SAME_SEGMENTS:
        raise ValueError("other segments are heard in the exhibit")
    if attempt.heard.share > found.share * (1 + ROUNDING):
        raise ValueError(
            f"such evidence has a share of {found.share:.4g} of what is allowed, not {attempt.heard.share:.4g}"
        )
    return found


def _overlap(mine: frozenset[int], again: Again) -> float:
    """Return what part of the segments heard in either were heard in both."""
    theirs = set(again.segments.tolist())
    return len(mine & theirs) / max(1, len(mine | theirs))


def _alike(attempt: Attempt, anew: Again) -> int:
    """Return how many segments of an attempt sound the same when they are heard again.

    Raises:
        ValueError: too few do.
    """
    shared, ours, theirs = np.intersect1d(np.array(attempt.heard.segments), anew.segments, return_indices=True)
    off = np.maximum(
        np.abs(np.array(attempt.heard.soft)[ours] - anew.soft[theirs]),
        np.abs(np.array(attempt.heard.amplitude)[ours] - anew.amplitude[theirs]),
    )
    alike = int((off <= SAME_SOUND).sum())
    if alike < SAME_SHARE * len(shared):
        raise ValueError("other variants are heard in the exhibit, or not as surely")
    return alike


def _require_named(bundle: Bundle, recording: RecordingFacts, one: Accusation, anew: Again) -> float:
    """Return the decimal logarithm of a name's bound by what is heard now.

    Raises:
        ValueError: it names nobody, or is far from the one that is claimed.
    """
    reached = min(0.0, bound.log_bound(_claim(bundle, recording, one, anew)) / log(10))
    if reached > log10(bundle.statement.evidence.family_wise):
        raise ValueError(f"by what is heard now, {one.listener!r} is not named: the bound is 10^{reached:.2f}")
    if reached > SAME_BOUND * one.bound_log10:
        raise ValueError(
            f"by what is heard now, the bound of {one.listener!r} is 10^{reached:.2f}, not 10^{one.bound_log10:.2f}"
        )
    return reached


def _claim(bundle: Bundle, recording: RecordingFacts, one: Accusation, anew: Again) -> bound.Claim:
    """Return what the bound of the same test is computed from, of what is heard now."""
    seed, secrets = bytes.fromhex(bundle.statement.openings.bias_seed or ""), effective(bundle)
    segments = anew.segments.tolist()
    biases = codewords.thresholds(seed, recording.coalition, recording.detector, segments)
    bits = {
        name: codewords.bits(secrets[name], recording.id, biases, segments) for name in (one.listener, *one.companions)
    }
    known = scores.Heard(anew.soft, anew.amplitude, np.array(biases) / bound.UNIT)
    test = Tested(
        scores=np.rint(exact_scores(one, known, bits)).astype(int).tolist(),
        thresholds=biases,
        depths=scores.depths(scores.BANK[one.decoder]),
        weight=float(scores.weights(known)[one.decoder]),
        share=anew.share,
    )
    return claim_of(bundle.statement.evidence, one, test, bits[one.listener])
