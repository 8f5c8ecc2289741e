"""Keyed, labelled derivation: every secret stream in Earmark comes from here.

Two audited primitives and nothing else:

* ``derive``: HKDF-SHA256 (RFC 5869) with the label as ``info``. A label names what the key is for and carries a
  version ("earmark/1 pattern"), so that no two uses of a secret can ever meet.
* ``keystream``: AES-256 in counter mode (NIST SP 800-38A) over zeros, read from any 16-byte block on. Random access
  makes "the bits of segment 17,000" cheap, and both primitives are in every browser's WebCrypto.

``tests/vectors/keys.json`` holds vectors for a second implementation.
"""

import secrets

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECRET_BYTES = 32
BLOCK_BYTES = 16


def new_secret() -> bytes:
    """Return 32 fresh bytes from the operating system's random generator."""
    return secrets.token_bytes(SECRET_BYTES)


def derive(secret: bytes, label: str, context: bytes = b"") -> bytes:
    """Return the 32-byte key that ``label`` names under ``secret``: HKDF-SHA256(secret, salt=context, info=label).

    Args:
        secret: 32 bytes.
        label: what the key is for, with a version; ASCII.
        context: what else the key is bound to, such as a recording's id; empty for none.

    Raises:
        ValueError: ``secret`` is not 32 bytes long.
    """
    if len(secret) != SECRET_BYTES:
        raise ValueError(f"a secret has {SECRET_BYTES} bytes, not {len(secret)}")
    hkdf = HKDF(algorithm=SHA256(), length=SECRET_BYTES, salt=context or None, info=label.encode("ascii"))
    return hkdf.derive(secret)


def keystream(key: bytes, first_block: int, blocks: int) -> bytes:
    """Return ``16 * blocks`` bytes of the AES-256-CTR keystream of ``key``, from block ``first_block`` on.

    The counter block is the block number as a 128-bit big-endian integer.
    """
    counter = CTR(first_block.to_bytes(BLOCK_BYTES, "big"))
    return Cipher(AES256(key), counter).encryptor().update(bytes(BLOCK_BYTES * blocks))
