"""Entries of the ledger, and their one form in bytes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from earmark.records.ledger.canonical import Json, canonical, parse
from earmark.records.ledger.merkle import leaf_hash

SCHEMA = "earmark/ledger-entry/1"
KEYS = frozenset({"schema", "index", "kind", "time", "previous", "body"})

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_HASH = re.compile(r"[0-9a-f]{64}")
_KIND = re.compile(r"[a-z]+(-[a-z]+)*")


@dataclass(frozen=True)
class Entry:
    """One entry.

    Attributes:
        index: its place, from 0 on.
        kind: what happened, such as "copy-given"; see ``earmark.records.ledger.acts``.
        time: what the clock said, such as "2026-11-23T09:02:26.123456Z". Clocks may be wrong.
        previous: the hash of the entry before it, in hexadecimal; empty for the first.
        body: what there is to say about it.
    """

    index: int
    kind: str
    time: str
    previous: str
    body: Mapping[str, Json]

    @cached_property
    def leaf(self) -> bytes:
        """Its bytes: canonical JSON."""
        return canonical(
            {
                "schema": SCHEMA,
                "index": self.index,
                "kind": self.kind,
                "time": self.time,
                "previous": self.previous,
                "body": dict(self.body),
            }
        )

    @cached_property
    def hash(self) -> bytes:
        """Its hash as a leaf of the tree, 32 bytes."""
        return leaf_hash(self.leaf)


def parse_entry(leaf: bytes) -> Entry:
    """Return the entry of which ``leaf`` are the bytes.

    Raises:
        ValueError: they are those of no entry.
    """
    facts = parse(leaf)
    if facts.keys() != KEYS or facts["schema"] != SCHEMA:
        raise ValueError("this is no ledger entry")
    index, kind, time, previous, body = (facts[key] for key in ("index", "kind", "time", "previous", "body"))
    if isinstance(index, bool) or not isinstance(index, int) or index < 0:
        raise ValueError("the entry has no index")
    if not (isinstance(kind, str) and _KIND.fullmatch(kind)):
        raise ValueError("the entry is of no kind")
    if not (isinstance(time, str) and _TIME.fullmatch(time)):
        raise ValueError("the entry has no time")
    if not isinstance(previous, str) or not (_HASH.fullmatch(previous) if index else previous == ""):
        raise ValueError("the entry is not chained to the one before")
    if not isinstance(body, dict):
        raise ValueError("the entry has no body")  # noqa: TRY004 - of outside input
    return Entry(index, kind, time, previous, body)


def time_text(moment: datetime) -> str:
    """Return the text of an aware moment."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
