import hashlib
import multiprocessing
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from earmark.errors import ListenersError, UsageError, VaultError
from earmark.grid import Grid
from earmark.keys import SECRET_BYTES
from earmark.records.database import sqlite
from earmark.records.database.place import FILE_NAME, NOTE_NAME
from earmark.records.entries import NewRecording
from earmark.records.listeners import Listener
from earmark.records.vault import Vault

SPAWN = multiprocessing.get_context("spawn")
BATCH = 10


def people(*names: str) -> list[Listener]:
    return [Listener(name) for name in names]


def counting_bytes() -> Callable[[int], bytes]:
    numbers = count()
    return lambda size: bytes(next(numbers) % 256 for _ in range(size))


def test_a_recording_reads_back_as_it_was_made(vault: Vault, folder: Path, briefing: NewRecording) -> None:
    made = vault.create_recording(briefing)
    with Vault(folder) as again:
        assert again.recordings() == [made]
    assert {name: getattr(made, name) for name in vars(briefing)} == vars(briefing)
    assert made.grid == Grid(80, 31)
    assert (made.status, made.sealed) == ("marking", False)


def test_a_recording_gets_an_id_and_keys_of_its_own(folder: Path, where: str | None, briefing: NewRecording) -> None:
    clock = [datetime(2026, 11, 23, 12, tzinfo=timezone(timedelta(hours=2)))]
    with Vault.init(folder, database=where, clock=lambda: clock[0], randomness=counting_bytes()) as vault:
        first, second = vault.create_recording(briefing), vault.create_recording(briefing)
        assert vault.recordings()[0].created_at == datetime(2026, 11, 23, 10, tzinfo=UTC)
        keys = [vault.keys(recording.id, "mark") for recording in (first, second)]
    assert [len(recording.id) for recording in (first, second)] == [10, 10]
    start = keys[0].mark_key[0]
    assert keys[0].mark_key == bytes((start + n) % 256 for n in range(32))
    assert len({key for one in keys for key in vars(one).values()}) == 6


def test_keys_are_not_printed(vault: Vault, briefing: NewRecording) -> None:
    made = vault.create_recording(briefing)
    keys = vault.keys(made.id, "mark")
    assert not any(repr(key) in repr(made) + repr(keys) for key in vars(keys).values())


def test_recordings_are_told_oldest_first(folder: Path, where: str | None, briefing: NewRecording) -> None:
    days = count(1)
    with Vault.init(folder, database=where, clock=lambda: datetime(2026, 11, 30 - next(days), tzinfo=UTC)) as vault:
        late, early = vault.create_recording(briefing), vault.create_recording(briefing)
        assert vault.recordings() == [early, late]


def test_a_recording_is_found_by_id_title_or_the_ids_start(
    folder: Path, where: str | None, briefing: NewRecording
) -> None:
    with Vault.init(folder, database=where, randomness=counting_bytes()) as vault:
        first = vault.create_recording(briefing)
        second = vault.create_recording(replace(briefing, title=first.id[:4]))
        assert vault.recording(first.id) == vault.recording("Briefing") == vault.recording(first.id[:5]) == first
        assert vault.recording(first.id[:4]) == second


@pytest.mark.parametrize("name", ["r", "r-", "Briefing"])
def test_a_name_for_several_recordings_is_refused(vault: Vault, briefing: NewRecording, name: str) -> None:
    ids = [vault.create_recording(briefing).id for _ in range(2)]
    with pytest.raises(UsageError, match="any of 2 recordings") as caught:
        vault.recording(name)
    assert all(known in caught.value.hint for known in ids)


@pytest.mark.parametrize("name", ["", "briefing", "s-", "%", "_", "r-' OR 1=1"])
def test_a_name_for_no_recording_is_refused(vault: Vault, briefing: NewRecording, name: str) -> None:
    vault.create_recording(briefing)
    with pytest.raises(UsageError, match="no recording"):
        vault.recording(name)


def test_recordings_are_found_by_their_input(vault: Vault, briefing: NewRecording) -> None:
    made = [vault.create_recording(briefing) for _ in range(2)]
    vault.create_recording(replace(briefing, input_sha256="0" * 64))
    assert {recording.id for recording in vault.find_by_input(briefing.input_sha256)} == {r.id for r in made}
    assert vault.find_by_input("1" * 64) == []


def test_progress_is_noted_for_one_recording(vault: Vault, briefing: NewRecording) -> None:
    one, other = vault.create_recording(briefing), vault.create_recording(briefing)
    vault.set_complete(one.id)
    vault.set_sealed(one.id)
    assert vault.recording(one.id) == replace(one, status="complete", sealed=True)
    assert vault.recording(other.id) == other
    with pytest.raises(UsageError, match="no recording"):
        vault.set_complete("r-missing")


def test_sealed_originals_have_a_private_place(vault: Vault, folder: Path) -> None:
    path = vault.sealed_path("r-abcdefgh")
    assert path == vault.sealed_path("r-abcdefgh") == folder / "sealed" / "r-abcdefgh.sealed"
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_listeners_read_back_in_the_order_of_their_ids(vault: Vault, briefing: NewRecording) -> None:
    recording = vault.create_recording(briefing).id
    anna = Listener("anna", "Anna Ö", "a@x.org")
    assert vault.add_listeners(recording, [Listener("zoe"), Listener("Émile"), anna, Listener("Bo")]) == 4
    assert vault.listeners(recording) == [Listener("Bo"), anna, Listener("zoe"), Listener("Émile")]
    assert list(vault.secrets(recording, "mark")) == ["Bo", "anna", "zoe", "Émile"]


def test_every_listener_of_every_recording_has_a_secret_of_their_own(vault: Vault, briefing: NewRecording) -> None:
    ids = [vault.create_recording(briefing).id for _ in range(2)]
    for recording in ids:
        vault.add_listeners(recording, people("anna", "zoe"))
    drawn = [secret for recording in ids for secret in vault.secrets(recording, "mark").values()]
    assert len(set(drawn)) == 4
    assert {len(secret) for secret in drawn} == {SECRET_BYTES}


def test_secrets_come_from_the_randomness_handed_in(folder: Path, where: str | None, briefing: NewRecording) -> None:
    with Vault.init(folder, database=where, randomness=counting_bytes()) as vault:
        recording = vault.create_recording(briefing).id
        vault.add_listeners(recording, people("anna", "zoe"))
        start = vault.secrets(recording, "mark")["anna"][0]
        drawn = b"".join(vault.secrets(recording, "mark").values())
    assert drawn == bytes((start + n) % 256 for n in range(2 * SECRET_BYTES))


def test_a_secret_never_changes(vault: Vault, briefing: NewRecording) -> None:
    recording = vault.create_recording(briefing).id
    vault.add_listeners(recording, people("anna", "zoe"))
    before = vault.secrets(recording, "mark")
    assert vault.add_listeners(recording, [Listener("anna", "Anna"), *people("bo", "zoe", "bo")]) == 1
    assert {name: vault.secrets(recording, "mark")[name] for name in before} == before
    assert vault.listeners(recording) == people("anna", "bo", "zoe")
    assert vault.add_listeners(recording, []) == 0


def test_ids_that_differ_in_case_only_are_refused_whenever_they_come(vault: Vault, briefing: NewRecording) -> None:
    recording = vault.create_recording(briefing).id
    vault.add_listeners(recording, people("anna"))
    for names in (["bo", "Anna"], ["bo", "BO"]):
        with pytest.raises(ListenersError, match="is taken by"):
            vault.add_listeners(recording, people(*names))
    assert vault.listeners(recording) == people("anna")


def test_an_unknown_recording_has_no_listeners(vault: Vault) -> None:
    with pytest.raises(UsageError, match="no recording"):
        vault.add_listeners("r-missing", people("anna"))
    assert vault.listeners("r-missing") == []
    with pytest.raises(UsageError, match="no recording"):
        vault.secrets("r-missing", "mark")
    assert vault.ledger.size() == 1


def test_a_copy_is_noted_once(vault: Vault, briefing: NewRecording, tmp_path: Path) -> None:
    recording = vault.create_recording(briefing).id
    vault.add_listeners(recording, people("anna", "zoe"))
    for listener, digest in [("zoe", "1"), ("anna", "2"), ("zoe", "1"), ("zoe", "3")]:
        vault.record_copy(recording, listener, path=tmp_path / listener, sha256=digest * 64, container="wav")
    noted = vault.copies(recording)
    assert [(copy.listener_id, copy.sha256[0]) for copy in noted] == [("zoe", "1"), ("anna", "2"), ("zoe", "3")]
    assert noted[0].path == str(tmp_path / "zoe")
    assert noted[0].format == "wav"
    assert noted[0].given_at.tzinfo is UTC


def test_threads_may_share_a_vault(vault: Vault, briefing: NewRecording, tmp_path: Path) -> None:
    recording = vault.create_recording(briefing).id
    names = [f"u{n}" for n in range(60)]
    vault.add_listeners(recording, people(*names))

    def note(name: str) -> None:
        vault.record_copy(recording, name, path=tmp_path / name, sha256="0" * 64, container="wav")

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(note, names))
    assert sorted(copy.listener_id for copy in vault.copies(recording)) == sorted(names)


def test_a_copys_path_is_absolute(
    vault: Vault, briefing: NewRecording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    recording = vault.create_recording(briefing).id
    vault.add_listeners(recording, people("anna"))
    vault.record_copy(recording, "anna", path=Path("anna.wav"), sha256="0" * 64, container="wav")
    assert vault.copies(recording)[0].path == str(tmp_path / "anna.wav")


def test_a_copy_for_nobody_is_refused(vault: Vault, briefing: NewRecording, tmp_path: Path) -> None:
    recording = vault.create_recording(briefing).id
    with pytest.raises(VaultError, match="unknown"):
        vault.record_copy(recording, "anna", path=tmp_path / "anna.wav", sha256="0" * 64, container="wav")
    assert vault.copies(recording) == []


def test_a_name_that_is_not_unicode_is_refused(vault: Vault, briefing: NewRecording) -> None:
    with pytest.raises(VaultError, match="not Unicode"):
        vault.create_recording(replace(briefing, input_name="brief\udcff.wav"))
    assert vault.recordings() == []


def test_init_keeps_the_vault_that_is_there(
    vault: Vault, folder: Path, where: str | None, briefing: NewRecording
) -> None:
    made = vault.create_recording(briefing)
    with pytest.raises(VaultError, match="there is a vault"):
        Vault.init(folder, database=where)
    assert vault.recordings() == [made]


@pytest.mark.usefixtures("vault")
@pytest.mark.parametrize("inside", [False, True])
def test_a_vault_that_others_may_read_is_not_opened(folder: Path, where: str | None, inside: bool) -> None:
    name = FILE_NAME if where is None else NOTE_NAME
    (folder / name if inside else folder).chmod(0o755)
    with pytest.raises(VaultError, match="others may read"):
        Vault(folder)


def test_everything_in_the_vault_is_its_owners_only(
    vault: Vault, folder: Path, where: str | None, briefing: NewRecording
) -> None:
    vault.create_recording(briefing)
    vault.sealed_path("r-abcdefgh")
    modes = {path.name: path.stat().st_mode & 0o077 for path in [folder, *folder.rglob("*")]}
    assert len(modes) == (5 if where is None else 3)  # the database, its log and its index, or the note of where it is
    assert set(modes.values()) == {0}


def test_a_full_disk_takes_a_list_back_as_a_whole(
    folder: Path, briefing: NewRecording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "PRAGMAS", (*sqlite.PRAGMAS, "max_page_count = 48"))
    with Vault.init(folder) as vault:
        recording = vault.create_recording(briefing).id
        vault.add_listeners(recording, people("anna"))
        before = vault.secrets(recording, "mark")
        with pytest.raises(VaultError, match="the disk is full"):
            vault.add_listeners(recording, people(*(f"u{n}" for n in range(5_000))))
        assert vault.secrets(recording, "mark") == before
        assert vault.add_listeners(recording, people("zoe")) == 1


def test_a_long_list_takes_one_draw_and_one_insert(folder: Path, where: str | None, briefing: NewRecording) -> None:
    draws: list[int] = []
    statements: list[str] = []

    def draw(size: int) -> bytes:
        draws.append(size)
        return bytes(size)

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    with Vault.init(folder, database=where, randomness=draw) as vault:
        recording = vault.create_recording(briefing).id
        draws.clear()
        event.listen(vault._database._writer, "before_cursor_execute", note)
        vault.add_listeners(recording, people(*(f"u{n}" for n in range(20_000))))
        assert len(vault.secrets(recording, "mark")) == 20_000
    assert draws.count(20_000 * SECRET_BYTES) == 1
    assert sum(statement.startswith("INSERT INTO listeners") for statement in statements) == 1


def add_range(folder: Path, recording: str, first: int, last: int, ready: Connection) -> None:
    with Vault(folder) as vault:
        ready.send(None)
        ready.recv()
        for n in range(first, last):
            vault.add_listeners(recording, people(*(f"u{k}" for k in range(first, n + 1))))
        ready.send(vault.secrets(recording, "mark"))


def test_two_processes_add_to_one_recording(vault: Vault, folder: Path, briefing: NewRecording) -> None:
    recording = vault.create_recording(briefing).id
    pipes = [SPAWN.Pipe() for _ in range(2)]
    ranges = [(0, 60), (30, 90)]
    processes = [
        SPAWN.Process(target=add_range, args=(folder, recording, *bounds, pipe[1]))
        for bounds, pipe in zip(ranges, pipes, strict=True)
    ]
    for process in processes:
        process.start()
    for mine, _ in pipes:
        mine.recv()
    for mine, _ in pipes:
        mine.send(None)
    seen = [mine.recv() for mine, _ in pipes]
    for process in processes:
        process.join()
    final = vault.secrets(recording, "mark")
    assert [process.exitcode for process in processes] == [0, 0]
    assert set(final) == {f"u{n}" for n in range(90)}
    assert all(secrets.items() <= final.items() for secrets in seen)


def give_copies(folder: Path, out: Path, recording: str, run: int, ready: Connection) -> None:
    with Vault(folder) as vault:
        ready.send(None)
        for batch in count():
            added = people(*(f"{run}-{batch}-{n}" for n in range(BATCH)))
            vault.add_listeners(recording, added)
            for listener in added:
                data = listener.id.encode()
                digest = hashlib.sha256(data).hexdigest()
                vault.record_copy(recording, listener.id, path=out / listener.id, sha256=digest, container="wav")
                (out / f".{listener.id}").write_bytes(data)
                (out / f".{listener.id}").rename(out / listener.id)


@pytest.mark.parametrize("run", range(6))
def test_a_process_killed_at_any_moment_loses_no_record(
    vault: Vault, folder: Path, briefing: NewRecording, tmp_path: Path, run: int
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    recording = vault.create_recording(briefing).id
    mine, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=give_copies, args=(folder, out, recording, run, theirs))
    process.start()
    mine.recv()
    time.sleep(random.Random(run).uniform(0, 0.15))
    process.kill()
    process.join()
    noted = {copy.path: copy.sha256 for copy in vault.copies(recording)}
    given = {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in out.glob("[!.]*")}
    assert process.exitcode == -9
    assert given.items() <= noted.items()
    assert len(noted) - len(given) <= 1
    assert len(vault.listeners(recording)) % BATCH == 0
    assert vault.add_listeners(recording, people("anna")) == 1


def test_a_codebook_other_than_the_one_committed_to_is_not_opened(vault: Vault, briefing: NewRecording) -> None:
    recording = vault.create_recording(briefing, people("anna", "ben")).id
    good = vault.secrets(recording, "mark"), vault.keys(recording, "mark")

    def replaced(table: str, column: str, value: bytes, where: str = "1 = 1") -> None:
        with vault.safe.writing() as sitting:
            sealed = sitting.columns.seal(value, f"{table}.{column}", recording, *where.split("'")[1:2])
            statement = text(f"UPDATE {table} SET {column} = :sealed WHERE {where}")  # noqa: S608
            sitting.connection.execute(statement, {"sealed": sealed})

    replaced("listeners", "secret", bytes(32), "id = 'anna'")
    with pytest.raises(VaultError, match="not the one that was committed to"):
        vault.secrets(recording, "trace")
    replaced("listeners", "secret", good[0]["anna"], "id = 'anna'")
    assert vault.secrets(recording, "trace") == good[0]
    for name in ("mark_key", "bias_seed"):
        replaced("recordings", name, bytes(32))
        with pytest.raises(VaultError, match="not the one that was committed to"):
            vault.keys(recording, "trace")
        replaced("recordings", name, getattr(good[1], name))
    assert vault.keys(recording, "trace") == good[1]


def test_listeners_other_than_those_committed_to_are_not_opened(vault: Vault, briefing: NewRecording) -> None:
    recording = vault.create_recording(briefing, people("anna", "ben")).id
    with vault.safe.writing() as sitting:
        sitting.connection.exec_driver_sql("DELETE FROM listeners WHERE id = 'ben'")
    with pytest.raises(VaultError, match="not the one that was committed to"):
        vault.secrets(recording, "trace")
