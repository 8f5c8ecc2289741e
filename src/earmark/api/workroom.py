"""The private folder in which both variants lie while copies are made.

Whoever has both variants can make anybody's copy. So they lie in the vault, the owner's only, and are removed when the
copies are out. A crash may leave them behind; whoever uses the vault next removes them, but never those of a run still
at work, which holds a lock. The lock is also why two runs never work on one recording at once.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from earmark.errors import VaultError, what_helps

FOLDER = "work"
LOCK = ".lock"


@contextmanager
def workroom(vault: Path, name: str) -> Iterator[Path]:
    """Give an empty folder for the run called ``name``, removed at the end.

    Args:
        vault: the vault's folder.
        name: what is worked on, fit for a file name; no two runs of one name at a time.

    Raises:
        VaultError: another run of that name is at work, or the folder cannot be made.
    """
    rooms = vault / FOLDER
    with _explained(rooms):
        rooms.mkdir(mode=0o700, exist_ok=True)
        sweep(vault)
        lock = _lock(rooms / f"{name}{LOCK}")
    if lock is None:
        raise VaultError("another run is at work on this recording", "Wait for it to end, then run the command again.")
    try:
        with _explained(rooms):
            (rooms / name).mkdir(mode=0o700)
        yield rooms / name
    finally:
        _clear(rooms / f"{name}{LOCK}", lock)


def sweep(vault: Path) -> None:
    """Remove what runs that ended before their time have left; rooms that are in use are locked, and stay."""
    rooms = vault / FOLDER
    for path in rooms.glob(f"*{LOCK}"):
        with suppress(OSError):  # a vault that may not be written can still be read
            lock = _lock(path)
            if lock is not None:
                _clear(path, lock)


def is_inside(path: Path, vault: Path) -> bool:
    """Tell whether ``path`` lies in the folder that is swept."""
    return path.resolve().is_relative_to((vault / FOLDER).resolve())


def _lock(path: Path) -> int | None:
    """Return a descriptor that holds the lock at ``path``, None if somebody else does."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        if path.exists() and os.path.samestat(path.stat(), os.fstat(descriptor)):
            return descriptor
        os.close(descriptor)  # cleared by another run between the two


def _clear(path: Path, lock: int) -> None:
    """Remove a room, then its lock, which is the last to go so that the room is never without one."""
    shutil.rmtree(path.with_suffix(""), ignore_errors=True)
    path.unlink(missing_ok=True)
    os.close(lock)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise VaultError(f"{path} cannot be written: {error.strerror}", what_helps(error)) from error
