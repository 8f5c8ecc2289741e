"""Checking the vault's ledger, and that the vault's other records are what the ledger says.

The tables of recordings, listeners and copies could be changed by themselves; the ledger has what was entered when they
were written. So each of them tells on the other: copies that are on record but not in the ledger show that its end was
cut off, for instance.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from sqlalchemy import Connection, select

from earmark.records.calls.checking import EnteredCalls
from earmark.records.database.base import Database
from earmark.records.ledger import acts, call_acts
from earmark.records.ledger.checking import Finding, Row, Walk, check_heads, check_known, check_nodes, check_trees
from earmark.records.ledger.entries import Entry, parse_entry
from earmark.records.ledger.heads import SignedHead
from earmark.records.ledger.merkle import Tree, tree_root
from earmark.records.schema import copies, identity, ledger_entries, ledger_nodes, listeners, recordings

BATCH = 10_000
SHORT_BYTES = 16


@dataclass(frozen=True)
class Checked:
    """What came of checking a ledger.

    Attributes:
        size: how many entries it has.
        head: its newest head; None where something is wrong.
        findings: what is wrong, the first thousand.
        behind: entries the clock of which was behind that of an entry before them.
    """

    size: int
    head: SignedHead | None
    findings: tuple[Finding, ...]
    behind: tuple[int, ...]


def check(database: Database, known: Sequence[SignedHead] = ()) -> Checked:
    """Check the ledger in a vault's database, all of it as it is at one moment.

    Args:
        database: the vault's.
        known: heads known from elsewhere.
    """
    with database.reading() as connection:
        entered = Entered()
        walk = Walk(entered.see)
        walk.take(_rows(connection))
        tree, kept = Tree(walk.hashes), _Kept(connection)
        check_nodes(walk, tree, kept)
        head = check_heads(walk, tree, kept)
        check_trees(walk)
        check_known(walk, tree, kept.public_key, known)
        for what in entered.differences(connection):
            walk.find(None, what)
    return Checked(len(tree), None if walk.findings else head, tuple(walk.findings), tuple(walk.behind))


class Entered:
    """What the ledger says of recordings, listeners, copies and calls."""

    def __init__(self) -> None:
        self._recordings: dict[str, tuple[str, str]] = {}
        self._listeners: dict[str, tuple[int, str]] = {}
        self._copies: dict[str, set[bytes]] = {}
        self._calls = EnteredCalls()

    def see(self, entry: Entry) -> None:
        """Take up an entry."""
        body: Any = entry.body
        try:
            if entry.kind == acts.COPY_GIVEN:
                _take(self._copies, *(body[name] for name in ("recording", "listener", "sha256", "name")))
            elif entry.kind == acts.RECORDING_MARKED:
                self._recordings[body["recording"]] = body["input_sha256"], entry.time
            elif entry.kind == call_acts.CALL_OPENED:
                self._recordings[body["recording"]] = "", entry.time
            if entry.kind in {acts.RECORDING_MARKED, call_acts.CALL_OPENED, acts.LISTENERS_ADDED}:
                self._listeners[body["recording"]] = body["listeners"], body["listeners_root"]
            self._calls.see(entry)
        except (KeyError, TypeError):
            return  # it will be missed below

    def differences(self, connection: Connection) -> Iterator[str]:
        """Yield how the tables differ from it, in clauses that can be printed."""
        inputs = {one: sha256 for one, (sha256, _) in self._recordings.items()}
        columns = (recordings.c.id, recordings.c.input_sha256)
        there = {row.id: row.input_sha256 for row in connection.execute(select(*columns))}
        for one in sorted(inputs.keys() | there.keys(), key=str):
            if inputs.get(one) != there.get(one):
                yield f"the record of {one} is not what the ledger says"
            elif self._listeners.get(one) != _roster(connection, one):
                yield f"the listeners of {one} are not those that the ledger says"
        yield from self._copies_differ(connection)
        yield from self._calls.differences(connection)

    def _copies_differ(self, connection: Connection) -> Iterator[str]:
        given: dict[str, set[bytes]] = {}
        columns = (copies.c.recording_id, copies.c.listener_id, copies.c.sha256, copies.c.path)
        for recording, listener, sha256, path in connection.execution_options(yield_per=BATCH).execute(
            select(*columns)
        ):
            _take(given, recording, listener, sha256, PurePath(str(path)).name)
        for one in sorted(given.keys() | self._copies.keys(), key=str):
            there, entered = given.get(one, set()), self._copies.get(one, set())
            if there != entered:
                extra, lacking = len(there - entered), len(entered - there)
                yield f"of the copies of {one}, {extra} are on record but not in the ledger, and {lacking} the reverse"


def _take(copies_of: dict[str, set[bytes]], recording: str, *facts: object) -> None:
    """Take up a copy, in few bytes: there may be a million."""
    text = "\x00".join(map(str, facts)).encode(errors="surrogatepass")
    copies_of.setdefault(recording, set()).add(hashlib.sha256(text).digest()[:SHORT_BYTES])


class _Kept:
    """What the database has beside the entries."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.public_key = as_bytes(connection.execute(select(identity.c.public_key)).scalar_one())

    def nodes(self) -> Iterator[tuple[int, bytes]]:
        query = select(ledger_nodes.c.number, ledger_nodes.c.hash).order_by(ledger_nodes.c.number)
        for row in self._connection.execution_options(yield_per=BATCH).execute(query):
            yield row.number, as_bytes(row.hash)

    def head(self, size: int, root: bytes) -> SignedHead | None:
        table = ledger_entries.c
        row = self._connection.execute(select(table.leaf, table.signature).where(table.position == size - 1)).first()
        try:
            time = parse_entry(as_bytes(row.leaf)).time if row else ""
        except ValueError:
            return None
        return SignedHead(size, root, time, self.public_key, as_bytes(row.signature)) if row else None


def as_bytes(value: object) -> bytes:
    """Return what was read from a column of bytes, into which SQLite lets anybody put anything."""
    return value if isinstance(value, bytes) else repr(value).encode(errors="replace")


def _rows(connection: Connection) -> Iterator[Row]:
    table = ledger_entries.c
    query = select(table.position, table.kind, table.subject, table.leaf).order_by(table.position)
    for row in connection.execution_options(yield_per=BATCH).execute(query):
        yield Row(row.position, row.kind, row.subject, as_bytes(row.leaf))


def _roster(connection: Connection, recording_id: str) -> tuple[int, str]:
    query = select(listeners.c.commitment).where(listeners.c.recording_id == recording_id).order_by(listeners.c.place)
    hashes = [as_bytes(one) for one in connection.execute(query).scalars()]
    return len(hashes), tree_root(hashes).hex()
