"""Who may come to a call, has consented, and was there."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select, update

from earmark.errors import UsageError
from earmark.records.calls.entries import Invitation
from earmark.records.calls.receipts import KEY_BYTES, base64url, refused, verify_receipt
from earmark.records.ledger import call_acts
from earmark.records.ledger.log import find
from earmark.records.safe import Sitting
from earmark.records.schema import attendance, calls, consents, invitations, listeners


def require_open(connection: Connection, call_id: str) -> None:
    """Keep other writers from a call that has not ended.

    Raises:
        UsageError: there is no such call, or it has ended.
    """
    row = connection.execute(select(calls.c.ended_at).filter_by(recording_id=call_id).with_for_update()).first()
    if row is None:
        raise UsageError(f"there is no call {call_id!r} in the vault", "“earmark calls” lists them.")
    if row.ended_at is not None:
        raise UsageError(f"the call {call_id} has ended", "Open a new one.")


def invite(sitting: Sitting, call_id: str, listener_id: str, token_sha256: bytes, *, host: bool) -> None:
    """Put an invitation on record, in place of an earlier one."""
    require_listener(sitting.connection, call_id, listener_id)
    named = {"recording_id": call_id, "listener_id": listener_id}
    facts = {
        "token_sha256": token_sha256,
        "host": host,
        "device": None,
        "invited_at": sitting.now,
        "expected_back": False,
    }
    changed = sitting.connection.execute(update(invitations).filter_by(**named).values(facts))
    if not changed.rowcount:
        sitting.connection.execute(insert(invitations), named | facts)


def invitation(connection: Connection, token_sha256: bytes) -> Invitation | None:
    """Return whom an invitation is for."""
    table = invitations.c
    both = invitations.join(listeners)
    columns = (table.recording_id, table.listener_id, listeners.c.name, table.host, table.device)
    row = connection.execute(select(*columns).select_from(both).where(table.token_sha256 == token_sha256)).first()
    return None if row is None else Invitation(*row)


def bind_device(sitting: Sitting, call_id: str, listener_id: str, device: bytes) -> None:
    """Bind an invitation to the device that uses it first.

    Raises:
        UsageError: there is no such invitation, or it is bound to another device.
    """
    if len(device) != KEY_BYTES:
        raise UsageError("this is no key of a device", "Open the invitation in an up-to-date browser.")
    named = {"recording_id": call_id, "listener_id": listener_id}
    row = sitting.connection.execute(select(invitations.c.device).filter_by(**named).with_for_update()).first()
    if row is None:
        raise UsageError(f"{listener_id!r} is not invited to {call_id}", "Invite them first.")
    if row.device not in {None, device}:
        raise _other_device(listener_id)
    sitting.connection.execute(update(invitations).filter_by(**named).values(device=device))


def consent(
    sitting: Sitting, call_id: str, listener_id: str, *, nonce: bytes, receipt: str, signature: bytes, device: bytes
) -> bytes:
    """Verify a receipt and put it on record; return the nonce that counts.

    Raises:
        UsageError: it is not theirs or not for this call, its signature does not hold, or there is no such listener.
    """
    stated = verify_receipt(receipt, signature, device)
    if (stated.call, stated.member, base64url(stated.nonce)) != (call_id, listener_id, nonce):
        raise refused("it is not what this member states about this call")
    require_listener(sitting.connection, call_id, listener_id)
    _require_device(sitting.connection, call_id, listener_id, device)
    first = _first_nonce(sitting.connection, call_id, listener_id)
    facts = {"nonce": nonce, "receipt": receipt, "signature": signature, "device": device}
    named = {"recording_id": call_id, "listener_id": listener_id, "consented_at": sitting.now}
    sitting.connection.execute(insert(consents), facts | named)
    sitting.enter(
        call_acts.person_consented(
            call_id, listener_id, receipt=receipt, nonce=nonce, device=device, counts=first is None
        )
    )
    return nonce if first is None else first


def _first_nonce(connection: Connection, call_id: str, listener_id: str) -> bytes | None:
    """Return the nonce that counts; the ledger is asked about those only who have consented before: crowds have not."""
    known = select(consents.c.id).filter_by(recording_id=call_id, listener_id=listener_id).limit(1)
    return nonces(connection, call_id)[listener_id] if connection.execute(known).first() else None


def nonces(connection: Connection, call_id: str) -> dict[str, bytes]:
    """Return the nonces that count, by listener: the first that the ledger has of each."""
    found: dict[str, bytes] = {}
    for entry in find(connection, call_acts.PERSON_CONSENTED, call_id):
        found.setdefault(str(entry.body["listener"]), bytes.fromhex(str(entry.body["nonce"])))
    return found


def admit(sitting: Sitting, call_id: str, listener_id: str) -> None:
    """Note that somebody is let in; where they were in already, that they have come anew.

    Raises:
        UsageError: they have not consented.
    """
    known = select(consents.c.id).filter_by(recording_id=call_id, listener_id=listener_id)
    if sitting.connection.execute(known).first() is None:
        raise UsageError(
            f"{listener_id!r} has not consented to being marked in {call_id}", "Nobody is let in without a receipt."
        )
    leave(sitting, call_id, listener_id)
    named: Mapping[str, Any] = {"recording_id": call_id, "listener_id": listener_id}
    sitting.connection.execute(insert(attendance), {**named, "admitted_at": sitting.now, "left_at": None})
    sitting.enter(call_acts.person_admitted(call_id, listener_id))
    _change_invitation(sitting, call_id, listener_id, expected_back=True)


def leave(sitting: Sitting, call_id: str, listener_id: str) -> None:
    """Note that somebody has left, if they were there."""
    there = update(attendance).filter_by(recording_id=call_id, listener_id=listener_id, left_at=None)
    if sitting.connection.execute(there.values(left_at=sitting.now)).rowcount:
        sitting.enter(call_acts.person_left(call_id, listener_id))


def dismiss(sitting: Sitting, call_id: str, listener_id: str) -> None:
    """Note that somebody has left by their own will, and has to be let in again if they come back."""
    _change_invitation(sitting, call_id, listener_id, expected_back=False)


def remove(sitting: Sitting, call_id: str, listener_id: str) -> None:
    """Note that a host has removed somebody for good."""
    _change_invitation(sitting, call_id, listener_id, expected_back=False, removed_at=sitting.now)


def present(connection: Connection, call_id: str) -> list[str]:
    """Return who is in the call, in the order in which they came."""
    query = select(attendance.c.listener_id).filter_by(recording_id=call_id, left_at=None).order_by(attendance.c.id)
    return list(connection.execute(query).scalars())


def require_listener(connection: Connection, call_id: str, listener_id: str) -> None:
    """Raise a UsageError where somebody is not on the call's list."""
    known = select(listeners.c.id).filter_by(recording_id=call_id, id=listener_id)
    if connection.execute(known).first() is None:
        raise UsageError(f"{listener_id!r} is not on the list of {call_id}", "Add them to the call first.")


def _change_invitation(sitting: Sitting, call_id: str, listener_id: str, **facts: object) -> None:
    chosen = update(invitations).filter_by(recording_id=call_id, listener_id=listener_id)
    sitting.connection.execute(chosen.values(facts))


def _require_device(connection: Connection, call_id: str, listener_id: str, device: bytes) -> None:
    query = select(invitations.c.device).filter_by(recording_id=call_id, listener_id=listener_id)
    if connection.execute(query).scalar() not in {None, device}:
        raise _other_device(listener_id)


def _other_device(listener_id: str) -> UsageError:
    return UsageError(
        f"the invitation of {listener_id!r} was used on another device",
        "Go back to the browser where it was opened first, or ask the host for a new link.",
    )
