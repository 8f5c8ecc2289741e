"""What speakers seal for the vault of what they say, piece by piece; and opening it, to compare leaks with.

A piece is sealed in the speaker's browser with HPKE to the public key that the vault has drawn for the stream, and
signed by their device (``earmark.records.calls.pieces``). The private key is encrypted under the vault key: while the
vault is locked nobody can open a piece, whoever has the vault's files and all that went over the wire.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import Connection, Row, func, insert, select

from earmark.errors import UsageError, VaultError
from earmark.grid import BLOCK_SEGMENTS
from earmark.keys import SECRET_BYTES
from earmark.records.calls.pieces import MOST_PIECE_BYTES, SEGMENT_FRAMES, Frames, Piece, PieceName, Place
from earmark.records.ledger import acts, call_acts
from earmark.records.ledger.acts import Purpose
from earmark.records.ledger.log import find
from earmark.records.safe import Randomness, Safe, Sitting
from earmark.records.schema import consents, speech, speech_pieces, stream_blocks, streams
from earmark.records.sealing import open_speech_key, seal_speech_key

SPEECH_KEYS = "speech-keys"
MOST_PIECES = 50_000
"""So many pieces are taken of one stream: more than 16 hours of it."""


@dataclass(frozen=True)
class Keeping:
    """How a stream is kept.

    Attributes:
        public_key: X25519, 32 bytes; what is kept is sealed to it.
        pieces: how many there are by now, which is the number of the next one.
    """

    public_key: bytes
    pieces: int


@dataclass(frozen=True)
class Spoken:
    """What was kept of a stream, opened.

    Attributes:
        frames: Opus frames of 20 ms, 48 kHz, mono, by their places in the stream.
        unreadable: how many pieces do not open, or make no sense: their speaker's browser has sealed something else.
    """

    frames: Mapping[Place, bytes] = field(repr=False)
    unreadable: int = 0


def keep(sitting: Sitting, call_id: str, stream: int, randomness: Randomness) -> Keeping:
    """Draw the key to which a stream is sealed, unless there is one; return it."""
    row = _row(sitting.connection, call_id, stream)
    if row is not None:
        return Keeping(row.public_key, _count(sitting.connection, call_id, stream))
    private_key = X25519PrivateKey.from_private_bytes(randomness(SECRET_BYTES))
    public_key = private_key.public_key().public_bytes_raw()
    facts = {
        "recording_id": call_id,
        "stream": stream,
        "public_key": public_key,
        "private_key": seal_speech_key(sitting.columns, call_id, stream, private_key.private_bytes_raw()),
        "kept_at": sitting.now,
    }
    sitting.connection.execute(insert(speech), facts)
    sitting.enter(call_acts.speech_kept(call_id, stream, public_key))
    return Keeping(public_key, 0)


def add(sitting: Sitting, call_id: str, stream: int, number: int, piece: Piece) -> None:
    """Take a piece.

    Raises:
        UsageError: the stream is not kept, the piece is not the next one, too long, one too many, or not signed by a
            device of the speaker's.
    """
    connection = sitting.connection
    if _row(connection, call_id, stream) is None:
        raise UsageError(f"stream {stream} of {call_id} is not kept", "Turn keeping on first.")
    count = _count(connection, call_id, stream)
    if number != count:
        raise _refused(f"it is piece {number}, and {count} is the next one")
    if count >= MOST_PIECES or not 0 < len(piece.sealed) <= MOST_PIECE_BYTES:
        raise _refused(f"a stream has at most {MOST_PIECES} pieces of {MOST_PIECE_BYTES} bytes")
    name = PieceName(call_id, _speaker(connection, call_id, stream), stream, number)
    if not _is_signed(piece, name, _devices(connection, call_id, stream)):
        raise _refused("it is not signed by a device of the speaker's")
    row = {"recording_id": call_id, "stream": stream, "number": number, **vars(piece)}
    connection.execute(insert(speech_pieces), row)


def seal(sitting: Sitting, call_id: str, stream: int) -> None:
    """Enter what was kept of a stream that ends, if anything was."""
    if _row(sitting.connection, call_id, stream) is not None:
        count, sha256 = digest(sitting.connection, call_id, stream)
        sitting.enter(call_acts.speech_sealed(call_id, stream, count, sha256))


def digest(connection: Connection, call_id: str, stream: int) -> tuple[int, str]:
    """Return how many pieces there are of a stream, and a hash of them all, in hexadecimal."""
    whole, count = hashlib.sha256(), 0
    for piece in _pieces(connection, call_id, stream):
        for part in (piece.sealed, piece.signature):
            whole.update(hashlib.sha256(part if isinstance(part, bytes) else repr(part).encode()).digest())
        count += 1
    return count, whole.hexdigest()


def counts(connection: Connection, call_id: str) -> dict[int, int]:
    """Return how many pieces were kept, by the numbers of those streams that were kept."""
    pieces = select(speech_pieces.c.stream, func.count()).filter_by(recording_id=call_id)
    found = {row[0]: row[1] for row in connection.execute(pieces.group_by(speech_pieces.c.stream))}
    kept = select(speech.c.stream).filter_by(recording_id=call_id)
    return {stream: found.get(stream, 0) for stream in connection.execute(kept).scalars()}


def spoken(safe: Safe, call_id: str, stream: int, purpose: Purpose) -> Spoken | None:
    """Open what was kept of a stream; None if nothing was. The ledger says so first.

    Raises:
        VaultError: the vault cannot be opened or written, or what is kept is not what the ledger says.
    """
    with safe.writing() as sitting:
        row = _row(sitting.connection, call_id, stream)
        if row is None:
            return None
        sitting.enter(acts.key_opened([call_id], [SPEECH_KEYS], purpose))
        private_key = X25519PrivateKey.from_private_bytes(
            open_speech_key(sitting.columns, call_id, stream, row.private_key)
        )
        _require_entered(sitting.connection, call_id, stream, private_key.public_key().public_bytes_raw())
        pieces = list(_pieces(sitting.connection, call_id, stream))
        speaker = _speaker(sitting.connection, call_id, stream)
        names = [PieceName(call_id, speaker, stream, number) for number in range(len(pieces))]
        devices = _devices(sitting.connection, call_id, stream)
        end = _end(sitting.connection, call_id, stream)
    if not all(_is_signed(piece, name, devices) for piece, name in zip(pieces, names, strict=True)):
        raise _changed(call_id, stream)
    opened = [piece.open(private_key, name) for piece, name in zip(pieces, names, strict=True)]
    frames: Frames = {}
    for one in reversed(opened):
        frames.update(one or {})  # what was kept first stays
    spoken = {place: frame for place, frame in frames.items() if place < end}
    return Spoken(spoken, sum(one is None for one in opened))


def _row(connection: Connection, call_id: str, stream: int) -> Row[Any, Any] | None:
    query = select(speech.c.public_key, speech.c.private_key).filter_by(recording_id=call_id, stream=stream)
    return connection.execute(query).first()


def _count(connection: Connection, call_id: str, stream: int) -> int:
    query = select(func.count()).select_from(speech_pieces).filter_by(recording_id=call_id, stream=stream)
    return int(connection.execute(query).scalar_one())


def _pieces(connection: Connection, call_id: str, stream: int) -> Iterator[Piece]:
    table = speech_pieces.c
    query = select(table.sealed, table.signature).filter_by(recording_id=call_id, stream=stream)
    for row in connection.execute(query.order_by(table.number)):
        yield Piece(row.sealed, row.signature)


def _speaker(connection: Connection, call_id: str, stream: int) -> str:
    query = select(streams.c.speaker_id).filter_by(recording_id=call_id, number=stream)
    return str(connection.execute(query).scalar_one())


def _end(connection: Connection, call_id: str, stream: int) -> Place:
    """Return the place before which all is that can have been said: keys were dealt for no more."""
    query = select(func.count()).select_from(stream_blocks).filter_by(recording_id=call_id, stream=stream)
    return int(connection.execute(query).scalar_one()) * BLOCK_SEGMENTS * SEGMENT_FRAMES


def _devices(connection: Connection, call_id: str, stream: int) -> list[bytes]:
    """Return the devices with which a stream's speaker has consented to the call."""
    named = {"recording_id": call_id, "listener_id": _speaker(connection, call_id, stream)}
    return list(connection.execute(select(consents.c.device).filter_by(**named).distinct()).scalars())


def _is_signed(piece: Piece, name: PieceName, devices: Iterable[bytes]) -> bool:
    return any(piece.signed_by(device, name) for device in devices)


def _require_entered(connection: Connection, call_id: str, stream: int, public_key: bytes) -> None:
    """See that the ledger says the same of the key, and of all pieces where the stream has ended."""
    entered = {
        kind: [entry.body for entry in find(connection, kind, call_id) if entry.body["stream"] == stream]
        for kind in (call_acts.SPEECH_KEPT, call_acts.SPEECH_SEALED)
    }
    pieces, sha256 = digest(connection, call_id, stream)
    keys = [body["public_key"] for body in entered[call_acts.SPEECH_KEPT]]
    sealed = [(body["pieces"], body["sha256"]) for body in entered[call_acts.SPEECH_SEALED]]
    if keys != [public_key.hex()] or sealed not in ([], [(pieces, sha256)]):
        raise _changed(call_id, stream)


def _changed(call_id: str, stream: int) -> VaultError:
    return VaultError(
        f"what was kept of stream {stream} of {call_id} is not what the ledger says",
        "Bring the vault back from a backup.",
    )


def _refused(why: str) -> UsageError:
    return UsageError(f"a piece of speech is not taken: {why}", "Turn keeping off and on again.")
