"""Copies appear whole or not at all.

A copy is written beside its final place under a name that can be recognised (``.earmark-….part``), forced to disk and
hashed; only then, when its hash is known and can be recorded, it is given its name. A lock tells a file that is still
being written from one a crash has left behind.
"""

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av

from earmark.errors import MediaError, what_helps

PREFIX, SUFFIX = ".earmark-", ".part"


@dataclass(frozen=True)
class PendingCopy:
    """A finished copy that has not got its name yet.

    Attributes:
        path: where it will be.
        part: where it is.
        sha256: hash of its bytes, in hex.
        size: number of bytes.
        lock: descriptor that holds the lock on ``part``.
    """

    path: Path
    part: Path
    sha256: str
    size: int
    lock: int

    def commit(self, *, overwrite: bool = False) -> None:
        """Give the copy its name, atomically.

        Raises:
            MediaError: ``path`` exists and ``overwrite`` is not given, or the folder cannot be written to.
        """
        with explained(self.path):
            if overwrite:
                self.part.replace(self.path)
            else:
                rename_to_new(self.part, self.path)
            sync_folder(self.path.parent)
        os.close(self.lock)

    def discard(self) -> None:
        """Remove the file; harmless after ``commit``."""
        if self.part.exists():
            self.part.unlink()
            os.close(self.lock)


def rename_to_new(part: Path, path: Path) -> None:
    """Rename ``part`` to ``path`` and fail if there is something already."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise MediaError(f"{path} exists already", "Choose another folder, or --force to replace it.") from None
    except OSError:  # a file system without hard links; the test leaves a moment in which another could create it
        if path.exists():
            raise MediaError(f"{path} exists already", "Choose another folder, or --force to replace it.") from None
        part.rename(path)
    else:
        part.unlink()


def sync_folder(folder: Path) -> None:
    """Force a folder's entries to disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def new_part(path: Path) -> Iterator[tuple[Path, int]]:
    """Create a part file for ``path``; it is removed if the block raises.

    Yields:
        Its path and the descriptor that holds its lock.
    """
    with explained(path):
        part, lock = locked_part(path.parent)
    try:
        with explained(path):
            yield part, lock
    except BaseException:
        part.unlink(missing_ok=True)
        os.close(lock)
        raise


def locked_part(folder: Path) -> tuple[Path, int]:
    """Create and lock a part file that no ``sweep`` has taken away between the two."""
    while True:
        part = folder / f"{PREFIX}{secrets.token_hex(8)}{SUFFIX}"
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if part.exists():
            return part, descriptor
        os.close(descriptor)


def finish(path: Path, part: Path, lock: int) -> PendingCopy:
    """Force ``part`` to disk and hash it."""
    os.fsync(lock)
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return PendingCopy(path, part, digest, part.stat().st_size, lock)


def sweep(folder: Path) -> list[Path]:
    """Remove the part files a crash has left in ``folder``; return what was removed.

    Files that another process is still writing are locked and stay.
    """
    return [part for part in sorted(folder.glob(f"{PREFIX}*{SUFFIX}")) if removed_if_abandoned(part)]


def removed_if_abandoned(part: Path) -> bool:
    """Remove one part file unless somebody holds its lock."""
    try:
        descriptor = os.open(part, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        part.unlink(missing_ok=True)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn an error of the operating system or of FFmpeg while writing ``path`` into a MediaError."""
    try:
        yield
    except (OSError, av.FFmpegError) as error:
        hint = what_helps(error) if isinstance(error, OSError) else ""
        raise MediaError(f"{path} cannot be written: {error.strerror or error}", hint) from error
