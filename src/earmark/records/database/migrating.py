"""The tables of a database: made, brought up to date, and copied from one database into another."""

from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Table, func, insert, select

from earmark.errors import VaultError
from earmark.records.database.base import Database
from earmark.records.schema import metadata

BATCH = 1_000

AnyDatabase = TypeVar("AnyDatabase", bound=Database)


def migrate(connection: Connection) -> None:
    """Bring the tables up to date, or make them, in the transaction of ``connection``."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def revision(connection: Connection) -> str | None:
    """Return the revision of a vault's tables; None where there are none."""
    return MigrationContext.configure(connection).get_current_revision()


def updated(database: AnyDatabase) -> AnyDatabase:
    """Return a vault's database, its tables up to date; it is closed where that cannot be.

    Raises:
        VaultError: it is not a vault, or one that a newer version of Earmark has written.
    """
    try:
        update(database)
    except BaseException:
        database.close()
        raise
    return database


def update(database: Database) -> None:
    """Bring the tables of a vault up to date.

    Raises:
        VaultError: it is not a vault, or one that a newer version of Earmark has written.
    """
    with database.reading() as connection:
        found = revision(connection)
    scripts = ScriptDirectory.from_config(_config())
    if found is None:
        raise VaultError(f"{database.name} is not a vault", "Check the path, or make a vault with “earmark init”.")
    if found not in {script.revision for script in scripts.walk_revisions()}:
        raise VaultError(f"{database.name} was written by a newer version of Earmark", "Update Earmark.")
    if found != scripts.get_current_head():
        with database.writing() as connection:
            migrate(connection)


def copy_rows(source: Connection, target: Connection) -> None:
    """Copy all rows of a vault into one that has none, both with the newest tables."""
    for table in metadata.sorted_tables:
        query = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=BATCH)
        for rows in source.execute(query).mappings().partitions():
            target.execute(insert(table), [dict(row) for row in rows])
        _go_on_counting(target, table)


def _go_on_counting(target: Connection, table: Table) -> None:
    """Let numbers that the database gives go on after those that were copied; SQLite does by itself."""
    counted = table.autoincrement_column
    if counted is not None and target.dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(table.name, counted.name)
        last = select(func.max(counted)).scalar_subquery()
        target.execute(select(func.setval(sequence, func.coalesce(last, 1), last.is_not(None))))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "earmark.records:migrations")
    return config
