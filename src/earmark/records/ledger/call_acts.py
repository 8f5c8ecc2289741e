"""What is entered in the ledger about calls: one function for each kind of entry.

A call is found by its id, as any recording is. As everywhere, neither titles nor people's names get into the ledger.
"""

import hashlib

from earmark.records.entries import Recording
from earmark.records.ledger.acts import Act
from earmark.records.ledger.canonical import Json
from earmark.records.ledger.commitments import BIAS_SEED, MARK_KEY, commitment, stream_name

CALL_OPENED = "call-opened"
PERSON_CONSENTED = "person-consented"
PERSON_ADMITTED = "person-admitted"
PERSON_LEFT = "person-left"
STREAM_OPENED = "stream-opened"
BLOCK_OPENED = "block-opened"
STREAM_DOUBTED = "stream-doubted"
STREAM_CLOSED = "stream-closed"
SPEECH_KEPT = "speech-kept"
SPEECH_SEALED = "speech-sealed"
CALL_ENDED = "call-ended"

KINDS = frozenset(
    {
        CALL_OPENED,
        PERSON_CONSENTED,
        PERSON_ADMITTED,
        PERSON_LEFT,
        STREAM_OPENED,
        BLOCK_OPENED,
        STREAM_DOUBTED,
        STREAM_CLOSED,
        SPEECH_KEPT,
        SPEECH_SEALED,
        CALL_ENDED,
    }
)


def call_opened(call: Recording, bias_seed: bytes, listeners: int, listeners_root: bytes) -> Act:
    """People are invited to a call; its biases and their secrets are committed to."""
    body: dict[str, Json] = {
        "recording": call.id,
        "detector": call.detector,
        "coalition": call.coalition,
        "segment_ms": call.segment_ms,
        "slot_ms": call.slot_ms,
        "bias_seed_commitment": commitment(BIAS_SEED, call.id, bias_seed).hex(),
        "listeners": listeners,
        "listeners_root": listeners_root.hex(),
    }
    return Act(CALL_OPENED, call.id, body)


def person_consented(call_id: str, listener_id: str, *, receipt: str, nonce: bytes, device: bytes, counts: bool) -> Act:
    """Somebody has signed that they know of the mark, and revealed a nonce; the first of theirs counts."""
    body: dict[str, Json] = {
        "recording": call_id,
        "listener": listener_id,
        "receipt_sha256": hashlib.sha256(receipt.encode()).hexdigest(),
        "nonce": nonce.hex(),
        "device": device.hex(),
        "counts": counts,
    }
    return Act(PERSON_CONSENTED, call_id, body)


def person_admitted(call_id: str, listener_id: str) -> Act:
    """Somebody is let in, and hears what is said from now on."""
    return Act(PERSON_ADMITTED, call_id, {"recording": call_id, "listener": listener_id})


def person_left(call_id: str, listener_id: str) -> Act:
    """Somebody hears nothing any more."""
    return Act(PERSON_LEFT, call_id, {"recording": call_id, "listener": listener_id})


def stream_opened(call_id: str, stream: int, speaker_id: str, mark_key: bytes) -> Act:
    """A member starts to be heard; the key of the patterns in what they say is committed to."""
    body: dict[str, Json] = {
        "recording": call_id,
        "stream": stream,
        "speaker": speaker_id,
        "mark_key_commitment": commitment(MARK_KEY, stream_name(call_id, stream), mark_key).hex(),
    }
    return Act(STREAM_OPENED, call_id, body)


def block_opened(call_id: str, stream: int, number: int, block: int) -> Act:
    """The ``number``-th 1,024 positions of a stream are the ``block``-th 1,024 of the call's codebook."""
    body: dict[str, Json] = {"recording": call_id, "stream": stream, "number": number, "block": block}
    return Act(BLOCK_OPENED, call_id, body)


def stream_doubted(call_id: str, stream: int, doubt: str) -> Act:
    """What listeners heard of a stream was compared: it cannot be relied on to be traced, for a reason in one word."""
    return Act(STREAM_DOUBTED, call_id, {"recording": call_id, "stream": stream, "doubt": doubt})


def stream_closed(call_id: str, stream: int, positions: int) -> Act:
    """A stream has ended, after so many positions."""
    return Act(STREAM_CLOSED, call_id, {"recording": call_id, "stream": stream, "positions": positions})


def speech_kept(call_id: str, stream: int, public_key: bytes) -> Act:
    """A speaker seals what they say in a stream for the vault, to a key that only the vault can open."""
    body: dict[str, Json] = {"recording": call_id, "stream": stream, "public_key": public_key.hex()}
    return Act(SPEECH_KEPT, call_id, body)


def speech_sealed(call_id: str, stream: int, pieces: int, sha256: str) -> Act:
    """A stream has ended of which so many pieces were kept; the hash is of them all, as they are kept."""
    body: dict[str, Json] = {"recording": call_id, "stream": stream, "pieces": pieces, "sha256": sha256}
    return Act(SPEECH_SEALED, call_id, body)


def call_ended(call_id: str, seconds: float, segments: int) -> Act:
    """A call has ended; so long it was, and so many segments of its codebook were given out."""
    return Act(CALL_ENDED, call_id, {"recording": call_id, "seconds": seconds, "segments": segments})
