"""Merkle trees as in RFC 9162, section 2.1, over SHA-256.

The root of every size and every proof are put together from hashes of *complete subtrees*, of which the one at
``(level, position)`` stands over the leaves ``position * 2**level`` to ``(position + 1) * 2**level - 1``. Such a hash
never changes once its leaves are there, so it can be kept, and no tree has to be built anew.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import reduce

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256().digest()

Node = Callable[[int, int], bytes]
"""Gives the hash of the complete subtree at (level, position)."""

Range = tuple[int, int]


def leaf_hash(leaf: bytes) -> bytes:
    """Return SHA-256(0x00 ‖ leaf)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def number_of(level: int, position: int) -> int:
    """Return a complete subtree's number: its place among all, from left to right, between the two it is made of."""
    return (2 * position + 1 << level) - 1


def place_of(number: int) -> Range:
    """Return (level, position) of the complete subtree with that number."""
    level = (~number & (number + 1)).bit_length() - 1
    return level, number >> level + 1


class Tree:
    """A tree in memory: all its complete subtrees, those of the leaves first.

    Args:
        leaf_hashes: 32 bytes each, in order.
    """

    def __init__(self, leaf_hashes: Iterable[bytes]) -> None:
        self.levels = [list(leaf_hashes)]
        while len(self.levels[-1]) > 1:
            below = iter(self.levels[-1])
            self.levels.append([node_hash(left, right) for left, right in zip(below, below, strict=False)])

    def __len__(self) -> int:
        return len(self.levels[0])

    def node(self, level: int, position: int) -> bytes:
        """Return the hash of a complete subtree."""
        return self.levels[level][position]

    def root(self, size: int | None = None) -> bytes:
        """Return the root over the first ``size`` leaves, or all of them."""
        return root_of((0, len(self) if size is None else size), self.node)


class Frontier:
    """The right edge of a tree that grows: its complete subtrees, the largest first.

    Args:
        size: how many leaves there are.
        hashes: those of ``subtrees((0, size))``, in that order.
    """

    def __init__(self, size: int, hashes: Sequence[bytes]) -> None:
        self.size = size
        self._edge = [(level, one) for (level, _), one in zip(subtrees((0, size)), hashes, strict=True)]

    def add(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Take in a leaf's hash; return (level, position, hash) of each subtree now complete, the leaf first."""
        made = [(0, self.size, leaf)]
        self.size += 1
        while self._edge and self._edge[-1][0] == made[-1][0]:
            level, position, right = made[-1]
            made.append((level + 1, position // 2, node_hash(self._edge.pop()[1], right)))
        level, _, one = made[-1]
        self._edge.append((level, one))
        return made

    def root(self) -> bytes:
        """Return the root over all leaves."""
        hashes = [one for _, one in self._edge]
        return reduce(lambda right, left: node_hash(left, right), reversed(hashes)) if hashes else EMPTY_ROOT


def tree_root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return the root of a tree; SHA-256 of nothing if it has no leaves (2.1.1)."""
    return Tree(leaf_hashes).root()


def inclusion_path(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Return the audit path of a leaf, from its sibling up (2.1.3.1)."""
    tree = Tree(leaf_hashes)
    return [root_of(one, tree.node) for one in inclusion_ranges(index, len(tree))]


def consistency_path(leaf_hashes: Sequence[bytes], old_size: int) -> list[bytes]:
    """Return the proof that the tree over the first ``old_size`` leaves is a prefix of this one (2.1.4.1)."""
    tree = Tree(leaf_hashes)
    return [root_of(one, tree.node) for one in consistency_ranges(old_size, len(tree))]


def root_of(leaves: Range, node: Node) -> bytes:
    """Return the root over a range of leaves, as ``inclusion_ranges`` and ``consistency_ranges`` give them."""
    hashes = [node(*one) for one in subtrees(leaves)]
    return reduce(lambda right, left: node_hash(left, right), reversed(hashes)) if hashes else EMPTY_ROOT


def subtrees(leaves: Range) -> list[tuple[int, int]]:
    """Return the complete subtrees, largest first, that make up a range of leaves starting where the largest can."""
    start, end = leaves
    found = []
    while start < end:
        level = (end - start).bit_length() - 1
        found.append((level, start >> level))
        start += 1 << level
    return found


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """Return over which leaves the hashes of an audit path stand, from the sibling up.

    Raises:
        ValueError: there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")
    ranges, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(old_size: int, size: int) -> list[Range]:
    """Return over which leaves the hashes of a consistency proof stand, in its order.

    Raises:
        ValueError: the old tree is empty or larger than the new one.
    """
    if not 0 < old_size <= size:
        raise ValueError(f"no tree of {old_size} is a prefix of one of {size}")
    ranges, start, end = [], 0, size
    while old_size < end:
        middle = start + _split(end - start)
        if old_size <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    if start:
        ranges.append((start, end))  # what the old tree ends with; all of it where start is 0, known to the verifier
    return ranges[::-1]


def root_from_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root to which an audit path leads (2.1.3.2).

    Args:
        leaf: the leaf's hash.
        index: its place.
        size: of the tree.
        path: as ``inclusion_path`` gives it.

    Raises:
        ValueError: there is no such leaf, or the path is not as long as it has to be.
    """
    ranges = inclusion_ranges(index, size)
    if len(ranges) != len(path):
        raise ValueError(f"a path has {len(ranges)} hashes here, not {len(path)}")
    root = leaf
    for one, (_, end) in zip(path, ranges, strict=True):
        root = node_hash(one, root) if end <= index else node_hash(root, one)
    return root


def is_consistent(old_size: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Tell whether a path proves that the old tree is a prefix of the new one (2.1.4.2)."""
    if not 0 < old_size <= size:
        return False
    if old_size == size:
        return not path and old_root == root
    whole = old_size & (old_size - 1) == 0  # a complete subtree of the new tree: its root is not in the path
    hashes = [old_root, *path] if whole else list(path)
    if not hashes:
        return False
    fn, sn = old_size - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    first = second = hashes[0]
    for one in hashes[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            first, second = node_hash(one, first), node_hash(one, second)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = node_hash(second, one)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and first == old_root and second == root


def _split(size: int) -> int:
    """Return the largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)
