"""Vaults of every earlier schema: before there were calls, before a call had a holder, before words were kept."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from tests.members import Member
from tests.records.old import DUMPS, dump, made
from tests.records.test_speech import FRAME

from earmark.records.calls.entries import NewCall
from earmark.records.database.place import place_of
from earmark.records.listeners import Listener
from earmark.records.schema import metadata
from earmark.records.vault import Vault

OCTOBER = "r-c4xyjjsz"
BIAS_SEED = "112a104bd5901f13abbfdcd11be28abfeea892133b1861afe6cc4c999cc9c160"
ANNA = "348578f30624e2657f9d37051a8b9245d88e89f89696333b066c7eea408b138d"


@pytest.fixture
def old(folder: Path, where: str | None) -> Path:
    return made(folder, dump(2), where)


@pytest.mark.parametrize("of", DUMPS, ids=lambda path: path.stem)
def test_all_have_the_same_tables_in_the_end(folder: Path, where: str | None, of: Path) -> None:
    made(folder, of, where)
    with place_of(folder).open() as database, database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


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


def test_calls_are_what_they_were_and_one_whose_server_was_killed_is_taken(folder: Path, where: str | None) -> None:
    with Vault(made(folder, dump(3), where)) as vault:
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


def test_in_a_call_of_before_words_are_kept_from_now_on(folder: Path, where: str | None) -> None:
    with Vault(made(folder, dump(3), where)) as vault:
        (held, *_) = vault.calls.all()
        assert {one.kept for one in vault.calls.streams(held.id)} <= {None}
        call = vault.calls.create(NewCall(title="Next", detector=2, depth=0.3, slot_ms=30), [Listener("anna")])
        Member("anna").join(vault, call.id)
        stream = vault.calls.open_stream(call.id, "anna", bytes(range(32)))
        assert vault.calls.keep_speech(call.id, stream).pieces == 0
        assert vault.check().findings == ()


def test_what_hosts_had_decided_holds_where_another_server_takes_the_call(folder: Path, where: str | None) -> None:
    with Vault(made(folder, dump(4), where)) as vault:
        council = vault.calls.get("Works council")
        assert council.locked
        removed = {person.listener.id for person in council.people if person.removed_at is not None}
        back = {person.listener.id for person in council.people if person.expected_back}
        assert (removed, back) == ({"ben"}, {"anna", "cleo"})
        vault.calls.take(council.recording.id, "b")
        after = vault.calls.get(council.recording.id)
        assert after.locked
        assert {person.listener.id for person in after.people if person.removed_at is not None} == {"ben"}
        assert all(stay.left_at is not None for stay in after.attendance)
        (stream,) = after.streams
        assert (stream.kept, stream.closed_at is not None) == (None, True)
        assert vault.check().findings == ()
        vault.calls.holding.end()


def test_words_that_were_kept_are_opened_and_go_on(folder: Path, where: str | None) -> None:
    with Vault(made(folder, dump(5), where)) as vault:
        council = vault.calls.get("Works council").recording.id
        assert [stream.kept for stream in vault.calls.streams(council)] == [2]
        spoken = vault.calls.speech(council, 0, "verify")
        assert spoken is not None
        assert spoken.frames[53] == FRAME + bytes([1, 3])
        assert vault.calls.knows_device("cleo", Member("cleo").public_key)
        assert not vault.calls.knows_device("cleo", Member("anna").public_key)
        Member("cleo").consent(vault, council, time=1)
        assert vault.check().findings == ()
