"""Sealed originals: the input, encrypted, so that later copies need nothing but the vault.

Format, version 1: the 16 bytes of ``MAGIC``; the 24-byte header of libsodium's secretstream (XChaCha20-Poly1305); then
the file in chunks of 65,536 bytes, each 17 bytes longer by its tag. The last chunk, and no other, is shorter than
65,536 bytes (it may be empty) and tagged final, so that a file cut anywhere does not open. The magic bytes are
authenticated with every chunk.

The key is ``derive(secret, "earmark/1 seal")`` of the recording's seal secret.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from nacl import bindings
from nacl.exceptions import CryptoError

from earmark.errors import VaultError
from earmark.keys import derive

LABEL = "earmark/1 seal"
MAGIC = b"earmark sealed 1"
CHUNK_BYTES = 65_536
TAG_BYTES = bindings.crypto_secretstream_xchacha20poly1305_ABYTES
HEADER_BYTES = bindings.crypto_secretstream_xchacha20poly1305_HEADERBYTES
FINAL = bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL
MESSAGE = bindings.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE


def seal(source: Path, target: Path, secret: bytes) -> str:
    """Encrypt ``source`` into ``target``, which appears whole or not at all.

    Args:
        source: any file.
        target: takes the place of what is there.
        secret: 32 bytes.

    Returns:
        The SHA-256 of what was sealed, in hexadecimal.

    Raises:
        VaultError: a file cannot be read or written.
    """
    digest = hashlib.sha256()
    with _reading(source) as plain, _whole(target) as sealed:
        state = bindings.crypto_secretstream_xchacha20poly1305_state()
        sealed.write(MAGIC + bindings.crypto_secretstream_xchacha20poly1305_init_push(state, derive(secret, LABEL)))
        final = False
        while not final:
            chunk = plain.read(CHUNK_BYTES)
            final = len(chunk) < CHUNK_BYTES
            digest.update(chunk)
            tag = FINAL if final else MESSAGE
            sealed.write(bindings.crypto_secretstream_xchacha20poly1305_push(state, chunk, MAGIC, tag))
    return digest.hexdigest()


def unseal(source: Path, target: Path, secret: bytes) -> str:
    """Decrypt ``source`` into ``target``, which appears once all of it has proved genuine.

    Args:
        source: what ``seal`` has written.
        target: takes the place of what is there; readable by its owner only.
        secret: 32 bytes, the same as in ``seal``.

    Returns:
        The SHA-256 of what was sealed, in hexadecimal.

    Raises:
        VaultError: the file is cut, changed or another recording's, or cannot be read or written.
    """
    digest = hashlib.sha256()
    with _reading(source) as sealed, _whole(target) as plain:
        try:
            for chunk in _chunks(sealed, derive(secret, LABEL)):
                digest.update(chunk)
                plain.write(chunk)
        except CryptoError as error:
            raise VaultError(
                f"{source} is cut, changed or another recording's", "Bring the file back from a backup."
            ) from error
    return digest.hexdigest()


def _chunks(sealed: BinaryIO, key: bytes) -> Iterator[bytes]:
    if sealed.read(len(MAGIC)) != MAGIC:
        raise CryptoError("other magic bytes")
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    bindings.crypto_secretstream_xchacha20poly1305_init_pull(state, sealed.read(HEADER_BYTES), key)
    final = False
    while not final:
        block = sealed.read(CHUNK_BYTES + TAG_BYTES)
        chunk, tag = bindings.crypto_secretstream_xchacha20poly1305_pull(state, block, MAGIC)
        final = tag == FINAL
        if final != (len(chunk) < CHUNK_BYTES):
            raise CryptoError("the last chunk, and no other, is short")
        yield chunk


@contextmanager
def _reading(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as stream:
            yield stream
    except OSError as error:
        raise VaultError(f"{path} cannot be read: {error.strerror}", "Check the path and who owns it.") from error


@contextmanager
def _whole(path: Path) -> Iterator[BinaryIO]:
    """Give a file that takes its name, and is on disk for good, only if all goes well."""
    part = path.with_name(f".earmark-{secrets.token_hex(8)}.part")
    try:
        part.touch(mode=0o600, exist_ok=False)
        with part.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise VaultError(f"{path} cannot be written: {error.strerror}", "Is there space on the disk?") from error
    finally:
        part.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
