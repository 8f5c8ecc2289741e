"""Opening keys: the ledger says so first, and what is opened is what the ledger has committed to."""

from collections.abc import Sequence

from earmark.records import catalogue, rosters
from earmark.records.entries import RecordingKeys
from earmark.records.ledger import acts
from earmark.records.ledger.acts import Purpose
from earmark.records.ledger.call_acts import CALL_OPENED
from earmark.records.ledger.commitments import Opening
from earmark.records.ledger.log import last
from earmark.records.safe import Safe
from earmark.records.sealing import committed, open_keys

NAMES = ("mark-key", "bias-seed", "seal-secret")
LISTENER_SECRET, LISTENER_SECRETS = "listener-secret", "listener-secrets"


def recordings(safe: Safe, ids: Sequence[str], purpose: Purpose) -> dict[str, RecordingKeys]:
    """Open the keys of several recordings, by id, with one entry in the ledger for all.

    Raises:
        UsageError: there is no such recording.
        VaultError: the vault cannot be opened or written, or the keys are not those that were committed to.
    """
    if not ids:
        return {}
    with safe.writing() as sitting:
        rows = catalogue.key_rows(sitting.connection, ids)
        made = {one: last(sitting.connection, [acts.RECORDING_MARKED, CALL_OPENED], one).body for one in ids}
        sitting.enter(acts.key_opened(ids, NAMES, purpose))
    keys = {one: open_keys(sitting.columns, one, rows[one]) for one in ids}
    for one, its in keys.items():
        mark_key, bias_seed = (commitment.hex() for commitment in committed(one, its))
        stated = made[one].get("mark_key_commitment"), made[one].get("bias_seed_commitment")
        if stated != (mark_key if its.mark_key else None, bias_seed):
            raise rosters.not_committed(one)
    return keys


def codebook(safe: Safe, recording_id: str, purpose: Purpose) -> dict[str, bytes]:
    """Open the secrets of a recording's listeners, by id, in the order of the ids.

    Raises:
        UsageError: there is no such recording.
        VaultError: the vault cannot be opened or written, or the codebook is not the one that was committed to.
    """
    with safe.writing() as sitting:
        catalogue.lock(sitting.connection, recording_id)
        sealed = rosters.sealed_secrets(sitting.connection, recording_id)
        sitting.enter(acts.key_opened([recording_id], [LISTENER_SECRETS], purpose))
    return rosters.open_secrets(sitting.columns, recording_id, sealed)


def listener(
    safe: Safe, recording_id: str, listener_id: str, purpose: Purpose, *, sizes: Sequence[int] = ()
) -> Opening:
    """Open the commitment to one listener's secret, in the first tree of ``sizes`` that has them, or in the newest.

    Raises:
        UsageError: there is no such listener.
        VaultError: the vault cannot be opened or written.
    """
    with safe.writing() as sitting:
        found = rosters.opening(sitting, recording_id, listener_id, sizes)
        sitting.enter(acts.key_opened([recording_id], [LISTENER_SECRET], purpose))
    return found
