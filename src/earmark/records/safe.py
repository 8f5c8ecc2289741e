"""The vault opened: its vault key at hand, its ledger ready to be written.

It is opened when that is needed first, so that what is no secret can be read without a key. Whatever is written that
has to do with keys goes through ``Safe.writing``, together with its entries in the ledger, in one transaction.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, insert, select

from earmark.errors import VaultError
from earmark.keys import SECRET_BYTES
from earmark.records.database.base import Database
from earmark.records.ledger import log
from earmark.records.ledger.acts import Act
from earmark.records.ledger.entries import Entry
from earmark.records.protection.columns import Columns
from earmark.records.protection.sources import Sources
from earmark.records.protection.ways import NewWay, Way, make_ways
from earmark.records.schema import identity, ways

Clock = Callable[[], datetime]
Randomness = Callable[[int], bytes]

SIGNING_KEY = "identity.signing_key"
VAULT_ID_BYTES = 8


@dataclass(frozen=True)
class Opened:
    """What an opened vault has at hand.

    Attributes:
        vault_id: sixteen hexadecimal digits.
        generation: how often the vault key was replaced.
        vault_key: 32 bytes.
        way: by which it was opened.
        columns: seals and opens what is in rows.
        signing_key: the ledger's.
    """

    vault_id: str
    generation: int
    vault_key: bytes = field(repr=False)
    way: Way
    columns: Columns
    signing_key: Ed25519PrivateKey


@dataclass(frozen=True)
class Sitting:
    """A transaction that writes, in a vault that is open.

    Attributes:
        connection: to the database.
        opened: the vault.
        now: the moment that all of it is dated with.
    """

    connection: Connection
    opened: Opened
    now: datetime

    @property
    def columns(self) -> Columns:
        """Seals and opens what is in rows."""
        return self.opened.columns

    def enter(self, *acts: Act) -> list[Entry]:
        """Append to the ledger."""
        return log.append(self.connection, acts, self.now, self.opened.signing_key)


class Safe:
    """Opens a vault when a key is needed first.

    Args:
        database: the vault's.
        sources: where its key may be.
        clock: gives the time, with a time zone.
        randomness: gives that many bytes fit for keys.
    """

    def __init__(self, database: Database, sources: Sources, clock: Clock, randomness: Randomness) -> None:
        self._database = database
        self._sources = sources
        self._clock = clock
        self.randomness = randomness
        self._opened: Opened | None = None

    def open(self) -> Opened:
        """Return the opened vault.

        Raises:
            VaultError: there is no key at hand that opens it.
        """
        if self._opened is None:
            with self._database.reading() as connection:
                row, there = connection.execute(select(identity)).one(), ways_of(connection)
            vault_key, way = self._sources.open(row.vault_id, there)
            self._opened = opened_with(vault_key, way, row, self.randomness)
        return self._opened

    @contextmanager
    def writing(self) -> Iterator[Sitting]:
        """Give a transaction; at its end all of it is on disk with its ledger entries, or nothing of it.

        Raises:
            VaultError: it cannot be opened or written, or its key was replaced since it was opened.
        """
        opened = self.open()
        with self._database.writing() as connection:
            require_current(connection, opened)
            yield Sitting(connection, opened, self._clock())

    def forget(self) -> None:
        """Forget the vault key, so that it is looked for again when it is needed next."""
        self._opened = None


def opened_with(vault_key: bytes, way: Way, row: object, randomness: Randomness) -> Opened:
    """Return the vault that an identity's row describes, opened."""
    columns = Columns(vault_key, randomness)
    vault_id, generation, sealed = (getattr(row, name) for name in ("vault_id", "generation", "signing_key"))
    signing_key = Ed25519PrivateKey.from_private_bytes(columns.open(sealed, SIGNING_KEY, vault_id))
    return Opened(vault_id, generation, vault_key, way, columns, signing_key)


def ways_of(connection: Connection) -> list[Way]:
    """Return the ways of opening the vault, the oldest first."""
    rows = connection.execute(select(ways).order_by(ways.c.made_at, ways.c.id)).mappings()
    return [Way(**row) for row in rows]


def require_current(connection: Connection, opened: Opened) -> None:
    """Raise a VaultError where the vault key was replaced since."""
    if connection.execute(select(identity.c.generation)).scalar_one() != opened.generation:
        raise VaultError("the vault's keys were rotated meanwhile", "Run the same command again.")


def make_identity(
    connection: Connection, new: NewWay, now: datetime, randomness: Randomness, vault_id: str | None = None
) -> Opened:
    """Draw the vault's id and keys into a database that has none, to be opened in one way from now on."""
    vault_key, vault_id = randomness(SECRET_BYTES), vault_id or randomness(VAULT_ID_BYTES).hex()
    signing_key = Ed25519PrivateKey.from_private_bytes(randomness(SECRET_BYTES))
    columns = Columns(vault_key, randomness)
    made = make_ways(new, vault_key, vault_id, randomness, now)
    facts = {
        "vault_id": vault_id,
        "generation": 0,
        "public_key": signing_key.public_key().public_bytes_raw(),
        "signing_key": columns.seal(signing_key.private_bytes_raw(), SIGNING_KEY, vault_id),
        "made_at": now,
    }
    connection.execute(insert(identity), facts)
    connection.execute(insert(ways), [vars(way) for way in made])
    return Opened(vault_id, 0, vault_key, made[0], columns, signing_key)
