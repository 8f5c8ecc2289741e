"""Vaults of before there were calls, and of before a call had a holder or words were kept."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.members import Member

from earmark.records.calls.entries import NewCall
from earmark.records.database.place import FILE_NAME
from earmark.records.listeners import Listener
from earmark.records.vault import Vault

OLD = Path(__file__).with_name("v0002.sql")
WITH_CALLS = Path(__file__).with_name("v0003.sql")
OCTOBER = "r-c4xyjjsz"
BIAS_SEED = "112a104bd5901f13abbfdcd11be28abfeea892133b1861afe6cc4c999cc9c160"
ANNA = "348578f30624e2657f9d37051a8b9245d88e89f89696333b066c7eea408b138d"


def made(folder: Path, of: Path) -> Path:
    folder.mkdir(mode=0o700)
    (folder / FILE_NAME).touch(mode=0o600)
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(of.read_text("utf-8"))
    return folder


@pytest.fixture
def old(folder: Path) -> Path:
    return made(folder, OLD)


def test_what_was_there_is_there_still(old: Path) -> None:
    with Vault(old) as vault:
        assert not vault.adopted
        (recording,) = vault.recordings()
        assert (recording.id, recording.title, recording.status) == (OCTOBER, "October briefing", "complete")
        assert (recording.kind, recording.slot_ms) == ("file", 30)
        assert vault.keys(OCTOBER, "trace").bias_seed.hex() == BIAS_SEED
        assert vault.secrets(OCTOBER, "trace")["anna"].hex() == ANNA
        assert [copy.listener_id for copy in vault.copies(OCTOBER)] == ["anna"]
        assert vault.calls.all() == []
        assert vault.check().findings == ()


def test_a_call_is_opened_in_it(old: Path) -> None:
    with Vault(old) as vault:
        call = vault.calls.create(NewCall(title="Board", detector=3, depth=2.5, slot_ms=20), [Listener("anna")])
        Member("anna").join(vault, call.id)
        stream = vault.calls.open_stream(call.id, "anna", bytes(range(32)))
        assert vault.calls.open_block(call.id, stream) == 0
        assert [one.id for one in vault.recordings()] == [OCTOBER, call.id]
        assert vault.check().findings == ()


def test_calls_are_what_they_were_and_one_whose_server_was_killed_is_taken(folder: Path) -> None:
    with Vault(made(folder, WITH_CALLS)) as vault:
        board, council = vault.calls.all()
        assert (board.title, board.status, council.title) == ("Board", "complete", "Works council")
        before = vault.calls.get(council.id)
        assert not before.locked
        assert [(one.host, one.expected_back, one.removed_at) for one in before.people] == [
            (True, False, None),
            (False, False, None),
        ]
        assert (before.streams[0].positions, before.streams[0].closed_at) == (100, None)
        vault.calls.take(council.id, "b")
        after = vault.calls.get(council.id)
        assert after.streams[0].closed_at is not None
        assert after.streams[0].positions == 1024  # it may have gone on for as long as there were keys
        assert [stay.left_at is None for stay in after.attendance] == [False]
        Member("anna").join(vault, council.id)
        assert vault.calls.open_stream(council.id, "anna", bytes(32)) == 1
        assert vault.check().findings == ()
        vault.calls.holding.end()


def test_in_a_call_of_before_words_are_kept_from_now_on(folder: Path) -> None:
    with Vault(made(folder, WITH_CALLS)) as vault:
        (held, *_) = vault.calls.all()
        assert {one.kept for one in vault.calls.streams(held.id)} <= {None}
        call = vault.calls.create(NewCall(title="Next", detector=2, depth=0.3, slot_ms=30), [Listener("anna")])
        Member("anna").join(vault, call.id)
        stream = vault.calls.open_stream(call.id, "anna", bytes(range(32)))
        assert vault.calls.keep_speech(call.id, stream).pieces == 0
        assert vault.check().findings == ()
