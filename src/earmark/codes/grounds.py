"""Grounds: the tests by which listeners were named, in full, so that a stranger can make them again.

``accuse`` notes a bound for whoever may be named and forgets the test that gave it. Here the named are put to all tests
once more, but only to such as a stranger can check who is told the codewords of the named and nobody else's: without
companions, or with companions who are named too, by whatever evidence. Every one of these tests is among those that the
theorem in ``accusation`` pays for, so its bound holds. Who is named by no such test is left out: their name could not
be checked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import comb, log

import numpy as np
import numpy.typing as npt

from earmark.codes.codebook import Bits
from earmark.codes.decoders import Decoder, Scores
from earmark.codes.lineup import DEEPEST
from earmark.codes.tails import InnocentTail

Floats = npt.NDArray[np.float64]

MOST_EXACT_WORK = 60_000_000
MOST_NAMED = 16
PROMISING = 4


@dataclass(frozen=True)
class Case:
    """What a leak was put to the codebook with.

    Attributes:
        biases: shape (m,), the probability of variant 1 in each segment heard.
        decoders: the bank, fitted to the evidence.
        listeners: among how many was searched.
        trials: 1 over the share of the allowed error that the evidence has.
        family_wise: the allowed error.
        named: the codewords of those named, at the segments heard, shape (k, m).
    """

    biases: Floats
    decoders: Sequence[Decoder]
    listeners: int
    trials: float
    family_wise: float
    named: Bits


@dataclass(frozen=True)
class Seat:
    """Who is put to which test.

    Attributes:
        index: who, as an index into the codewords of those put to the tests.
        case: with what evidence, as an index into what there is.
        decoder: the strategy assumed, and its weight.
        companions: who is taken to have leaked as well, likewise.
    """

    index: int
    case: int
    decoder: Decoder
    companions: tuple[int, ...]


@dataclass(frozen=True)
class Grounds(Seat):
    """The test that names a listener, the surest of those a stranger can check.

    Attributes:
        scores: shape (m,), what variant 1 earns over variant 0 in each segment, whole numbers.
        deficit: by how much the listener's score falls short of the best there could be.
        depths: over how many sizes of companion sets the decoder's weight is spread.
        log_tail: natural logarithm of the bound on an innocent's chance of such a deficit.
        log_price: natural logarithm of what that is multiplied with for all tests that might have been made.
    """

    scores: Scores
    deficit: int
    depths: int
    log_tail: float
    log_price: float

    @property
    def log_bound(self) -> float:
        """Natural logarithm of the bound that goes with the name."""
        return min(0.0, self.log_tail + self.log_price)


def grounds(cases: Sequence[Case]) -> list[Grounds]:
    """Return the grounds on which listeners are named, the surest first; those who have none are left out.

    Args:
        cases: all evidence that names them, each with its share of the allowed error; of the same k listeners.
    """
    standing = list(range(min((len(case.named) for case in cases), default=0)))[:MOST_NAMED]
    while standing:
        found = [best for one in standing if (best := surest(cases, one, standing)) is not None]
        if len(found) == len(standing):
            return sorted(found, key=lambda one: (one.log_bound, one.index))
        standing = [one.index for one in found]  # whoever was a companion of those who went is put to fewer tests
    return []


def surest(cases: Sequence[Case], one: int, standing: Sequence[int]) -> Grounds | None:
    """Return the test with the smallest bound for a listener; None if none is small enough."""
    others = [other for other in standing if other != one]
    tests = [test for number, case in enumerate(cases) for test in _promising(case, number, one, others)]
    best = min(tests, key=lambda test: test.log_bound)
    return best if best.log_bound <= log(cases[best.case].family_wise) else None


def _promising(case: Case, number: int, one: int, others: Sequence[int]) -> list[Grounds]:
    """Return the best tests of one piece of evidence, with exact tails where these can be had."""
    tests = sorted(_tests(case, number, one, others), key=lambda test: test.log_bound)
    return [_exactly(case, test) for test in tests[:PROMISING]]


def _tests(case: Case, number: int, one: int, others: Sequence[int]) -> Iterator[Grounds]:
    for decoder in case.decoders:
        deepest = min(DEEPEST, decoder.strategy.colluders - 1)
        for depth in range(min(deepest, len(others)) + 1):
            table = decoder.scores(depth)
            for companions in combinations(others, depth):
                ones = case.named[list(companions)].sum(axis=0, dtype=np.intp)
                scores = np.take_along_axis(table, ones[None], axis=0)[0]
                fits = scores[case.named[one] == 1].sum(dtype=np.int64)
                deficit = int(np.maximum(scores, 0).sum(dtype=np.int64) - fits)
                yield _test(case, Seat(one, number, decoder, companions), scores, deficit)


def _test(case: Case, seat: Seat, scores: Scores, deficit: int) -> Grounds:
    """Return a test with Chernoff's bound."""
    depth, depths = len(seat.companions), min(DEEPEST, seat.decoder.strategy.colluders - 1) + 1
    tail = InnocentTail.of(scores, case.biases).chernoff(np.array([deficit]))
    price = log(case.listeners) + log(comb(case.listeners - 1, depth)) + log(case.trials)
    return Grounds(
        index=seat.index,
        case=seat.case,
        decoder=seat.decoder,
        companions=seat.companions,
        scores=scores,
        deficit=deficit,
        depths=depths,
        log_tail=float(tail[0]),
        log_price=price - log(seat.decoder.weight / depths),
    )


def _exactly(case: Case, test: Grounds) -> Grounds:
    """Return a test with the exact tail where that can be had in a moment."""
    if test.deficit * test.scores.size > MOST_EXACT_WORK:
        return test
    tail = float(InnocentTail.of(test.scores, case.biases).exact(test.deficit)[test.deficit])
    return replace(test, log_tail=tail) if tail < test.log_tail else test
