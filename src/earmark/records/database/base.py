"""What the vault asks of a database, whichever it is: transactions, and errors that say what to do.

Of both kinds the same holds. A commit is on disk when it returns. A transaction that writes is alone: others that want
to write wait until it has ended, so each builds on what the one before it has left, and the ledger has one order. A
transaction that reads sees one state throughout and waits for nobody.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol, Self

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from earmark.errors import VaultError
from earmark.records.database.signs import Sign

Fill = Callable[[Connection], None]
"""Writes what is to be in a new database from the start."""

BUSY_TIMEOUT_S = 30.0
"""How long a writer waits for another."""


class Database(ABC):
    """A database that exists, behind transactions that raise nothing but ``VaultError``.

    Args:
        name: what people know it by.
        reader: makes connections for transactions that read.
        writer: the same for those that write.
        errors: what its driver raises beside SQLAlchemy's errors.

    Attributes:
        name: what people know it by.
    """

    def __init__(self, name: str, reader: Engine, writer: Engine, errors: type[Exception]) -> None:
        self.name = name
        self._reader = reader
        self._writer = writer
        self._errors = errors

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database throughout."""
        with self.explained(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection that alone may write; at the end all of it is on disk, or none after an exception."""
        with self.explained(), self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self._reader.dispose()

    @abstractmethod
    def copied(self, folder: Path) -> AbstractContextManager[Path]:
        """Give a SQLite file in ``folder``, until the end, with all that is in the database at one moment.

        Raises:
            VaultError: the database cannot be read, or the file cannot be written.
        """

    @abstractmethod
    def sign(self, number: int) -> Sign:
        """Give a sign of life, until it is closed, that others who use the database can see.

        Args:
            number: from 1 to 2 ** 63 - 1, that nobody else has.

        Raises:
            VaultError: it cannot be given.
        """

    @abstractmethod
    def lives(self, connection: Connection, number: int) -> bool:
        """Tell, in a transaction, whether whoever had that number gives a sign of life still."""

    @abstractmethod
    def reason(self, error: Exception) -> tuple[str, str]:
        """Return why the driver has raised an error, as a clause that can be printed, and a hint."""

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Raise nothing but ``VaultError``, which says what to do."""
        try:
            yield
        except UnicodeEncodeError as error:
            raise VaultError(f"the name {error.object!r} is not Unicode", "Rename the file or folder.") from error
        except (DBAPIError, self._errors) as error:  # the latter while a connection is made
            cause = error.orig if isinstance(error, DBAPIError) and isinstance(error.orig, Exception) else error
            reason, hint = self.reason(cause)
            raise VaultError(f"the vault {self.name} cannot be used: {reason}", hint) from error


class Place(Protocol):
    """Where a database is, or is to be."""

    def create(self, fill: Fill = ...) -> None:
        """Make a database with the newest tables, whole or not at all.

        Raises:
            VaultError: there is a vault already, or it cannot be written.
        """

    def open(self) -> Database:
        """Open the database and bring its tables up to date.

        Raises:
            VaultError: it is not a vault, or one that a newer version of Earmark has written.
        """


def nothing(_connection: Connection) -> None:
    """Fill a new database with nothing."""
