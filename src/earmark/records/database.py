"""The vault's SQLite file: how it is made, opened and migrated, and what its errors mean.

All that is peculiar to SQLite is here. A commit is on disk when it returns (write-ahead log, ``synchronous=FULL``). A
transaction that writes takes the write lock at its start (``BEGIN IMMEDIATE``), so two processes on one vault wait for
each other and never fail half-way.

Even a reader writes to the log's index, so a vault that cannot be written is opened as one that nobody changes.
"""

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from earmark.errors import VaultError

BUSY_TIMEOUT_S = 30.0

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


class Database:
    """A SQLite file that exists, behind transactions that raise nothing but ``VaultError``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine = _engine(path)
        self._writer = self._engine.execution_options(writes=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database throughout."""
        with _explained(self.path), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection that alone may write; at the end all of it is on disk, or none after an exception."""
        with _explained(self.path), self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()


def create(path: Path, fill: Callable[[Connection], None] = lambda _: None) -> None:
    """Make a database with the newest tables at ``path``, whole or not at all, readable by its owner only.

    Args:
        path: where.
        fill: writes what is to be in it from the start.

    Raises:
        VaultError: there is something at ``path`` already, or it cannot be written.
    """
    part = path.with_name(f".earmark-{secrets.token_hex(8)}.part")
    try:
        part.touch(mode=0o600, exist_ok=False)
        _fill(part, fill)
        os.link(part, path)  # unlike a rename, never in place of another file
    except FileExistsError as error:
        raise VaultError(f"there is a vault at {path} already", "Use it, or choose another folder.") from error
    except OSError as error:
        raise VaultError(f"no vault can be made at {path}: {error.strerror}", "Choose another folder.") from error
    finally:
        for leftover in path.parent.glob(f"{part.name}*"):
            leftover.unlink()


def open_current(path: Path) -> Database:
    """Open the database at ``path`` and bring its tables up to date.

    Raises:
        VaultError: it is not a vault, or one that a newer version of Earmark has written.
    """
    database = Database(path)
    try:
        _update(database)
    except BaseException:
        database.close()
        raise
    return database


def _fill(path: Path, fill: Callable[[Connection], None]) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")  # kept in the file
    database = Database(path)
    try:
        with database.writing() as connection:
            _migrate(connection)
            fill(connection)
    finally:
        database.close()


def _update(database: Database) -> None:
    with database.reading() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    scripts = ScriptDirectory.from_config(_config())
    if found is None:
        raise VaultError(f"{database.path} is not a vault", "Check the path, or make a vault with “earmark init”.")
    if found not in {script.revision for script in scripts.walk_revisions()}:
        raise VaultError(f"{database.path} was written by a newer version of Earmark", "Update Earmark.")
    if found != scripts.get_current_head():
        with database.writing() as connection:
            _migrate(connection)


def _migrate(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "earmark.records:migrations")
    return config


def _engine(path: Path) -> Engine:
    uri = {"uri": "true", "mode": "rw"}  # never makes a file
    if _is_frozen(path):
        uri |= {"mode": "ro", "immutable": "1"}
    url = URL.create("sqlite", database=path.absolute().as_uri(), query=uri)
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S})
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


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except UnicodeEncodeError as error:
        raise VaultError(f"the name {error.object!r} is not Unicode", "Rename the file or folder.") from error
    except (DBAPIError, sqlite3.Error) as error:  # the latter from the pragmas
        cause = error.orig if isinstance(error, DBAPIError) else error
        code = getattr(cause, "sqlite_errorname", "")
        known = [reason for name, reason in REASONS.items() if code.startswith(name)]
        reason, hint = known[0] if known else (str(cause), "")
        raise VaultError(f"the vault {path} cannot be used: {reason}", hint) from error
