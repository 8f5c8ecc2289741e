"""A recording's listeners in the database: their secrets, and the tree of commitments to them.

The tree's leaves are in the order in which listeners were added, so it only ever grows at its end. The hash of each
leaf is kept beside the secret; it tells nothing about it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, insert, select

from earmark.errors import ListenersError, UsageError, VaultError
from earmark.keys import SECRET_BYTES
from earmark.records.ledger.acts import LISTENERS_ADDED, RECORDING_MARKED
from earmark.records.ledger.call_acts import CALL_OPENED
from earmark.records.ledger.commitments import Opening, listener_hash
from earmark.records.ledger.log import last
from earmark.records.ledger.merkle import inclusion_path, tree_root
from earmark.records.listeners import Listener
from earmark.records.protection.columns import Columns
from earmark.records.safe import Randomness, Sitting
from earmark.records.schema import listeners as table
from earmark.records.sealing import open_listener, seal_listener


class Sealed(NamedTuple):
    """What is kept of a listener: the secret encrypted, and the hash of the commitment to it."""

    id: str
    secret: bytes
    commitment: bytes


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


def sealed_secrets(connection: Connection, recording_id: str) -> list[Sealed]:
    """Return what is kept of a recording's listeners, in the order of their ids, if the ledger has committed to it.

    Raises:
        VaultError: these are not the listeners that it has committed to.
    """
    hashes = _hashes(connection, recording_id)
    body = last(connection, (RECORDING_MARKED, CALL_OPENED, LISTENERS_ADDED), recording_id).body
    if (body.get("listeners"), body.get("listeners_root")) != (len(hashes), tree_root(hashes).hex()):
        raise not_committed(recording_id)
    query = select(table.c.id, table.c.secret, table.c.commitment).where(table.c.recording_id == recording_id)
    return sorted(Sealed(*row) for row in connection.execute(query))


def open_secrets(columns: Columns, recording_id: str, sealed: Sequence[Sealed]) -> dict[str, bytes]:
    """Return listeners' secrets by id.

    Raises:
        VaultError: one of them was changed or moved, or is not what was committed to.
    """
    secrets = {}
    for one in sealed:
        secrets[one.id] = open_listener(columns, recording_id, one.id, one.secret)
        if listener_hash(recording_id, one.id, secrets[one.id]) != one.commitment:
            raise not_committed(recording_id)
    return secrets


def not_committed(recording_id: str) -> VaultError:
    """Return what is to be said of keys or secrets that are not those in the ledger."""
    return VaultError(
        f"the codebook of {recording_id} is not the one that was committed to when it was marked",
        "Bring the vault back from a backup; “earmark ledger verify” may tell more.",
    )


def opening(sitting: Sitting, recording_id: str, listener_id: str, sizes: Sequence[int] = ()) -> Opening:
    """Return what opens the commitment to one listener's secret, in the first tree of ``sizes`` that has them.

    If none of those has, or none is given, that is the newest.

    Raises:
        UsageError: there is no such listener.
    """
    query = select(table.c.place, table.c.secret).filter_by(recording_id=recording_id, id=listener_id)
    row = sitting.connection.execute(query).first()
    if row is None:
        raise UsageError(
            f"{listener_id!r} is no listener of {recording_id}", f"“earmark listeners {recording_id}” lists them."
        )
    secret = open_listener(sitting.columns, recording_id, listener_id, row.secret)
    size = min((one for one in sizes if one > row.place), default=None)
    hashes = _hashes(sitting.connection, recording_id)[:size]
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
