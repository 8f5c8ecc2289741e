"""The published vectors, checked with nothing but a JSON parser, SHA-256 and Ed25519, as a second program would."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from earmark.records.ledger.commitments import Opening
from earmark.records.ledger.entries import parse_entry
from earmark.records.ledger.heads import parse_head
from earmark.records.ledger.proofs import parse_consistency, parse_inclusion

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "ledger.json").read_text("utf-8"))
ENTRIES = [one["entry"].encode() for one in VECTORS["entries"]]


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def root(hashes: list[bytes]) -> bytes:
    if len(hashes) == 1:
        return hashes[0]
    k = 1 << (len(hashes) - 1).bit_length() - 1
    return sha256(b"\x01", root(hashes[:k]), root(hashes[k:]))


def test_entries_are_canonical_and_chained() -> None:
    previous = ""
    for index, (entry, one) in enumerate(zip(ENTRIES, VECTORS["entries"], strict=True)):
        facts = json.loads(entry)
        assert rfc8785.dumps(facts) == entry
        assert (facts["index"], facts["previous"]) == (index, previous)
        previous = sha256(b"\x00", entry).hex()
        assert (one["hash"], parse_entry(entry).hash.hex()) == (previous, previous)


@pytest.mark.parametrize("facts", VECTORS["heads"], ids=lambda facts: facts["size"])
def test_heads_are_signed(facts: dict[str, Any]) -> None:
    stated = {name: value for name, value in facts.items() if name != "signature"}
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(facts["public_key"]))
    key.verify(bytes.fromhex(facts["signature"]), b"earmark/1 ledger head\x00" + rfc8785.dumps(stated))
    assert facts["root"] == root([sha256(b"\x00", entry) for entry in ENTRIES[: facts["size"]]]).hex()
    assert facts["time"] == json.loads(ENTRIES[facts["size"] - 1])["time"]
    parse_head(json.dumps(facts).encode()).verify()


def test_proofs_hold() -> None:
    roots = [bytes.fromhex(head["root"]) for head in VECTORS["heads"]]
    for facts in VECTORS["inclusion"]:
        parse_inclusion(facts).verify(ENTRIES[facts["index"]], roots[-1])
    for facts in VECTORS["consistency"]:
        parse_consistency(facts).verify(roots[facts["old_size"] - 1], roots[-1])


def test_commitments_are_those_of_the_format() -> None:
    recording = VECTORS["recording"].encode()
    for name, label in (("mark_key", "mark key"), ("bias_seed", "bias seed")):
        parts = (b"earmark/1 commitment " + label.encode(), recording, bytes.fromhex(VECTORS[name]))
        assert sha256(b"\x00".join(parts)).hex() == VECTORS[f"{name}_commitment"]
    for one in VECTORS["listeners"]:
        secret = bytes.fromhex(one["secret"])
        facts = {
            "schema": "earmark/listener-commitment/1",
            "recording": VECTORS["recording"],
            "listener": one["listener"],
            "commitment": sha256(b"\x00".join((b"earmark/1 commitment listener", recording, secret))).hex(),
        }
        assert one["leaf"].encode() == rfc8785.dumps(facts)
        assert one["hash"] == sha256(b"\x00", one["leaf"].encode()).hex()
        opening = Opening(secret, one["index"], 3, [bytes.fromhex(step) for step in one["path"]])
        opening.verify(VECTORS["recording"], one["listener"], bytes.fromhex(VECTORS["listeners_root"]))
    assert root([bytes.fromhex(one["hash"]) for one in VECTORS["listeners"]]).hex() == VECTORS["listeners_root"]
