"""The sealing of frames, written a second time with nothing but ``cryptography``, and the vectors that it gives.

It follows the text of the formats alone: RFC 5869 for keys, RFC 9605 for SFrame, and the tables in
``web/src/protocol/packet.ts`` and `earmark.call.schedule`. The page's implementation and the dealer's agree.

    python -m tests.call.reference      # writes tests/vectors/call.json
"""

import hashlib
import json
import struct
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PATH = Path(__file__).parents[1] / "vectors" / "call.json"
SCHEMA = "earmark.vectors/1"
SEALED = ("stream_secrets", "speech")
"""What is sealed with randomness."""

ABOUT = (
    "The keys of a call's streams and the packets they seal; all bytes in hexadecimal. streams: what the dealer and the"
    " speaker derive from a stream secret. frames: what members derive from a position key and an epoch secret."
    " packets: both variants of one frame, sealed, and copies of earlier frames (by age)."
    " tags: what listeners say of frames that they heard."
    " stream_secrets: secrets sealed to a dealer, by two programs."
    " speech: pieces of what was said, sealed to a vault and signed by a device, by two programs."
)


def hkdf(secret: bytes, salt: bytes, info: bytes, length: int = 32) -> bytes:
    """Return HKDF-SHA256 (RFC 5869)."""
    return HKDF(SHA256(), length, salt or None, info).derive(secret)


def sample(name: str, length: int = 32) -> bytes:
    """Return bytes that stand for a secret or a frame in the vectors: SHAKE-256 of a name."""
    return hashlib.shake_256(name.encode()).digest(length)


def position_key(stream_secret: bytes, position: int, variant: int) -> bytes:
    """Return the key of a variant at a position, all the way from the stream secret."""
    chain = hkdf(stream_secret, b"", b"earmark/1 call chain")
    for _ in range(position // 1024):
        chain = hkdf(chain, b"", b"earmark/1 call next chain")
    return hkdf(chain, struct.pack(">IB", position, variant), b"earmark/1 call position")


def frame_secret(key: bytes, epoch_secret: bytes) -> bytes:
    """Return the secret of a variant's frames at a position in an epoch."""
    return hkdf(key, epoch_secret, b"earmark/1 call frame")


def key_check(secret: bytes) -> bytes:
    """Return the eight bytes by which a frame secret is told from others."""
    return hkdf(secret, b"", b"earmark/1 call key check")[:8]


def sframe_keys(base_key: bytes, kid: int) -> tuple[bytes, bytes]:
    """Return key and salt of a base key (RFC 9605, section 4.4.2; cipher suite 4)."""
    context = struct.pack(">QH", kid, 4)
    return (
        hkdf(base_key, b"", b"SFrame 1.0 Secret key " + context, 16),
        hkdf(base_key, b"", b"SFrame 1.0 Secret salt " + context, 12),
    )


def sframe_header(kid: int, ctr: int) -> bytes:
    """Return an SFrame header (RFC 9605, section 4.3)."""
    fields = [b"" if n < 8 else n.to_bytes((n.bit_length() + 7) // 8, "big") for n in (kid, ctr)]
    kid_bits, ctr_bits = (8 | (len(field) - 1) if field else n for field, n in zip(fields, (kid, ctr), strict=True))
    return bytes([kid_bits << 4 | ctr_bits]) + fields[0] + fields[1]


def sframe_seal(base_key: bytes, kid: int, ctr: int, metadata: bytes, plaintext: bytes) -> bytes:
    """Return an SFrame ciphertext (RFC 9605, section 4.4.3; cipher suite 4)."""
    key, salt = sframe_keys(base_key, kid)
    nonce = (int.from_bytes(salt, "big") ^ ctr).to_bytes(12, "big")
    header = sframe_header(kid, ctr)
    return header + AESGCM(key).encrypt(nonce, plaintext, header + metadata)


def packet(
    stream_secret: bytes,
    stream: int,
    epoch: tuple[int, bytes],
    place: tuple[int, int],
    frames: dict[int, tuple[bytes, bytes]],
) -> bytes:
    """Return the packet of one frame, with copies of earlier ones.

    Args:
        stream_secret: the speaker's, 32 bytes.
        stream: the stream's number.
        epoch: the epoch's number and secret.
        place: position in the stream, and frame in the segment.
        frames: one Opus frame of each variant: 0 gives the packet's own, others those that many frames before.
    """
    head = struct.pack(">BHQIB", 2, stream, epoch[0], *place)

    def halves(age: int) -> bytes:
        position, frame = divmod(12 * place[0] + place[1] - age, 12)
        packed = b""
        for variant, opus in enumerate(frames[age]):
            secret = frame_secret(position_key(stream_secret, position, variant), epoch[1])
            check = key_check(secret)
            sealed = sframe_seal(secret, 2 * position + variant, 12 * age + frame, head + check, opus)
            packed += struct.pack(">H", len(sealed)) + check + sealed
        return packed

    return head + halves(0) + b"".join(bytes([age]) + halves(age) for age in sorted(frames) if age)


def stream_vector(name: str, positions: list[int]) -> dict[str, Any]:
    """Return what follows from a stream secret."""
    secret = sample(name)
    chains = [hkdf(secret, b"", b"earmark/1 call chain")]
    while len(chains) < 3:
        chains.append(hkdf(chains[-1], b"", b"earmark/1 call next chain"))
    keys = [{"position": p, "keys": [position_key(secret, p, v).hex() for v in (0, 1)]} for p in positions]
    return {
        "secret": secret.hex(),
        "mark_key": hkdf(secret, b"", b"earmark/1 call mark key").hex(),
        "chains": [chain.hex() for chain in chains],
        "positions": keys,
    }


def frame_vector(name: str, position: int, variant: int) -> dict[str, Any]:
    """Return what follows from a position key and an epoch secret."""
    key, epoch_secret = sample(name), sample(name + " epoch")
    secret = frame_secret(key, epoch_secret)
    sframe_key, salt = sframe_keys(secret, 2 * position + variant)
    return {
        "position_key": key.hex(),
        "epoch_secret": epoch_secret.hex(),
        "position": position,
        "variant": variant,
        "frame_secret": secret.hex(),
        "key_check": key_check(secret).hex(),
        "sframe_key": sframe_key.hex(),
        "sframe_salt": salt.hex(),
    }


def packet_vector(
    stream: int, epoch: int, place: tuple[int, int], lengths: tuple[int, int], ages: tuple[int, ...] = ()
) -> dict[str, Any]:
    """Return one packet and all that it was made of."""
    secret, epoch_secret = sample(f"stream {stream}"), sample(f"epoch {epoch}")
    variants = (sample("opus 0", lengths[0]), sample("opus 1", lengths[1]))
    copies = {age: (sample(f"opus 0 -{age}", lengths[0]), sample(f"opus 1 -{age}", lengths[1])) for age in ages}
    return {
        "stream_secret": secret.hex(),
        "stream": stream,
        "epoch": epoch,
        "epoch_secret": epoch_secret.hex(),
        "position": place[0],
        "frame": place[1],
        "variants": [opus.hex() for opus in variants],
        "copies": [{"age": age, "variants": [opus.hex() for opus in copies[age]]} for age in ages],
        "packet": packet(secret, stream, (epoch, epoch_secret), place, {0: variants} | copies).hex(),
    }


def frame_tag(epoch_secret: bytes, stream: int, place: tuple[int, int], kind: int, opus: bytes) -> bytes:
    """Return the eight bytes by which a listener tells what they have heard; see ``web/src/protocol/witness.ts``."""
    key = hkdf(epoch_secret, b"", b"earmark/1 call frame tags")
    return hkdf(key, struct.pack(">HIBB", stream, *place, kind) + opus, b"earmark/1 call frame tag")[:8]


def tag_vector(stream: int, epoch: int, place: tuple[int, int], kind: int, length: int) -> dict[str, Any]:
    """Return one tag and all that it was made of."""
    epoch_secret, opus = sample(f"epoch {epoch}"), sample("opus", length)
    return {
        "stream": stream,
        "epoch_secret": epoch_secret.hex(),
        "position": place[0],
        "frame": place[1],
        "kind": kind,
        "opus": opus.hex(),
        "tag": frame_tag(epoch_secret, stream, place, kind, opus).hex(),
    }


def seal_stream_secret(secret: bytes, dealer: X25519PrivateKey, call_id: str, speaker_id: str) -> bytes:
    """Return a stream secret sealed to the dealer (RFC 9180); another each time."""
    info = b"\0".join((b"earmark/1 call stream", call_id.encode(), speaker_id.encode()))
    return Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_128_GCM).encrypt(secret, dealer.public_key(), info=info)


def derived_vectors() -> dict[str, Any]:
    """Return the vectors in which nothing is random."""
    return {
        "schema": SCHEMA,
        "about": ABOUT,
        "streams": [stream_vector("a", [0, 1, 1023, 1024, 2047, 2048]), stream_vector("b", [0, 7])],
        "frames": [
            frame_vector("c", 0, 0),
            frame_vector("d", 3, 1),
            frame_vector("e", 4, 0),
            frame_vector("f", (1 << 32) - 1, 1),
        ],
        "packets": [
            packet_vector(0, 0, (0, 0), (80, 80)),
            packet_vector(1, 3, (3, 7), (80, 80)),
            packet_vector(2, 255, (4, 8), (1, 400)),
            packet_vector(65535, (1 << 53) - 1, (1025, 11), (60, 61)),
            packet_vector(3, 4, (5, 6), (60, 60), (2, 11)),
            packet_vector(4, 5, (1024, 0), (60, 61), (1, 12)),
        ],
        "tags": [tag_vector(0, 0, (0, 0), 0, 80), tag_vector(65535, 3, ((1 << 32) - 1, 11), 2, 1)],
    }


def main() -> None:
    """Write the vectors; what is sealed with randomness stays as it was."""
    published = json.loads(PATH.read_text("utf-8"))
    kept = {name: published[name] for name in SEALED}
    PATH.write_text(json.dumps(derived_vectors() | kept, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
