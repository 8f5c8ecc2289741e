"""The published vectors: the reference gives them, and the dealer's half of the schedule meets them."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from tests.call import reference

from earmark.call import schedule

VECTORS: dict[str, Any] = json.loads(reference.PATH.read_text("utf-8"))


def test_the_file_is_what_the_reference_gives() -> None:
    published = {name: value for name, value in VECTORS.items() if name not in reference.SEALED}
    assert published == reference.derived_vectors()


@pytest.mark.parametrize("vector", VECTORS["streams"])
def test_the_dealer_derives_what_the_speaker_does(vector: dict[str, Any]) -> None:
    secret = bytes.fromhex(vector["secret"])
    chains = [schedule.first_chain(secret)]
    while len(chains) < len(vector["chains"]):
        chains.append(schedule.next_chain(chains[-1]))
    assert schedule.mark_key(secret).hex() == vector["mark_key"]
    assert [chain.hex() for chain in chains] == vector["chains"]
    for entry in vector["positions"]:
        chain = chains[entry["position"] // schedule.BLOCK_POSITIONS]
        keys = schedule.position_keys(chain, entry["position"], 1)[0]
        assert [key.tobytes().hex() for key in keys] == entry["keys"]


@pytest.mark.parametrize("vector", VECTORS["stream_secrets"], ids=lambda vector: vector["by"])
def test_the_dealer_opens_what_either_program_has_sealed(vector: dict[str, Any]) -> None:
    dealer = X25519PrivateKey.from_private_bytes(bytes.fromhex(vector["dealer_private_key"]))
    sealed = bytes.fromhex(vector["sealed"])
    opened = schedule.open_stream_secret(sealed, dealer, call_id=vector["call"], speaker_id=vector["speaker"])
    assert opened.hex() == vector["secret"]


def test_the_reference_follows_the_published_sframe_vector() -> None:
    """RFC 9605, appendix C.3, cipher suite 4."""
    base_key = bytes.fromhex("000102030405060708090a0b0c0d0e0f")
    sealed = reference.sframe_seal(
        base_key, 0x123, 0x4567, b"IETF SFrame WG", bytes.fromhex("64726166742d696574662d736672616d652d656e63")
    )
    assert reference.sframe_keys(base_key, 0x123)[1].hex() == "75234edefe07819026751816"
    assert sealed.hex() == ("9901234567b7412c2513a1b66dbb48841bbaf17f598751176ad847681a69c6d0b091c07018ce4adb34eb")
