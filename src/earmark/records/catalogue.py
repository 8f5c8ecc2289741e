"""The table of recordings: finding them, and their encrypted keys."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from earmark.errors import UsageError
from earmark.records.entries import Recording, RecordingKeys
from earmark.records.schema import recordings as table

RECORDING_COLUMNS = tuple(Recording.__dataclass_fields__)
KEY_COLUMNS = tuple(RecordingKeys.__dataclass_fields__)


def recordings(connection: Connection, *conditions: Any) -> list[Recording]:
    """Return the recordings for which the conditions hold, the oldest first."""
    columns = (table.c[name] for name in RECORDING_COLUMNS)
    query = select(*columns).where(*conditions).order_by(table.c.created_at, table.c.id)
    return [Recording(**row) for row in connection.execute(query).mappings()]


def lock(connection: Connection, recording_id: str) -> None:
    """Keep other writers from the recording: SQLite has locked all of it already, PostgreSQL locks the row."""
    row = select(table.c.id).filter_by(id=recording_id).with_for_update()
    if connection.execute(row).first() is None:
        raise _unknown(recording_id)


def key_rows(connection: Connection, recording_ids: Sequence[str]) -> dict[str, dict[str, bytes]]:
    """Return the encrypted keys of recordings, by id and column."""
    rows = {}
    for one in recording_ids:
        columns = [table.c[name] for name in KEY_COLUMNS]
        row = connection.execute(select(*columns).where(table.c.id == one)).mappings().first()
        if row is None:
            raise _unknown(one)
        rows[one] = dict(row)
    return rows


def only(name: str, found: list[Recording]) -> Recording:
    """Return the one recording that was found by ``name``.

    Raises:
        UsageError: there is none, or more than one.
    """
    if not found:
        raise _unknown(name)
    if len(found) > 1:
        ids = ", ".join(recording.id for recording in found[:5])
        raise UsageError(f"{name!r} may be any of {len(found)} recordings", f"Give the id, such as {ids}.")
    return found[0]


def _unknown(name: str) -> UsageError:
    return UsageError(f"there is no recording {name!r} in the vault", "“earmark recordings” lists them.")
