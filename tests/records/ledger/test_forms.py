"""Entries, heads, proofs and commitments: their forms, and that nothing else is taken for them."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from earmark.records.ledger.canonical import canonical, parse
from earmark.records.ledger.commitments import LISTENER, MARK_KEY, Opening, commitment, listener_hash
from earmark.records.ledger.entries import Entry, parse_entry, time_text
from earmark.records.ledger.heads import SignedHead, parse_head, sign_head
from earmark.records.ledger.merkle import inclusion_path, leaf_hash, tree_root
from earmark.records.ledger.proofs import Consistency, Inclusion, parse_consistency, parse_inclusion

NOW = time_text(datetime(2026, 11, 23, 9, tzinfo=UTC))
ENTRY = Entry(1, "copy-given", NOW, "ab" * 32, {"recording": "r-wcw62hbk", "listener": "zoë", "bound": 1e-6})
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
HEAD = sign_head(KEY, 2, leaf_hash(b""), NOW)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=3), json_values, max_size=3))
def test_what_has_a_canonical_form_reads_back_from_it_alone(value: dict[str, object]) -> None:
    with suppress(ValueError):
        text = canonical(value)  # type: ignore[arg-type]
        assert parse(text) == value
        with pytest.raises(ValueError, match="not canonical"):
            parse(text + b"\n")


@given(st.dictionaries(st.text(max_size=3), json_values, max_size=3))
def test_python_s_own_text_is_taken_only_where_it_is_canonical(value: dict[str, object]) -> None:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode(errors="surrogatepass")
    try:
        taken = parse(text)
    except ValueError:
        return
    assert rfc8785.dumps(taken) == text


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b'{"a":1,"a":1}',
        b'{"a": 1}',
        b'{"b":1,"a":1}',
        b'{"a":NaN}',
        b'{"a":9007199254740993}',
        b'{"a":1e-06}',
        b'{"a":1.0}',
        b'{"a":"\\u00e9"}',
        b'{"a":"\xff"}',
        b'{"a":"\\ud800"}',
        b'{"a":' * 100_000,
        b'{"a":' + b"[" * 100_000,
    ],
)
def test_what_is_not_canonical_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):
        parse(text)


def test_an_entry_reads_back_from_its_bytes() -> None:
    assert parse_entry(ENTRY.leaf) == ENTRY
    assert ENTRY.hash == leaf_hash(ENTRY.leaf)
    assert b'"bound":0.000001' in ENTRY.leaf


@pytest.mark.parametrize(
    "change",
    [
        {"index": -1},
        {"index": "1"},
        {"index": True},
        {"kind": "Copy"},
        {"kind": 7},
        {"time": "2026-11-23"},
        {"time": None},
        {"previous": ""},
        {"previous": "AB" * 32},
        {"body": []},
        {"schema": "earmark/ledger-entry/2"},
        {"more": 1},
    ],
)
def test_what_is_no_entry_is_refused(change: dict[str, object]) -> None:
    facts = json.loads(ENTRY.leaf) | change
    with pytest.raises(ValueError, match="entry"):
        parse_entry(rfc8785.dumps(facts))


def test_a_head_reads_back_and_its_signature_holds() -> None:
    head = parse_head(json.dumps(HEAD.facts, indent=2).encode())
    assert head == HEAD
    head.verify()


@pytest.mark.parametrize(
    "changed",
    [
        replace(HEAD, size=3),
        replace(HEAD, root=leaf_hash(b"x")),
        replace(HEAD, time=NOW.replace("2026", "2025")),
        replace(HEAD, signature=bytes(64)),
        replace(HEAD, public_key=Ed25519PrivateKey.generate().public_key().public_bytes_raw()),
    ],
)
def test_a_signature_holds_for_its_head_alone(changed: SignedHead) -> None:
    with pytest.raises(ValueError, match="does not hold"):
        changed.verify()


@given(st.integers(0, len(json.dumps(HEAD.facts)) - 1), st.integers(1, 255))
def test_a_head_with_any_byte_changed_is_refused(place: int, flip: int) -> None:
    text = bytearray(json.dumps(HEAD.facts).encode())
    text[place] ^= flip
    try:
        parse_head(bytes(text)).verify()
    except ValueError:
        return
    assert json.loads(text) == HEAD.facts  # white space


@given(st.binary(max_size=300) | json_values.map(lambda value: json.dumps(value).encode(errors="replace")))
def test_whatever_is_no_head_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):
        parse_head(text)


def test_proofs_read_back() -> None:
    inclusion, consistency = Inclusion(1, 3, (bytes(32),)), Consistency(1, 3, (bytes(32),))
    assert parse_inclusion(json.loads(json.dumps(inclusion.facts))) == inclusion
    assert parse_consistency(json.loads(json.dumps(consistency.facts))) == consistency


@pytest.mark.parametrize(
    "change",
    [
        {"size": -1},
        {"size": 1.5},
        {"path": "ab"},
        {"path": ["ab"]},
        {"path": ["ab" * 32] * 200},
        {"schema": ""},
        {"x": 1},
    ],
)
def test_what_is_no_proof_is_refused(change: dict[str, object]) -> None:
    for proof in (Inclusion(1, 3, ()), Consistency(1, 3, ())):
        with pytest.raises(ValueError, match="proof"):
            (parse_inclusion if isinstance(proof, Inclusion) else parse_consistency)(proof.facts | change)  # type: ignore[arg-type]


def test_proofs_say_what_does_not_hold() -> None:
    hashes = [leaf_hash(bytes([n])) for n in range(3)]
    inclusion = Inclusion(0, 3, tuple(inclusion_path(hashes, 0)))
    inclusion.verify(b"\x00", tree_root(hashes))
    with pytest.raises(ValueError, match="entry 0 is not in"):
        inclusion.verify(b"\x01", tree_root(hashes))
    with pytest.raises(ValueError, match="does not start"):
        Consistency(1, 3, ()).verify(hashes[0], tree_root(hashes))


def test_commitments_differ_by_label_recording_and_secret() -> None:
    made = {
        commitment(label, recording, bytes([n]) * 32)
        for label in (MARK_KEY, LISTENER)
        for recording in ("r-aaaaaaaa", "r-bbbbbbbb")
        for n in range(2)
    }
    assert len(made) == 8


def test_an_opening_opens_one_listener_and_shows_no_other() -> None:
    people = {name: bytes([n]) * 32 for n, name in enumerate(("anna", "ben", "zoë"))}
    hashes = [listener_hash("r-aaaaaaaa", name, secret) for name, secret in people.items()]
    opening = Opening(people["ben"], 1, 3, inclusion_path(hashes, 1))
    opening.verify("r-aaaaaaaa", "ben", tree_root(hashes))
    assert not any(secret in one for secret in people.values() for one in opening.path)
    for recording, name in (("r-aaaaaaaa", "anna"), ("r-bbbbbbbb", "ben")):
        with pytest.raises(ValueError, match="not committed"):
            opening.verify(recording, name, tree_root(hashes))
    with pytest.raises(ValueError, match="not committed"):
        replace(opening, secret=bytes(32)).verify("r-aaaaaaaa", "ben", tree_root(hashes))
