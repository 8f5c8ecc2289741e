"""Who can open the vault: adding and removing ways, and rotating its key."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from earmark.errors import UsageError
from earmark.keys import SECRET_BYTES
from earmark.records.ledger import acts
from earmark.records.protection.columns import Columns
from earmark.records.protection.ways import NewWay, Way, make_ways
from earmark.records.safe import SIGNING_KEY, Safe, Sitting, ways_of
from earmark.records.schema import identity, listeners, recordings, speech, streams, ways
from earmark.records.sealing import (
    open_keys,
    open_listener,
    open_speech_key,
    open_stream_key,
    seal_keys,
    seal_listener,
    seal_speech_key,
    seal_stream_key,
)


def add_way(safe: Safe, new: NewWay) -> list[Way]:
    """Let the vault be opened in one more way. If it was in the open it is closed: its key is replaced.

    Raises:
        VaultError: the vault cannot be opened or written.
    """
    with safe.writing() as sitting:
        if any(way.kind == "open" for way in ways_of(sitting.connection)):
            made = _replace_key(safe, sitting, new)
        else:
            made = _insert(safe, sitting, new, sitting.opened.vault_key)
        sitting.enter(acts.keys_added(sorted({way.kind for way in made})))
    safe.forget()
    return made


def remove_way(safe: Safe, name: str) -> list[Way]:
    """Remove a way by its id, or all of a kind, such as "officers"; at least one has to stay.

    Whoever has an old copy of the vault's database can still go that way there; ``rotate`` with ``deep`` helps.

    Raises:
        UsageError: there is no such way, or no other.
        VaultError: the vault cannot be opened or written.
    """
    with safe.writing() as sitting:
        there = ways_of(sitting.connection)
        found = [way for way in there if name in {way.id, way.kind}]
        if not found:
            raise UsageError(f"there is no way {name!r} of opening this vault", "“earmark keys list” lists them.")
        if len(found) == len(there):
            raise UsageError("nobody could open the vault any more", "Add another way first, with “earmark keys add”.")
        sitting.connection.execute(delete(ways).where(ways.c.id.in_([way.id for way in found])))
        sitting.enter(acts.keys_removed(name))
    safe.forget()
    return found


def rotate(safe: Safe, new: NewWay, *, deep: bool = False) -> list[Way]:
    """Replace the way by which the vault was opened; with ``deep``, replace the vault key itself.

    All that is encrypted under it is then encrypted anew, and no other way is left, since the new key can only be
    encrypted for those whose keys are at hand. Recordings' keys and listeners' secrets stay what they are: copies that
    are out depend on them.

    Raises:
        VaultError: the vault cannot be opened or written.
    """
    with safe.writing() as sitting:
        if deep:
            made = _replace_key(safe, sitting, new)
        else:
            old = sitting.opened.way
            same = ways.c.kind == "officers" if old.kind == "officers" else ways.c.id == old.id
            sitting.connection.execute(delete(ways).where(same))
            made = _insert(safe, sitting, new, sitting.opened.vault_key)
        sitting.enter(acts.keys_rotated(sorted({way.kind for way in made}), deep=deep))
    safe.forget()
    return made


def _insert(safe: Safe, sitting: Sitting, new: NewWay, vault_key: bytes) -> list[Way]:
    made = make_ways(new, vault_key, sitting.opened.vault_id, safe.randomness, sitting.now)
    sitting.connection.execute(insert(ways), [vars(way) for way in made])
    return made


def _replace_key(safe: Safe, sitting: Sitting, new: NewWay) -> list[Way]:
    vault_key = safe.randomness(SECRET_BYTES)
    fresh = Columns(vault_key, safe.randomness)
    _reseal_recordings(sitting, fresh)
    _reseal_listeners(sitting, fresh)
    _reseal_streams(sitting, fresh)
    _reseal_speech(sitting, fresh)
    opened = sitting.opened
    signing_key = fresh.seal(opened.signing_key.private_bytes_raw(), SIGNING_KEY, opened.vault_id)
    facts = {"signing_key": signing_key, "generation": opened.generation + 1}
    sitting.connection.execute(update(identity).values(facts))
    sitting.connection.execute(delete(ways))
    return _insert(safe, sitting, new, vault_key)


def _reseal_recordings(sitting: Sitting, fresh: Columns) -> None:
    for row in sitting.connection.execute(select(recordings)).mappings().all():
        keys = open_keys(sitting.columns, row["id"], dict(row))
        sealed = seal_keys(fresh, row["id"], keys)
        sitting.connection.execute(update(recordings).where(recordings.c.id == row["id"]).values(sealed))


def _reseal_listeners(sitting: Sitting, fresh: Columns) -> None:
    table = listeners.c
    rows = sitting.connection.execute(select(table.recording_id, table.id, table.secret)).all()
    changes: Sequence[dict[str, Any]] = [
        {
            "in_recording": recording,
            "for_listener": one,
            "sealed": seal_listener(fresh, recording, one, open_listener(sitting.columns, recording, one, secret)),
        }
        for recording, one, secret in rows
    ]
    chosen = update(listeners).where(
        table.recording_id == bindparam("in_recording"), table.id == bindparam("for_listener")
    )
    if changes:
        sitting.connection.execute(chosen.values(secret=bindparam("sealed")), changes)


def _reseal_streams(sitting: Sitting, fresh: Columns) -> None:
    table = streams.c
    rows = sitting.connection.execute(select(table.recording_id, table.number, table.mark_key)).all()
    for recording, number, sealed in rows:
        mark_key = open_stream_key(sitting.columns, recording, number, sealed)
        chosen = update(streams).filter_by(recording_id=recording, number=number)
        sitting.connection.execute(chosen.values(mark_key=seal_stream_key(fresh, recording, number, mark_key)))


def _reseal_speech(sitting: Sitting, fresh: Columns) -> None:
    table = speech.c
    rows = sitting.connection.execute(select(table.recording_id, table.stream, table.private_key)).all()
    for recording, stream, sealed in rows:
        private_key = open_speech_key(sitting.columns, recording, stream, sealed)
        chosen = update(speech).filter_by(recording_id=recording, stream=stream)
        sitting.connection.execute(chosen.values(private_key=seal_speech_key(fresh, recording, stream, private_key)))
