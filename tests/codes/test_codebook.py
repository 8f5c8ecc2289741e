import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.codes.codebook import Codebook

VECTORS: dict[str, Any] = json.loads(Path(__file__).parents[1].joinpath("vectors", "codebook.json").read_text("utf-8"))
BOOK = Codebook(b"r-1", bytes(32), 4, 500)
SECRETS = [bytes([listener] * 32) for listener in range(20)]

segment_lists = st.lists(st.integers(0, BOOK.segments - 1), unique=True, max_size=60)


@pytest.mark.parametrize("vector", VECTORS["codebooks"], ids=lambda vector: f"{vector['coalition']}-{vector['rules']}")
def test_codewords_are_the_published_ones(vector: dict[str, Any]) -> None:
    recording_id, seed = bytes.fromhex(vector["recording_id"]), bytes.fromhex(vector["bias_seed"])
    book = Codebook(recording_id, seed, vector["coalition"], vector["segments"], vector["rules"])
    assert book.thresholds.tolist() == vector["thresholds"]
    for listener in vector["codewords"]:
        bits = book.codeword(bytes.fromhex(listener["secret"]))
        assert "".join(map(str, bits)) == listener["bits"]


@given(segment_lists)
def test_bits_are_parts_of_codewords(listed: list[int]) -> None:
    segments = np.array(listed, dtype=np.int64)
    bits = BOOK.bits(SECRETS, segments)
    assert bits.shape == (len(SECRETS), len(listed))
    for secret, row in zip(SECRETS, bits, strict=True):
        assert row.tolist() == BOOK.codeword(secret)[segments].tolist()


@given(st.integers(0, BOOK.segments), st.integers(0, BOOK.segments))
def test_a_stretch_is_a_part_of_a_codeword(one: int, other: int) -> None:
    first, end = sorted((one, other))
    for secret in SECRETS[:3]:
        stretch = BOOK.stretch(secret, first, end - first)
        assert stretch.dtype == np.uint8
        assert stretch.tolist() == BOOK.codeword(secret)[first:end].tolist()


@given(st.integers(-5, BOOK.segments + 5), st.integers(-5, BOOK.segments + 5))
def test_a_stretch_of_other_segments_is_refused(first: int, count: int) -> None:
    if first < 0 or count < 0 or first + count > BOOK.segments:
        with pytest.raises(ValueError, match="outside"):
            BOOK.stretch(SECRETS[0], first, count)


@given(segment_lists, st.integers(0, 20), st.integers(0, 20))
def test_rows_are_bits_computed_later(listed: list[int], start: int, stop: int) -> None:
    segments = np.array(listed, dtype=np.int64)
    rows = BOOK.rows(SECRETS, segments)
    assert len(rows) == len(SECRETS)
    assert rows[start:stop].tolist() == BOOK.bits(SECRETS, segments)[start:stop].tolist()


def test_rows_are_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = BOOK.rows(SECRETS, np.arange(5, 90))
    first = rows[3:9]
    monkeypatch.setattr("earmark.codes.codebook.derive", None)
    assert rows[3:9].tolist() == first.tolist()
    assert rows[4:5].tolist() == first[1:2].tolist()
    with pytest.raises(TypeError):
        rows[8:10]


def test_rows_that_would_take_too_much_memory_are_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("earmark.codes.codebook.MOST_KEPT_BYTES", 7 * len(SECRETS) - 1)
    rows = BOOK.rows(SECRETS, np.arange(50))
    expected = BOOK.bits(SECRETS, np.arange(50)).tolist()
    assert rows[:].tolist() == expected
    assert rows[:].tolist() == expected
    monkeypatch.setattr("earmark.codes.codebook.derive", None)
    with pytest.raises(TypeError):
        rows[:1]


def test_blocks_of_draws_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = BOOK.bits(SECRETS, np.arange(50)[::-1]).tolist()
    monkeypatch.setattr("earmark.codes.codebook._DRAWS_AT_ONCE", 150)
    assert BOOK.bits(SECRETS, np.arange(50)[::-1]).tolist() == expected


def test_variant_1_occurs_as_often_as_the_bias_says() -> None:
    segments = np.arange(BOOK.segments)
    secrets = [listener.to_bytes(32, "big") for listener in range(400)]
    bits = BOOK.bits(secrets, segments)
    biases = BOOK.biases(segments)
    for bias in np.unique(biases):
        assert bits[:, biases == bias].mean() == pytest.approx(bias, abs=0.005)


def test_listeners_and_recordings_have_codewords_of_their_own() -> None:
    other = Codebook(b"r-2", BOOK.bias_seed, BOOK.coalition, BOOK.segments)
    words = {BOOK.codeword(secret).tobytes() for secret in SECRETS}
    words |= {other.codeword(secret).tobytes() for secret in SECRETS}
    assert len(words) == 2 * len(SECRETS)


def test_codewords_are_independent_of_one_another() -> None:
    segments = np.arange(BOOK.segments)
    centred = BOOK.bits(SECRETS, segments) - BOOK.biases(segments)
    correlation = centred @ centred.T / np.sum(BOOK.biases(segments) * (1 - BOOK.biases(segments)))
    assert np.abs(correlation - np.diag(np.diag(correlation))).max() < 0.25


@pytest.mark.parametrize("listed", [[3, 3], [0, 1, 2, 0]])
def test_a_segment_counts_once(listed: list[int]) -> None:
    with pytest.raises(ValueError, match="listed twice"):
        BOOK.bits(SECRETS, np.array(listed))


@pytest.mark.parametrize("listed", [[-1], [500], [0, 10_000]])
def test_segments_of_other_recordings_are_refused(listed: list[int]) -> None:
    with pytest.raises(ValueError, match="outside"):
        BOOK.biases(np.array(listed))
