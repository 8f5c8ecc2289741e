"""Databases of vaults: what holds for both kinds, and what is peculiar to SQLite's files."""

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, func, insert, inspect, select, text

from earmark.errors import VaultError
from earmark.records import schema
from earmark.records.database import base, sqlite
from earmark.records.database.base import Database, Place
from earmark.records.database.postgresql import PostgresPlace
from earmark.records.database.sqlite import SqliteDatabase, SqlitePlace

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def create(path: Path) -> None:
    SqlitePlace(path).create()


def open_current(path: Path) -> SqliteDatabase:
    return SqlitePlace(path).open()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create(tmp_path / "vault.sqlite")
    return tmp_path / "vault.sqlite"


@pytest.fixture
def place(where: str | None, path: Path) -> Place:
    if where is None:
        return SqlitePlace(path)
    made = PostgresPlace(where)
    made.create()
    return made


def pragma(opened: Database, name: str) -> object:
    with opened.reading() as connection:
        return connection.execute(text(f"PRAGMA {name}")).scalar_one()


def count(opened: Database) -> int:
    with opened.reading() as connection:
        return len(connection.execute(text("SELECT 1 FROM notes")).all())


def test_migrations_make_the_tables_of_the_schema(place: Place) -> None:
    with place.open() as opened, opened.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []


def test_nothing_is_made_in_place_of_a_vault(place: Place) -> None:
    with place.open() as opened, opened.writing() as connection:
        connection.execute(text("CREATE TABLE notes (n INTEGER)"))
    with pytest.raises(VaultError, match="there is a vault at"):
        place.create()
    with place.open() as opened:
        assert count(opened) == 0


def test_what_fails_to_be_filled_is_not_made(tmp_path: Path, where: str | None) -> None:
    made: Place = SqlitePlace(tmp_path / "vault.sqlite") if where is None else PostgresPlace(where)

    def fill(connection: Connection) -> None:
        connection.execute(text("CREATE TABLE notes (n INTEGER)"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        made.create(fill)
    assert not list(tmp_path.iterdir())
    made.create()
    with made.open() as opened, opened.reading() as connection:
        assert not inspect(connection).has_table("notes")


def test_a_newer_vault_is_left_alone(place: Place) -> None:
    with place.open() as opened, opened.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(VaultError, match="newer version of Earmark") as caught:
        place.open()
    assert "Update" in caught.value.hint


def test_an_exception_takes_all_of_a_transaction_back(place: Place) -> None:
    with place.open() as opened:
        with opened.writing() as connection:
            connection.execute(text("CREATE TABLE notes (n INTEGER)"))
        with pytest.raises(ZeroDivisionError), opened.writing() as connection:
            connection.execute(text("INSERT INTO notes VALUES (1)"))
            connection.execute(text("CREATE TABLE more (n INTEGER)"))
            _ = 1 / 0
        assert count(opened) == 0
        with opened.reading() as connection:
            assert not inspect(connection).has_table("more")


def test_a_reader_sees_one_state_and_does_not_wait(place: Place) -> None:
    with place.open() as opened, place.open() as other:
        with opened.writing() as connection:
            connection.execute(text("CREATE TABLE notes (n INTEGER)"))
        with other.writing() as connection:
            connection.execute(text("INSERT INTO notes VALUES (1)"))
            assert count(opened) == 0
        assert count(opened) == 1
        with opened.reading() as reader:
            before = reader.execute(text("SELECT count(*) FROM notes")).scalar_one()
            with other.writing() as connection:
                connection.execute(text("INSERT INTO notes VALUES (2)"))
            assert reader.execute(text("SELECT count(*) FROM notes")).scalar_one() == before == 1


def test_a_writer_waits_for_another_but_not_for_ever(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "BUSY_TIMEOUT_S", 0.05)
    with place.open() as opened, place.open() as other:
        writing = opened.writing()
        with other.writing(), pytest.raises(VaultError, match="another process is writing"):
            writing.__enter__()


def test_a_writer_sees_what_the_one_it_has_waited_for_has_left(place: Place) -> None:
    def add(one: Database) -> None:
        for _ in range(10):
            with one.writing() as connection:
                last = connection.execute(text("SELECT max(n) FROM notes")).scalar_one()
                connection.execute(text("INSERT INTO notes VALUES (:n)"), {"n": last + 1})

    with place.open() as opened, place.open() as other:
        with opened.writing() as connection:
            connection.execute(text("CREATE TABLE notes (n INTEGER PRIMARY KEY)"))
            connection.execute(text("INSERT INTO notes VALUES (0)"))
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(add, [opened, other, opened, other]))
        assert count(opened) == 41


def test_a_copy_has_all_of_one_moment(place: Place, tmp_path: Path) -> None:
    with place.open() as opened:
        with opened.writing() as connection:
            connection.execute(
                insert(schema.stamps), [{"size": n, "token": bytes([n]), "added_at": NOW} for n in (1, 2)]
            )
        with opened.copied(tmp_path) as copy, SqlitePlace(copy).open() as again:
            with opened.reading() as one, again.reading() as other:
                for table in schema.metadata.sorted_tables:
                    assert one.execute(select(table)).all() == other.execute(select(table)).all()
            with again.writing() as connection:
                connection.execute(insert(schema.stamps), {"size": 3, "token": b"", "added_at": NOW})
                assert connection.execute(select(func.max(schema.stamps.c.id))).scalar_one() == 3
    assert not list(tmp_path.glob(".earmark*"))


def test_a_new_database_is_its_owners_only_and_leaves_nothing_beside_it(path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_commit_is_on_disk_and_references_hold(path: Path) -> None:
    with closing(open_current(path)) as opened:
        assert [pragma(opened, name) for name in ("journal_mode", "synchronous", "foreign_keys")] == ["wal", 2, 1]


def test_nothing_is_put_in_place_of_a_file(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(VaultError, match="there is a vault at"):
        create(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match="no vault can be made"):
        create(tmp_path / "nowhere" / "vault.sqlite")


def test_a_failed_migration_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "PRAGMAS", (*sqlite.PRAGMAS, "max_page_count = 3"))
    with pytest.raises(VaultError, match="the disk is full") as caught:
        create(tmp_path / "vault.sqlite")
    assert "nothing was lost" in caught.value.hint
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("data", [b"longer than a database's header" * 100, b"x", b""])
def test_another_kind_of_file_is_not_a_vault(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "vault.sqlite").write_bytes(data)
    with pytest.raises(VaultError, match="not a vault"):
        open_current(tmp_path / "vault.sqlite")
    assert (tmp_path / "vault.sqlite").read_bytes() == data


def test_another_database_is_not_a_vault(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "vault.sqlite")) as connection:
        connection.execute("CREATE TABLE recipes (name)")
    with pytest.raises(VaultError, match="is not a vault"):
        open_current(tmp_path / "vault.sqlite")


def test_a_missing_file_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match="cannot be opened"):
        open_current(tmp_path / "vault.sqlite")
    assert not list(tmp_path.iterdir())


def test_a_damaged_vault_is_said_so(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:100] + bytes(len(data) - 100))
    with pytest.raises(VaultError, match="damaged"):
        open_current(path)


@pytest.fixture
def frozen(path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing in the vault's folder may be written, as on read-only media."""
    monkeypatch.setattr("os.access", lambda _path, mode: mode != os.W_OK)
    return path


def test_what_cannot_be_written_is_read_and_nothing_is_left_beside_it(frozen: Path) -> None:
    with closing(open_current(frozen)) as opened:
        assert pragma(opened, "foreign_keys") == 1
        assert list(frozen.parent.iterdir()) == [frozen]
        with pytest.raises(VaultError, match="may not be written"), opened.writing() as connection:
            connection.execute(text("CREATE TABLE notes (x)"))


def test_a_log_that_is_not_empty_is_not_passed_over(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(open_current(path)) as opened:
        with opened.writing() as connection:
            connection.execute(text("CREATE TABLE notes (x)"))
        monkeypatch.setattr("os.access", lambda _path, mode: mode != os.W_OK)
        with closing(open_current(path)) as other:
            assert count(other) == 0


def test_a_path_may_have_any_characters(tmp_path: Path) -> None:
    folder = tmp_path / "50% of #1? & ünïcode\udcff"
    folder.mkdir()
    create(folder / "vault.sqlite")
    open_current(folder / "vault.sqlite").close()


def test_a_vault_of_before_there_were_calls_is_brought_up_to_date(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "vault.sqlite")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(Path(__file__).with_name("v0002.sql").read_text("utf-8"))
    with closing(open_current(tmp_path / "vault.sqlite")) as opened, opened.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
