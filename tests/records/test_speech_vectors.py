"""The published pieces of speech: the vault opens what either program has sealed."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from earmark.records.calls.pieces import SEGMENT_FRAMES, Piece, PieceName, pack

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "vectors" / "call.json").read_text("utf-8"))[
    "speech"
]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["by"])
def test_the_vault_opens_what_either_program_has_sealed(vector: dict[str, Any]) -> None:
    name = PieceName(vector["call"], vector["speaker"], vector["stream"], vector["number"])
    piece = Piece(bytes.fromhex(vector["sealed"]), bytes.fromhex(vector["signature"]))
    device = bytes.fromhex(vector["device_public_key"])
    key = X25519PrivateKey.from_private_bytes(bytes.fromhex(vector["vault_private_key"]))
    frames = [bytes.fromhex(frame) for frame in vector["frames"]]
    first = SEGMENT_FRAMES * vector["position"] + vector["frame"]
    assert piece.signed_by(device, name)
    assert piece.open(key, name) == {first + n: frame for n, frame in enumerate(frames) if frame}
    assert pack(first, frames).hex() == vector["plain"]


def test_there_are_pieces_of_both() -> None:
    assert {vector["by"] for vector in VECTORS} == {"cryptography", "page"}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["by"])
@pytest.mark.parametrize("other", [{"call": "r-x"}, {"speaker": "bela"}, {"stream": 4}, {"number": 8}])
def test_it_is_of_its_place_alone(vector: dict[str, Any], other: dict[str, Any]) -> None:
    facts = {name: vector[name] for name in ("call", "speaker", "stream", "number")} | other
    name = PieceName(facts["call"], facts["speaker"], facts["stream"], facts["number"])
    piece = Piece(bytes.fromhex(vector["sealed"]), bytes.fromhex(vector["signature"]))
    key = X25519PrivateKey.from_private_bytes(bytes.fromhex(vector["vault_private_key"]))
    assert piece.open(key, name) is None
    assert not piece.signed_by(bytes.fromhex(vector["device_public_key"]), name)
