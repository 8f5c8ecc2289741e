"""The vault: recordings and their keys, listeners and their secrets, every copy that was given, and the ledger of it.

A copy's record is committed before the copy appears under its name, so there may be a record without a copy (the run
was interrupted), never a copy without a record. A secret, once drawn, never changes. Whatever is put on record is
entered in the ledger in the same transaction, and whoever asks for keys is entered before they get them.
"""

import os
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, func, insert, or_, select, update

from earmark.keys import SECRET_BYTES
from earmark.records import catalogue, opening, rosters, schema
from earmark.records.adoption import adopt
from earmark.records.calls.store import Calls
from earmark.records.checking import Checked, check
from earmark.records.database import place
from earmark.records.entries import Copy, NewRecording, Recording, RecordingKeys, new_id
from earmark.records.folder import make_private
from earmark.records.ledger import acts
from earmark.records.ledger.acts import Act, Purpose
from earmark.records.ledger.commitments import Opening
from earmark.records.ledger.entries import Entry
from earmark.records.ledger.heads import SignedHead
from earmark.records.ledger.log import Ledger, find
from earmark.records.listeners import Listener
from earmark.records.protection.sources import Sources
from earmark.records.protection.ways import ByKey, InTheOpen, NewWay, Way
from earmark.records.safe import Clock, Randomness, Safe, Sitting, make_identity, ways_of
from earmark.records.sealing import committed, seal_keys

SEALED_FOLDER = "sealed"


def utc_now() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(UTC)


class Vault:
    """A folder, its owner's only, with the sealed originals, and with the database or a note of where that is.

    All methods may raise ``VaultError`` (the disk is full, another process holds the vault for too long, there is no
    key at hand that opens it, …), after which the vault is as it was before the call. Several processes may use one
    vault at once. Keys are looked for when they are needed first; what is no secret can be read without.

    Args:
        folder: an existing vault.
        sources: where its key may be; the environment and the default key file if None.
        clock: gives the time, with a time zone.
        randomness: gives that many bytes fit for keys.

    Attributes:
        folder: where it is.
        ledger: what was entered, and proofs of it.
        calls: what was said to whom in calls.
        safe: what opens it.
        adopted: whether it was of before there was a ledger, and has been given one just now.

    Raises:
        VaultError: there is no vault, others may read it, it is damaged, or a newer version has written it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        sources: Sources | None = None,
        clock: Clock = utc_now,
        randomness: Randomness = os.urandom,
    ) -> None:
        self.folder = folder
        self._clock = clock
        self._randomness = randomness
        self._database = place.place_of(folder).open()
        self.adopted = adopt(self._database, clock, randomness)
        self.safe = Safe(self._database, sources or Sources(), clock, randomness)
        self.ledger = Ledger(self._database)
        self.calls = Calls(self._database, self.safe)

    @classmethod
    def init(
        cls,
        folder: Path,
        *,
        way: NewWay | None = None,
        vault_id: str | None = None,
        database: str | None = None,
        sources: Sources | None = None,
        clock: Clock = utc_now,
        randomness: Randomness = os.urandom,
    ) -> Self:
        """Make a new vault in ``folder``, which is made too if need be.

        Args:
            folder: where.
            way: of opening it; with the key in the environment if None, or, where there is none, in the open.
            vault_id: sixteen hexadecimal digits; drawn if None.
            database: address of a PostgreSQL database for the tables, without a password; if None they are in a file
                in ``folder``.
            sources: see the class, as the others.
            clock: likewise.
            randomness: likewise.

        Raises:
            UsageError: ``database`` is no such address, or there is a password in it.
            VaultError: there is a vault already, or others may read what is in the folder.
        """
        make_private(folder)
        key = None if way else (sources or Sources()).named_key()
        chosen = way or (ByKey(key) if key is not None else InTheOpen())

        def fill(connection: Connection) -> None:
            now = clock()
            opened = make_identity(connection, chosen, now, randomness, vault_id)
            public_key = opened.signing_key.public_key().public_bytes_raw()
            Sitting(connection, opened, now).enter(acts.vault_made(opened.vault_id, public_key))

        place.create(folder, database, fill)
        return cls(folder, sources=sources, clock=clock, randomness=randomness)

    @classmethod
    def attach(cls, folder: Path, database: str) -> None:
        """Let the vault that is at ``database`` already be used from ``folder`` too, which is made if need be.

        Sealed originals stay where they are.

        Raises:
            UsageError: ``database`` is no address of a PostgreSQL database, or there is a password in it.
            VaultError: there is a vault in the folder, others may read it, or there is none at ``database``.
        """
        make_private(folder)
        place.attach(folder, database)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def copied(self) -> AbstractContextManager[Path]:
        """Give a SQLite file, beside the vault's own, with all that is in its tables at one moment.

        Raises:
            VaultError: the file cannot be written.
        """
        return self._database.copied(self.folder)

    def ways(self) -> list[Way]:
        """Return the ways of opening the vault, the oldest first."""
        with self._database.reading() as connection:
            return ways_of(connection)

    def add_stamp(self, size: int, token: bytes) -> None:
        """Keep a time stamp of the ledger's first ``size`` entries. Takes no key."""
        with self._database.writing() as connection:
            row = {"size": size, "token": token, "added_at": self._clock()}
            connection.execute(insert(schema.stamps), row)

    def stamps(self) -> list[tuple[int, bytes]]:
        """Return the time stamps of the ledger: how many entries it had, and the authority's answer."""
        table = schema.stamps.c
        with self._database.reading() as connection:
            return [(row.size, row.token) for row in connection.execute(select(schema.stamps).order_by(table.id))]

    def check(self, known: Sequence[SignedHead] = ()) -> Checked:
        """Check the ledger, that the other records agree with it, and that heads known from elsewhere are its own."""
        return check(self._database, known)

    def enter(self, act: Act, *, once: bool = False) -> Entry:
        """Append an entry to the ledger; with ``once``, only if there is none of its kind and subject yet."""
        with self.safe.writing() as sitting:
            known = find(sitting.connection, act.kind, act.subject) if once else []
            return known[0] if known else sitting.enter(act)[0]

    def create_recording(self, new: NewRecording, listeners: Iterable[Listener] = ()) -> Recording:
        """Draw an id and keys for a recording, and secrets for its listeners; keep them, and commit to them.

        Raises:
            ListenersError: two ids differ in nothing but case.
        """
        recording_id = new_id("file", self._randomness)
        keys = RecordingKeys(*(self._randomness(SECRET_BYTES) for _ in range(3)))
        with self.safe.writing() as sitting:
            recording = Recording(**asdict(new), id=recording_id, created_at=sitting.now)
            sealed = seal_keys(sitting.columns, recording_id, keys)
            sitting.connection.execute(insert(schema.recordings), asdict(recording) | sealed)
            roster = rosters.add(sitting, recording_id, listeners, self._randomness)
            made = acts.Commitments(*committed(recording_id, keys), roster.all, roster.root)
            sitting.enter(acts.recording_marked(recording_id, new, made))
        return recording

    def keys(self, recording_id: str, purpose: Purpose) -> RecordingKeys:
        """Open a recording's keys; the ledger says so first.

        Raises:
            UsageError: there is no such recording.
        """
        return self.keys_of([recording_id], purpose)[recording_id]

    def keys_of(self, recording_ids: Sequence[str], purpose: Purpose) -> dict[str, RecordingKeys]:
        """Open the keys of several recordings, by id; the ledger says so first, in one entry.

        Raises:
            UsageError: there is no such recording.
            VaultError: the keys are not those that the ledger has committed to.
        """
        return opening.recordings(self.safe, recording_ids, purpose)

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
        return catalogue.only(name, [r for r in found if name in {r.id, r.title}] or found)

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
        with self.safe.writing() as sitting:
            catalogue.lock(sitting.connection, recording_id)
            roster = rosters.add(sitting, recording_id, listeners, self._randomness)
            if roster.new:
                sitting.enter(acts.listeners_added(recording_id, roster.new, roster.all, roster.root))
        return roster.new

    def listeners(self, recording_id: str) -> list[Listener]:
        """Return a recording's listeners in the order of their ids' code points."""
        table = schema.listeners.c
        query = select(table.id, table.name, table.email).where(table.recording_id == recording_id)
        with self._database.reading() as connection:
            return sorted((Listener(*row) for row in connection.execute(query)), key=lambda listener: listener.id)

    def secrets(self, recording_id: str, purpose: Purpose) -> dict[str, bytes]:
        """Open a recording's codebook: listener ids and their secrets of 32 bytes, in the order of ``listeners``.

        The ledger says so first.

        Raises:
            UsageError: there is no such recording.
            VaultError: the codebook is not the one that the ledger has committed to.
        """
        return opening.codebook(self.safe, recording_id, purpose)

    def listener_opening(
        self, recording_id: str, listener_id: str, purpose: Purpose, sizes: Sequence[int] = ()
    ) -> Opening:
        """Return what opens the commitment to one listener's secret, in the first tree that has them, or in the newest.

        The ledger says so first.

        Args:
            recording_id: of the recording.
            listener_id: the listener's.
            purpose: what it is for.
            sizes: of the trees to choose from.

        Raises:
            UsageError: there is no such listener.
        """
        return opening.listener(self.safe, recording_id, listener_id, purpose, sizes=sizes)

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
        with self.safe.writing() as sitting:
            if sitting.connection.execute(known).first() is None:
                row = facts | {"format": container, "given_at": sitting.now}
                sitting.connection.execute(insert(schema.copies), row)
                act = acts.copy_given(recording_id, listener_id, sha256=sha256, name=path.name, container=container)
                sitting.enter(act)

    def copies(self, recording_id: str) -> list[Copy]:
        """Return what was given of a recording, the earliest first."""
        table = schema.copies.c
        columns = (table.listener_id, table.path, table.sha256, table.format, table.given_at)
        query = select(*columns).where(table.recording_id == recording_id).order_by(table.id)
        with self._database.reading() as connection:
            return [Copy(**row) for row in connection.execute(query).mappings()]

    def _recordings(self, *conditions: Any) -> list[Recording]:
        with self._database.reading() as connection:
            return catalogue.recordings(connection, *conditions)

    def _update(self, recording_id: str, **values: object) -> None:
        with self._database.writing() as connection:
            catalogue.lock(connection, recording_id)
            connection.execute(update(schema.recordings).filter_by(id=recording_id).values(values))
