"""The vault's tables in a PostgreSQL database: how it is made and opened, and what its errors mean.

All that is peculiar to PostgreSQL is here. A transaction that writes takes an advisory lock first, so that writers of
one vault wait for each other. It reads as ``READ COMMITTED``: every statement sees what was committed before it, and
nobody else commits anything while the lock is held. (Under ``REPEATABLE READ`` it would see what there was before it
had waited for the lock.) A transaction that reads is ``REPEATABLE READ``, so it sees one state throughout.

The lock is the vault's own: several vaults may be in one database, each in a schema of its own.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text

from earmark.errors import UsageError, VaultError
from earmark.records.database import base, signs, sqlite
from earmark.records.database.base import Database, Fill, nothing
from earmark.records.database.migrating import copy_rows, migrate, revision, updated
from earmark.records.database.signs import Sign

SCHEMES = ("postgresql://", "postgres://")
SECRETS = ("password", "sslpassword", "oauth_client_secret")
CONNECTING = {
    "connect_timeout": "10",
    "fallback_application_name": "earmark",
    "client_encoding": "utf8",
    "keepalives_idle": "30",
}
WRITING = 0x6561726D
"""The class of the advisory lock that writers hold: “earm”."""
IDLE_TIMEOUT_S = 60
"""How long the lock is held by a process that does nothing any more, on a host that is gone for instance."""
SETTINGS = text(
    "SELECT set_config('lock_timeout', :wait, true), set_config('idle_in_transaction_session_timeout', :idle, true),"
    " set_config('synchronous_commit', CASE current_setting('synchronous_commit')"
    " WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, true)"
)
LOCK = text("SELECT pg_advisory_xact_lock(:class, current_schema()::regnamespace::oid::bigint::int)")

AGAIN = "Run the same command again; nothing was lost."
PASSWORD = "Set PGPASSWORD or PGPASSFILE, or name a service in PGSERVICE."  # noqa: S105 - what is said of it
REASONS = {
    "53100": ("the disk of its server is full", "Free some space there; nothing was lost."),
    "53200": ("its server is out of memory", AGAIN),
    "53300": ("its server has too many connections", "Raise max_connections there, or wait; nothing was lost."),
    "55P03": ("another process is writing", "Wait for it to end, then run the same command again."),
    "40P01": ("another process was in the way", AGAIN),
    "40001": ("another process was in the way", AGAIN),
    "25006": ("it may not be written", "Connect to the primary server; target_session_attrs=read-write finds it."),
    "42501": ("it may not be written", "Check what the user of the database is allowed to do."),
    "28": ("its server does not let this user in", PASSWORD),
    "3D": ("there is no such database", "Make it with “createdb”."),
    "3F": ("there is no such schema", "Make it, or correct the search_path."),
    "22": ("a name has something in it that no database can keep", "Check the names."),
    "23": ("the recording or listener is unknown, or there twice", "Check the names."),
    "25P03": ("it was left alone in the middle of writing", AGAIN),
    "57P": ("its server is shutting down or starting", "Wait, then run the same command again."),
    "08": ("its server has gone away", "“earmark ledger show” tells whether the last step was done."),
}
AWAY = "Check that the server runs, and the address in the folder's database.json."


class PostgresDatabase(Database):
    """A PostgreSQL database that exists.

    Args:
        url: where it is, without a password.

    Raises:
        VaultError: the driver is not installed.
    """

    def __init__(self, url: str) -> None:
        engine, errors = _engine(url)
        reading = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        reader = engine.execution_options(**reading)
        super().__init__(url, reader, engine.execution_options(writes=True), errors)
        self._url = url

    def sign(self, number: int) -> Sign:
        """Give a sign of life to the database's server."""
        with self.explained():
            return signs.SessionSign(_engine(self._url, signs.GONE)[0], number)

    def lives(self, connection: Connection, number: int) -> bool:
        """Tell whether whoever had that number gives a sign of life still."""
        return signs.session_lives(connection, number)

    def reason(self, error: Exception) -> tuple[str, str]:
        """Return why PostgreSQL has raised an error, and a hint."""
        unfit = isinstance(error, _driver().DataError)  # which the driver may find before the server does
        code = str(getattr(error, "sqlstate", None) or ("22" if unfit else ""))
        known = [reason for start, reason in REASONS.items() if code.startswith(start)]
        if known:
            return known[0]
        said = " ".join(str(error).split())
        return said, "" if code else PASSWORD if "password" in said else AWAY

    @contextmanager
    def copied(self, folder: Path) -> Iterator[Path]:
        """Give a SQLite file with all that is in the database at one moment."""
        with self.reading() as source, sqlite.filled(folder, lambda target: copy_rows(source, target)) as copy:
            yield copy


class PostgresPlace:
    """Where a PostgreSQL database is. The database itself is there already; the tables are made in it.

    Args:
        url: ``postgresql://user@host:port/database?setting=value``, as libpq has it, without a password.

    Raises:
        UsageError: this is no such address, or there is a password in it.
    """

    def __init__(self, url: str) -> None:
        _require_address(url)
        self.url = url

    def create(self, fill: Fill = nothing) -> None:
        """Make the tables, whole or not at all.

        Raises:
            VaultError: there is a vault already, or it cannot be written.
        """
        with PostgresDatabase(self.url) as database, database.writing() as connection:
            _require_unicode(connection, self.url)
            if revision(connection) is not None:
                raise VaultError(
                    f"there is a vault at {self.url} already",
                    "Choose another database, or use that vault from here with “earmark init --attach”.",
                )
            migrate(connection)
            fill(connection)

    def open(self) -> PostgresDatabase:
        """Open the database and bring its tables up to date.

        Raises:
            VaultError: it is not a vault, or one that a newer version of Earmark has written.
        """
        return updated(PostgresDatabase(self.url))


def _require_address(url: str) -> None:
    conninfo = _driver().conninfo
    try:
        found = conninfo.conninfo_to_dict(url)
    except Exception as error:
        raise _no_address(url) from error
    if not url.startswith(SCHEMES):
        raise _no_address(url)
    if found.keys() & set(SECRETS):
        raise UsageError("there is a password in the address of the database", PASSWORD)


def _no_address(url: str) -> UsageError:
    shown = "the address of the database" if "@" in url else repr(url)  # there may be a password in it
    return UsageError(f"{shown} is no address of PostgreSQL", "It is like postgresql://user@host/database.")


def _driver() -> Any:
    try:
        import psycopg  # noqa: PLC0415 - not needed for SQLite, and may be missing
    except ImportError as error:
        raise VaultError(
            f"the driver for PostgreSQL cannot be used: {error}", "Install it: pip install 'earmark[postgres]'"
        ) from error
    return psycopg


def _engine(url: str, more: Mapping[str, str] = MappingProxyType({})) -> tuple[Engine, type[Exception]]:
    driver = _driver()
    parts = CONNECTING | dict(more) | driver.conninfo.conninfo_to_dict(url)
    # Statements are not prepared: they would not survive a migration by another process, nor some poolers.
    engine = create_engine(
        "postgresql+psycopg://",
        connect_args=parts | {"prepare_threshold": None},
        pool_pre_ping=True,
        max_overflow=-1,
        hide_parameters=True,
    )
    event.listen(engine, "begin", _begin)
    return engine, driver.Error


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("writes", False):
        wait, idle = int(base.BUSY_TIMEOUT_S * 1000), IDLE_TIMEOUT_S * 1000
        connection.execute(SETTINGS, {"wait": f"{wait}ms", "idle": f"{idle}ms"})
        connection.execute(LOCK, {"class": WRITING})


def _require_unicode(connection: Connection, url: str) -> None:
    encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    if encoding != "UTF8":
        raise VaultError(
            f"the database {url} keeps text as {encoding}, which cannot hold every name",
            "Make one with “createdb --encoding=UTF8 --template=template0”.",
        )
