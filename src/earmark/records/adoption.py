"""A vault of before there was a ledger: its secrets are encrypted, and its ledger starts with what was there.

Nothing that is entered then proves anything about the time before; ``adopted`` in an entry says so.
"""

from typing import Any

from sqlalchemy import Connection, func, select, update

from earmark.records.database.base import Database
from earmark.records.entries import RecordingKeys
from earmark.records.ledger import acts
from earmark.records.ledger.commitments import listener_hash
from earmark.records.ledger.merkle import tree_root
from earmark.records.protection.ways import InTheOpen
from earmark.records.safe import Clock, Randomness, Sitting, make_identity
from earmark.records.schema import copies, identity, listeners, recordings
from earmark.records.sealing import committed, name_of, seal_keys, seal_listener


def adopt(database: Database, clock: Clock, randomness: Randomness) -> bool:
    """Give the vault an identity and a ledger, unless it has them; tell whether that was needed.

    There is nobody yet to encrypt the vault key for, so it lies in the open until a way is added.
    """
    with database.reading() as connection:
        if _is_known(connection):
            return False
    with database.writing() as connection:
        if _is_known(connection):  # by another process, meanwhile
            return False
        now = clock()
        sitting = Sitting(connection, make_identity(connection, InTheOpen(), now, randomness), now)
        opened = sitting.opened
        counts = {table.name: _count(connection, table) for table in (recordings, listeners, copies)}
        public_key = opened.signing_key.public_key().public_bytes_raw()
        sitting.enter(acts.vault_adopted(opened.vault_id, public_key, counts))
        for row in connection.execute(select(recordings).order_by(recordings.c.created_at, recordings.c.id)).all():
            _adopt_recording(sitting, row)
    return True


def _is_known(connection: Connection) -> bool:
    return connection.execute(select(identity.c.vault_id)).first() is not None


def _count(connection: Connection, table: Any) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _adopt_recording(sitting: Sitting, row: Any) -> None:
    keys = RecordingKeys(row.mark_key, row.bias_seed, row.seal_secret)
    hashes = _adopt_listeners(sitting, row.id)
    made = acts.Commitments(*committed(row.id, keys), listeners=len(hashes), listeners_root=tree_root(hashes))
    sitting.enter(acts.recording_marked(row.id, row, made, adopted=True), *_copies(sitting.connection, row.id))
    sealed = seal_keys(sitting.columns, row.id, keys)
    sitting.connection.execute(update(recordings).filter_by(id=row.id).values(sealed))


def _adopt_listeners(sitting: Sitting, recording_id: str) -> list[bytes]:
    """Give listeners a place in the tree of commitments, in the order of their ids, and encrypt their secrets."""
    table, hashes = listeners.c, []
    rows = sitting.connection.execute(select(table.id, table.secret).where(table.recording_id == recording_id)).all()
    for place, (listener_id, secret) in enumerate(sorted(rows)):
        hashes.append(listener_hash(recording_id, listener_id, secret))
        values = {
            "place": place,
            "commitment": hashes[-1],
            "secret": seal_listener(sitting.columns, recording_id, listener_id, secret),
        }
        chosen = update(listeners).filter_by(recording_id=recording_id, id=listener_id)
        sitting.connection.execute(chosen.values(values))
    return hashes


def _copies(connection: Connection, recording_id: str) -> list[acts.Act]:
    query = select(copies).where(copies.c.recording_id == recording_id).order_by(copies.c.id)
    return [
        acts.copy_given(
            recording_id, row.listener_id, sha256=row.sha256, name=name_of(row.path), container=row.format, adopted=True
        )
        for row in connection.execute(query)
    ]
