"""What speakers seal for the vault: taken piece by piece, opened by the vault alone, and held to the ledger."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Table, delete, insert, select, update
from tests.members import Clock, Member

from earmark.errors import UsageError, VaultError
from earmark.records import schema
from earmark.records.backup import back_up, restore
from earmark.records.calls.entries import NewCall
from earmark.records.calls.pieces import MOST_FRAMES, MOST_PIECE_BYTES, SUITE, Frames, Piece, PieceName, pack, unpack
from earmark.records.keyholding import rotate
from earmark.records.listeners import Listener
from earmark.records.protection.sources import Sources
from earmark.records.protection.ways import ByPassphrase, Cost, InTheOpen
from earmark.records.vault import Vault

ANNA, BEN = Member("anna"), Member("ben")
PASSPHRASE = "five words and no more"  # noqa: S105 - of a test
WAY = ByPassphrase(PASSPHRASE, Cost(memory_kib=64, iterations=1, lanes=1))
FRAME = b"opus" * 20


@pytest.fixture
def vault(folder: Path, where: str | None) -> Iterator[Vault]:
    with Vault.init(folder, database=where, way=InTheOpen(), clock=Clock()) as opened:
        yield opened


@pytest.fixture
def call(vault: Vault) -> str:
    made = vault.calls.create(
        NewCall(title="Board", detector=2, depth=0.3, slot_ms=30), [Listener("anna"), Listener("ben")]
    )
    for member in (ANNA, BEN):
        member.join(vault, made.id)
        stream = vault.calls.open_stream(made.id, member.id, b"k" * 32)
        vault.calls.open_block(made.id, stream)
    return made.id


def named(call: str, number: int, *, stream: int = 0, speaker: str = "anna") -> PieceName:
    return PieceName(call, speaker, stream, number)


def piece(key: bytes, name: PieceName, plain: bytes, *, device: Member = ANNA, info: bytes | None = None) -> Piece:
    sealed = SUITE.encrypt(plain, X25519PublicKey.from_public_bytes(key), info=info or name.seal_info)
    return Piece(sealed, device.device.sign(name.signed_text(sealed)))


def say(vault: Vault, call: str, numbers: range = range(3)) -> Frames:
    """Keep pieces of anna's stream, a second of ten frames each; return the frames."""
    key = vault.calls.keep_speech(call, 0).public_key
    said: Frames = {}
    for number in numbers:
        frames = [FRAME + bytes([number, frame]) for frame in range(10)]
        name = named(call, number)
        vault.calls.add_speech(call, 0, number, piece(key, name, pack(50 * number, frames)))
        said |= {50 * number + frame: one for frame, one in enumerate(frames)}
    return said


def test_what_was_kept_comes_back(vault: Vault, call: str) -> None:
    said = say(vault, call)
    for closed in (False, True):
        spoken = vault.calls.speech(call, 0, "verify")
        assert spoken is not None
        assert (spoken.frames, spoken.unreadable) == (said, 0)
        if not closed:
            vault.calls.close_stream(call, 0, 20)
    assert vault.calls.speech(call, 1, "verify") is None
    assert [stream.kept for stream in vault.calls.streams(call)] == [3, None]
    assert vault.check().findings == ()


def test_the_ledger_says_what_was_kept_and_who_opened_it(vault: Vault, call: str) -> None:
    say(vault, call)
    keeping = vault.calls.keep_speech(call, 0)
    assert keeping.pieces == 3
    assert vault.calls.keep_speech(call, 0) == keeping
    (kept,) = vault.ledger.find("speech-kept", call)
    assert kept.body == {"recording": call, "stream": 0, "public_key": keeping.public_key.hex()}
    assert vault.ledger.find("speech-sealed", call) == []
    vault.calls.end(call)
    (sealed,) = vault.ledger.find("speech-sealed", call)
    assert (sealed.body["stream"], sealed.body["pieces"]) == (0, 3)
    before = len(vault.ledger.find("key-opened", call))
    vault.calls.speech(call, 0, "verify")
    opened = vault.ledger.find("key-opened", call)
    assert len(opened) == before + 1
    assert opened[-1].body == {"recordings": [call], "keys": ["speech-keys"], "purpose": "verify"}


def test_a_locked_vault_opens_nothing(folder: Path) -> None:
    with Vault.init(folder, way=WAY, sources=Sources(ask=lambda: PASSPHRASE)) as vault:
        made = vault.calls.create(NewCall(title="Board", detector=2, depth=0.3, slot_ms=30), [Listener("anna")])
        ANNA.join(vault, made.id)
        vault.calls.open_stream(made.id, "anna", b"k" * 32)
        vault.calls.open_block(made.id, 0)
        say(vault, made.id)
        vault.calls.end(made.id)
    with Vault(folder, sources=Sources(ask=lambda: "another passphrase")) as locked:
        assert locked.calls.streams(made.id)[0].kept == 3
        with pytest.raises(VaultError):
            locked.calls.speech(made.id, 0, "verify")
    kept = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert FRAME not in kept


@pytest.mark.parametrize("number", [0, 1, 4, 49_999, 50_000])
def test_a_piece_that_is_not_the_next_one_is_refused(vault: Vault, call: str, number: int) -> None:
    said = say(vault, call)
    key = vault.calls.keep_speech(call, 0).public_key
    with pytest.raises(UsageError, match="3 is the next one"):
        vault.calls.add_speech(call, 0, number, piece(key, named(call, number), pack(500, [FRAME])))
    spoken = vault.calls.speech(call, 0, "verify")
    assert spoken is not None
    assert spoken.frames == said


def test_whose_device_did_not_sign_is_refused(vault: Vault, call: str) -> None:
    key = vault.calls.keep_speech(call, 0).public_key
    for name, device in (
        (named(call, 0), BEN),
        (named(call, 1), ANNA),
        (named("call-x", 0), ANNA),
        (named(call, 0, stream=1), ANNA),
    ):
        with pytest.raises(UsageError, match="not signed"):
            vault.calls.add_speech(call, 0, 0, piece(key, name, pack(0, [FRAME]), device=device))
    with pytest.raises(UsageError, match="not signed"):
        vault.calls.add_speech(call, 0, 0, Piece(b"sealed", b""))
    assert vault.calls.streams(call)[0].kept == 0


def test_what_is_too_long_empty_or_of_no_stream_is_refused(vault: Vault, call: str) -> None:
    with pytest.raises(UsageError, match="not kept"):
        vault.calls.add_speech(call, 0, 0, Piece(b"sealed", b""))
    vault.calls.keep_speech(call, 0)
    for size in (0, MOST_PIECE_BYTES + 1):
        with pytest.raises(UsageError, match="at most"):
            vault.calls.add_speech(call, 0, 0, Piece(bytes(size), b""))
    with pytest.raises(UsageError, match="no stream 7"):
        vault.calls.keep_speech(call, 7)
    vault.calls.close_stream(call, 0, 1)
    with pytest.raises(UsageError, match="no longer a stream"):
        vault.calls.add_speech(call, 0, 0, Piece(b"sealed", b""))


def test_rubbish_that_is_signed_is_told_and_spoils_nothing_else(vault: Vault, call: str) -> None:
    said = say(vault, call)
    key = vault.calls.keep_speech(call, 0).public_key
    rubbish = [
        piece(key, named(call, 3), b"rubbish"),
        piece(key, named(call, 4), pack(50, [FRAME]), info=named(call, 3).seal_info),
        piece(X25519PrivateKey.generate().public_key().public_bytes_raw(), named(call, 5), pack(50, [FRAME])),
        piece(key, named(call, 6), pack(0, [b"something else"])),
        piece(key, named(call, 7), pack(12 * 1024, [b"beyond what keys were dealt for"])),
    ]
    for number, one in enumerate(rubbish, 3):
        vault.calls.add_speech(call, 0, number, one)
    vault.calls.end(call)
    spoken = vault.calls.speech(call, 0, "verify")
    assert spoken is not None
    assert (spoken.frames, spoken.unreadable) == (said, 3)
    assert vault.check().findings == ()


@pytest.mark.parametrize("what", ["piece", "signature", "order", "last", "key", "another"])
def test_what_was_changed_later_is_found(vault: Vault, call: str, what: str) -> None:
    say(vault, call)
    vault.calls.keep_speech(call, 1)
    vault.calls.end(call)
    pieces = schema.speech_pieces
    with vault.safe.writing() as sitting:
        spoil(sitting.connection, pieces, what)
    findings = vault.check().findings
    assert any("kept" in str(one) for one in findings)
    with pytest.raises(VaultError, match=r"not what the ledger says|does not open"):
        vault.calls.speech(call, 0, "verify")


def spoil(connection: Connection, pieces: Table, what: str) -> None:
    rows = connection.execute(select(pieces).order_by(pieces.c.number)).mappings().all()
    match what:
        case "piece":
            connection.execute(update(pieces).filter_by(number=1).values(sealed=rows[0]["sealed"]))
        case "signature":
            connection.execute(update(pieces).filter_by(number=1).values(signature=b""))
        case "order":
            connection.execute(delete(pieces))
            swapped = [dict(row) | {"number": {0: 1, 1: 0}.get(row["number"], row["number"])} for row in rows]
            connection.execute(insert(pieces), swapped)
        case "last":
            connection.execute(delete(pieces).filter_by(number=2))
        case "key":
            other = select(schema.speech.c.public_key).filter_by(stream=1).scalar_subquery()
            connection.execute(update(schema.speech).filter_by(stream=0).values(public_key=other))
            moved = select(schema.speech.c.private_key).filter_by(stream=1).scalar_subquery()
            connection.execute(update(schema.speech).filter_by(stream=0).values(private_key=moved))
        case "another":
            connection.execute(insert(pieces), dict(rows[2]) | {"number": 3})


def test_it_outlives_a_new_vault_key_and_a_backup(folder: Path, tmp_path: Path) -> None:
    sources = Sources(ask=lambda: PASSPHRASE)
    with Vault.init(folder, way=WAY, sources=sources) as vault:
        made = vault.calls.create(NewCall(title="Board", detector=2, depth=0.3, slot_ms=30), [Listener("anna")])
        ANNA.join(vault, made.id)
        vault.calls.open_stream(made.id, "anna", b"k" * 32)
        vault.calls.open_block(made.id, 0)
        said = say(vault, made.id)
        with vault.safe.writing() as sitting:
            before = sitting.connection.execute(select(schema.speech.c.private_key)).scalar_one()
        rotate(vault.safe, WAY, deep=True)
        with vault.safe.writing() as sitting:
            assert sitting.connection.execute(select(schema.speech.c.private_key)).scalar_one() != before
        back_up(vault, tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "restored", sources)
    for one in (folder, tmp_path / "restored"):
        with Vault(one, sources=sources) as vault:
            spoken = vault.calls.speech(made.id, 0, "verify")
            assert spoken is not None
            assert spoken.frames == said
            assert vault.check().findings == ()


@given(first=st.integers(0, 12 * 2**32 - 300), frames=st.lists(st.binary(max_size=400), max_size=MOST_FRAMES))
def test_frames_are_where_they_were_put(first: int, frames: list[bytes]) -> None:
    assert unpack(pack(first, frames)) == {first + n: frame for n, frame in enumerate(frames) if frame}


@given(st.binary(max_size=2_000))
def test_whatever_is_sealed_is_frames_or_nothing(plain: bytes) -> None:
    try:
        frames = unpack(plain)
    except ValueError:
        return
    assert len(frames) <= MOST_FRAMES
    assert all(0 < len(frame) <= 400 for frame in frames.values())


@pytest.mark.parametrize("cut", range(1, 88))
def test_a_piece_that_is_cut_is_none(cut: int) -> None:
    plain = pack(7, [FRAME])
    if len(plain) - cut == 6:
        assert unpack(plain[:-cut]) == {}
    else:
        with pytest.raises(ValueError, match=r"piece|frame"):
            unpack(plain[:-cut])
