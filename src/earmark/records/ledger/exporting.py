"""A ledger as a file: one line for each entry, and the signed head as the last. What a stranger needs to check it."""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from earmark.records.ledger.canonical import MAX_BYTES, canonical
from earmark.records.ledger.checking import Finding, Row, Walk, check_trees
from earmark.records.ledger.entries import Entry, parse_entry
from earmark.records.ledger.heads import SignedHead, parse_head
from earmark.records.ledger.merkle import Tree

NO_LEDGER = "this is no ledger: “earmark ledger export” writes one"
MOST_UNKNOWN = 100
"""So many lines that are nothing of a ledger are enough."""


def write(entries: Iterable[Entry], head: SignedHead, stream: BinaryIO) -> None:
    """Write a ledger: canonical JSON, a line feed after each entry and after the head."""
    stream.writelines(entry.leaf + b"\n" for entry in entries)
    stream.write(canonical(head.facts) + b"\n")


def read(stream: BinaryIO) -> tuple[Walk, Tree, SignedHead | None]:
    """Go through a ledger that was written so, and note what is wrong with it.

    Returns:
        What was found, the tree over its entries, and its head; None where it does not hold.
    """
    walk, lines = Walk(), _Lines(stream)
    walk.take(lines)
    if not lines.any_known:
        return Walk(findings=[Finding(None, NO_LEDGER)]), Tree([]), None
    tree = Tree(walk.hashes)
    head = _head(walk, tree, lines.last)
    check_trees(walk)
    return walk, tree, None if walk.findings else head


class _Lines:
    """All lines but the last one, as entries; of what begins with nothing like it, no more than the beginning.

    Attributes:
        last: the last line.
        any_known: whether any line is an entry or a head, so that this may be a ledger.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.last = b""
        self.any_known = False

    def __iter__(self) -> Iterator[Row]:
        position = 0
        self._read()
        while self.any_known or position < MOST_UNKNOWN:
            line = self.last.removesuffix(b"\n")
            if not self._read():
                break
            yield Row(position, None, None, line)
            position += 1

    def _read(self) -> bool:
        """Go on to the next line; tell whether there is one."""
        line = self._stream.readline(MAX_BYTES)
        if line:
            self.last = line
            self.any_known = self.any_known or _known(line.removesuffix(b"\n"))
        return bool(line)


def _known(line: bytes) -> bool:
    """Tell whether a line is an entry or a head."""
    for parse in (parse_entry, parse_head):
        try:
            parse(line)
        except (ValueError, UnicodeDecodeError):
            continue
        return True
    return False


def _head(walk: Walk, tree: Tree, line: bytes) -> SignedHead | None:
    try:
        head = parse_head(line)
        head.verify()
    except (ValueError, UnicodeDecodeError) as error:
        walk.find(None, f"the last line is no signed head: {error}")
        return None
    if walk.public_key != head.public_key.hex():
        walk.find(0, "the ledger does not start with the key that has signed its head")
    if (head.size, head.root, head.time) != (len(tree), tree.root(), walk.last_time):
        walk.find(None, f"the head is that of {head.size} entries, and not of these {len(tree)}")
    return head
