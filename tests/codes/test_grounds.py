from math import log

import numpy as np
import numpy.typing as npt
import pytest

from earmark.codes.accusation import accuse
from earmark.codes.decoders import fit_bank
from earmark.codes.grounds import Case, grounds

Bits = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
LIMIT = 1e-6


def leaked(colluders: int, segments: int, listeners: int = 200) -> tuple[Bits, Floats, Floats]:
    rng = np.random.default_rng(colluders)
    biases = rng.choice([13849 / 65536, 51687 / 65536], segments)
    bits = (rng.random((listeners, segments)) < biases).astype(np.uint8)
    level = 2 * bits[:colluders].mean(axis=0) - 1
    return bits, biases, 3 * level + rng.standard_normal(segments)


def case_of(biases: Floats, soft: Floats, listeners: int, named: Bits, trials: float = 1) -> Case:
    return Case(biases, fit_bank(soft, None, biases), listeners, trials, LIMIT, named)


@pytest.mark.parametrize(("colluders", "segments"), [(1, 90), (2, 300), (2, 80), (3, 500)])
def test_whoever_is_accused_has_grounds(colluders: int, segments: int) -> None:
    bits, biases, soft = leaked(colluders, segments)
    named = accuse(bits, biases, soft, family_wise=LIMIT)
    assert named
    found = grounds([case_of(biases, soft, len(bits), bits[[one.index for one in named]])])
    assert {one.index for one in found} == set(range(len(named)))
    assert all(one.log_bound <= log(LIMIT) for one in found)
    assert [one.log_bound for one in found] == sorted(one.log_bound for one in found)
    if colluders == 1:
        assert found[0].log_bound / log(10) == pytest.approx(named[0].false_accusation_log10, rel=0.1)


def test_companions_are_named_themselves() -> None:
    bits, biases, soft = leaked(2, 110)
    found = grounds([case_of(biases, soft, len(bits), bits[:2])])
    assert any(one.companions for one in found)
    for one in found:
        assert set(one.companions) <= {other.index for other in found} - {one.index}


def test_who_fits_no_better_than_chance_is_left_out() -> None:
    bits, biases, soft = leaked(1, 90)
    found = grounds([case_of(biases, soft, len(bits), bits[:3])])
    assert [one.index for one in found] == [0]
    assert grounds([case_of(biases, soft, len(bits), bits[5:9])]) == []
    assert grounds([case_of(biases, soft, len(bits), bits[:0])]) == []


def test_the_deficit_is_that_of_the_scores() -> None:
    bits, biases, soft = leaked(2, 120)
    for one in grounds([case_of(biases, soft, len(bits), bits[:2])]):
        missed = np.where(bits[one.index] == (one.scores > 0), 0, np.abs(one.scores.astype(int)))
        assert one.deficit == missed.sum()


def test_attempts_are_paid_for() -> None:
    bits, biases, soft = leaked(1, 90)
    (one,) = grounds([case_of(biases, soft, len(bits), bits[:1])])
    (other,) = grounds([case_of(biases, soft, len(bits), bits[:1], trials=50.0)])
    assert other.log_price - one.log_price == pytest.approx(log(50))
