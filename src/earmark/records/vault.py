"""The vault: recordings and their keys, listeners and their secrets, and every copy that was given.

A copy's record is committed before the copy appears under its name, so there may be a record without a copy (the run
was interrupted), never a copy without a record. A secret, once drawn, never changes.
"""

import base64
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, func, insert, or_, select, update

from earmark.errors import ListenersError, UsageError
from earmark.keys import SECRET_BYTES
from earmark.records import database, schema
from earmark.records.entries import Copy, NewRecording, Recording
from earmark.records.folder import check_private, make_private
from earmark.records.listeners import Listener

FILE_NAME = "vault.sqlite"
SEALED_FOLDER = "sealed"
ID_BYTES = 5

Clock = Callable[[], datetime]
Randomness = Callable[[int], bytes]


def utc_now() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(UTC)


class Vault:
    """A folder, its owner's only, with the database and the sealed originals.

    All methods may raise ``VaultError`` (the disk is full, another process holds the vault for too long, …), after
    which the vault is as it was before the call. Several processes may use one vault at once.

    Args:
        folder: an existing vault.
        clock: gives the time, with a time zone.
        randomness: gives that many bytes fit for keys.

    Raises:
        VaultError: there is no vault, others may read it, it is damaged, or a newer version has written it.
    """

    def __init__(self, folder: Path, *, clock: Clock = utc_now, randomness: Randomness = os.urandom) -> None:
        check_private(folder, folder / FILE_NAME)
        self.folder = folder
        self._clock = clock
        self._randomness = randomness
        self._database = database.open_current(folder / FILE_NAME)

    @classmethod
    def init(cls, folder: Path, *, clock: Clock = utc_now, randomness: Randomness = os.urandom) -> Self:
        """Make a new vault in ``folder``, which is made too if need be.

        Raises:
            VaultError: there is a vault already, or others may read what is in the folder.
        """
        make_private(folder)
        database.create(folder / FILE_NAME)
        return cls(folder, clock=clock, randomness=randomness)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the vault's file."""
        self._database.close()

    def create_recording(self, new: NewRecording) -> Recording:
        """Draw an id and keys for a recording and keep them."""
        recording = Recording(
            **asdict(new),
            id="r-" + base64.b32encode(self._randomness(ID_BYTES)).decode().lower(),
            created_at=self._clock(),
            mark_key=self._randomness(SECRET_BYTES),
            bias_seed=self._randomness(SECRET_BYTES),
            seal_secret=self._randomness(SECRET_BYTES),
        )
        with self._database.writing() as connection:
            connection.execute(insert(schema.recordings), asdict(recording))
        return recording

    def recordings(self) -> list[Recording]:
        """Return all recordings, the oldest first."""
        return self._recordings()

    def recording(self, name: str) -> Recording:
        """Return the recording whose id or title is ``name``, or else the one whose id starts with it.

        Raises:
            UsageError: there is none, or more than one.
        """
        columns = schema.recordings.c
        starts = func.substr(columns.id, 1, len(name)) == name
        found = self._recordings(or_(columns.title == name, starts)) if name else []  # all ids start with nothing
        return _only(name, [r for r in found if name in {r.id, r.title}] or found)

    def find_by_input(self, sha256: str) -> list[Recording]:
        """Return the recordings made from the file with that SHA-256, the oldest first."""
        return self._recordings(schema.recordings.c.input_sha256 == sha256)

    def set_complete(self, recording_id: str) -> None:
        """Note that every copy of the recording's first run is out."""
        self._update(recording_id, status="complete")

    def set_sealed(self, recording_id: str) -> None:
        """Note that the sealed original is at ``sealed_path``."""
        self._update(recording_id, sealed=True)

    def sealed_path(self, recording_id: str) -> Path:
        """Return where the recording's sealed original is, or is to be; the folder is there."""
        folder = self.folder / SEALED_FOLDER
        make_private(folder)
        return folder / f"{recording_id}.sealed"

    def add_listeners(self, recording_id: str, listeners: Iterable[Listener]) -> int:
        """Draw a secret for every listener that is new to the recording; leave the others as they are.

        Returns:
            How many were new.

        Raises:
            ListenersError: two ids differ in nothing but case; nobody is added then.
            UsageError: there is no such recording.
        """
        with self._database.writing() as connection:
            _lock(connection, recording_id)
            new = _new_listeners(listeners, _keys(connection, recording_id))
            rows = self._rows(recording_id, new)
            if rows:
                connection.execute(insert(schema.listeners), rows)
        return len(new)

    def listeners(self, recording_id: str) -> list[Listener]:
        """Return a recording's listeners in the order of their ids' code points."""
        table = schema.listeners.c
        query = select(table.id, table.name, table.email).where(table.recording_id == recording_id)
        with self._database.reading() as connection:
            return sorted((Listener(*row) for row in connection.execute(query)), key=lambda listener: listener.id)

    def secrets(self, recording_id: str) -> dict[str, bytes]:
        """Return a recording's listener ids and their secrets of 32 bytes, in the order of ``listeners``."""
        table = schema.listeners.c
        query = select(table.id, table.secret).where(table.recording_id == recording_id)
        with self._database.reading() as connection:
            return dict(sorted((row.id, row.secret) for row in connection.execute(query)))

    def record_copy(self, recording_id: str, listener_id: str, *, path: Path, sha256: str, container: str) -> None:
        """Note that a listener is given a copy; call this before the copy appears under its name.

        The same file for the same listener at the same place is noted once, so a run can be repeated.
        """
        facts = {
            "recording_id": recording_id,
            "listener_id": listener_id,
            "path": str(path.absolute()),
            "sha256": sha256,
        }
        known = select(schema.copies.c.id).filter_by(**facts)
        with self._database.writing() as connection:
            if connection.execute(known).first() is None:
                connection.execute(insert(schema.copies), facts | {"format": container, "given_at": self._clock()})

    def copies(self, recording_id: str) -> list[Copy]:
        """Return what was given of a recording, the earliest first."""
        table = schema.copies.c
        columns = (table.listener_id, table.path, table.sha256, table.format, table.given_at)
        query = select(*columns).where(table.recording_id == recording_id).order_by(table.id)
        with self._database.reading() as connection:
            return [Copy(**row) for row in connection.execute(query).mappings()]

    def _recordings(self, *conditions: Any) -> list[Recording]:
        table = schema.recordings.c
        query = select(schema.recordings).where(*conditions).order_by(table.created_at, table.id)
        with self._database.reading() as connection:
            return [Recording(**row) for row in connection.execute(query).mappings()]

    def _update(self, recording_id: str, **values: object) -> None:
        with self._database.writing() as connection:
            _lock(connection, recording_id)
            connection.execute(update(schema.recordings).filter_by(id=recording_id).values(values))

    def _rows(self, recording_id: str, listeners: list[Listener]) -> list[dict[str, object]]:
        randomness = self._randomness(SECRET_BYTES * len(listeners))
        drawn = (randomness[i : i + SECRET_BYTES] for i in range(0, len(randomness), SECRET_BYTES))
        common = {"recording_id": recording_id, "added_at": self._clock()}
        return [
            common | vars(listener) | {"key": listener.key, "secret": secret}
            for listener, secret in zip(listeners, drawn, strict=True)
        ]


def _lock(connection: Connection, recording_id: str) -> None:
    """Keep other writers from the recording: SQLite has locked all of it already, PostgreSQL locks the row."""
    row = select(schema.recordings.c.id).filter_by(id=recording_id).with_for_update()
    if connection.execute(row).first() is None:
        raise _unknown(recording_id)


def _keys(connection: Connection, recording_id: str) -> dict[str, str]:
    table = schema.listeners.c
    query = select(table.key, table.id).where(table.recording_id == recording_id)
    return {row.key: row.id for row in connection.execute(query)}


def _new_listeners(listeners: Iterable[Listener], ids: dict[str, str]) -> list[Listener]:
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


def _only(name: str, found: list[Recording]) -> Recording:
    if not found:
        raise _unknown(name)
    if len(found) > 1:
        ids = ", ".join(recording.id for recording in found[:5])
        raise UsageError(f"{name!r} may be any of {len(found)} recordings", f"Give the id, such as {ids}.")
    return found[0]


def _unknown(name: str) -> UsageError:
    return UsageError(f"there is no recording {name!r} in the vault", "“earmark recordings” lists them.")
