"""Checking a whole ledger: that nothing in it was removed, changed or put in another order, and if so, what.

1. Every entry is where it says it is, in canonical form, of the hash that was kept, and chained to the one before.
2. The hashes of subtrees that are kept, from which proofs are made, are those of the entries.
3. The newest heads are signed for just these entries. Where the last one is not, the first that is not tells which
   entry was tampered with first, even if all that follows from it was computed anew.
4. No recording is marked twice, and the trees over their listeners only grow.
5. Heads that are known from elsewhere are heads of this ledger. Only they can tell that its end was cut off.

Whoever has the vault's key can sign another history. Only heads and time stamps kept elsewhere can tell.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from earmark.records.ledger.canonical import Json
from earmark.records.ledger.entries import Entry, parse_entry
from earmark.records.ledger.heads import SignedHead
from earmark.records.ledger.merkle import Tree, leaf_hash, place_of
from earmark.records.ledger.trees import Trees

NEWEST_HEADS = 1_000
MAX_FINDINGS = 1_000
MISSING = bytes(32)


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be.

    Attributes:
        entry: which entry it is about; None where it is about all of it.
        what: a clause that can be printed.
    """

    entry: int | None
    what: str


@dataclass(frozen=True)
class Row:
    """An entry as it is kept.

    Attributes:
        position: where.
        kind: what it is found by; None where it is not found by anything.
        subject: likewise.
        leaf: its bytes.
    """

    position: int
    kind: str | None
    subject: str | None
    leaf: bytes


@dataclass
class Walk:
    """Goes through the entries in order.

    Attributes:
        seen: is told about every entry that is well-formed.
        trees: those over the listeners of recordings.
        ungrown: entries by which such a tree has not grown as it should.
        hashes: of all entries so far.
        findings: what is wrong, the first thousand.
        behind: entries the clock of which was behind that of an entry before them.
        latest: the latest time so far.
        last_time: that of the last entry that is well-formed.
        public_key: the key that the first entry names, in hexadecimal.
    """

    seen: Callable[[Entry], None] = lambda _: None
    trees: Trees = field(default_factory=Trees)
    ungrown: list[Finding] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    behind: list[int] = field(default_factory=list)
    latest: str = ""
    last_time: str = ""
    public_key: str = ""

    def find(self, entry: int | None, what: str) -> None:
        """Note that something is wrong."""
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(Finding(entry, what))

    def take(self, rows: Iterable[Row]) -> None:
        """Go through entries."""
        for row in rows:
            self._skip_to(row.position)
            self._take(row)

    def _skip_to(self, position: int) -> None:
        start = len(self.hashes)
        if position > start:
            which = f"entry {start} is" if position == start + 1 else f"entries {start} to {position - 1} are"
            self.find(start, f"{which} missing")
            self.hashes += [MISSING] * (position - start)

    def _take(self, row: Row) -> None:
        position, before = row.position, self.hashes[-1] if self.hashes else b""
        one = leaf_hash(row.leaf)
        try:
            entry = parse_entry(row.leaf)
        except ValueError as error:
            self.find(position, f"entry {position} was changed: {error}")
            self.hashes.append(one)
            return
        self.hashes.append(one)
        if entry.index != position:
            self.find(position, f"entry {position} is out of place: it was entered as number {entry.index}")
        elif entry.previous != before.hex() and before != MISSING:
            self.find(position, f"entry {position} does not follow from entry {position - 1}")
        if row.kind is not None and (row.kind, row.subject) not in {(entry.kind, about) for about in subjects(entry)}:
            self.find(position, f"entry {position} is listed as something else than it is")
        if entry.time < self.latest:
            self.behind.append(position)
        self.latest = max(self.latest, entry.time)
        self.last_time = entry.time
        if not position:
            self.public_key = str(entry.body.get("public_key"))
        try:
            self.trees.take(entry)
        except ValueError as error:
            self.ungrown.append(Finding(position, f"entry {position} cannot be: {error}"))
        self.seen(entry)


class Kept(Protocol):
    """What is kept beside the entries."""

    def nodes(self) -> Iterator[tuple[int, bytes]]:
        """Yield (number, hash) of all complete subtrees, by number; see ``merkle.number_of``."""

    def head(self, size: int, root: bytes) -> SignedHead | None:
        """Return the head that was signed at a size, if it is there, for that root."""


def subjects(entry: Entry) -> set[str]:
    """Return what an entry may be found by."""
    body = entry.body
    several = body.get("recordings")
    alone: list[Json] = several[:1] if isinstance(several, list) else []
    found = [body.get("recording"), body.get("exhibit"), body.get("sha256"), *alone]
    return {"", *(one for one in found if isinstance(one, str))}


def check_nodes(walk: Walk, tree: Tree, kept: Kept) -> None:
    """See that the hashes that are kept are those of the entries."""
    wrong, count = [], 0
    for number, one in kept.nodes():
        level, position = place_of(number)
        known = level < len(tree.levels) and position < len(tree.levels[level])
        count += known
        if not known:
            walk.find(None, f"there is a hash of level {level} for entries that are missing")
        elif tree.levels[level][position] not in {one, MISSING}:
            wrong.append((level, position))
    if count < sum(map(len, tree.levels)):
        walk.find(None, "hashes of entries are missing")
    for level, position in sorted(wrong):
        if not level:
            walk.find(position, f"entry {position} was changed")
        elif not walk.findings:  # what follows from a changed entry is no news
            walk.find(None, f"the hash {position} of level {level} was changed")


def check_heads(walk: Walk, tree: Tree, kept: Kept) -> SignedHead | None:
    """See that the newest heads are signed for these entries, and return the newest."""

    def head(size: int) -> SignedHead | None:
        return kept.head(size, tree.root(size))

    def holds(size: int) -> bool:
        one = head(size)
        return one is not None and _is_signed(one)

    size = len(tree)
    if not size:
        walk.find(None, "there are no entries")
        return None
    if not walk.findings and not holds(size):
        first = _first(lambda one: not holds(one), size)
        walk.find(first - 1, f"entry {first - 1} was changed, or one was removed there: no such ledger was signed")
    elif not walk.findings:
        for one in range(max(1, size - NEWEST_HEADS), size):
            if not holds(one):
                walk.find(one - 1, f"the signature kept with entry {one - 1} was changed")
    return None if walk.findings else head(size)


def check_trees(walk: Walk) -> None:
    """See that recordings were marked once, and that their listeners' trees have grown as the ledger says."""
    if not walk.findings:  # what follows from an entry that was changed or removed is no news
        walk.findings += walk.ungrown[:MAX_FINDINGS]


def check_known(walk: Walk, tree: Tree, public_key: bytes, known: Sequence[SignedHead]) -> None:
    """See that heads known from elsewhere are heads of this ledger."""
    for head in known:
        if not _is_signed(head):
            walk.find(None, f"the signature of the head of size {head.size} does not hold")
        elif head.public_key != public_key:
            walk.find(None, f"the head of size {head.size} is another ledger's")
        elif head.size > len(tree):
            walk.find(len(tree), f"the ledger was cut: it had {head.size} entries, and has {len(tree)}")
        elif tree.root(head.size) != head.root:
            walk.find(None, f"one of the first {head.size} entries is not what it was when that head was signed")


def _is_signed(head: SignedHead) -> bool:
    try:
        head.verify()
    except ValueError:
        return False
    return True


def _first(is_so: Callable[[int], bool], last: int) -> int:
    """Return the first number from 1 on for which something is so that is so for all that follow, as for ``last``."""
    low, high = 1, last
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_so(middle) else (middle + 1, high)
    return low
