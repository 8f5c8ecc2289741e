"""The keys of a speaker's stream, as far as the dealer knows them.

A speaker's browser draws a stream secret ``S`` of 32 bytes and seals it to the dealer: HPKE [1], base mode, with
DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-128-GCM; the ``info`` binds it to the call and the speaker. From then
on both derive (``derive`` of `earmark.keys`; numbers are big-endian):

* the mark key            ``derive(S, "earmark/1 call mark key")``
* the chain of block 0    ``derive(S, "earmark/1 call chain")``
* the chain of block b+1  ``derive(chain_b, "earmark/1 call next chain")``
* the key of variant v at position p of block b = p // 1024
                          ``derive(chain_b, "earmark/1 call position", u32 p ‖ u8 v)``

Whoever has only the newest chain cannot tell the position keys of earlier blocks. What follows from a position key (the
key of a frame) needs the exporter of the members' own group, which the dealer never has.

``tests/vectors/call.json`` holds vectors for a second implementation.

[1] RFC 9180, "Hybrid Public Key Encryption".
"""

import numpy as np
import numpy.typing as npt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from earmark.errors import CallError
from earmark.keys import SECRET_BYTES, derive

BLOCK_POSITIONS = 1024
SEALED_BYTES = 32 + SECRET_BYTES + 16
"""How long a sealed stream secret is: the encapsulated key, the secret, and the tag."""

MOST_POSITIONS = 1 << 32

SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_128_GCM)
_SEAL_LABEL = b"earmark/1 call stream"

PositionKeys = npt.NDArray[np.uint8]


def seal_info(call_id: str, speaker_id: str) -> bytes:
    """Return what a sealed stream secret is bound to: the label, the call and the speaker, with zeros between them."""
    return b"\0".join((_SEAL_LABEL, call_id.encode("ascii"), speaker_id.encode("utf-8")))


def open_stream_secret(sealed: bytes, dealer_key: X25519PrivateKey, *, call_id: str, speaker_id: str) -> bytes:
    """Return the stream secret, 32 bytes, that a speaker has sealed to the dealer.

    Raises:
        CallError: it was not sealed to this dealer, for this call, by this speaker, or has another length.
    """
    try:
        secret = SUITE.decrypt(sealed, dealer_key, info=seal_info(call_id, speaker_id))
    except (InvalidTag, ValueError) as error:
        raise CallError("the stream's secret cannot be opened", "Reload the page.") from error
    if len(secret) != SECRET_BYTES:
        raise CallError(f"a stream's secret has {SECRET_BYTES} bytes, not {len(secret)}", "Reload the page.")
    return secret


def mark_key(stream_secret: bytes) -> bytes:
    """Return the key of the patterns by which a stream's variants differ, 32 bytes."""
    return derive(stream_secret, "earmark/1 call mark key")


def first_chain(stream_secret: bytes) -> bytes:
    """Return the chain of block 0, 32 bytes."""
    return derive(stream_secret, "earmark/1 call chain")


def next_chain(chain: bytes) -> bytes:
    """Return the chain of the block after the one whose chain is given."""
    return derive(chain, "earmark/1 call next chain")


def position_key(chain: bytes, position: int, variant: int) -> bytes:
    """Return the key of one variant at a position, 32 bytes.

    Args:
        chain: that of the position's block.
        position: in the stream, 0 to 2³² − 1.
        variant: 0 or 1.
    """
    return derive(chain, "earmark/1 call position", position.to_bytes(4, "big") + bytes([variant]))


def position_keys(chain: bytes, first: int, count: int) -> PositionKeys:
    """Return the keys of both variants at ``count`` positions of one block, shape (count, 2, 32).

    Args:
        chain: that of the block.
        first: the first of the positions.
        count: how many; all are of the same block.

    Raises:
        ValueError: the positions are not of one block.
    """
    if first // BLOCK_POSITIONS != (first + max(count, 1) - 1) // BLOCK_POSITIONS:
        raise ValueError(f"positions {first} to {first + count - 1} are not of one block")
    keys = b"".join(position_key(chain, first + i, variant) for i in range(count) for variant in (0, 1))
    return np.frombuffer(keys, np.uint8).reshape(count, 2, SECRET_BYTES)
