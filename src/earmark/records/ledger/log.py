"""The ledger in the vault's database: appending to it, and reading and proving from it.

An entry is appended in the transaction of the act that it records, so there is never one without the other. With every
entry the hashes of the subtrees that it completes are kept, and the signature of the head that ends with it: the root
of any size, and any proof, then take a few dozen hashes.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Select, func, insert, select, true

from earmark.errors import UsageError, VaultError
from earmark.records.database.base import Database
from earmark.records.ledger.acts import Act
from earmark.records.ledger.entries import Entry, parse_entry, time_text
from earmark.records.ledger.heads import SignedHead, sign_head
from earmark.records.ledger.merkle import (
    Frontier,
    Node,
    Range,
    consistency_ranges,
    inclusion_ranges,
    number_of,
    root_of,
    subtrees,
)
from earmark.records.ledger.proofs import Consistency, Inclusion
from earmark.records.schema import identity, ledger_entries, ledger_nodes

BATCH = 2_000
DAMAGED = "“earmark ledger verify” says where."


def append(connection: Connection, acts: Sequence[Act], now: datetime, key: Ed25519PrivateKey) -> list[Entry]:
    """Enter ``acts``, in order, in the transaction of ``connection``, and sign a head after each."""
    size = size_of(connection)
    node = _nodes(connection, [(0, size), (size - 1, size)] if size else [])
    frontier = Frontier(size, [node(*one) for one in subtrees((0, size))])
    previous = node(0, size - 1).hex() if size else ""
    time = time_text(now)
    entries, rows, nodes = [], [], []
    for act in acts:
        entry = Entry(frontier.size, act.kind, time, previous, act.body)
        nodes += [(number_of(*place), one) for *place, one in frontier.add(entry.hash)]
        signature = sign_head(key, frontier.size, frontier.root(), time).signature
        rows.append((entry.index, act.kind, act.subject, entry.leaf, signature))
        entries.append(entry)
        previous = entry.hash.hex()
    _insert(connection, rows, nodes)
    return entries


def size_of(connection: Connection) -> int:
    """Return how many entries there are."""
    last = connection.execute(select(func.max(ledger_entries.c.position))).scalar_one()
    return 0 if last is None else int(last) + 1


class Ledger:
    """Reads the ledger. Takes no key.

    Args:
        database: of the vault.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def size(self) -> int:
        """Return how many entries there are."""
        with self._database.reading() as connection:
            return size_of(connection)

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """Yield entries in order, from ``start`` to before ``stop``.

        Raises:
            VaultError: one of them is damaged.
        """
        stop = self.size() if stop is None else stop
        table = ledger_entries.c
        for first in range(start, stop, BATCH):
            within = table.position.between(first, min(first + BATCH, stop) - 1)
            with self._database.reading() as connection:
                leaves = connection.execute(select(table.leaf).where(within).order_by(table.position)).scalars().all()
            yield from map(_parsed, leaves)

    def entry(self, index: int) -> Entry:
        """Return an entry.

        Raises:
            UsageError: there is no such entry.
            VaultError: it is damaged.
        """
        found = list(self.entries(index, index + 1)) if index >= 0 else []
        if not found:
            raise UsageError(f"the ledger has no entry {index}", "“earmark ledger show” lists them, from 0 on.")
        return found[0]

    def find(self, kind: str, subject: str = "") -> list[Entry]:
        """Return the entries of a kind about a subject, in order."""
        with self._database.reading() as connection:
            return find(connection, kind, subject)

    def newest(self, count: int, kind: str | None = None, subject: str | None = None) -> list[Entry]:
        """Return the newest ``count`` entries in order, of a kind and about a subject if one is given."""
        wishes = {"kind": kind, "subject": subject}
        chosen = {name: value for name, value in wishes.items() if value is not None}
        query = select(ledger_entries.c.leaf).filter_by(**chosen).order_by(ledger_entries.c.position.desc())
        with self._database.reading() as connection:
            return [_parsed(leaf) for leaf in connection.execute(query.limit(count)).scalars()][::-1]

    def head(self, size: int | None = None) -> SignedHead:
        """Return the head of the ledger, or of its first ``size`` entries.

        Raises:
            UsageError: it has never had that size.
        """
        with self._database.reading() as connection:
            size = size_of(connection) if size is None else size
            row = connection.execute(_ending(size)).first()
            if row is None:
                raise UsageError(f"the ledger has no {size} entries", "“earmark ledger show” lists them.")
            root = root_of((0, size), _nodes(connection, [(0, size)]))
            return SignedHead(size, root, _parsed(row.leaf).time, row.public_key, row.signature)

    def inclusion(self, index: int, size: int | None = None) -> Inclusion:
        """Return the proof that the entry at ``index`` is in the ledger, or in its first ``size`` entries.

        Raises:
            UsageError: there are no such entries.
        """
        size, path = self._path(size, lambda whole: inclusion_ranges(index, whole))
        return Inclusion(index, size, path)

    def consistency(self, old_size: int, size: int | None = None) -> Consistency:
        """Return the proof that the ledger of ``size`` starts with that of ``old_size``.

        Raises:
            UsageError: there are no such entries.
        """
        size, path = self._path(size, lambda whole: consistency_ranges(old_size, whole))
        return Consistency(old_size, size, path)

    def _path(self, size: int | None, ranges_in: Callable[[int], list[Range]]) -> tuple[int, tuple[bytes, ...]]:
        with self._database.reading() as connection:
            there = size_of(connection)
            size = there if size is None else size
            try:
                ranges = ranges_in(min(size, there))
            except ValueError as error:
                raise UsageError(f"the ledger cannot prove this: {error}", "Look at its size.") from error
            node = _nodes(connection, ranges)
            return min(size, there), tuple(root_of(one, node) for one in ranges)


def find(connection: Connection, kind: str, subject: str = "") -> list[Entry]:
    """Return the entries of a kind about a subject, in order."""
    table = ledger_entries.c
    query = select(table.leaf).where(table.kind == kind, table.subject == subject).order_by(table.position)
    return [_parsed(leaf) for leaf in connection.execute(query).scalars()]


def last(connection: Connection, kinds: Sequence[str], subject: str) -> Entry:
    """Return the last entry of some kinds about a subject.

    Raises:
        VaultError: there is none, though there has to be.
    """
    table = ledger_entries.c
    query = select(table.leaf).where(table.kind.in_(kinds), table.subject == subject).order_by(table.position.desc())
    leaf = connection.execute(query.limit(1)).scalar()
    if leaf is None:
        raise VaultError(f"the ledger says nothing of {subject}", DAMAGED)
    return _parsed(leaf)


def _ending(size: int) -> Select[Any]:
    entries = ledger_entries.c
    both = ledger_entries.join(identity, true())  # there is one identity
    columns = (entries.leaf, entries.signature, identity.c.public_key)
    return select(*columns).select_from(both).where(entries.position == size - 1)


def _nodes(connection: Connection, ranges: Sequence[Range]) -> Node:
    """Fetch, at once, the nodes of which the roots of ``ranges`` are made."""
    numbers = [number_of(*place) for one in ranges for place in subtrees(one)]
    query = select(ledger_nodes.c.number, ledger_nodes.c.hash).where(ledger_nodes.c.number.in_(numbers))
    hashes: dict[int, bytes] = {row.number: row.hash for row in connection.execute(query)}

    def node(level: int, position: int) -> bytes:
        try:
            return hashes[number_of(level, position)]
        except KeyError as error:
            raise VaultError("the ledger is damaged", DAMAGED) from error

    return node


def _parsed(leaf: bytes) -> Entry:
    try:
        return parse_entry(leaf)
    except (ValueError, AttributeError) as error:  # the latter where it is no bytes
        raise VaultError(f"an entry of the ledger is damaged: {error}", DAMAGED) from error


def _insert(
    connection: Connection, rows: Sequence[tuple[int, str, str, bytes, bytes]], nodes: Sequence[tuple[int, bytes]]
) -> None:
    for table, values in ((ledger_entries, rows), (ledger_nodes, nodes)):
        connection.execute(insert(table), [dict(zip(table.c.keys(), one, strict=True)) for one in values])
