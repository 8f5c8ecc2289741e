import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.cases import codewords
from earmark.codes.biases import bias_table
from earmark.codes.codebook import Codebook

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/codebook.json").read_text("utf-8"))


@pytest.mark.parametrize("rules", [1, 2])
@pytest.mark.parametrize("coalition", range(1, 33))
def test_bias_tables_agree(coalition: int, rules: int) -> None:
    levels, ends = bias_table(coalition, rules)
    assert codewords.bias_table(coalition, rules) == (levels.tolist(), ends.tolist())


@pytest.mark.parametrize("table", VECTORS["tables"], ids=lambda table: f"{table['coalition']}-{table['rules']}")
def test_bias_tables_are_those_of_the_vectors(table: dict[str, Any]) -> None:
    assert codewords.bias_table(table["coalition"], table["rules"]) == (table["thresholds"], table["ends"])


@given(
    st.binary(min_size=32, max_size=32),
    st.integers(1, 9),
    st.integers(1, 2),
    st.lists(st.integers(0, 4999), min_size=1, max_size=40, unique=True),
)
def test_two_implementations_agree(secret: bytes, coalition: int, rules: int, segments: list[int]) -> None:
    book = Codebook(b"r-abcdefgh", secret, coalition, 5000, rules)
    biases = codewords.thresholds(secret, coalition, rules, segments)
    assert biases == book.thresholds[np.array(segments)].tolist()
    assert codewords.bits(secret, "r-abcdefgh", biases, segments) == book.bits([secret], np.array(segments))[0].tolist()


def test_of_no_segments() -> None:
    assert codewords.thresholds(bytes(32), 4, 2, []) == []
    assert codewords.bits(bytes(32), "r-abcdefgh", [], []) == []


def test_what_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        codewords.thresholds(bytes(31), 4, 2, [0])
    for coalition in (0, 33):
        with pytest.raises(ValueError, match="1 to 32"):
            codewords.thresholds(bytes(32), coalition, 2, [0])
    with pytest.raises(ValueError, match="no rules"):
        codewords.thresholds(bytes(32), 4, 3, [0])


def test_segments_far_apart_take_little_memory() -> None:
    far = [2**53 - 1, 0, 2**40]
    biases = codewords.thresholds(bytes(32), 4, 2, far)
    assert codewords.thresholds(bytes(32), 4, 2, far[::-1]) == biases[::-1]
    assert len(codewords.bits(bytes(32), "r-abcdefgh", biases, far)) == 3
