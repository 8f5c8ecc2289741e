"""Sealed backups: the whole vault in one encrypted file, opened in the same ways as the vault.

Format, version 1: the 16 bytes of ``MAGIC``; the length of the header, 4 bytes, big-endian; the header, canonical JSON
with ``schema``, ``vault`` (its id), ``salt`` (32 bytes) and ``ways`` (of opening it, as in the vault but for their
names); then a tar archive as a stream (see ``earmark.records.stream``) that is bound to SHA-256 of all before it. The
key is ``derive(vault key, "earmark/1 backup", salt)``. In the archive are a snapshot of the database, as a SQLite file
wherever the vault has its tables, and the sealed originals.
"""

import hashlib
import os
import tarfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from nacl.exceptions import CryptoError

from earmark.errors import UsageError, VaultError
from earmark.keys import SECRET_BYTES, derive
from earmark.records.archive import Told, new_folder, pack, unpack
from earmark.records.database import place
from earmark.records.database.place import FILE_NAME
from earmark.records.ledger import acts
from earmark.records.ledger.canonical import Json, canonical, parse
from earmark.records.protection.sources import Sources
from earmark.records.protection.ways import Kind, Way
from earmark.records.safe import Clock
from earmark.records.seal import reading, whole
from earmark.records.stream import OpeningReader, SealingWriter
from earmark.records.vault import SEALED_FOLDER, Vault, utc_now

MAGIC = b"earmark backup 1"
LABEL = "earmark/1 backup"
SCHEMA = "earmark/backup/1"
LENGTH_BYTES = 4
MAX_HEADER_BYTES = 2**20
KINDS: tuple[Kind, ...] = ("passphrase", "key", "officers")
DAMAGED = "Take another backup."


@dataclass(frozen=True)
class Restored:
    """What was restored.

    Attributes:
        vault_id: which vault it is.
        sha256: of the backup, in hexadecimal.
        entries: how many entries its ledger has, with that of the restoring.
    """

    vault_id: str
    sha256: str
    entries: int


def back_up(vault: Vault, path: Path, *, told: Told = lambda _: None) -> str:
    """Write a backup of ``vault`` into a new file, whole or not at all.

    Args:
        vault: may be in use meanwhile; what is backed up is its state at one moment.
        path: the file.
        told: is told which part of it is done.

    Returns:
        The file's SHA-256 in hexadecimal.

    Raises:
        UsageError: the vault's keys are not encrypted, so the backup would not be either.
        VaultError: the vault cannot be opened or read, or the file is there or cannot be written.
    """
    ways = vault.ways()
    if any(way.kind == "open" for way in ways):
        raise UsageError(
            "the vault's keys are not encrypted, so a backup could be opened by anybody",
            "Add a passphrase or a key file first, with “earmark keys add”.",
        )
    opened = vault.safe.open()
    with whole(path, replace=False) as file:
        vault.enter(acts.backup_made(path.name))
        salt, hashed = os.urandom(SECRET_BYTES), _Hashed(file)
        start = _start(opened.vault_id, salt, vault.ways())
        hashed.write(start)
        key = derive(opened.vault_key, LABEL, salt)
        writer = SealingWriter(hashed, key, hashlib.sha256(start).digest())
        with vault.copied() as copy:
            pack(writer, [(copy, FILE_NAME), *_sealed(vault)], told)
        writer.finish()
    return hashed.digest.hexdigest()


def restore(
    path: Path, folder: Path, sources: Sources, *, database: str | None = None, clock: Clock = utc_now
) -> Restored:
    """Restore a vault into a folder that is not there yet, whole or not at all.

    Args:
        path: the backup.
        folder: where the vault is to be.
        sources: where the key of the vault, as it was when it was backed up, may be.
        database: address of a PostgreSQL database for its tables; if None they are in a file in ``folder``.
        clock: gives the time, with a time zone.

    Raises:
        UsageError: ``database`` is no such address, or there is a password in it.
        VaultError: the backup is cut or changed, there is no key at hand that opens it, there is something at
            ``folder``, a vault at ``database``, or it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise VaultError(f"there is something at {folder} already", "Restore into a new folder, with --vault.")
    with reading(path) as file, new_folder(folder) as part:
        hashed = _Hashed(file)
        vault_id, salt, ways, start = _read_start(hashed, path)
        vault_key, _ = sources.open(vault_id, ways)
        try:
            reader = OpeningReader(hashed, derive(vault_key, LABEL, salt), hashlib.sha256(start).digest())
            unpack(reader, part, where)
            reader.require_end()
        except (CryptoError, tarfile.TarError) as error:
            raise VaultError(f"{path} is cut or changed", DAMAGED) from error
        sha256 = hashed.digest.hexdigest()
        with Vault(part, sources=sources, clock=clock) as vault:
            if vault.safe.open().vault_id != vault_id:
                raise VaultError(f"{path} has another vault in it than it says", DAMAGED)
            entry = vault.enter(acts.backup_restored(path.name, sha256))
        if database is not None:
            place.move(part, database)
    return Restored(vault_id, sha256, entry.index + 1)


class _Hashed:
    """A file that is hashed while it is read or written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        return data

    def write(self, data: bytes) -> None:
        self.digest.update(data)
        self._file.write(data)


def _start(vault_id: str, salt: bytes, ways: list[Way]) -> bytes:
    described: list[Json] = [
        {
            "id": way.id,
            "kind": way.kind,
            "settings": way.settings,
            "sealed": way.sealed.hex(),
            "made_at": way.made_at.astimezone(UTC).isoformat(),
        }
        for way in ways
    ]
    header = canonical({"schema": SCHEMA, "vault": vault_id, "salt": salt.hex(), "ways": described})
    return MAGIC + len(header).to_bytes(LENGTH_BYTES, "big") + header


def _read_start(file: _Hashed, path: Path) -> tuple[str, bytes, list[Way], bytes]:
    start = file.read(len(MAGIC) + LENGTH_BYTES)
    length = int.from_bytes(start[len(MAGIC) :], "big")
    if start[: len(MAGIC)] != MAGIC or len(start) != len(MAGIC) + LENGTH_BYTES or length > MAX_HEADER_BYTES:
        raise VaultError(f"{path} is no backup of a vault", "“earmark backup” makes one.")
    header = file.read(length)
    try:
        vault_id, salt, ways = parse_header(header)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise VaultError(f"{path} is cut or changed", DAMAGED) from error
    return vault_id, salt, ways, start + header


def parse_header(header: bytes) -> tuple[str, bytes, list[Way]]:
    """Return the vault's id, the salt, and the ways of opening a backup.

    Raises:
        ValueError: this is no header, as for KeyError, TypeError and AttributeError.
    """
    facts = parse(header)
    if facts["schema"] != SCHEMA:
        raise ValueError("this is no header of a backup")
    vault_id, salt, ways = facts["vault"], bytes.fromhex(str(facts["salt"])), facts["ways"]
    if not isinstance(vault_id, str) or len(salt) != SECRET_BYTES or not isinstance(ways, list):
        raise ValueError("this header of a backup lacks something")
    return vault_id, salt, [_way(one) for one in ways]


def _way(facts: Json) -> Way:
    if not isinstance(facts, dict) or facts["kind"] not in KINDS:
        raise ValueError("this is no way of opening a backup")
    kind = next(kind for kind in KINDS if kind == facts["kind"])
    sealed, made_at = bytes.fromhex(str(facts["sealed"])), datetime.fromisoformat(str(facts["made_at"]))
    return Way(id=str(facts["id"]), kind=kind, name="", settings=str(facts["settings"]), sealed=sealed, made_at=made_at)


def _sealed(vault: Vault) -> list[tuple[Path, str]]:
    paths = [vault.sealed_path(recording.id) for recording in vault.recordings() if recording.sealed]
    return [(path, f"{SEALED_FOLDER}/{path.name}") for path in paths]


def where(name: str) -> tuple[str, ...]:
    """Return where a file of the archive goes: nothing but the database and sealed originals goes anywhere.

    Raises:
        TarError: it is none of these.
    """
    parts = tuple(name.split("/"))
    sealed = len(parts) == 2 and parts[0] == SEALED_FOLDER and parts[1] not in {"", ".", ".."}
    if parts != (FILE_NAME,) and not sealed:
        raise tarfile.TarError(f"there is something else in the archive: {name!r}")
    return parts
