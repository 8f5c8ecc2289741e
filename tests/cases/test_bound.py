from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import comb, exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.cases import bound
from earmark.cases.bound import Claim
from earmark.codes.tails import InnocentTail

Segments = list[tuple[int, int, int]]

THRESHOLDS = [1, 6554, 13849, 32768, 51687, 65535]
segments = st.lists(
    st.tuples(st.integers(-48, 48), st.sampled_from(THRESHOLDS), st.integers(0, 1)), min_size=1, max_size=10
)


def claim_of(listed: Segments, listeners: int = 1, companions: int = 0) -> Claim:
    scores, thresholds, bits = zip(*listed, strict=True)
    return Claim(scores, thresholds, bits, listeners, companions, 3, 1.0, 1.0)


def truth(claim: Claim) -> Fraction:
    """Return the bound as a fraction, by going through all codewords."""
    best = sum(score for score in claim.scores if score > 0)
    own = sum(score for score, bit in zip(claim.scores, claim.bits, strict=True) if bit)
    total = Fraction(0)
    for word in product((0, 1), repeat=len(claim.scores)):
        if best - sum(score for score, bit in zip(claim.scores, word, strict=True) if bit) <= best - own:
            odds = [Fraction(t if bit else 65_536 - t, 65_536) for t, bit in zip(claim.thresholds, word, strict=True)]
            chance = Fraction(1)
            for one in odds:
                chance *= one
            total += chance
    tests = claim.listeners * comb(claim.listeners - 1, claim.companions) * claim.depths
    return min(Fraction(1), total * tests)


@given(segments, st.integers(1, 5))
def test_the_bound_is_that_of_all_codewords_and_never_below(listed: Segments, listeners: int) -> None:
    claim = claim_of(listed, listeners, companions=(listeners - 1) // 2)
    found, expected = bound.log_bound(claim), truth(claim)
    assert Fraction(exp(found)) * (1 + Fraction(1, 10**12)) >= expected
    assert found == pytest.approx(log(expected), rel=1e-7, abs=1e-7)


@given(segments)
def test_chernoff_is_never_below_the_truth(listed: Segments) -> None:
    claim = replace(claim_of(listed), depths=1)
    tail = bound.log_chernoff(bound.pairs_of(claim.scores, claim.thresholds), bound.deficit(claim.scores, claim.bits))
    assert Fraction(exp(tail)) * (1 + Fraction(1, 10**12)) >= truth(claim)


@given(segments, st.floats(0, 50))
def test_every_tilt_gives_a_bound_and_the_best_is_found(listed: Segments, tilt: float) -> None:
    claim = claim_of(listed)
    pairs, reached = bound.pairs_of(claim.scores, claim.thresholds), bound.deficit(claim.scores, claim.bits)
    assert min(0.0, bound.exponent(pairs, reached, tilt)) >= bound.log_exact(pairs, reached) - 1e-6
    assert bound.log_chernoff(pairs, reached) <= bound.exponent(pairs, reached, tilt) + 1e-6


@pytest.mark.parametrize("count", [1, 30, 400, 1500])
def test_two_implementations_agree(count: int) -> None:
    rng = np.random.default_rng(count)
    scores = rng.integers(-48, 49, count)
    thresholds = rng.choice([13849, 32768, 51687], count)
    bits = np.where(rng.random(count) < 0.15, scores < 0, scores > 0).astype(int)
    reached = bound.deficit(scores.tolist(), bits.tolist())
    pairs = bound.pairs_of(scores.tolist(), thresholds.tolist())
    other = InnocentTail.of(scores, thresholds / 65_536)
    assert bound.log_exact(pairs, reached) == pytest.approx(float(other.exact(reached)[reached]), abs=1e-4, rel=1e-6)
    chernoff = float(other.chernoff(np.array([reached]))[0])
    assert bound.log_chernoff(pairs, reached) <= chernoff + 1e-5  # the tilt is the best, not one of a grid
    assert bound.log_chernoff(pairs, reached) == pytest.approx(chernoff, rel=0.02, abs=0.05)


def test_long_leaks_go_by_chernoff(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = claim_of([(7, 32768, 1), (-5, 32768, 1), (3, 13849, 1)] * 50)
    exact = bound.log_bound(claim)
    monkeypatch.setattr(bound, "MOST_WORK", 0)
    assert exact < bound.log_bound(claim) < 0.5 * exact


def test_the_price_is_all_tests_that_might_have_been_made() -> None:
    claim = replace(claim_of([(1, 32768, 1)]), listeners=100, companions=2, weight=0.25, trials=4.0)
    assert bound.log_price(claim) == pytest.approx(log(100 * comb(99, 2) * 3 * 4 * 4))


@pytest.mark.parametrize(
    "wrong",
    [
        {"bits": (1,)},
        {"bits": (1, 2)},
        {"thresholds": (0, 1)},
        {"thresholds": (1, 65_536)},
        {"weight": 0.0},
        {"weight": 1.5},
        {"trials": 0.5},
        {"companions": 3},
        {"companions": -1},
        {"listeners": 0},
        {"weight": float("nan")},
    ],
)
def test_claims_that_make_no_sense(wrong: dict[str, object]) -> None:
    claim = claim_of([(1, 32768, 1), (2, 32768, 0)], listeners=9)
    with pytest.raises(ValueError, match=r"different lengths|between 0 and 1|no sense"):
        bound.log_bound(replace(claim, **wrong))  # type: ignore[arg-type]
