from itertools import product

import numpy as np
import pytest

from earmark.codes.strategies import BANK, LEVELS, Strategy

BIASES = np.array([0.2, 0.5, 0.8])

bank = pytest.mark.parametrize("strategy", BANK, ids=lambda strategy: f"{strategy.name}-{strategy.colluders}")


def of(name: str, colluders: int) -> Strategy:
    return next(s for s in BANK if (s.name, s.colluders) == (name, colluders))


@bank
def test_levels_are_distributions(strategy: Strategy) -> None:
    assert strategy.levels.shape == (strategy.colluders + 1, len(LEVELS))
    assert strategy.levels.sum(axis=1) == pytest.approx(np.ones(strategy.colluders + 1))


@bank
def test_colluders_with_equal_variants_put_out_that_variant(strategy: Strategy) -> None:
    assert strategy.levels[0, 0] == strategy.levels[-1, -1] == 1


@bank
def test_variants_are_treated_alike(strategy: Strategy) -> None:
    assert np.allclose(strategy.levels, strategy.levels[::-1, ::-1])


@bank
def test_odds_are_sums_over_the_bits_of_the_others(strategy: Strategy) -> None:
    for known in range(strategy.colluders + 1):
        odds = strategy.level_odds(known, BIASES)
        for ones, (which, bias) in product(range(known + 1), enumerate(BIASES)):
            expected = np.zeros(len(LEVELS))
            for others in product((0, 1), repeat=strategy.colluders - known):
                chance = np.prod([bias if bit else 1 - bias for bit in others])
                expected += chance * strategy.levels[ones + sum(others)]
            assert odds[ones, which] == pytest.approx(expected)


def test_averages_give_the_level_in_between() -> None:
    for colluders in (2, 3, 4):
        expected = 2 * np.arange(colluders + 1) / colluders - 1
        assert of("average", colluders).levels @ LEVELS == pytest.approx(expected)


def test_majorities_and_minorities_differ_where_colluders_do() -> None:
    assert of("majority", 3).levels @ LEVELS == pytest.approx([-1, -1, 1, 1])
    assert of("minority", 3).levels @ LEVELS == pytest.approx([-1, 1, -1, 1])
    assert of("majority", 4).levels @ LEVELS == pytest.approx([-1, -1, 0, 1, 1])
    assert of("minority", 4).levels @ LEVELS == pytest.approx([-1, 1, 0, -1, 1])


def test_priors_sum_up_to_one() -> None:
    assert sum(strategy.prior for strategy in BANK) == pytest.approx(1)
