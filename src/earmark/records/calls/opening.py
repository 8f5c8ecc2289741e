"""Opening a call's keys: the ledger says so first, and what is opened is what the ledger has committed to."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from earmark.records import opening, rosters
from earmark.records.calls.entries import CallCodes, effective_secret
from earmark.records.calls.people import nonces
from earmark.records.ledger import acts, call_acts
from earmark.records.ledger.acts import Purpose
from earmark.records.ledger.commitments import MARK_KEY, commitment, stream_name
from earmark.records.ledger.log import find
from earmark.records.safe import Safe
from earmark.records.schema import streams
from earmark.records.sealing import open_stream_key

STREAM_MARK_KEYS = "stream-mark-keys"


def mark_keys(safe: Safe, call_ids: Sequence[str], purpose: Purpose) -> dict[str, dict[int, bytes]]:
    """Open the mark keys of all streams of calls, by call and number, with one entry in the ledger for all.

    Raises:
        VaultError: the vault cannot be opened or written, or the keys are not those that were committed to.
    """
    if not call_ids:
        return {}
    with safe.writing() as sitting:
        sealed = {one: _sealed(sitting.connection, one) for one in call_ids}
        made = {one: _committed(sitting.connection, one) for one in call_ids}
        sitting.enter(acts.key_opened(call_ids, [STREAM_MARK_KEYS], purpose))
    return {
        one: {
            number: _opened(open_stream_key(sitting.columns, one, number, key), one, number, made[one])
            for number, key in sealed[one].items()
        }
        for one in call_ids
    }


def codes(safe: Safe, call_id: str, purpose: Purpose) -> CallCodes:
    """Open a call's codebook.

    Raises:
        UsageError: there is no such call.
        VaultError: the vault cannot be opened or written, or the codebook is not the one that was committed to.
    """
    keys = opening.recordings(safe, [call_id], purpose)[call_id]
    return CallCodes(keys.bias_seed, secrets(safe, call_id, purpose))


def secrets(safe: Safe, call_id: str, purpose: Purpose) -> dict[str, bytes]:
    """Open the secrets that codewords derive from, by listener.

    Raises:
        UsageError: there is no such call.
        VaultError: the vault cannot be opened or written, or these are not the secrets that were committed to.
    """
    committed = opening.codebook(safe, call_id, purpose)
    with safe.writing() as sitting:
        revealed = nonces(sitting.connection, call_id)
    return {one: _effective(secret, revealed.get(one)) for one, secret in committed.items()}


def _effective(secret: bytes, nonce: bytes | None) -> bytes:
    """Return what a codeword derives from; nothing was dealt to those who have revealed no nonce."""
    return secret if nonce is None else effective_secret(secret, nonce)


def _sealed(connection: Connection, call_id: str) -> dict[int, bytes]:
    query = select(streams.c.number, streams.c.mark_key).filter_by(recording_id=call_id).order_by(streams.c.number)
    return {row.number: row.mark_key for row in connection.execute(query)}


def _committed(connection: Connection, call_id: str) -> dict[object, object]:
    entries = find(connection, call_acts.STREAM_OPENED, call_id)
    return {entry.body["stream"]: entry.body["mark_key_commitment"] for entry in entries}


def _opened(mark_key: bytes, call_id: str, stream: int, made: Mapping[object, object]) -> bytes:
    if made.get(stream) != commitment(MARK_KEY, stream_name(call_id, stream), mark_key).hex():
        raise rosters.not_committed(call_id)
    return mark_key
