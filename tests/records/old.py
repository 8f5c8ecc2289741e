"""Vaults as earlier versions of Earmark have left them, in either kind of database."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from alembic import command
from sqlalchemy import Boolean, Connection, MetaData, Table, insert

from earmark.records.database import migrating, place
from earmark.records.database.postgresql import PostgresDatabase

DUMPS = sorted(Path(__file__).parent.glob("v0*.sql"))
"""One of each earlier revision of the tables; what is in it was put there by the version that had that revision."""


def dump(revision: int) -> Path:
    """Return the vault of a revision."""
    return DUMPS[revision - 1]


def made(folder: Path, of: Path, where: str | None) -> Path:
    """Make a vault as it was: in a file, or in the database at `where`."""
    folder.mkdir(mode=0o700)
    if where is None:
        (folder / place.FILE_NAME).touch(mode=0o600)
        with closing(sqlite3.connect(folder / place.FILE_NAME)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(of.read_text("utf-8"))
        return folder
    with closing(sqlite3.connect(":memory:")) as old, PostgresDatabase(where) as database:
        old.row_factory = sqlite3.Row
        old.executescript(of.read_text("utf-8"))
        with database.writing() as connection:
            copy(old, connection)
    place._write(folder / place.NOTE_NAME, where)
    return folder


def copy(old: sqlite3.Connection, target: Connection) -> None:
    """Make tables as they were then in another database, with the same rows."""
    (revision,) = old.execute("SELECT version_num FROM alembic_version").fetchone()
    config = migrating._config()
    config.attributes["connection"] = target
    command.upgrade(config, revision)
    tables = MetaData()
    tables.reflect(target)
    for table in tables.sorted_tables:
        found = list(rows(old, table))
        if found and table.name != "alembic_version":
            target.execute(insert(table), found)
            migrating._go_on_counting(target, table)


def rows(old: sqlite3.Connection, table: Table) -> Iterator[dict[str, object]]:
    """Return what is in a table; SQLite has numbers for what is true or false."""
    truths = {column.name for column in table.columns if isinstance(column.type, Boolean)}
    for row in old.execute(f"SELECT * FROM {table.name}"):  # noqa: S608 - a table's own name
        yield {name: bool(row[name]) if name in truths else row[name] for name in row.keys()}  # noqa: SIM118 - a Row
