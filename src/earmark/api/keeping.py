"""Keeping the vault's keys: who can open it."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from earmark.errors import UsageError
from earmark.keys import SECRET_BYTES, new_secret
from earmark.records import keyholding
from earmark.records.protection.keyfiles import OfficerKey, key_text, officer_text, write_key_file
from earmark.records.protection.sources import NEXT, Sources, default_key_file
from earmark.records.protection.ways import ByKey, ByOfficers, ByPassphrase, InTheOpen, NewWay, Way
from earmark.records.vault import Vault

VAULT_ID_BYTES = 8
OFFICERS_ENDED = "officers do not open the vault any more: “earmark keys officers” draws new keys for them"


@dataclass(frozen=True)
class VaultMade:
    """A new vault.

    Attributes:
        vault: its folder.
        opened_by: "passphrase", "key" or "open"; of a vault that was there already, the oldest way's kind.
        key_file: where its key is; None where there is no file.
        database: address of the PostgreSQL database with its tables; None where they are in a file in the folder.
        notes: what is worth knowing, each a clause that can be printed.
    """

    vault: Path
    opened_by: str
    key_file: Path | None
    database: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class WaySummary:
    """A way of opening the vault.

    Attributes:
        id: "w-" and eight digits.
        kind: "passphrase", "key", "officers" or "open".
        name: for people; may be empty.
        made_at: in UTC.
    """

    id: str
    kind: str
    name: str
    made_at: datetime


@dataclass(frozen=True)
class WayList:
    """The ways of opening a vault, the oldest first.

    Attributes:
        ways: all of them.
        notes: what is worth knowing, each a clause that can be printed.
    """

    ways: tuple[WaySummary, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class OfficersMade:
    """Officers, any two of whom can open the vault.

    Attributes:
        files: their keys, to be handed to them.
        notes: what is worth knowing, each a clause that can be printed.
    """

    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()


def init(
    folder: Path,
    *,
    passphrase: str | None = None,
    key_file: Path | None = None,
    encrypted: bool = True,
    database: str | None = None,
    sources: Sources | None = None,
) -> VaultMade:
    """Make a new vault in ``folder``, which is made too if need be, its keys encrypted unless that is not wished for.

    Args:
        folder: where.
        passphrase: opens it from now on.
        key_file: a new file for a key that opens it from now on.
        encrypted: whether keys are encrypted at all.
        database: address of a PostgreSQL database for its tables, without a password; if None they are in a file in the
            folder.
        sources: where there is neither a passphrase nor a key file: the key that this or the environment names, in a
            file that is made if need be; or else a new file in the folder for settings.

    Raises:
        UsageError: the passphrase is too short, more than one way is given, or ``database`` is no such address.
        VaultError: there is a vault already, the database cannot be used, others may read the folder, or there is
            something at ``key_file``.
    """
    if (passphrase is not None) + (key_file is not None) + (not encrypted) > 1:
        raise UsageError("a new vault is opened in one way", "More can be added later, with “earmark keys add”.")
    if passphrase is not None:
        return _made(folder, ByPassphrase(passphrase), database)
    if not encrypted:
        notes = ("the vault's keys are not encrypted: whoever has its files can make anybody's copy",)
        return _made(folder, InTheOpen(), database, notes=notes)
    sources = sources or Sources()
    named = sources.named_file()
    key = None if key_file or (named and not named.exists()) else sources.named_key()
    if key is not None:
        return _made(folder, ByKey(key, "given by the environment"), database)
    vault_id = os.urandom(VAULT_ID_BYTES).hex()
    path = key_file or named or default_key_file(vault_id)
    notes = (f"the vault's key is in {path}: keep a copy of it, apart from the vault, or nobody can open that again",)
    with new_key_file(path) as key:
        way = ByKey(key, str(path.absolute()))
        return _made(folder, way, database, vault_id=vault_id, key_file=path, notes=notes)


def attach(folder: Path, database: str) -> VaultMade:
    """Let a vault that is in a PostgreSQL database already be used from ``folder`` too, on another host for instance.

    Args:
        folder: where; made if need be.
        database: its address, without a password.

    Raises:
        UsageError: ``database`` is no such address.
        VaultError: there is a vault in the folder, others may read it, or there is none in the database.
    """
    Vault.attach(folder, database)
    with Vault(folder) as vault:
        oldest = vault.ways()[0]
    notes = ("what opens the vault has to be at hand here too", "sealed originals are where they were made")
    return VaultMade(folder, oldest.kind, None, database, notes)


def _made(
    folder: Path,
    way: NewWay,
    database: str | None,
    *,
    vault_id: str | None = None,
    key_file: Path | None = None,
    notes: tuple[str, ...] = (),
) -> VaultMade:
    Vault.init(folder, way=way, vault_id=vault_id, database=database).close()
    kind = {ByPassphrase: "passphrase", ByKey: "key", InTheOpen: "open"}[type(way)]
    return VaultMade(folder, kind, key_file, database, notes)


@contextmanager
def new_key_file(path: Path) -> Iterator[bytes]:
    """Make a file with a new key, which goes again if what is to be opened with it does not come about."""
    key = new_secret()
    write_key_file(path, key_text(key))
    try:
        yield key
    except BaseException:
        path.unlink()
        raise


def ways(vault: Vault) -> WayList:
    """Return the ways of opening a vault. Takes no key."""
    return _listed(vault.ways())


def add_way(vault: Vault, *, passphrase: str | None = None, key_file: Path | None = None) -> WayList:
    """Let the vault be opened in one more way, and return all.

    Args:
        vault: is opened in one of the ways that it has.
        passphrase: a new one.
        key_file: a new file, into which a new key goes.

    Raises:
        UsageError: neither is given, or both, or the passphrase is too short.
        VaultError: the vault cannot be opened, or the file cannot be made.
    """
    with _new_way(passphrase, key_file) as new:
        keyholding.add_way(vault.safe, new)
    return ways(vault)


def remove_way(vault: Vault, name: str) -> WayList:
    """Remove a way by its id, or all of a kind, and return the others.

    Raises:
        UsageError: there is no such way, or no other.
        VaultError: the vault cannot be opened.
    """
    keyholding.remove_way(vault.safe, name)
    return ways(vault)


def rotate(
    vault: Vault,
    *,
    passphrase: str | None = None,
    key_file: Path | None = None,
    deep: bool = False,
    end_officers: bool = False,
) -> WayList:
    """Replace what the vault was opened with; with ``deep``, encrypt all of it anew, and drop all other ways.

    Args:
        vault: is opened in one of the ways that it has.
        passphrase: a new one.
        key_file: a new file for the new key. If neither is given and the vault's key is in the folder for settings,
            that is replaced.
        deep: whether the vault key is replaced too.
        end_officers: whether officers may lose what they open the vault with, so that one person alone opens it.

    Raises:
        UsageError: more than one way is given, or none where one is needed, or officers would open it no more.
        VaultError: the vault cannot be opened, or the file cannot be made.
    """
    opened = vault.safe.open()
    officers_end = any(way.kind == "officers" for way in vault.ways()) and (deep or opened.way.kind == "officers")
    if officers_end and not end_officers:
        raise UsageError(
            "officers open this vault, and would no more: whoever has what replaces it would open it alone",
            "Give --end-officers if that is meant, and then draw new keys with “earmark keys officers”.",
        )
    default = default_key_file(opened.vault_id)
    own = passphrase is None and key_file is None and default.exists()
    path = default.with_name(default.name + NEXT) if own else key_file
    if own and path is not None and path.exists():
        raise UsageError(
            f"a rotation was interrupted: {path} may be the key that opens the vault",
            f"If “earmark keys list” works without {default}, move it there; else remove it.",
        )
    with _new_way(passphrase, path, name=str(default) if own else None) as new:
        keyholding.rotate(vault.safe, new, deep=deep)
    if own and path is not None:
        path.replace(default)
    left = ways(vault)
    return replace(left, notes=(*left.notes, OFFICERS_ENDED)) if officers_end else left


def officers(vault: Vault, names: Sequence[str], out: Path) -> OfficersMade:
    """Draw a key for each of some officers; any two of them can open the vault from now on.

    Args:
        vault: is opened in one of the ways that it has.
        names: two or more.
        out: a folder for their key files, made if need be.

    Raises:
        UsageError: there are fewer than two, or two of one name, or a name that does not do as a file name.
        VaultError: the vault cannot be opened, or a file is there already.
    """
    made = ByOfficers(tuple(OfficerKey(name, os.urandom(SECRET_BYTES)) for name in names))
    files = [out / f"{officer.name}.officer" for officer in made.officers]
    written: list[Path] = []
    try:
        for path, officer in zip(files, made.officers, strict=True):
            write_key_file(path, officer_text(officer))
            written.append(path)
        keyholding.add_way(vault.safe, made)
    except BaseException:
        for path in written:
            path.unlink()
        raise
    others = sorted({way.kind for way in vault.ways()} - {"officers"})
    notes = (f"the vault can be opened by {' and '.join(others)} too, without officers",) if others else ()
    return OfficersMade(tuple(files), notes)


@contextmanager
def _new_way(passphrase: str | None, key_file: Path | None, name: str | None = None) -> Iterator[NewWay]:
    if (passphrase is None) == (key_file is None):
        raise UsageError("one new way of opening the vault is needed", "Give --passphrase, or --key-file PATH.")
    if passphrase is not None:
        yield ByPassphrase(passphrase)
    elif key_file is not None:
        with new_key_file(key_file) as key:
            yield ByKey(key, name or str(key_file.absolute()))


def _listed(found: Sequence[Way]) -> WayList:
    summaries = tuple(WaySummary(way.id, way.kind, way.name, way.made_at) for way in found)
    in_the_open = any(way.kind == "open" for way in found)
    notes = ("the vault's keys are not encrypted: “earmark keys add” encrypts them",) if in_the_open else ()
    return WayList(summaries, notes)
