"""Calls in the vault: opened, attended, spoken in and ended, each step with its entry in the ledger.

Whatever changes a call is refused once it has ended.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from earmark.errors import UsageError
from earmark.keys import SECRET_BYTES
from earmark.records import catalogue, rosters, schema
from earmark.records.calls import opening, people, reading, speech, streams
from earmark.records.calls.entries import CallCodes, CallRecord, Consent, Invitation, NewCall, Stream
from earmark.records.calls.holding import Holding
from earmark.records.calls.pieces import Piece
from earmark.records.database.base import Database
from earmark.records.entries import Recording, RecordingKeys, new_id
from earmark.records.ledger import acts, call_acts
from earmark.records.ledger.acts import Purpose
from earmark.records.listeners import Listener
from earmark.records.safe import Safe, Sitting
from earmark.records.sealing import seal_keys


class Calls:
    """The calls of a vault. All methods may raise ``VaultError``, as the vault's do.

    Args:
        database: the vault's.
        safe: what opens it.

    Attributes:
        holding: which of them this process holds, as a server.
    """

    def __init__(self, database: Database, safe: Safe) -> None:
        self._database = database
        self._safe = safe
        self.holding = Holding(database, safe)

    def create(self, new: NewCall, invited: Iterable[Listener]) -> Recording:
        """Draw an id, a bias seed, and a secret for everybody who is invited; keep them, and commit to them.

        Raises:
            ListenersError: two ids differ in nothing but case.
        """
        call_id = new_id("call", self._safe.randomness)
        seed = self._safe.randomness(SECRET_BYTES)
        with self._safe.writing() as sitting:
            call = Recording(**asdict(new.recording), id=call_id, created_at=sitting.now)
            sealed = seal_keys(sitting.columns, call_id, RecordingKeys(b"", seed, b""))
            sitting.connection.execute(insert(schema.recordings), asdict(call) | sealed)
            rules = json.dumps(dict(new.rules), sort_keys=True)
            facts = {"recording_id": call_id, "rules": rules, "ended_at": None}
            sitting.connection.execute(insert(schema.calls), facts)
            roster = rosters.add(sitting, call_id, invited, self._safe.randomness)
            sitting.enter(call_acts.call_opened(call, seed, roster.all, roster.root))
        return call

    def add_people(self, call_id: str, invited: Iterable[Listener]) -> int:
        """Draw a secret for everybody who is new; leave the others as they are. Return how many were new.

        Raises:
            ListenersError: two ids differ in nothing but case; nobody is added then.
            UsageError: there is no such call, or it has ended; so for all that changes a call.
        """
        with self._changing(call_id) as sitting:
            catalogue.lock(sitting.connection, call_id)
            roster = rosters.add(sitting, call_id, invited, self._safe.randomness)
            if roster.new:
                sitting.enter(acts.listeners_added(call_id, roster.new, roster.all, roster.root))
        return roster.new

    def invite(self, call_id: str, listener_id: str, token_sha256: bytes, *, host: bool = False) -> None:
        """Put an invitation on record. One that they have already does not hold any more, nor its device.

        Args:
            call_id: to which call.
            listener_id: somebody on its list.
            token_sha256: SHA-256 of the token in the link, 32 bytes.
            host: whether they may let others in.
        """
        with self._changing(call_id) as sitting:
            people.invite(sitting, call_id, listener_id, token_sha256, host=host)

    def invitation(self, token_sha256: bytes) -> Invitation | None:
        """Return whom an invitation is for; None for none. It may be to a call that has ended. Takes no key."""
        with self._database.reading() as connection:
            return people.invitation(connection, token_sha256)

    def take(self, call_id: str, server: str) -> None:
        """Hold a call from now on, as a server that people call ``server``; close what a dead one has left open in it.

        Raises:
            ElsewhereError: another server holds it, and lives; from then on that is raised by all that changes a call.
        """
        with self._changing(call_id, held=False) as sitting:
            self.holding.take(sitting, call_id, server, _segment_s(sitting.connection, call_id))

    def lock(self, call_id: str, *, locked: bool) -> None:
        """Note whether a host lets nobody new in."""
        with self._changing(call_id) as sitting:
            sitting.connection.execute(update(schema.calls).filter_by(recording_id=call_id).values(locked=locked))

    def bind_device(self, call_id: str, listener_id: str, device: bytes) -> None:
        """Bind an invitation to the device that uses it first, by its Ed25519 public key.

        Raises:
            UsageError: they are not invited, or it is bound to another device.
        """
        with self._changing(call_id) as sitting:
            people.bind_device(sitting, call_id, listener_id, device)

    def consent(
        self,
        call_id: str,
        listener_id: str,
        *,
        nonce: bytes,
        receipt: str,
        signature: bytes,
        device: bytes,
        binds: bool = False,
    ) -> bytes:
        """Verify a receipt and put it on record; see ``earmark.records.calls.receipts``.

        Whether its challenge and the ledger's root are those that were put to the member is for the caller to check.

        Args:
            call_id: the call's.
            listener_id: the member's.
            nonce: as the receipt states it.
            receipt: what they signed.
            signature: by their device.
            device: its Ed25519 public key.
            binds: whether their invitation is bound to the device as well; see `bind_device`.

        Returns:
            The nonce that counts: that of their first receipt.

        Raises:
            UsageError: it is not theirs or not for this call, its signature does not hold, or it is from another device
                than the one that the invitation is bound to.
        """
        with self._changing(call_id) as sitting:
            if binds:
                people.bind_device(sitting, call_id, listener_id, device)
            return people.consent(
                sitting, call_id, listener_id, nonce=nonce, receipt=receipt, signature=signature, device=device
            )

    def admitted(self, call_id: str, listener_id: str) -> None:
        """Note that somebody is let in, and hears what is said from now on.

        Raises:
            UsageError: they have not consented.
        """
        with self._changing(call_id) as sitting:
            people.admit(sitting, call_id, listener_id)

    def left(self, call_id: str, listener_id: str) -> None:
        """Note that somebody hears nothing any more; nothing where they were not there."""
        with self._changing(call_id) as sitting:
            people.leave(sitting, call_id, listener_id)

    def dismiss(self, call_id: str, listener_id: str) -> None:
        """Note that somebody has left by their own will, and has to be let in again if they come back."""
        with self._changing(call_id) as sitting:
            people.dismiss(sitting, call_id, listener_id)

    def remove(self, call_id: str, listener_id: str) -> None:
        """Note that a host has removed somebody for good: no new invitation brings them back."""
        with self._changing(call_id) as sitting:
            people.remove(sitting, call_id, listener_id)

    def open_stream(self, call_id: str, speaker_id: str, mark_key: bytes) -> int:
        """Put a new stream on record, commit to its mark key (32 bytes), and return its number.

        Raises:
            UsageError: the speaker is not in the call.
        """
        with self._changing(call_id) as sitting:
            return streams.open_stream(sitting, call_id, speaker_id, mark_key)

    def open_block(self, call_id: str, stream: int) -> int:
        """Give a stream the next 1,024 positions of the call's codebook; return which thousand of it they are.

        Raises:
            UsageError: there is no such stream, or it has ended.
        """
        with self._changing(call_id) as sitting:
            return streams.open_block(sitting, call_id, stream)

    def progress(self, call_id: str, stream: int, positions: int) -> None:
        """Note how many positions a stream has reached by now.

        Raises:
            UsageError: there is no such stream, it has ended, or has no keys for so many.
        """
        with self._changing(call_id) as sitting:
            streams.progress(sitting, call_id, stream, positions, _segment_s(sitting.connection, call_id))

    def close_stream(self, call_id: str, stream: int, positions: int) -> None:
        """Note that a stream has ended, after so many positions.

        Raises:
            UsageError: there is no such stream, it has ended, or has no keys for so many.
        """
        with self._changing(call_id) as sitting:
            streams.close_stream(sitting, call_id, stream, positions, _segment_s(sitting.connection, call_id))

    def doubt(self, call_id: str, stream: int, reason: str) -> None:
        """Note that a stream cannot be relied on to be traced.

        Args:
            call_id: of which call.
            stream: which of its streams.
            reason: in one word; see ``earmark.call.doubts``.

        Raises:
            UsageError: there is no such stream, or it has ended.
        """
        with self._changing(call_id) as sitting:
            streams.doubt(sitting, call_id, stream, reason)

    def keep_speech(self, call_id: str, stream: int) -> speech.Keeping:
        """Let a stream's speaker seal what they say for the vault; return the key to seal it to, always the same.

        Raises:
            UsageError: there is no such stream, or it has ended.
        """
        with self._changing(call_id) as sitting:
            streams.require_open(sitting.connection, call_id, stream)
            return speech.keep(sitting, call_id, stream, self._safe.randomness)

    def add_speech(self, call_id: str, stream: int, number: int, piece: Piece) -> None:
        """Take the next piece of what a speaker has said.

        Raises:
            UsageError: there is no such stream, it has ended or is not kept, or this is not its next piece, too long,
                one too many, or not signed by a device of the speaker's.
        """
        with self._changing(call_id) as sitting:
            streams.require_open(sitting.connection, call_id, stream)
            speech.add(sitting, call_id, stream, number, piece)

    def speech(self, call_id: str, stream: int, purpose: Purpose) -> speech.Spoken | None:
        """Open what was kept of a stream; None if nothing was. The ledger says so first.

        Raises:
            VaultError: what is kept is not what the ledger says.
        """
        return speech.spoken(self._safe, call_id, stream, purpose)

    def end(self, call_id: str) -> None:
        """End a call: close its streams where they are, and note that everybody has left."""
        with self._changing(call_id) as sitting:
            connection = sitting.connection
            streams.close_all(sitting, call_id, _segment_s(connection, call_id))
            for listener_id in people.present(connection, call_id):
                people.leave(sitting, call_id, listener_id)
            seconds = _seconds(connection, call_id, sitting.now)
            connection.execute(update(schema.calls).filter_by(recording_id=call_id).values(ended_at=sitting.now))
            facts = {"seconds": seconds, "status": "complete"}
            connection.execute(update(schema.recordings).filter_by(id=call_id).values(facts))
            segments = connection.execute(select(schema.recordings.c.segments).filter_by(id=call_id)).scalar_one()
            sitting.enter(call_acts.call_ended(call_id, seconds, segments))

    def codes(self, call_id: str, purpose: Purpose = "deal") -> CallCodes:
        """Open a call's codebook, with the secrets that its codewords derive from. The ledger says so first.

        Raises:
            UsageError: there is no such call.
            VaultError: the codebook is not the one that the ledger has committed to.
        """
        return opening.codes(self._safe, call_id, purpose)

    def secrets(self, call_id: str, purpose: Purpose) -> dict[str, bytes]:
        """Open the secrets that the codewords of a call derive from, by listener. The ledger says so first.

        Raises:
            UsageError: there is no such call.
            VaultError: the secrets are not those that the ledger has committed to.
        """
        return opening.secrets(self._safe, call_id, purpose)

    def mark_keys(self, call_ids: Sequence[str], purpose: Purpose) -> dict[str, dict[int, bytes]]:
        """Open the mark keys of calls' streams, by call and number. The ledger says so first, in one entry for all.

        Raises:
            VaultError: they are not those that the ledger has committed to.
        """
        return opening.mark_keys(self._safe, call_ids, purpose)

    def all(self) -> list[Recording]:
        """Return all calls, the oldest first."""
        with self._database.reading() as connection:
            return catalogue.recordings(connection, schema.recordings.c.kind == "call")

    def get(self, name: str) -> CallRecord:
        """Return what is known of the call whose id or title is ``name``, or else of that whose id starts with it.

        Raises:
            UsageError: there is none, or more than one.
        """
        columns = schema.recordings.c
        starts = func.substr(columns.id, 1, len(name)) == name
        with self._database.reading() as connection:
            listed = catalogue.recordings(connection, columns.kind == "call", (columns.title == name) | starts)
            found = [call for call in listed if name in {call.id, call.title}] or listed
            if not name or len(found) != 1:
                raise _unclear(name, found)
            return reading.record(connection, found[0])

    def streams(self, call_id: str) -> list[Stream]:
        """Return the streams of a call by their numbers."""
        with self._database.reading() as connection:
            return reading.streams_of(connection, call_id)

    def consents(self, call_id: str) -> list[Consent]:
        """Return the receipts of a call, the earliest first."""
        with self._database.reading() as connection:
            return reading.consents_of(connection, call_id)

    def knows_device(self, listener_id: str, device: bytes) -> bool:
        """Tell whether somebody has consented to any call with that device."""
        with self._database.reading() as connection:
            return reading.knows_device(connection, listener_id, device)

    @contextmanager
    def _changing(self, call_id: str, *, held: bool = True) -> Iterator[Sitting]:
        with self._safe.writing() as sitting:
            people.require_open(sitting.connection, call_id)
            if held:
                self.holding.require(sitting.connection, call_id)
            yield sitting


def _segment_s(connection: Connection, call_id: str) -> float:
    query = select(schema.recordings.c.segment_ms).filter_by(id=call_id)
    return float(connection.execute(query).scalar_one()) / 1000


def _seconds(connection: Connection, call_id: str, now: datetime) -> float:
    """Return how long a call has lasted, from when the first member was let in."""
    query = select(func.min(schema.attendance.c.admitted_at)).filter_by(recording_id=call_id)
    started: datetime | None = connection.execute(query).scalar()
    return 0.0 if started is None else max(0.0, (now - started).total_seconds())


def _unclear(name: str, found: list[Recording]) -> UsageError:
    if not name or not found:
        return UsageError(f"there is no call {name!r} in the vault", "“earmark calls” lists them.")
    ids = ", ".join(call.id for call in found[:5])
    return UsageError(f"{name!r} may be any of {len(found)} calls", f"Give the id, such as {ids}.")
