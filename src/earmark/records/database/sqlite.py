"""The vault's tables in a SQLite file: how it is made and opened, and what its errors mean.

All that is peculiar to SQLite is here. A commit is on disk when it returns (write-ahead log, ``synchronous=FULL``). A
transaction that writes takes the write lock at its start (``BEGIN IMMEDIATE``), so two processes on one vault wait for
each other and never fail half-way.

Even a reader writes to the log's index, so a vault that cannot be written is opened as one that nobody changes.
"""

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from earmark.errors import VaultError
from earmark.records.database import base, signs
from earmark.records.database.base import Database, Fill, nothing
from earmark.records.database.migrating import migrate, updated
from earmark.records.database.signs import Sign

PRAGMAS = ("synchronous = FULL", "foreign_keys = ON", "secure_delete = ON")
REASONS = {
    "SQLITE_FULL": ("the disk is full", "Free some space and run the same command again; nothing was lost."),
    "SQLITE_BUSY": ("another process is writing", "Wait for it to end, then run the same command again."),
    "SQLITE_NOTADB": ("it is not a vault", "Check the path, or bring the file back from a backup."),
    "SQLITE_CORRUPT": ("it is damaged", "Bring the file back from a backup."),
    "SQLITE_READONLY": ("it may not be written", "Check who owns the file and its folder."),
    "SQLITE_CANTOPEN": ("it cannot be opened", "Check that the file is there and who owns it."),
    "SQLITE_IOERR": ("the disk cannot be read or written", "Check the disk and its free space; nothing was lost."),
    "SQLITE_CONSTRAINT": ("the recording or listener is unknown, or there twice", "Check the names."),
}


class SqliteDatabase(Database):
    """A SQLite file that exists.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        engine = _engine(path)
        super().__init__(str(path), engine, engine.execution_options(writes=True), sqlite3.Error)
        self.path = path

    def reason(self, error: Exception) -> tuple[str, str]:
        """Return why SQLite has raised an error, and a hint."""
        code = getattr(error, "sqlite_errorname", "")
        known = [reason for name, reason in REASONS.items() if code.startswith(name)]
        return known[0] if known else (str(error), "")

    @contextmanager
    def copied(self, folder: Path) -> Iterator[Path]:
        """Give a copy of the file as it is at one moment."""
        with new_file(folder) as copy:
            try:
                with closing(sqlite3.connect(self.path)) as source, closing(sqlite3.connect(copy)) as target:
                    source.backup(target)
                    _unlog(target)
            except sqlite3.Error as error:
                raise _uncopied(self.name, error) from error
            yield copy

    def sign(self, number: int) -> Sign:
        """Give a sign of life beside the file."""
        try:
            return signs.FileSign(self.path.parent, number)
        except OSError as error:
            raise VaultError(f"{self.path.parent} cannot be written: {error.strerror}", "Check who owns it.") from error

    def lives(self, connection: Connection, number: int) -> bool:  # noqa: ARG002 - the file system knows
        """Tell whether whoever had that number gives a sign of life still."""
        return signs.file_lives(self.path.parent, number)


class SqlitePlace:
    """Where a SQLite file is, or is to be.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self, fill: Fill = nothing) -> None:
        """Make a database with the newest tables, whole or not at all, readable by its owner only.

        Raises:
            VaultError: there is something at its path already, or it cannot be written.
        """
        try:
            with new_file(self.path.parent) as part:
                _fill(part, fill)
                os.link(part, self.path)  # unlike a rename, never in place of another file
        except FileExistsError as error:
            raise VaultError(f"there is a vault at {self.path} already", "Use it, or choose another folder.") from error
        except OSError as error:
            raise VaultError(
                f"no vault can be made at {self.path}: {error.strerror}", "Choose another folder."
            ) from error

    def open(self) -> SqliteDatabase:
        """Open the database and bring its tables up to date.

        Raises:
            VaultError: it is not a vault, or one that a newer version of Earmark has written.
        """
        return updated(SqliteDatabase(self.path))


@contextmanager
def filled(folder: Path, fill: Fill) -> Iterator[Path]:
    """Give a new database in ``folder``, all of it in one file, until the end.

    Raises:
        VaultError: it cannot be written.
    """
    with new_file(folder) as part:
        _fill(part, fill)
        try:
            with closing(sqlite3.connect(part)) as connection:
                _unlog(connection)
        except sqlite3.Error as error:
            raise _uncopied(str(part), error) from error
        yield part


@contextmanager
def new_file(folder: Path) -> Iterator[Path]:
    """Give an empty file, its owner's only, that is gone at the end, as what SQLite puts beside it."""
    part = folder / f".earmark-{secrets.token_hex(8)}.part"
    try:
        part.touch(mode=0o600, exist_ok=False)
        yield part
    finally:
        for leftover in folder.glob(f"{part.name}*"):
            leftover.unlink()


def _fill(path: Path, fill: Fill) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")  # kept in the file
    with SqliteDatabase(path) as database, database.writing() as connection:
        migrate(connection)
        fill(connection)


def _unlog(connection: sqlite3.Connection) -> None:
    """Bring all that is in the write-ahead log into the file."""
    connection.execute("PRAGMA journal_mode = DELETE")


def _uncopied(name: str, error: sqlite3.Error) -> VaultError:
    return VaultError(f"the vault {name} cannot be copied: {error}", "Is there space on the disk?")


def _engine(path: Path) -> Engine:
    uri = {"uri": "true", "mode": "rw"}  # never makes a file
    if _is_frozen(path):
        uri |= {"mode": "ro", "immutable": "1"}
    url = URL.create("sqlite", database=path.absolute().as_uri(), query=uri)
    engine = create_engine(url, connect_args={"timeout": base.BUSY_TIMEOUT_S}, hide_parameters=True)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _is_frozen(path: Path) -> bool:
    """Tell whether nobody can write here, and all there is to read is in the file itself."""
    log = path.with_name(f"{path.name}-wal")
    writable = os.access(path.parent, os.W_OK) and os.access(path, os.W_OK)
    return not writable and not (log.exists() and log.stat().st_size)


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver's own BEGINs come late and leave CREATE TABLE out
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
