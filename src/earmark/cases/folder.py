"""A case's folder: it appears whole or not at all, and its exhibit is copied before anything else happens.

Names in it are fixed. What a stranger called their file is a fact in the record, never a path.
"""

import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from earmark.cases.bundle import File
from earmark.errors import EarmarkError, UsageError, what_helps

EXHIBIT = "exhibit.bin"
BUNDLE = "bundle.earmark"
EVIDENCE = "evidence.json"
PAGE = "report.html"
PAPER = "report.pdf"

PREFIX, SUFFIX = ".earmark-case-", ".part"
CHUNK_BYTES = 1 << 20
HOLE = bytes(CHUNK_BYTES)
HEAD_ROOM_BYTES = 1 << 26


class CaseError(EarmarkError):
    """A case's folder cannot be written, or a bundle cannot be read."""


@dataclass(frozen=True)
class Received:
    """An exhibit that was copied.

    Attributes:
        path: of the copy.
        name: what the file was called.
        sha256: in hexadecimal.
        bytes: its length.
    """

    path: Path
    name: str
    sha256: str
    bytes: int


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Give an empty folder, its owner's only, that takes the name ``out`` if all goes well, and goes if not.

    Raises:
        UsageError: there is something at ``out``.
        CaseError: it cannot be written.
    """
    if out.exists() or out.is_symlink():
        raise there_already(out)
    with explained(out):
        parent = out.absolute().parent
        parent.mkdir(parents=True, exist_ok=True)
        sweep(parent)
        part, lock = locked_part(parent)
    try:
        yield part
        with explained(out):
            sync(part)
            take_name(part, out)
            sync(out.absolute().parent)
    finally:
        shutil.rmtree(part, ignore_errors=True)
        os.close(lock)


def take_name(part: Path, out: Path) -> None:
    """Give a folder the name ``out``, or leave nothing empty there."""
    try:
        os.rename(part, out)  # noqa: PTH104 - on an empty folder of that name too, as any other program would
    except OSError:
        with suppress(OSError):
            out.rmdir()  # where it was reserved
        raise


@contextmanager
def reserved(out: Path) -> Iterator[None]:
    """See that nobody else takes the name ``out`` meanwhile; ``new_folder`` puts what it has made in this one's place.

    Raises:
        UsageError: somebody has taken it.
        CaseError: it cannot be written.
    """
    with explained(out):
        try:
            out.mkdir(mode=0o700)
        except FileExistsError:
            raise there_already(out) from None
    try:
        yield
    except BaseException:
        with suppress(OSError):
            out.rmdir()
        raise


def there_already(out: Path) -> UsageError:
    """Return the error of a name that is taken."""
    return UsageError(f"{out} is there already", "A case has a folder of its own; choose another with --out.")


def locked_part(parent: Path) -> tuple[Path, int]:
    """Make a folder to work in, and return it with the descriptor that holds its lock: who ends leaves it unlocked."""
    while True:
        part = parent / f"{PREFIX}{secrets.token_hex(8)}{SUFFIX}"
        part.mkdir(mode=0o700)
        try:
            lock = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        fcntl.flock(lock, fcntl.LOCK_EX)
        if part.exists():  # and not swept away between the two
            return part, lock
        os.close(lock)


def sweep(parent: Path) -> None:
    """Remove what cases that were interrupted for good have left in a folder; what somebody works in stays."""
    for part in sorted(parent.glob(f"{PREFIX}*{SUFFIX}")):
        with suppress(OSError):
            lock = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(part, ignore_errors=True)
            finally:
                os.close(lock)


def receive(leak: Path, folder: Path) -> Received:
    """Copy an exhibit into a case's folder as it is read and hashed, once, and close the copy to writing.

    Raises:
        CaseError: there is no room, or a file cannot be read or written.
    """
    with explained(leak):
        size, free = leak.stat().st_size, shutil.disk_usage(folder).free
    if size + HEAD_ROOM_BYTES > free:
        raise CaseError(
            f"{size + HEAD_ROOM_BYTES:,} bytes are needed in {folder.parent}, and {free:,} are free",
            "Choose another disk with --out.",
        )
    target, digest, length = folder / EXHIBIT, hashlib.sha256(), 0
    with explained(leak), leak.open("rb") as source, target.open("xb") as copy:
        while chunk := source.read(CHUNK_BYTES):
            digest.update(chunk)
            if chunk == HOLE:  # takes no room: what is given as a huge file of nothing is kept as that
                copy.seek(len(chunk), os.SEEK_CUR)
            else:
                copy.write(chunk)
            length += len(chunk)
        copy.truncate(length)
        copy.flush()
        os.fsync(copy.fileno())
        os.fchmod(copy.fileno(), 0o400)
    return Received(target, leak.name, digest.hexdigest(), length)


def put(path: Path, content: bytes) -> None:
    """Write a file of a case's folder and see that it is on disk.

    Raises:
        CaseError: it cannot be written.
    """
    with explained(path), path.open("xb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def file_facts(name: str, content: bytes) -> File:
    """Return what a file of the folder is known by."""
    return File(name=name, sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))


def sync(folder: Path) -> None:
    """See that the names in a folder are on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the operating system says of ``path`` into words."""
    try:
        yield
    except OSError as error:
        name = error.filename or path
        raise CaseError(f"{name} cannot be read or written: {error.strerror}", what_helps(error)) from error
