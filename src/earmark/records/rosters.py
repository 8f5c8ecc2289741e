"""A recording's listeners in the database: their secrets, and the tree of commitments to them.

The tree's leaves are in the order in which listeners were added, so it only ever grows at its end. The hash of each
leaf is kept beside the secret; it tells nothing about it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from earmark.errors import ListenersError, UsageError
from earmark.keys import SECRET_BYTES
from earmark.records.ledger.commitments import Opening, listener_hash
from earmark.records.ledger.merkle import inclusion_path, tree_root
from earmark.records.listeners import Listener
from earmark.records.protection.columns import Columns
from earmark.records.safe import Randomness, Sitting
from earmark.records.schema import listeners as table
from earmark.records.sealing import open_listener, seal_listener


@dataclass(frozen=True)
class Added:
    """What has become of a recording's listeners.

    Attributes:
        new: how many were added.
        all: how many there are.
        root: of the tree of commitments.
    """

    new: int
    all: int
    root: bytes


def add(sitting: Sitting, recording_id: str, listeners: Iterable[Listener], randomness: Randomness) -> Added:
    """Draw a secret for every listener that is new; leave the others as they are.

    Raises:
        ListenersError: two ids differ in nothing but case.
    """
    new = _new(listeners, _keys(sitting.connection, recording_id))
    hashes = _hashes(sitting.connection, recording_id)
    drawn = randomness(SECRET_BYTES * len(new))
    rows = []
    for number, listener in enumerate(new):
        secret = drawn[number * SECRET_BYTES : (number + 1) * SECRET_BYTES]
        hashes.append(listener_hash(recording_id, listener.id, secret))
        rows.append(
            vars(listener)
            | {
                "recording_id": recording_id,
                "key": listener.key,
                "secret": seal_listener(sitting.columns, recording_id, listener.id, secret),
                "added_at": sitting.now,
                "place": len(hashes) - 1,
                "commitment": hashes[-1],
            }
        )
    if rows:
        sitting.connection.execute(insert(table), rows)
    return Added(len(new), len(hashes), tree_root(hashes))


def sealed_secrets(connection: Connection, recording_id: str) -> list[tuple[str, bytes]]:
    """Return listeners' ids and encrypted secrets, in the order of the ids."""
    query = select(table.c.id, table.c.secret).where(table.c.recording_id == recording_id)
    return sorted((row.id, row.secret) for row in connection.execute(query))


def open_secrets(columns: Columns, recording_id: str, sealed: Sequence[tuple[str, bytes]]) -> dict[str, bytes]:
    """Return listeners' secrets by id.

    Raises:
        VaultError: one of them was changed or moved.
    """
    return {one: open_listener(columns, recording_id, one, secret) for one, secret in sealed}


def opening(sitting: Sitting, recording_id: str, listener_id: str, size: int | None = None) -> Opening:
    """Return what opens the commitment to one listener's secret, in the newest tree or in that of ``size`` listeners.

    Raises:
        UsageError: there is no such listener, or was none then.
    """
    query = select(table.c.place, table.c.secret).filter_by(recording_id=recording_id, id=listener_id)
    row = sitting.connection.execute(query).first()
    hashes = _hashes(sitting.connection, recording_id)[:size]
    if row is None or row.place >= len(hashes):
        raise UsageError(
            f"{listener_id!r} is no listener of {recording_id}", f"“earmark listeners {recording_id}” lists them."
        )
    secret = open_listener(sitting.columns, recording_id, listener_id, row.secret)
    return Opening(secret, row.place, len(hashes), inclusion_path(hashes, row.place))


def _keys(connection: Connection, recording_id: str) -> dict[str, str]:
    query = select(table.c.key, table.c.id).where(table.c.recording_id == recording_id)
    return {row.key: row.id for row in connection.execute(query)}


def _hashes(connection: Connection, recording_id: str) -> list[bytes]:
    query = select(table.c.commitment).where(table.c.recording_id == recording_id).order_by(table.c.place)
    return list(connection.execute(query).scalars())


def _new(listeners: Iterable[Listener], ids: dict[str, str]) -> list[Listener]:
    """Return the listeners whose keys are not in ``ids``, which takes them up."""
    new = []
    for listener in listeners:
        other = ids.get(listener.key)
        if other is None:
            ids[listener.key] = listener.id
            new.append(listener)
        elif other != listener.id:
            raise ListenersError(
                f"the id {listener.id!r} is taken by {other!r}", "Upper and lower case make no difference."
            )
    return new
