from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.codes.tails import InnocentTail

Whole = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

segments = st.lists(
    st.tuples(st.integers(-9, 9), st.sampled_from([0.1, 13849 / 65536, 0.5, 51687 / 65536])), min_size=1, max_size=9
)


def split(listed: list[tuple[int, float]]) -> tuple[Whole, Floats]:
    return np.array([score for score, _ in listed]), np.array([bias for _, bias in listed])


def enumerated(scores: Whole, biases: Floats, largest: int) -> Floats:
    """Return P(G ≤ g) for g = 0 … largest, by going through all codewords."""
    chances = np.zeros(largest + 1)
    for word in product((0, 1), repeat=len(scores)):
        bits = np.array(word)
        deficit = int(np.maximum(scores, 0).sum() - scores @ bits)
        if deficit <= largest:
            chances[deficit:] += np.prod(np.where(bits == 1, biases, 1 - biases))
    return chances


@given(segments)
def test_exact_tails_are_those_of_all_codewords(listed: list[tuple[int, float]]) -> None:
    scores, biases = split(listed)
    largest = int(np.abs(scores).sum())
    assert np.exp(InnocentTail.of(scores, biases).exact(largest)) == pytest.approx(
        enumerated(scores, biases, largest), rel=1e-7
    )


@given(segments)
def test_tails_are_never_below_the_truth(listed: list[tuple[int, float]]) -> None:
    scores, biases = split(listed)
    largest = int(np.abs(scores).sum())
    tail = InnocentTail.of(scores, biases)
    truth = np.minimum(np.log(enumerated(scores, biases, largest)), 0)
    slack = 1e-12  # of the enumeration itself
    assert (tail.exact(largest) >= truth - slack).all()
    assert (tail.chernoff(np.arange(largest + 1)) >= truth - slack).all()


@given(segments)
def test_a_larger_deficit_is_never_less_likely(listed: list[tuple[int, float]]) -> None:
    scores, biases = split(listed)
    tail = InnocentTail.of(scores, biases)
    largest = int(np.abs(scores).sum())
    assert (np.diff(tail.chernoff(np.arange(largest + 1))) >= 0).all()
    assert tail.chernoff(np.array([largest]))[0] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("count", [1, 40, 400])
def test_an_exact_match_is_as_likely_as_its_bits(count: int) -> None:
    rng = np.random.default_rng(count)
    biases = rng.choice([0.2, 0.5, 0.8], count)
    scores = rng.choice([-48, 48], count)
    expected = np.log(np.where(scores > 0, biases, 1 - biases)).sum()
    tail = InnocentTail.of(scores, biases)
    assert tail.chernoff(np.array([0]))[0] == pytest.approx(expected, rel=1e-6)
    assert tail.exact(0)[0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("chance", [1e-1, 1e-2, 1e-3])
def test_innocents_pass_no_more_often_than_the_bound(chance: float) -> None:
    rng = np.random.default_rng(11)
    biases = rng.choice([0.2113, 0.7887], 150)
    scores = rng.integers(-20, 21, 150)
    trials = 200_000
    bits = rng.random((trials, 150), dtype=np.float32) < biases
    deficits = np.maximum(scores, 0).sum() - (bits @ scores.astype(np.float32)).astype(np.int64)
    exact = np.mean(InnocentTail.of(scores, biases).exact(int(deficits.max()))[deficits] <= np.log(chance))
    assert exact <= chance + 5 * np.sqrt(chance / trials)
    assert exact >= 0.8 * chance  # and hardly less often: the bound is tight
    chernoff = np.mean(InnocentTail.of(scores, biases).chernoff(deficits) <= np.log(chance))
    assert chernoff <= exact


def test_chances_too_small_for_floats_are_rounded_upward() -> None:
    scores, biases = np.full(2000, 7), np.full(2000, 0.5)
    tail = InnocentTail.of(scores, biases)
    assert tail.exact(70)[70] > tail.chernoff(np.array([70]))[0]
    assert np.isfinite(tail.exact(70)).all()


def test_scores_of_zero_say_nothing() -> None:
    tail = InnocentTail.of(np.zeros(5, dtype=np.int64), np.full(5, 0.3))
    assert tail.chernoff(np.array([0])).tolist() == [0.0]
    assert tail.exact(0).tolist() == [0.0]
