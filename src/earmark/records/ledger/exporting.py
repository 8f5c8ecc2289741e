"""A ledger as a file: one line for each entry, and the signed head as the last. What a stranger needs to check it."""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from earmark.records.ledger.canonical import MAX_BYTES, canonical
from earmark.records.ledger.checking import Row, Walk
from earmark.records.ledger.entries import Entry
from earmark.records.ledger.heads import SignedHead, parse_head
from earmark.records.ledger.merkle import Tree


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
    tree = Tree(walk.hashes)
    head = _head(walk, tree, lines.last)
    return walk, tree, None if walk.findings else head


class _Lines:
    """All lines but the last one, as entries."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.last = b""

    def __iter__(self) -> Iterator[Row]:
        position = 0
        self.last = self._stream.readline(MAX_BYTES)
        while line := self._stream.readline(MAX_BYTES):
            yield Row(position, None, None, self.last.removesuffix(b"\n"))
            position, self.last = position + 1, line


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
