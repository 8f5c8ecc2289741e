import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.codes.biases import (
    MAX_COALITION,
    RULES,
    UNIT,
    bias_distribution,
    bias_table,
    draw_biases,
    draws,
    nuida_distribution,
)
from earmark.keys import keystream

VECTORS: dict[str, Any] = json.loads(Path(__file__).parents[1].joinpath("vectors", "codebook.json").read_text("utf-8"))
coalitions = st.integers(1, MAX_COALITION)
all_rules = st.integers(1, RULES)
seeds = st.binary(min_size=32, max_size=32)


@pytest.mark.parametrize("table", VECTORS["tables"], ids=lambda table: f"{table['coalition']}-{table['rules']}")
def test_tables_are_the_published_ones(table: dict[str, Any]) -> None:
    thresholds, ends = bias_table(table["coalition"], table["rules"])
    assert thresholds.tolist() == table["thresholds"]
    assert ends.tolist() == table["ends"]


@pytest.mark.parametrize(
    ("coalition", "points", "weights"),
    [
        (1, [0.5], [1]),
        (2, [0.5], [1]),
        (4, [0.21132, 0.78868], [0.5, 0.5]),
        (6, [0.11270, 0.5, 0.88730], [0.33201, 0.33598, 0.33201]),
        (8, [0.06943, 0.33001, 0.66999, 0.93057], [0.24833, 0.25167, 0.25167, 0.24833]),
    ],
)
def test_distributions_are_those_of_the_paper(coalition: int, points: list[float], weights: list[float]) -> None:
    found_points, found_weights = nuida_distribution(coalition)
    assert found_points == pytest.approx(points, abs=1e-5)
    assert found_weights == pytest.approx(weights, abs=1e-5)


@given(coalitions, all_rules)
def test_biases_are_symmetric_and_shares_end_with_the_whole(coalition: int, rules: int) -> None:
    thresholds, ends = bias_table(coalition, rules)
    whole = thresholds.astype(int)
    assert (whole + whole[::-1] == UNIT).all()
    assert (np.diff(ends, prepend=0) > 0).all()
    assert ends[-1] == UNIT


@given(coalitions)
def test_three_segments_of_four_are_fair(coalition: int) -> None:
    points, weights = bias_distribution(coalition)
    alone, shares = nuida_distribution(coalition)
    assert weights.sum() == pytest.approx(1)
    assert weights[points == 0.5].sum() == pytest.approx(0.75 + 0.25 * shares[alone == 0.5].sum())
    assert weights[points != 0.5] == pytest.approx(0.25 * shares[alone != 0.5])


@given(coalitions)
def test_the_first_rules_have_no_fair_share(coalition: int) -> None:
    for one, other in zip(bias_distribution(coalition, 1), nuida_distribution(coalition), strict=True):
        assert one == pytest.approx(other)


@pytest.mark.parametrize("rules", [-1, 0, RULES + 1])
def test_rules_of_the_future_are_refused(rules: int) -> None:
    with pytest.raises(ValueError, match="no rules"):
        bias_table(4, rules)


@given(seeds, coalitions, st.integers(0, 300), st.integers(0, 60), all_rules)
def test_any_stretch_of_biases_can_be_had_by_itself(
    seed: bytes, coalition: int, first: int, count: int, rules: int
) -> None:
    whole = draw_biases(seed, coalition, 0, first + count, rules)
    assert draw_biases(seed, coalition, first, count, rules).tolist() == whole[first:].tolist()


@given(seeds, st.integers(0, 100), st.integers(0, 100))
def test_draws_are_the_keystream_in_pairs_of_bytes(key: bytes, first: int, count: int) -> None:
    stream = keystream(key, 0, (first + count) // 8 + 1)[2 * first : 2 * (first + count)]
    assert draws(key, first, count).astype(">u2").tobytes() == stream


@pytest.mark.parametrize("coalition", [2, 4, 6])
def test_biases_occur_as_often_as_they_should(coalition: int) -> None:
    thresholds, ends = bias_table(coalition)
    drawn = draw_biases(bytes(32), coalition, 0, 100_000)
    shares = [np.mean(drawn == threshold) for threshold in thresholds]
    assert shares == pytest.approx(np.diff(ends, prepend=0) / UNIT, abs=0.006)


@pytest.mark.parametrize("coalition", [-1, 0, MAX_COALITION + 1])
def test_impossible_coalitions_are_refused(coalition: int) -> None:
    with pytest.raises(ValueError, match=f"not {coalition}"):
        nuida_distribution(coalition)
