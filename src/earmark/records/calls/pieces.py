"""Pieces of speech as a speaker's browser seals them, version 1.

A piece has up to 250 Opus frames of 20 ms (48 kHz, mono) of one stream, from before they are marked: halfway between
both variants, in the places of the frames that are sent. Numbers are big-endian:

    0x01 ‖ u32 position ‖ u8 frame of the first ‖ for each frame from there on: u16 length ‖ Opus frame

A length of 0 stands for a frame that there is not. It is sealed with HPKE (RFC 9180): base mode,
DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM; what is kept is the encapsulated key, then the ciphertext. The
``info`` is ``earmark/1 call speech``, the call's id, the speaker's, the numbers of the stream and of the piece, with
zero bytes between. The speaker's device signs ``earmark/1 call speech piece``, the same four, and SHA-256 of what is
kept.
"""

import hashlib
import struct
from dataclasses import dataclass, field
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

VERSION = 1
SEGMENT_FRAMES = 12
PIECE_S = 1.2
"""How much is in a piece, as the page makes them."""

MOST_PIECE_BYTES = 8_192
MOST_FRAMES = 250
MOST_OPUS_BYTES = 400
MOST_POSITIONS = 1 << 32
SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_128_GCM)
SEAL_LABEL = "earmark/1 call speech"
SIGN_LABEL = "earmark/1 call speech piece"

Place: TypeAlias = int
"""Which frame of a stream: 12 times its position, and which of the segment's it is."""

Frames: TypeAlias = dict[Place, bytes]

_HEAD = struct.Struct(">BIB")
_LENGTH = struct.Struct(">H")


@dataclass(frozen=True)
class PieceName:
    """Which piece it is: of which call, by whom, of which of their streams, and which one of that, from 0."""

    call_id: str
    speaker_id: str
    stream: int
    number: int

    @property
    def seal_info(self) -> bytes:
        """What the piece is bound to."""
        return self._after(SEAL_LABEL)

    def signed_text(self, sealed: bytes) -> bytes:
        """Return what a device signs of the piece, sealed."""
        return self._after(SIGN_LABEL) + b"\0" + hashlib.sha256(sealed).digest()

    def _after(self, label: str) -> bytes:
        return "\0".join((label, self.call_id, self.speaker_id, str(self.stream), str(self.number))).encode()


@dataclass(frozen=True)
class Piece:
    """A piece as it is kept.

    Attributes:
        sealed: encapsulated key and ciphertext.
        signature: Ed25519, by a device of the speaker's, 64 bytes.
    """

    sealed: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    def signed_by(self, device: bytes, name: PieceName) -> bool:
        """Tell whether a device, by its Ed25519 public key, has signed it as the piece of that name."""
        try:
            Ed25519PublicKey.from_public_bytes(device).verify(self.signature, name.signed_text(self.sealed))
        except (InvalidSignature, ValueError, TypeError):  # SQLite lets anybody put anything there
            return False
        return True

    def open(self, private_key: X25519PrivateKey, name: PieceName) -> Frames | None:
        """Return its frames by their places; None where it does not open, or makes no sense."""
        try:
            return unpack(SUITE.decrypt(self.sealed, private_key, info=name.seal_info))
        except (InvalidTag, ValueError):
            return None


def pack(first: Place, frames: list[bytes]) -> bytes:
    """Return a piece's plain bytes; an empty frame is one that there is not."""
    position, frame = divmod(first, SEGMENT_FRAMES)
    return _HEAD.pack(VERSION, position, frame) + b"".join(_LENGTH.pack(len(one)) + one for one in frames)


def unpack(plain: bytes) -> Frames:
    """Return the frames of a piece's plain bytes.

    Raises:
        ValueError: they are none.
    """
    if len(plain) < _HEAD.size:
        raise ValueError("a piece has a head")
    version, position, frame = _HEAD.unpack_from(plain)
    if version != VERSION or frame >= SEGMENT_FRAMES:
        raise ValueError("a piece of another version, or of a place that there is not")
    frames: Frames = {}
    at, place = _HEAD.size, position * SEGMENT_FRAMES + frame
    end = min(place + MOST_FRAMES, MOST_POSITIONS * SEGMENT_FRAMES)
    while at < len(plain):
        length = _LENGTH.unpack_from(plain, at)[0] if at + _LENGTH.size <= len(plain) else MOST_OPUS_BYTES + 1
        at += _LENGTH.size
        if length > MOST_OPUS_BYTES or at + length > len(plain) or place >= end:
            raise ValueError("a frame is cut or too long, or there are too many")
        if length:
            frames[place] = plain[at : at + length]
        at, place = at + length, place + 1
    return frames
