import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.signal.layout import BANDS, Layout
from earmark.signal.patterns import Patterns

VECTORS: dict[str, Any] = json.loads(Path(__file__).parents[1].joinpath("vectors", "patterns.json").read_text("utf-8"))

secrets = st.binary(min_size=32, max_size=32)
layouts = st.builds(Layout, st.integers(1, 25).map(lambda steps: 20 * steps), st.sampled_from([20, 24, 30]))


def packed(patterns: Patterns, segment: int) -> str:
    """Return the bits of a segment as the vectors write them."""
    return np.packbits(patterns.signs(segment, 1).ravel() > 0).tobytes().hex()


@pytest.mark.parametrize(
    "vector", VECTORS["patterns"], ids=lambda vector: f"{vector['segment_ms']}-{vector['slot_ms']}"
)
def test_patterns_are_the_published_ones(vector: dict[str, Any]) -> None:
    patterns = Patterns(bytes.fromhex(vector["mark_key"]), Layout(vector["segment_ms"], vector["slot_ms"]))
    assert patterns.layout.slots == vector["slots"]
    assert patterns.blocks_per_segment == vector["blocks_per_segment"]
    for segment in vector["segments"]:
        assert packed(patterns, segment["segment"]) == segment["bits"]


def test_published_signs_are_the_published_bits() -> None:
    example = VECTORS["example"]
    signs = Patterns(bytes.fromhex(example["mark_key"]), Layout(example["segment_ms"], example["slot_ms"])).signs(
        example["segment"], 1
    )
    assert signs[0].astype(int).tolist() == [[1 if sign == "+" else -1 for sign in slot] for slot in example["signs"]]


@settings(deadline=None)
@given(secrets, layouts, st.integers(0, 2**40), st.integers(0, 10_000))
def test_a_sign_is_a_bit_of_the_numbered_blocks_encrypted(key: bytes, layout: Layout, segment: int, cell: int) -> None:
    cell %= layout.cells
    prk = hmac.digest(bytes(32), key, hashlib.sha256)
    cipher = Cipher(AES256(hmac.digest(prk, b"earmark/1 pattern\x01", hashlib.sha256)), ECB())  # noqa: S305
    block = segment * -(-layout.cells // 128) + cell // 128
    number = int.from_bytes(cipher.encryptor().update(block.to_bytes(16, "big")), "big")
    slot, band = divmod(cell, BANDS)
    assert Patterns(key, layout).signs(segment, 1)[0, slot, band] == 2 * (number >> (127 - cell % 128) & 1) - 1


@settings(deadline=None)
@given(secrets, layouts, st.integers(0, 30), st.integers(0, 30))
def test_any_stretch_of_segments_can_be_had_by_itself(key: bytes, layout: Layout, first: int, count: int) -> None:
    patterns = Patterns(key, layout)
    signs = patterns.signs(first, count)
    assert signs.shape == (count, layout.slots, BANDS)
    assert np.array_equal(signs, patterns.signs(0, first + count)[first:])


@settings(deadline=None)
@given(secrets, secrets)
def test_keys_have_patterns_of_their_own(one: bytes, other: bytes) -> None:
    patterns, others = (Patterns(key, Layout(80)).signs(0, 2) for key in (one, other))
    assert np.array_equal(patterns, others) == (one == other)


def test_signs_are_as_often_plus_as_minus_and_know_nothing_of_each_other() -> None:
    signs = Patterns(bytes(32), Layout(80)).signs(0, 2000).reshape(2000, -1)
    assert set(np.unique(signs)) == {-1.0, 1.0}
    spread = 1 / np.sqrt(len(signs))
    assert np.abs(signs.mean(axis=0)).max() < 5 * spread
    products = signs.T @ signs / len(signs) - np.eye(signs.shape[1])
    assert np.abs(products).max() < 6 * spread
