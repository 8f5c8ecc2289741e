"""Time stamps, by a reply that “openssl ts” has made for the head in the vectors."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import Certificate, CertificateBuilder, Name, random_serial_number
from hypothesis import given
from hypothesis import strategies as st
from rfc3161_client import decode_timestamp_response

from earmark.errors import UsageError
from earmark.records.ledger.heads import parse_head
from earmark.records.ledger.stamps import read_roots, request_for, stamped_at

VECTORS = Path(__file__).parents[2] / "vectors"
HEADS = [
    parse_head(json.dumps(one).encode()) for one in json.loads((VECTORS / "ledger.json").read_text("utf-8"))["heads"]
]
REPLY = (VECTORS / "stamp.tsr").read_bytes()
ROOTS = read_roots(VECTORS / "stamp-root.pem")
MOMENT = datetime(2026, 11, 23, 9, 58, 31, tzinfo=UTC)


def stranger() -> Certificate:
    key, name, now = generate_private_key(SECP256R1()), Name([]), datetime.now(UTC)
    builder = CertificateBuilder(name, name, key.public_key(), random_serial_number())
    return builder.not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1)).sign(key, SHA256())


def test_a_stamp_says_when(tmp_path: Path) -> None:
    assert stamped_at(REPLY, HEADS[-1], ROOTS) == MOMENT
    assert stamped_at(REPLY, HEADS[-1]) == MOMENT
    assert not list(tmp_path.iterdir())


def test_it_says_so_of_one_head_only() -> None:
    for head in (*HEADS[:-1], replace(HEADS[-1], signature=bytes(64))):
        for roots in (ROOTS, []):
            with pytest.raises(ValueError, match="does not hold"):
                stamped_at(REPLY, head, roots)


def test_an_authority_that_is_not_trusted_is_refused() -> None:
    with pytest.raises(ValueError, match="does not hold"):
        stamped_at(REPLY, HEADS[-1], [stranger()])


def test_a_request_says_nothing_but_a_hash() -> None:
    request = request_for(HEADS[-1])
    assert request == request_for(HEADS[-1])
    assert decode_timestamp_response(REPLY).tst_info.message_imprint.message in request
    assert len(request) < 80


@given(st.integers(0, len(REPLY) - 1), st.integers(1, 255))
def test_a_changed_reply_is_refused_or_says_the_same(place: int, flip: int) -> None:
    changed = bytearray(REPLY)
    changed[place] ^= flip
    try:
        moment = stamped_at(bytes(changed), HEADS[-1], ROOTS)
    except ValueError:
        return
    assert moment == MOMENT


@given(st.binary(max_size=200) | st.integers(0, len(REPLY) - 1).map(lambda length: REPLY[:length]))
def test_anything_else_is_no_stamp(data: bytes) -> None:
    with pytest.raises(ValueError, match="does not hold"):
        stamped_at(data, HEADS[-1], ROOTS)


def test_roots_are_certificates(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").touch()
    for name in ("empty.pem", "nowhere.pem"):
        with pytest.raises(UsageError, match="no certificates"):
            read_roots(tmp_path / name)
