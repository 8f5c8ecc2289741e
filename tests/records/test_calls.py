"""Calls in the vault, and what the ledger says of them."""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from tests.members import START, Clock, Member, base64url

from earmark.errors import EarmarkError, ListenersError, UsageError, VaultError
from earmark.keys import derive
from earmark.records import schema
from earmark.records.calls.entries import Invitation, NewCall, Stream
from earmark.records.calls.receipts import base64url as unbase64url
from earmark.records.entries import Recording
from earmark.records.keyholding import rotate
from earmark.records.ledger.acts import Act
from earmark.records.ledger.commitments import BIAS_SEED, MARK_KEY, commitment
from earmark.records.listeners import Listener
from earmark.records.protection.keyfiles import key_text
from earmark.records.protection.ways import InTheOpen
from earmark.records.vault import Vault

BOARD = NewCall(title="Board", rules={"max_members": 8}, detector=3, depth=2.5, slot_ms=20, classification="secret")
KEYS = [hashlib.sha256(bytes([n])).digest() for n in range(4)]
ANNA, BEN, CLEO = (Member(name) for name in ("anna", "ben", "cleo"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def vault(folder: Path, where: str | None, clock: Clock) -> Iterator[Vault]:
    with Vault.init(folder, database=where, way=InTheOpen(), clock=clock) as opened:
        yield opened


@pytest.fixture
def call(vault: Vault) -> Recording:
    return vault.calls.create(BOARD, [Listener("ben", "Ben"), Listener("anna", "Anna Weiss"), Listener("cleo")])


@pytest.fixture
def live(vault: Vault, call: Recording) -> str:
    for member in (ANNA, BEN):
        member.join(vault, call.id)
    return call.id


def bodies(vault: Vault, kind: str, call_id: str) -> list[dict[str, object]]:
    return [dict(entry.body) for entry in vault.ledger.find(kind, call_id)]


def test_a_call_is_a_recording_that_nothing_was_said_in_yet(vault: Vault, call: Recording) -> None:
    assert call.id.startswith("call-")
    assert (call.kind, call.segments, call.segment_ms, call.slot_ms, call.status) == ("call", 0, 240, 20, "marking")
    assert vault.recordings() == vault.calls.all() == [call]
    found = vault.calls.get("Board")
    assert (found.recording, found.rules, found.ended_at, found.started_at) == (call, {"max_members": 8}, None, None)
    assert [person.listener for person in found.people] == vault.listeners(call.id)
    assert vault.calls.get(call.id[:8]) == found


def test_a_device_is_known_of_whom_it_has_signed_for_in_any_call(vault: Vault, live: str) -> None:
    another = vault.calls.create(BOARD, [Listener("cleo"), Listener("dora")])
    CLEO.join(vault, another.id)
    for member, device, known in (
        ("anna", ANNA, True),
        ("cleo", CLEO, True),
        ("cleo", ANNA, False),
        ("dora", CLEO, False),
        ("dora", ANNA, False),
    ):
        assert vault.calls.knows_device(member, device.public_key) is known
    assert vault.calls.get(live).people


def test_what_is_no_call_is_not_found_among_them(vault: Vault, call: Recording) -> None:
    for name in ("", "Boar", "r-"):
        with pytest.raises(UsageError, match="no call"):
            vault.calls.get(name)
    vault.calls.create(BOARD, [])
    with pytest.raises(UsageError, match="any of 2 calls") as caught:
        vault.calls.get("Board")
    assert call.id in caught.value.hint


def test_seed_and_secrets_are_committed_to_before_anybody_comes(vault: Vault, call: Recording) -> None:
    (body,) = bodies(vault, "call-opened", call.id)
    keys = vault.keys(call.id, "trace")
    assert (keys.mark_key, keys.seal_secret) == (b"", b"")
    assert body["bias_seed_commitment"] == commitment(BIAS_SEED, call.id, keys.bias_seed).hex()
    assert {name: body[name] for name in ("detector", "coalition", "segment_ms", "slot_ms", "listeners")} == {
        "detector": 3,
        "coalition": 4,
        "segment_ms": 240,
        "slot_ms": 20,
        "listeners": 3,
    }
    root = bytes.fromhex(str(body["listeners_root"]))
    for name in ("anna", "ben", "cleo"):
        vault.listener_opening(call.id, name, "case").verify(call.id, name, root)


def test_people_are_added_while_the_call_lasts(vault: Vault, call: Recording) -> None:
    before = vault.secrets(call.id, "deal")
    assert vault.calls.add_people(call.id, [Listener("dora"), Listener("anna")]) == 1
    assert {one: vault.secrets(call.id, "deal")[one] for one in before} == before
    assert bodies(vault, "listeners-added", call.id)[0]["listeners"] == 4
    with pytest.raises(ListenersError, match="is taken by"):
        vault.calls.add_people(call.id, [Listener("Anna")])
    with pytest.raises(UsageError, match="no call"):
        vault.calls.add_people("call-missing", [Listener("anna")])


def test_an_invitation_is_found_by_its_token_alone(vault: Vault, call: Recording) -> None:
    tokens = [hashlib.sha256(bytes([n])).digest() for n in range(3)]
    vault.calls.invite(call.id, "anna", tokens[0], host=True)
    vault.calls.invite(call.id, "cleo", tokens[1])
    assert vault.calls.invitation(tokens[0]) == Invitation(call.id, "anna", "Anna Weiss", True, None)
    assert vault.calls.invitation(tokens[1]) == Invitation(call.id, "cleo", "", False, None)
    assert vault.calls.invitation(tokens[2]) is None
    assert [person.host for person in vault.calls.get(call.id).people] == [True, False, False]
    with pytest.raises(UsageError, match="not on the list"):
        vault.calls.invite(call.id, "dora", tokens[2])


def test_an_invitation_is_for_the_device_that_used_it_first(vault: Vault, call: Recording) -> None:
    first, second = (hashlib.sha256(bytes([n])).digest() for n in range(2))
    with pytest.raises(UsageError, match="not invited"):
        vault.calls.bind_device(call.id, "anna", ANNA.public_key)
    vault.calls.invite(call.id, "anna", first)
    for _ in range(2):
        vault.calls.bind_device(call.id, "anna", ANNA.public_key)
    bound = vault.calls.invitation(first)
    assert bound is not None
    assert bound.device == ANNA.public_key
    with pytest.raises(UsageError, match="another device"):
        vault.calls.bind_device(call.id, "anna", BEN.public_key)
    with pytest.raises(UsageError, match="no key of a device"):
        vault.calls.bind_device(call.id, "anna", b"short")
    vault.calls.invite(call.id, "anna", second)
    assert vault.calls.invitation(first) is None
    vault.calls.bind_device(call.id, "anna", BEN.public_key)
    with pytest.raises(UsageError, match="another device"):
        ANNA.consent(vault, call.id)


def test_the_first_nonce_counts(vault: Vault, call: Recording) -> None:
    assert ANNA.consent(vault, call.id) == ANNA.nonce(0)
    assert ANNA.consent(vault, call.id, time=1) == ANNA.nonce(0)
    entered = bodies(vault, "person-consented", call.id)
    assert [(body["nonce"], body["counts"]) for body in entered] == [
        (ANNA.nonce(0).hex(), True),
        (ANNA.nonce(1).hex(), False),
    ]
    kept = vault.calls.consents(call.id)
    assert [one.nonce for one in kept] == [ANNA.nonce(0), ANNA.nonce(1)]
    assert entered[0]["receipt_sha256"] == hashlib.sha256(kept[0].receipt.encode()).hexdigest()
    assert entered[0]["device"] == ANNA.public_key.hex()
    assert vault.calls.get(call.id).people[0].consented_at == START


def test_codewords_derive_from_the_secret_and_the_nonce(vault: Vault, call: Recording) -> None:
    ANNA.consent(vault, call.id)
    committed, codes = vault.secrets(call.id, "deal"), vault.calls.codes(call.id)
    assert codes.bias_seed == vault.keys(call.id, "deal").bias_seed
    assert codes.secrets["anna"] == derive(committed["anna"], "earmark/1 call listener", ANNA.nonce())
    assert (codes.secrets["ben"], codes.secrets["cleo"]) == (committed["ben"], committed["cleo"])
    opened = bodies(vault, "key-opened", call.id)
    assert {body["purpose"] for body in opened} == {"deal"}
    assert not any(secret.hex() in repr(codes) for secret in codes.secrets.values())


def signed(member: Member, receipt: str) -> dict[str, bytes | str]:
    return {"receipt": receipt, "signature": member.device.sign(receipt.encode()), "device": member.public_key}


BAD: dict[str, Callable[[str], dict[str, Any]]] = {
    "another call": lambda call: {"call": call + "x"},
    "another member": lambda _: {"member": "ben"},
    "another nonce": lambda _: {"nonce": base64url(bytes(32))},
    "a short nonce": lambda _: {"nonce": base64url(bytes(31))},
    "a padded nonce": lambda _: {"nonce": base64url(ANNA.nonce()) + "="},
    "no base64": lambda _: {"challenge": "a+b"},
    "no hash": lambda _: {"notice_sha256": "AB" * 32},
    "no root": lambda _: {"ledger_root": "ab"},
    "another version": lambda _: {"schema": "earmark.receipt/2"},
    "another field": lambda _: {"mark": "none"},
    "another type": lambda _: {"challenge": 7},
    "too long": lambda _: {"challenge": "A" * 5000},
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_receipt_that_states_something_else_is_refused(
    vault: Vault, call: Recording, bad: Callable[[str], dict[str, Any]]
) -> None:
    size = vault.ledger.size()
    with pytest.raises(UsageError, match="not accepted"):
        ANNA.consent(vault, call.id, **bad(call.id))
    assert vault.calls.consents(call.id) == []
    assert vault.ledger.size() == size


def test_a_receipt_that_the_device_has_not_signed_is_refused(vault: Vault, call: Recording) -> None:
    receipt = ANNA.receipt(call.id)
    good = {"receipt": receipt, "signature": ANNA.device.sign(receipt.encode()), "device": ANNA.public_key}
    for change in (
        {"signature": BEN.device.sign(receipt.encode())},
        {"signature": b""},
        {"device": BEN.public_key},
        {"device": b""},
        {"receipt": receipt + " "},
    ):
        with pytest.raises(UsageError, match="not accepted"):
            vault.calls.consent(call.id, "anna", nonce=ANNA.nonce(), **good | change)  # type: ignore[arg-type]
    twice = receipt.replace('"nonce"', '"nonce": "x", "nonce"')
    with pytest.raises(UsageError, match="not accepted"):
        vault.calls.consent(call.id, "anna", nonce=ANNA.nonce(), **signed(ANNA, twice))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="not accepted"):
        vault.calls.consent(call.id, "anna", nonce=ANNA.nonce(), **signed(ANNA, "[]"))  # type: ignore[arg-type]
    assert vault.calls.consents(call.id) == []


def test_whoever_is_on_no_list_cannot_consent(vault: Vault, call: Recording) -> None:
    with pytest.raises(UsageError, match="not on the list"):
        Member("dora").consent(vault, call.id)


@given(st.binary(max_size=40))
def test_bytes_have_one_text(data: bytes) -> None:
    text = base64url(data)
    assert unbase64url(text) == data
    for other in (text + "=", text + "A", text + "\n"):
        try:
            assert unbase64url(other) != data
        except ValueError:
            continue


def test_nobody_is_let_in_or_heard_without_a_receipt(vault: Vault, call: Recording) -> None:
    with pytest.raises(UsageError, match="has not consented"):
        vault.calls.admitted(call.id, "cleo")
    with pytest.raises(UsageError, match="not in the call"):
        vault.calls.open_stream(call.id, "cleo", KEYS[0])


def test_attendance_is_kept(vault: Vault, live: str, clock: Clock) -> None:
    clock.wait(60)
    vault.calls.left(live, "ben")
    vault.calls.left(live, "ben")
    clock.wait(30)
    vault.calls.admitted(live, "ben")
    clock.wait(10)
    vault.calls.admitted(live, "ben")
    stays = vault.calls.get(live).attendance
    minutes = [(stay.listener_id, (stay.admitted_at - START).seconds, stay.left_at) for stay in stays]
    assert minutes == [
        ("anna", 0, None),
        ("ben", 0, START + timedelta(seconds=60)),
        ("ben", 90, START + timedelta(seconds=100)),
        ("ben", 100, None),
    ]
    assert len(bodies(vault, "person-left", live)) == 2
    with pytest.raises(UsageError, match="not in the call"):
        vault.calls.open_stream(live, "cleo", KEYS[0])


def test_streams_take_turns_with_the_codebook(vault: Vault, live: str) -> None:
    assert [vault.calls.open_stream(live, who, key) for who, key in zip(("anna", "ben"), KEYS, strict=False)] == [0, 1]
    assert [vault.calls.open_block(live, stream) for stream in (0, 1, 1, 0)] == [0, 1, 2, 3]
    first, second = vault.calls.streams(live)
    assert (first.blocks, second.blocks) == ((0, 3), (1, 2))
    assert first.segments()[1022:1026] == [1022, 1023, 3072, 3073]
    assert vault.recordings()[0].segments == 4096
    assert bodies(vault, "block-opened", live)[2] == {"recording": live, "stream": 1, "number": 1, "block": 2}
    assert len({*first.segments(), *second.segments()}) == 4096


def test_a_streams_mark_key_is_committed_to_and_opened_with_an_entry(vault: Vault, live: str) -> None:
    for key in KEYS[:2]:
        vault.calls.open_stream(live, "anna", key)
    other = vault.calls.create(BOARD, []).id
    assert vault.calls.mark_keys([live, other], "trace") == {live: {0: KEYS[0], 1: KEYS[1]}, other: {}}
    entry = vault.ledger.newest(1)[0]
    assert entry.body == {"recordings": [live, other], "keys": ["stream-mark-keys"], "purpose": "trace"}
    stated = bodies(vault, "stream-opened", live)[1]
    assert stated["mark_key_commitment"] == commitment(MARK_KEY, f"{live}/1", KEYS[1]).hex()
    assert vault.calls.mark_keys([], "trace") == {}


def test_a_mark_key_other_than_the_one_committed_to_is_not_opened(vault: Vault, live: str) -> None:
    vault.calls.open_stream(live, "anna", KEYS[0])
    with vault.safe.writing() as sitting:
        sealed = sitting.columns.seal(KEYS[1], "streams.mark_key", live, "0")
        sitting.connection.execute(update(schema.streams).values(mark_key=sealed))
    with pytest.raises(VaultError, match="not the one that was committed to"):
        vault.calls.mark_keys([live], "trace")


def test_a_nonce_in_the_tables_that_is_not_in_the_ledger_does_not_count(vault: Vault, call: Recording) -> None:
    ANNA.consent(vault, call.id)
    before = vault.calls.codes(call.id)
    with vault.safe.writing() as sitting:
        sitting.connection.execute(update(schema.consents).values(nonce=bytes(32)))
    assert vault.calls.codes(call.id) == before
    assert [finding.what for finding in vault.check().findings] == [
        f"the receipts of {call.id} are not those that the ledger says"
    ]


def test_positions_never_go_back_and_never_beyond_their_keys(vault: Vault, live: str) -> None:
    stream = vault.calls.open_stream(live, "anna", KEYS[0])
    vault.calls.progress(live, stream, 0)
    with pytest.raises(UsageError, match="keys for 0 positions"):
        vault.calls.progress(live, stream, 1)
    vault.calls.open_block(live, stream)
    for positions in (40, 20):
        vault.calls.progress(live, stream, positions)
        assert vault.calls.streams(live)[0].positions == 40
    vault.calls.close_stream(live, stream, 1024)
    for change in (vault.calls.progress, vault.calls.close_stream):
        with pytest.raises(UsageError, match="no longer a stream"):
            change(live, stream, 1024)
    with pytest.raises(UsageError, match="no longer a stream"):
        vault.calls.open_block(live, stream)
    with pytest.raises(UsageError, match="no stream 1"):
        vault.calls.open_block(live, 1)
    assert bodies(vault, "stream-closed", live) == [{"recording": live, "stream": 0, "positions": 1024}]


def test_what_was_said_when_follows_the_clock_and_pauses(vault: Vault, live: str, clock: Clock) -> None:
    stream = vault.calls.open_stream(live, "anna", KEYS[0])
    vault.calls.open_block(live, stream)
    for seconds, positions in ((4.8, 20), (5.3, 40), (60, 40), (5, 40), (4.8, 60)):
        clock.wait(seconds)
        vault.calls.progress(live, stream, positions)
    (known,) = vault.calls.streams(live)
    assert known.times == ((0, START), (40, START + timedelta(seconds=75.1)))
    assert known.time_of(10, 0.24) == START + timedelta(seconds=2.4)
    assert known.time_of(50.5, 0.24) == START + timedelta(seconds=75.1 + 2.52)


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(0, 60)), max_size=20))
def test_times_of_positions_never_go_back_where_positions_keep_to_the_clock(steps: list[tuple[float, int]]) -> None:
    position, at, times = 0, START, [(0, START)]
    for pause, more in steps:
        at += timedelta(seconds=more * 0.24 + pause)
        position += more
        times = [one for one in times if one[0] != position] + [(position, at)]
    stream = Stream(0, "anna", START, None, position, (0,), tuple(times))
    moments = [stream.time_of(place / 2, 0.24) for place in range(2 * position + 1)]
    assert moments == sorted(moments)


def test_an_ended_call_is_whole_and_takes_nothing_more(vault: Vault, live: str, clock: Clock) -> None:
    for who, key in zip(("anna", "ben"), KEYS, strict=False):
        vault.calls.open_block(live, vault.calls.open_stream(live, who, key))
    clock.wait(12)
    vault.calls.progress(live, 0, 50)
    vault.calls.close_stream(live, 1, 30)
    clock.wait(8)
    vault.calls.end(live)
    found = vault.calls.get(live)
    assert (found.ended_at, found.recording.seconds, found.recording.status) == (clock.now, 20.0, "complete")
    assert {stay.left_at for stay in found.attendance} == {clock.now}
    # where a speaker could not say so any more, as many positions as the clock lets them have
    assert [(one.positions, one.closed_at == clock.now) for one in found.streams] == [(84, True), (30, False)]
    assert bodies(vault, "call-ended", live) == [{"recording": live, "seconds": 20, "segments": 2048}]
    size, calls = vault.ledger.size(), vault.calls
    for act in (
        lambda: calls.end(live),
        lambda: calls.add_people(live, [Listener("dora")]),
        lambda: calls.invite(live, "cleo", bytes(32)),
        lambda: CLEO.consent(vault, live),
        lambda: calls.admitted(live, "anna"),
        lambda: calls.left(live, "anna"),
        lambda: calls.open_stream(live, "anna", KEYS[2]),
        lambda: calls.open_block(live, 0),
        lambda: calls.progress(live, 0, 51),
        lambda: calls.close_stream(live, 0, 51),
    ):
        with pytest.raises(UsageError, match="has ended"):
            act()
    assert vault.ledger.size() == size
    assert vault.check().findings == ()


def test_a_call_that_nobody_came_to_has_no_length(vault: Vault, call: Recording, clock: Clock) -> None:
    clock.wait(100)
    vault.calls.end(call.id)
    assert vault.calls.get(call.id).recording.seconds == 0


def test_no_names_get_into_the_ledger(vault: Vault, live: str) -> None:
    vault.calls.end(live)
    text = json.dumps([dict(entry.body) for entry in vault.ledger.entries()])
    assert not any(word in text for word in ("Anna Weiss", "Board", 'secret"', "max_members"))


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE recordings SET input_sha256 = 'ab'", "the record of"),
        ("DELETE FROM stream_blocks WHERE block = 1", "the blocks of"),
        ("UPDATE stream_blocks SET block = 7 WHERE block = 1", "the blocks of"),
        ("UPDATE streams SET speaker_id = 'ben'", "the streams of"),
        ("UPDATE streams SET positions = 9 WHERE closed_at IS NOT NULL", "the ends of streams of"),
        ("UPDATE attendance SET left_at = NULL", "the departures of"),
        ("UPDATE attendance SET admitted_at = 7", "the arrivals of"),
        ("UPDATE consents SET device = 'x'", "the receipts of"),
        ("DELETE FROM consents", "the receipts of"),
        ("DELETE FROM listeners WHERE id = 'cleo'", "the listeners of"),
    ],
)
def test_tables_that_were_changed_are_told(vault: Vault, live: str, statement: str, what: str) -> None:
    vault.calls.open_stream(live, "anna", KEYS[0])
    for _ in range(2):
        vault.calls.open_block(live, 0)
    vault.calls.close_stream(live, 0, 3)
    vault.calls.left(live, "ben")
    assert vault.check().findings == ()
    with vault.safe.writing() as sitting:
        sitting.connection.exec_driver_sql(statement)
    assert [finding.what.partition(live)[0].strip() for finding in vault.check().findings] == [what]


def test_entries_without_rows_are_told(vault: Vault, live: str) -> None:
    vault.enter(Act("stream-opened", live, {"recording": live}))
    vault.enter(Act("stream-closed", live, {"recording": live, "stream": 4, "positions": 2}))
    assert [finding.what for finding in vault.check().findings] == [
        f"the streams of {live} are not those that the ledger says",
        f"the ends of streams of {live} are not those that the ledger says",
    ]


def test_a_deep_rotation_keeps_the_mark_keys(vault: Vault, live: str, folder: Path) -> None:
    vault.calls.open_stream(live, "anna", KEYS[0])
    before = vault.calls.codes(live)
    rotate(vault.safe, InTheOpen(), deep=True)
    with Vault(folder) as again:
        assert again.calls.mark_keys([live], "trace") == {live: {0: KEYS[0]}}
        assert again.calls.codes(live) == before
    assert not any(KEYS[0] in path.read_bytes() for path in folder.iterdir())


def test_what_is_no_secret_of_a_call_is_read_without_a_key(
    folder: Path, where: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EARMARK_VAULT_KEY", key_text(KEYS[1]))
    with Vault.init(folder, database=where) as vault:
        call = vault.calls.create(BOARD, [Listener("anna")]).id
        vault.calls.invite(call, "anna", bytes(32))
        ANNA.join(vault, call)
    monkeypatch.delenv("EARMARK_VAULT_KEY")
    with Vault(folder) as vault:
        assert [stay.listener_id for stay in vault.calls.get(call).attendance] == ["anna"]
        assert vault.calls.invitation(bytes(32)) is not None
        with pytest.raises(VaultError, match="key"):
            vault.calls.codes(call)
        with pytest.raises(VaultError, match="key"):
            vault.calls.open_stream(call, "anna", KEYS[0])


def test_steps_of_a_call_are_whole_or_not_at_all(
    vault: Vault, live: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = vault.calls.open_stream(live, "anna", KEYS[0])
    before = vault.calls.get(live), vault.ledger.size()

    def full(*_: object) -> None:
        raise VaultError("the disk is full")

    monkeypatch.setattr("earmark.records.safe.log.append", full)
    for act in (
        lambda: CLEO.consent(vault, live),
        lambda: vault.calls.admitted(live, "ben"),
        lambda: vault.calls.open_stream(live, "ben", KEYS[1]),
        lambda: vault.calls.open_block(live, stream),
        lambda: vault.calls.close_stream(live, stream, 0),
        lambda: vault.calls.end(live),
    ):
        clock.wait(1)
        with pytest.raises(EarmarkError):
            act()
    assert (vault.calls.get(live), vault.ledger.size()) == before


def test_two_vaults_on_one_folder_agree(vault: Vault, live: str, folder: Path) -> None:
    with Vault(folder) as other:
        assert vault.calls.open_stream(live, "anna", KEYS[0]) == 0
        assert other.calls.open_stream(live, "ben", KEYS[1]) == 1
        assert [one.calls.open_block(live, 0) for one in (vault, other, vault)] == [0, 1, 2]
        assert other.check().findings == ()
