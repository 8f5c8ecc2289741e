"""Keys as text: what is in a key file, an officer's file, or the variable EARMARK_VAULT_KEY.

EARMARK-KEY-1-<64 hexadecimal digits>-<8 digits to tell slips of the pen>
EARMARK-OFFICER-1-<name>-<64 hexadecimal digits>-<8 digits>
"""

import hashlib
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from earmark.errors import UsageError, VaultError

MAX_FILE_BYTES = 1024

_KEY = re.compile(r"EARMARK-KEY-1-([0-9a-f]{64})-([0-9a-f]{8})")
_OFFICER = re.compile(r"EARMARK-OFFICER-1-([\w.@+=-]{1,100})-([0-9a-f]{64})-([0-9a-f]{8})")
_NAME = re.compile(r"\w[\w.@+=-]{0,99}")
_WHOLE = "Use the file as Earmark has made it: one line that starts with EARMARK-."


@dataclass(frozen=True)
class OfficerKey:
    """An officer's key.

    Attributes:
        name: the officer's.
        key: 32 bytes.

    Raises:
        UsageError: the name does not do as a file name.
    """

    name: str
    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise UsageError(
                f"the officer's name {self.name!r} does not do as a file name",
                "Up to 100 letters, digits and _ . @ + = - do.",
            )

    @property
    def id(self) -> str:
        """Name and fingerprint, which tell this key from others without telling the key."""
        return f"{self.name}/{check_digits(self.key)}"


def check_digits(key: bytes) -> str:
    """Return eight digits that tell a slip of the pen."""
    return hashlib.sha256(b"earmark/1 key check\x00" + key).hexdigest()[:8]


def key_text(key: bytes) -> str:
    """Return the line for a key file."""
    return f"EARMARK-KEY-1-{key.hex()}-{check_digits(key)}"


def officer_text(officer: OfficerKey) -> str:
    """Return the line for an officer's file."""
    return f"EARMARK-OFFICER-1-{officer.name}-{officer.key.hex()}-{check_digits(officer.key)}"


def parse_key(text: str, where: str) -> bytes:
    """Return the key in the text of a key file.

    Raises:
        VaultError: there is none; the message says where, not what.
    """
    found = _KEY.fullmatch(text.strip())
    key = bytes.fromhex(found[1]) if found else b""
    if not found or check_digits(key) != found[2]:
        raise VaultError(f"there is no whole key in {where}", _WHOLE)
    return key


def read_key(path: Path) -> bytes:
    """Return the key in a key file.

    Raises:
        VaultError: it cannot be read, others may read it, or it is no key file.
    """
    return parse_key(_read(path), str(path))


def read_officer(path: Path) -> OfficerKey:
    """Return the key in an officer's file.

    Raises:
        VaultError: it cannot be read, others may read it, or it is no officer's file.
    """
    found = _OFFICER.fullmatch(_read(path).strip())
    key = bytes.fromhex(found[2]) if found else b""
    if not found or check_digits(key) != found[3]:
        raise VaultError(f"there is no officer's whole key in {path}", _WHOLE)
    return OfficerKey(found[1], key)


def write_key_file(path: Path, text: str) -> None:
    """Write a line into a new file that is its owner's only, and see it on disk.

    Raises:
        VaultError: there is something at ``path``, or it cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{text}\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        if path.exists():
            raise VaultError(f"there is a file at {path} already", "Choose another place for the key.") from error
        raise VaultError(f"no key can be written to {path}: {error.strerror}", "Choose another place.") from error


def _read(path: Path) -> str:
    try:
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise VaultError(f"others may read the key in {path}", f"Close it to them: chmod go= {path}")
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES).decode("ascii", errors="replace")
    except OSError as error:
        raise VaultError(f"the key file {path} cannot be read: {error.strerror}", "Check the path.") from error
