import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB
from hypothesis import given
from hypothesis import strategies as st

from earmark.keys import BLOCK_BYTES, derive, keystream, new_secret

VECTORS: dict[str, Any] = json.loads(Path(__file__).with_name("vectors").joinpath("keys.json").read_text("utf-8"))

secrets = st.binary(min_size=32, max_size=32)
labels = st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=1, max_size=40)


@pytest.mark.parametrize("vector", VECTORS["derive"])
def test_keys_are_the_published_ones(vector: dict[str, str]) -> None:
    derived = derive(bytes.fromhex(vector["secret"]), vector["label"], bytes.fromhex(vector["context"]))
    assert derived.hex() == vector["key"]


@pytest.mark.parametrize("vector", VECTORS["keystream"])
def test_keystreams_are_the_published_ones(vector: dict[str, Any]) -> None:
    stream = keystream(bytes.fromhex(vector["key"]), vector["first_block"], vector["blocks"])
    assert stream.hex() == vector["stream"]


@given(secrets, labels, st.binary(max_size=80))
def test_derivation_is_hkdf_as_its_rfc_writes_it(secret: bytes, label: str, context: bytes) -> None:
    extracted = hmac.digest(context or bytes(32), secret, hashlib.sha256)
    expanded = hmac.digest(extracted, label.encode() + b"\x01", hashlib.sha256)
    assert derive(secret, label, context) == expanded


@given(secrets, st.integers(0, 2**64))
def test_a_block_of_keystream_is_its_number_encrypted(key: bytes, block: int) -> None:
    encrypted = Cipher(AES256(key), ECB()).encryptor().update(block.to_bytes(BLOCK_BYTES, "big"))  # noqa: S305
    assert keystream(key, block, 1) == encrypted


@given(secrets, st.integers(0, 40), st.integers(0, 40))
def test_any_stretch_of_a_keystream_can_be_had_by_itself(key: bytes, first: int, blocks: int) -> None:
    whole = keystream(key, 0, first + blocks)
    assert keystream(key, first, blocks) == whole[BLOCK_BYTES * first :]


@given(secrets, labels, labels)
def test_labels_keep_keys_apart(secret: bytes, one: str, other: str) -> None:
    assert (derive(secret, one) == derive(secret, other)) == (one == other)


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_secret_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=f"not {length}"):
        derive(bytes(length), "earmark/1 test")


def test_fresh_secrets_differ() -> None:
    drawn = {new_secret() for _ in range(100)}
    assert len(drawn) == 100
    assert {len(secret) for secret in drawn} == {32}
