"""Proofs about a ledger, in forms that can be handed on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from earmark.records.ledger.canonical import Json
from earmark.records.ledger.merkle import is_consistent, leaf_hash, root_from_path

INCLUSION = "earmark/ledger-inclusion/1"
CONSISTENCY = "earmark/ledger-consistency/1"
MAX_PATH = 128

_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Inclusion:
    """Proof that an entry is in the ledger.

    Attributes:
        index: of the entry.
        size: of the ledger.
        path: the audit path, 32 bytes each.
    """

    index: int
    size: int
    path: tuple[bytes, ...]

    @property
    def facts(self) -> dict[str, Json]:
        """Its form in JSON."""
        return {"schema": INCLUSION, "index": self.index, "size": self.size, "path": [one.hex() for one in self.path]}

    def verify(self, leaf: bytes, root: bytes) -> None:
        """Check that ``leaf`` (an entry's bytes) is in the ledger with that root.

        Raises:
            ValueError: this does not prove it.
        """
        if root_from_path(leaf_hash(leaf), self.index, self.size, self.path) != root:
            raise ValueError(f"entry {self.index} is not in this ledger of {self.size}")


@dataclass(frozen=True)
class Consistency:
    """Proof that a ledger still has, unchanged and in order, all that it had at an earlier size.

    Attributes:
        old_size: how many entries it had then.
        size: how many it has.
        path: 32 bytes each.
    """

    old_size: int
    size: int
    path: tuple[bytes, ...]

    @property
    def facts(self) -> dict[str, Json]:
        """Its form in JSON."""
        path: list[Json] = [one.hex() for one in self.path]
        return {"schema": CONSISTENCY, "old_size": self.old_size, "size": self.size, "path": path}

    def verify(self, old_root: bytes, root: bytes) -> None:
        """Check that the ledger with ``old_root`` is the beginning of the one with ``root``.

        Raises:
            ValueError: this does not prove it.
        """
        if not is_consistent(self.old_size, old_root, self.size, root, self.path):
            raise ValueError(f"the ledger of {self.size} does not start with that of {self.old_size}")


def parse_inclusion(facts: Mapping[str, Json]) -> Inclusion:
    """Return the proof that JSON describes.

    Raises:
        ValueError: it is none.
    """
    index, size, path = _parts(facts, INCLUSION, "index")
    return Inclusion(index, size, path)


def parse_consistency(facts: Mapping[str, Json]) -> Consistency:
    """Return the proof that JSON describes.

    Raises:
        ValueError: it is none.
    """
    old_size, size, path = _parts(facts, CONSISTENCY, "old_size")
    return Consistency(old_size, size, path)


def _parts(facts: Mapping[str, Json], schema: str, first: str) -> tuple[int, int, tuple[bytes, ...]]:
    if facts.keys() != {"schema", first, "size", "path"} or facts["schema"] != schema:
        raise ValueError("this is no proof about a ledger")
    path = facts["path"]
    if not isinstance(path, list) or len(path) > MAX_PATH:
        raise ValueError("this proof has no path")
    return _count(facts[first]), _count(facts["size"]), tuple(map(_hash, path))


def _count(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise ValueError("this proof lacks a number")
    return value


def _hash(value: Json) -> bytes:
    if not isinstance(value, str) or not _HASH.fullmatch(value):
        raise ValueError("this proof has something in its path that is no hash")
    return bytes.fromhex(value)
