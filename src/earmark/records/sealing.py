"""Which secrets of the vault are encrypted for which place, and what is committed of them."""

from pathlib import PurePath

from earmark.records.entries import RecordingKeys
from earmark.records.ledger.commitments import BIAS_SEED, MARK_KEY, commitment
from earmark.records.protection.columns import Columns

LISTENER_SECRET = "listeners.secret"  # noqa: S105 - the name of a column
STREAM_MARK_KEY = "streams.mark_key"
SPEECH_KEY = "speech.private_key"


def seal_keys(columns: Columns, recording_id: str, keys: RecordingKeys) -> dict[str, bytes]:
    """Return a recording's keys as they are kept, by column."""
    return {name: columns.seal(key, f"recordings.{name}", recording_id) for name, key in vars(keys).items()}


def open_keys(columns: Columns, recording_id: str, sealed: dict[str, bytes]) -> RecordingKeys:
    """Return a recording's keys from what is kept.

    Raises:
        VaultError: one of them was changed or moved.
    """
    names = ("mark_key", "bias_seed", "seal_secret")
    return RecordingKeys(*(columns.open(sealed[name], f"recordings.{name}", recording_id) for name in names))


def seal_listener(columns: Columns, recording_id: str, listener_id: str, secret: bytes) -> bytes:
    """Return a listener's secret as it is kept."""
    return columns.seal(secret, LISTENER_SECRET, recording_id, listener_id)


def open_listener(columns: Columns, recording_id: str, listener_id: str, sealed: bytes) -> bytes:
    """Return a listener's secret from what is kept.

    Raises:
        VaultError: it was changed or moved.
    """
    return columns.open(sealed, LISTENER_SECRET, recording_id, listener_id)


def seal_stream_key(columns: Columns, recording_id: str, stream: int, mark_key: bytes) -> bytes:
    """Return the mark key of a call's stream as it is kept."""
    return columns.seal(mark_key, STREAM_MARK_KEY, recording_id, str(stream))


def open_stream_key(columns: Columns, recording_id: str, stream: int, sealed: bytes) -> bytes:
    """Return the mark key of a call's stream from what is kept.

    Raises:
        VaultError: it was changed or moved.
    """
    return columns.open(sealed, STREAM_MARK_KEY, recording_id, str(stream))


def seal_speech_key(columns: Columns, recording_id: str, stream: int, private_key: bytes) -> bytes:
    """Return the private key that opens what was kept of a stream, as it is kept itself."""
    return columns.seal(private_key, SPEECH_KEY, recording_id, str(stream))


def open_speech_key(columns: Columns, recording_id: str, stream: int, sealed: bytes) -> bytes:
    """Return the private key that opens what was kept of a stream.

    Raises:
        VaultError: it was changed or moved.
    """
    return columns.open(sealed, SPEECH_KEY, recording_id, str(stream))


def committed(recording_id: str, keys: RecordingKeys) -> tuple[bytes, bytes]:
    """Return the commitments to a recording's mark key and bias seed."""
    return commitment(MARK_KEY, recording_id, keys.mark_key), commitment(BIAS_SEED, recording_id, keys.bias_seed)


def name_of(path: str) -> str:
    """Return what of a copy's path is entered in the ledger: the file's name."""
    return PurePath(path).name
