"""Checking a bundle: the whole checklist on a bundle and the files beside it. Nothing of a vault is needed."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from earmark.cases import again, committed, computed
from earmark.cases.again import Again
from earmark.cases.bundle import Bundle, File, read_file
from earmark.cases.checklist import Checked, NotCheckedError, hopeless, named
from earmark.cases.evidence import written
from earmark.cases.folder import EVIDENCE, EXHIBIT
from earmark.records.ledger.heads import SignedHead
from earmark.records.ledger.proofs import Consistency

Keys = Mapping[int | None, bytes]
"""Mark keys: of a call by stream; of a file the one, by None."""

Hear = Callable[[Path, Keys, Bundle], Sequence[Again]]
"""Computes evidence anew from an exhibit and mark keys."""


@dataclass(frozen=True)
class Known:
    """What the checker has from elsewhere.

    Attributes:
        exhibit: the leak; None for the one beside the bundle.
        head: a head of the ledger.
        consistency: that it and the bundle's head are of one ledger, where their sizes differ.
    """

    exhibit: Path | None = None
    head: SignedHead | None = None
    consistency: Consistency | None = None


def checked(path: Path, known: Known, hear: Hear) -> tuple[Bundle | None, list[Checked]]:
    """Return a bundle, None if it is none, and what came of every check on it.

    Raises:
        OSError: the bundle cannot be read.
    """
    try:
        bundle = read_file(path)
    except ValueError as reason:
        return None, hopeless(str(reason))
    exhibit = known.exhibit or path.parent / EXHIBIT
    checks = (
        named(1, lambda: f"{bundle.statement.case}, {bundle.statement.made_at}"),
        named(2, lambda: committed.check_signature(bundle)),
        named(3, lambda: committed.check_entries(bundle)),
        named(4, lambda: committed.check_head(bundle, known.head, known.consistency)),
        named(5, lambda: committed.check_order(bundle)),
        named(6, lambda: check_exhibit(bundle, exhibit)),
        named(7, lambda: check_files(bundle, path.parent)),
        named(8, lambda: committed.check_recording(bundle)),
        named(9, lambda: committed.check_biases(bundle)),
        named(10, lambda: committed.check_secrets(bundle)),
        named(11, lambda: computed.check_scores(bundle)),
        named(12, lambda: computed.check_codewords(bundle)),
        named(13, lambda: computed.check_bounds(bundle)),
        named(14, lambda: computed.check_innocents(bundle)),
        named(15, lambda: check_evidence(bundle, exhibit, hear)),
    )
    return bundle, [check.checked() for check in checks]


def check_exhibit(bundle: Bundle, exhibit: Path) -> str:
    """6. The exhibit is the one that was received."""
    facts = bundle.statement.evidence.exhibit
    received = [one.body for one in bundle.seal.of_kind("exhibit-received") if one.body.get("sha256") == facts.sha256]
    if not received or received[0].get("size") != facts.bytes:
        raise ValueError("the ledger has not received an exhibit of that hash and size")
    require_alike(exhibit, facts.sha256, facts.bytes)
    return f"SHA-256 {facts.sha256}, {facts.bytes:,} bytes"


def check_files(bundle: Bundle, folder: Path) -> str:
    """7. The other files of the folder are those that were sealed, and the record is the one of the bundle."""
    record = hashlib.sha256(written(bundle.statement.evidence)).hexdigest()
    if any(file.name == EVIDENCE and file.sha256 != record for file in bundle.statement.files):
        raise ValueError(f"{EVIDENCE} was sealed with something else in it than the bundle has")
    there = [file.name for file in bundle.statement.files if (folder / file.name).exists()]
    missing = [file.name for file in bundle.statement.files if file.name not in there]
    for file in bundle.statement.files:
        if file.name in there:
            check_file(file, folder)
    if not there:
        raise NotCheckedError("no other file of the case is here")
    return ", ".join(there) + (f"; not here, though sealed: {', '.join(missing)}" if missing else "")


def check_file(file: File, folder: Path) -> None:
    """Raise a ValueError unless a file of the folder is the one that was sealed."""
    require_alike(folder / file.name, file.sha256, file.bytes)


def require_alike(path: Path, sha256: str, size: int) -> None:
    """Raise a ValueError unless a file has that hash and size, ``NotCheckedError`` if it cannot be read."""
    try:
        found = path.stat().st_size
        digest = ""
        if found == size:  # no need to read 10 GB to see that one byte is missing
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise NotCheckedError(f"{path.name} cannot be read: {error.strerror}") from error
    if found != size:
        raise ValueError(f"{path.name} has {found:,} bytes instead of {size:,}")
    if digest != sha256:
        raise ValueError(f"{path.name} was changed: its SHA-256 is {digest}")


def check_evidence(bundle: Bundle, exhibit: Path, hear: Hear) -> str:
    """15. The evidence is that of the exhibit, as the opened mark key shows."""
    keys = committed.mark_keys_of(bundle)
    check_exhibit(bundle, exhibit)
    return again.check_evidence(bundle, lambda: hear(exhibit, keys, bundle))
