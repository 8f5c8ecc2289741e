import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from earmark.errors import VaultError
from earmark.records import database, schema
from earmark.records.database import Database, create, open_current


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create(tmp_path / "vault.sqlite")
    return tmp_path / "vault.sqlite"


def pragma(opened: Database, name: str) -> object:
    with opened.reading() as connection:
        return connection.execute(text(f"PRAGMA {name}")).scalar_one()


def count(opened: Database) -> int:
    with opened.reading() as connection:
        return len(connection.execute(text("SELECT 1 FROM notes")).all())


def test_migrations_make_the_tables_of_the_schema(path: Path) -> None:
    with closing(open_current(path)) as opened, opened.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []


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
    monkeypatch.setattr(database, "PRAGMAS", (*database.PRAGMAS, "max_page_count = 3"))
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


def test_a_newer_vault_is_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(VaultError, match="newer version of Earmark") as caught:
        open_current(path)
    assert "Update" in caught.value.hint


def test_an_exception_takes_all_of_a_transaction_back(path: Path) -> None:
    with closing(open_current(path)) as opened:
        with opened.writing() as connection:
            connection.execute(text("CREATE TABLE notes (n)"))
        with pytest.raises(ZeroDivisionError), opened.writing() as connection:
            connection.execute(text("INSERT INTO notes VALUES (1)"))
            connection.execute(text("CREATE TABLE more (n)"))
            _ = 1 / 0
        assert count(opened) == 0
        with opened.reading() as connection:
            assert not inspect(connection).has_table("more")


def test_a_reader_sees_one_state_and_does_not_wait(path: Path) -> None:
    with closing(open_current(path)) as opened, closing(open_current(path)) as other:
        with opened.writing() as connection:
            connection.execute(text("CREATE TABLE notes (n)"))
        with other.writing() as connection:
            connection.execute(text("INSERT INTO notes VALUES (1)"))
            assert count(opened) == 0
        assert count(opened) == 1


def test_a_writer_waits_for_another_but_not_for_ever(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.05)
    with closing(open_current(path)) as opened, closing(open_current(path)) as other:
        writing = opened.writing()
        with other.writing(), pytest.raises(VaultError, match="another process is writing"):
            writing.__enter__()


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
