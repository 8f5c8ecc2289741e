"""Looking into the ledger, checking it, and handing out what others can check it by."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from earmark.api.stamping import StampChecked, check_stamps
from earmark.errors import InputError, UsageError, VaultError, what_helps
from earmark.records.checking import Checked
from earmark.records.ledger import acts, call_acts, exporting
from earmark.records.ledger.canonical import MAX_BYTES
from earmark.records.ledger.checking import check_known
from earmark.records.ledger.heads import SignedHead, parse_head
from earmark.records.vault import Vault

SHOWN = 20
KINDS = acts.KINDS | call_acts.KINDS


@dataclass(frozen=True)
class FindingAt:
    """Something that is wrong with a ledger.

    Attributes:
        entry: which entry it is about; None where it is about all of it.
        what: a clause that can be printed.
    """

    entry: int | None
    what: str


@dataclass(frozen=True)
class LedgerChecked:
    """What came of checking a ledger.

    Attributes:
        holds: whether nothing is wrong.
        entries: how many it has.
        root: of the tree over them, in hexadecimal; None where something is wrong.
        public_key: the key that signs it, in hexadecimal; likewise.
        findings: what is wrong, the first thousand.
        clock_behind: entries the clock of which was behind that of an entry before them. That is no fault of the
            ledger.
        stamps: its time stamps, of a vault's ledger that holds.
    """

    holds: bool
    entries: int
    root: str | None
    public_key: str | None
    findings: tuple[FindingAt, ...]
    clock_behind: tuple[int, ...]
    stamps: tuple[StampChecked, ...] = ()


@dataclass(frozen=True)
class EntryShown:
    """An entry of the ledger.

    Attributes:
        index: its place, from 0 on.
        time: what the clock said, in UTC.
        kind: what happened.
        body: what there is to say about it.
    """

    index: int
    time: str
    kind: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class LedgerShown:
    """Entries of the ledger, the oldest first.

    Attributes:
        size: how many entries the ledger has.
        entries: those that were asked for.
    """

    size: int
    entries: tuple[EntryShown, ...]


@dataclass(frozen=True)
class LedgerExported:
    """A ledger in a file.

    Attributes:
        path: the file.
        entries: how many it has.
        root: of the tree over them, in hexadecimal.
    """

    path: Path
    entries: int
    root: str


def verify_ledger(vault: Vault, *, heads: Sequence[Path] = (), stamp_roots: Path | None = None) -> LedgerChecked:
    """Check a vault's ledger, and that the vault's other records are what it says. Takes no key.

    Args:
        vault: has the ledger.
        heads: files with heads that were exported before. Only they can tell that the ledger's end was cut off
            together with the records that it was about.
        stamp_roots: PEM file with the certificates that time stamps have to go back to; None to leave that unchecked.

    Raises:
        InputError: a file cannot be read.
        UsageError: a file has no head in it, or no certificates.
        VaultError: the vault cannot be read.
    """
    checked = vault.check([read_head(path) for path in heads])
    stamps = () if checked.findings else check_stamps(vault, stamp_roots)
    return _result(checked, stamps)


def verify_exported(path: Path, *, heads: Sequence[Path] = ()) -> LedgerChecked:
    """Check a ledger that ``export_ledger`` has written. Takes no vault.

    Raises:
        InputError: a file cannot be read.
        UsageError: a file has no head in it.
    """
    known = [read_head(one) for one in heads]
    try:
        with path.open("rb") as stream:
            walk, tree, head = exporting.read(stream)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", "Check the path.") from error
    if head is not None:
        check_known(walk, tree, head.public_key, known)
    return _result(Checked(len(tree), None if walk.findings else head, tuple(walk.findings), tuple(walk.behind)))


def show_ledger(
    vault: Vault, *, kind: str | None = None, about: str | None = None, last: int | None = SHOWN
) -> LedgerShown:
    """Return entries of a vault's ledger. Takes no key.

    Args:
        vault: has the ledger.
        kind: of that kind only.
        about: about this only: a recording, or an exhibit's SHA-256.
        last: how many of the newest; None for all.

    Raises:
        UsageError: ``last`` is not positive, or there is no such kind.
    """
    if last is not None and last < 1:
        raise UsageError(f"{last} entries cannot be shown", "Give a positive number.")
    size = vault.ledger.size()
    found = vault.ledger.newest(size if last is None else last, kind, about)
    if not found and kind is not None and kind not in KINDS:  # what a newer version has entered is found
        likely = get_close_matches(kind, sorted(KINDS), 1)
        hint = f"Is it {likely[0]}?" if likely else f"There are {', '.join(sorted(KINDS))}."
        raise UsageError(f"there is no kind of entry {kind!r}", hint)
    return LedgerShown(size, tuple(EntryShown(one.index, one.time, one.kind, one.body) for one in found))


def ledger_head(vault: Vault, size: int | None = None) -> Mapping[str, Any]:
    """Return the signed head of a vault's ledger, or of its first ``size`` entries, as it is published. Takes no key.

    Raises:
        UsageError: the ledger has never had that size.
    """
    return vault.ledger.head(size).facts


def prove_entry(vault: Vault, index: int) -> Mapping[str, Any]:
    """Return the proof that an entry is in a vault's ledger. Takes no key.

    Raises:
        UsageError: there is no such entry.
    """
    return vault.ledger.inclusion(index).facts


def prove_growth(vault: Vault, since: int, size: int | None = None) -> Mapping[str, Any]:
    """Return the proof that a vault's ledger has only grown from ``since`` entries to ``size``. Takes no key.

    Args:
        vault: has the ledger.
        since: how many entries it had then.
        size: how many it had later; None for now.

    Raises:
        UsageError: it has never had that many.
    """
    return vault.ledger.consistency(since, size).facts


def export_ledger(vault: Vault, path: Path) -> LedgerExported:
    """Write a vault's ledger into a new file that anybody can check. Takes no key.

    Raises:
        UsageError: there is a file at ``path``, or a folder.
        VaultError: it cannot be written, or the ledger is damaged.
    """
    if os.path.isdir(path):  # noqa: PTH112 - which takes any name
        raise UsageError(f"{path} is a folder", "Name a new file.")
    head = vault.ledger.head()
    part = path.with_name(f".earmark-{os.urandom(8).hex()}.part")
    try:
        part.touch(mode=0o600, exist_ok=False)
        with part.open("wb") as stream:
            exporting.write(vault.ledger.entries(0, head.size), head, stream)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(part, path)  # never in place of another file
    except FileExistsError as error:
        raise UsageError(f"there is a file at {path} already", "Choose another name.") from error
    except OSError as error:
        raise VaultError(f"{path} cannot be written: {error.strerror}", what_helps(error)) from error
    finally:
        with suppress(OSError):  # where the folder is none
            part.unlink(missing_ok=True)
    return LedgerExported(path, head.size, head.root.hex())


def read_head(path: Path) -> SignedHead:
    """Return the head in a file; its signature is not checked here.

    Raises:
        InputError: the file cannot be read.
        UsageError: it has no head in it.
    """
    try:
        with path.open("rb") as stream:
            return parse_head(stream.read(MAX_BYTES))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", "Check the path.") from error
    except ValueError as error:
        raise UsageError(f"{path} is no head: {error}", "“earmark ledger head” prints one.") from error


def _result(checked: Checked, stamps: tuple[StampChecked, ...] = ()) -> LedgerChecked:
    findings = [FindingAt(one.entry, one.what) for one in checked.findings]
    findings += [FindingAt(None, one.what) for one in stamps if one.what]
    return LedgerChecked(
        holds=not findings,
        entries=checked.size,
        root=checked.head.root.hex() if checked.head else None,
        public_key=checked.head.public_key.hex() if checked.head else None,
        findings=tuple(findings),
        clock_behind=checked.behind,
        stamps=stamps,
    )
