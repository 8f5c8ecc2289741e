"""Backing the vault up, and bringing it back."""

from dataclasses import dataclass
from pathlib import Path

from earmark.api.progress import Progress, silent
from earmark.api.workroom import sweep
from earmark.records.backup import back_up
from earmark.records.backup import restore as restore_vault
from earmark.records.protection.sources import Sources
from earmark.records.vault import Vault


@dataclass(frozen=True)
class BackupMade:
    """A backup.

    Attributes:
        path: the file.
        sha256: of it, in hexadecimal.
        size: in bytes.
        opened_by: the kinds of ways in which it can be opened: those of the vault.
    """

    path: Path
    sha256: str
    size: int
    opened_by: tuple[str, ...]


@dataclass(frozen=True)
class BackupRestored:
    """A vault that was restored.

    Attributes:
        vault: its folder.
        backup_sha256: SHA-256 of the backup, in hexadecimal.
        ledger_entries: how many entries its ledger has.
        notes: what is worth knowing, each a clause that can be printed.
    """

    vault: Path
    backup_sha256: str
    ledger_entries: int
    notes: tuple[str, ...]


def backup(vault: Vault, path: Path, *, progress: Progress = silent) -> BackupMade:
    """Write a sealed backup of the vault into a new file, which is opened in the same ways as the vault.

    Args:
        vault: may be in use meanwhile.
        path: the file.
        progress: told about the stage "backing up".

    Raises:
        UsageError: the vault's keys are not encrypted.
        VaultError: the vault cannot be opened or read, or the file is there or cannot be written.
    """
    sweep(vault.folder)
    sha256 = back_up(vault, path, told=lambda done: progress("backing up", done))
    kinds = dict.fromkeys(way.kind for way in vault.ways())
    return BackupMade(path, sha256, path.stat().st_size, tuple(kinds))


def restore(path: Path, folder: Path, *, database: str | None = None, sources: Sources | None = None) -> BackupRestored:
    """Restore a vault from a backup into ``folder``, which is not there yet.

    Args:
        path: the backup.
        folder: where the vault is to be.
        database: address of a PostgreSQL database for its tables, without a password; if None they are in a file in the
            folder. What the backup was made of does not matter.
        sources: where the key may be that the vault had when it was backed up.

    Raises:
        UsageError: ``database`` is no such address.
        VaultError: the backup is cut or changed, there is no key at hand that opens it, there is something at
            ``folder``, a vault in the database, or it cannot be written.
    """
    restored = restore_vault(path, folder, sources or Sources(), database=database)
    notes = ("copies given and traces run after the backup was made are not in its ledger",)
    return BackupRestored(folder, restored.sha256, restored.entries, notes)
