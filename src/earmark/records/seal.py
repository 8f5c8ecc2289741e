"""Sealed originals: the input, encrypted, so that later copies need nothing but the vault.

Format, version 1: the 16 bytes of ``MAGIC``; then the file as a stream (see ``earmark.records.stream``) that is bound
to the magic bytes.

The key is ``derive(secret, "earmark/1 seal")`` of the recording's seal secret.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from nacl.exceptions import CryptoError

from earmark.errors import VaultError, what_helps
from earmark.keys import derive
from earmark.records.stream import CHUNK_BYTES, SealingWriter, opened_chunks

LABEL = "earmark/1 seal"
MAGIC = b"earmark sealed 1"


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
    with reading(source) as plain, whole(target) as sealed:
        sealed.write(MAGIC)
        writer = SealingWriter(sealed, derive(secret, LABEL), MAGIC)
        while chunk := plain.read(CHUNK_BYTES):
            digest.update(chunk)
            writer.write(chunk)
        writer.finish()
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
    with reading(source) as sealed, whole(target) as plain:
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
    return opened_chunks(sealed, key, MAGIC)


@contextmanager
def reading(path: Path) -> Iterator[BinaryIO]:
    """Give a file to read from.

    Raises:
        VaultError: it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            yield stream
    except OSError as error:
        raise VaultError(f"{path} cannot be read: {error.strerror}", "Check the path and who owns it.") from error


@contextmanager
def whole(path: Path, *, replace: bool = True) -> Iterator[BinaryIO]:
    """Give a file that takes its name, and is on disk for good, only if all goes well.

    Args:
        path: its name.
        replace: whether it may take the place of another.

    Raises:
        VaultError: it cannot be written, or there is another.
    """
    if os.path.isdir(path):  # noqa: PTH112 - which takes any name
        raise VaultError(f"{path} is a folder", "Name a file.")
    part = path.with_name(f".earmark-{secrets.token_hex(8)}.part")
    try:
        part.touch(mode=0o600, exist_ok=False)
        with part.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if replace:
            part.replace(path)
        else:
            os.link(part, path)
        sync_folder(path.parent)
    except FileExistsError as error:
        raise VaultError(f"there is a file at {path} already", "Choose another name.") from error
    except OSError as error:
        raise VaultError(f"{path} cannot be written: {error.strerror}", what_helps(error)) from error
    finally:
        with suppress(OSError):  # where the folder is none
            part.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """See that the names in a folder are on disk."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
