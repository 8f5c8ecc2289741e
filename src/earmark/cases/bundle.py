"""The bundle: one file, sealed by the ledger, from which a stranger can check a case.

Format "earmark/case/2", ``docs/formats/case.md``: three lines, each ending in a line feed.

1. ``earmark/case/2``.
2. The *statement*, canonical JSON: what was found, what was opened, and the hashes of the files beside it.
3. The *seal*, canonical JSON: ledger entries, proofs that they are in the ledger, and the ledger's signed head. One of
   the entries, ``case-made``, has the SHA-256 of the first two lines.

So there is not one byte that is free: lines 1 and 2 are hashed, and of line 3 the head is signed, the entries are in
the tree whose root it has, the proofs lead there, and canonical JSON has one text only.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from earmark.cases.evidence import MOST_BYTES, Evidence, first_reason
from earmark.cases.facts import Sha256, Strict, Text, Whole
from earmark.records.ledger.canonical import Json, canonical, parse
from earmark.records.ledger.entries import Entry, parse_entry
from earmark.records.ledger.heads import SignedHead, parse_head
from earmark.records.ledger.proofs import Inclusion, parse_inclusion

MAGIC, FORMER = b"earmark/case/2\n", b"earmark/case/1\n"
STATEMENT: Literal["earmark/case-statement/2"] = "earmark/case-statement/2"
SEAL = "earmark/case-seal/1"
MOST_ENTRIES = 5000
MOST_SEAL_BYTES = 2**24

Secret = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class File(Strict):
    """A file of the case's folder.

    Attributes:
        name: its name there.
        sha256: of it.
        bytes: its length.
    """

    name: Annotated[str, Field(pattern=r"^[a-z]+\.[a-z]+$")]
    sha256: Sha256
    bytes: Whole


class ReceiptOpening(Strict):
    """What one who is named has signed before they were let into a call.

    Attributes:
        text: the receipt, see ``docs/formats/ledger.md``; it has a nonce, and a root of the ledger.
        signature: of it in UTF-8, by the key of their device, in hexadecimal.
        size: of the ledger that had that root.
        path: the audit path from the call's opening to that root, hashes in hexadecimal.
    """

    text: Text
    signature: Annotated[str, Field(pattern="^[0-9a-f]{128}$")]
    size: Whole
    path: Annotated[tuple[Sha256, ...], Field(max_length=64)]


class ListenerOpening(Strict):
    """What opens the commitment to the secret of one who is named.

    Attributes:
        listener: the id.
        secret: 32 bytes in hexadecimal.
        index: the leaf's place in the listeners' tree.
        size: how many listeners that tree has.
        path: the audit path, hashes in hexadecimal.
        receipt: of a call; None of a file.
    """

    listener: Text
    secret: Secret
    index: Whole
    size: Whole
    path: Annotated[tuple[Sha256, ...], Field(max_length=64)]
    receipt: ReceiptOpening | None


class StreamKey(Strict):
    """The mark key of one stream of a call, in hexadecimal."""

    stream: Whole
    mark_key: Secret


class Openings(Strict):
    """What was opened for the case, all in hexadecimal.

    Attributes:
        bias_seed: if somebody is named.
        listeners: of those named and nobody else, in the order of the accusations.
        mark_key: of a file, if the owner chose to open it.
        stream_keys: of a call, likewise: those of the streams that were found, by their numbers.
    """

    bias_seed: Secret | None
    listeners: tuple[ListenerOpening, ...]
    mark_key: Secret | None
    stream_keys: tuple[StreamKey, ...]

    @property
    def marks_opened(self) -> bool:
        """Whether the evidence can be computed anew."""
        return self.mark_key is not None or bool(self.stream_keys)


class Statement(Strict):
    """What the owner states.

    Attributes:
        schema_: the format.
        case: the case's id, "c-" and eight letters or digits.
        title: for people.
        made_at: when, in UTC.
        made_by: program and version.
        evidence: what was found.
        openings: what was opened.
        files: what else is in the folder.
    """

    model_config = Evidence.model_config

    schema_: Literal["earmark/case-statement/2"] = Field(default=STATEMENT, alias="schema")
    case: Annotated[str, Field(pattern="^c-[a-z2-7]{8}$")]
    title: Text
    made_at: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")]
    made_by: Annotated[str, Field(max_length=100)]
    evidence: Evidence
    openings: Openings
    files: tuple[File, ...]


@dataclass(frozen=True)
class Seal:
    """What shows that the ledger has the case.

    Attributes:
        head: the ledger's, signed.
        entries: those that the case rests on, in the ledger's order, and the proof that each is there.
    """

    head: SignedHead
    entries: tuple[tuple[Entry, Inclusion], ...]

    @property
    def facts(self) -> dict[str, Json]:
        """Its form in JSON."""
        pairs: list[Json] = [
            {"entry": parse(entry.leaf), "inclusion": inclusion.facts} for entry, inclusion in self.entries
        ]
        return {"schema": SEAL, "head": self.head.facts, "entries": pairs}

    def of_kind(self, *kinds: str) -> list[Entry]:
        """Return the entries of some kinds, in the ledger's order."""
        return [entry for entry, _ in self.entries if entry.kind in kinds]


@dataclass(frozen=True)
class Bundle:
    """A statement and its seal.

    Attributes:
        statement: what is stated.
        seal: what shows that the ledger has it.
        stated: the first two lines, which the ledger has the hash of.
    """

    statement: Statement
    seal: Seal
    stated: bytes

    @property
    def statement_sha256(self) -> str:
        """The hash of the first two lines, in hexadecimal."""
        return hashlib.sha256(self.stated).hexdigest()


def stated(statement: Statement) -> bytes:
    """Return the first two lines of a bundle.

    Raises:
        ValueError: the statement is too long.
    """
    text = MAGIC + canonical(statement.model_dump(mode="json")) + b"\n"
    if len(text) > MOST_BYTES:
        raise ValueError("there is more evidence than a bundle takes")
    return text


def written(text: bytes, seal: Seal) -> bytes:
    """Return a whole bundle.

    Args:
        text: what ``stated`` has returned.
        seal: has that text's hash in it.
    """
    return text + canonical(seal.facts) + b"\n"


def read(data: bytes) -> Bundle:
    """Return the bundle that ``data`` is; nothing is proved by that yet.

    Raises:
        ValueError: it is no bundle of this format, to the byte.
    """
    if len(data) > MOST_BYTES + MOST_SEAL_BYTES:
        raise ValueError("it is too long for a bundle")
    if data.startswith(FORMER):
        raise ValueError("it is of format 1, which no released version has written: let its owner make the case anew")
    if not data.startswith(MAGIC):
        raise ValueError("it is no bundle, or one of a newer version")
    lines = data.split(b"\n")
    if len(lines) != 4 or lines[3]:
        raise ValueError("a bundle has three lines, each with a line feed at its end")
    try:
        statement = Statement.model_validate_json(lines[1])
    except ValidationError as error:
        raise ValueError(f"its statement is malformed: {first_reason(error)}") from error
    text = stated(statement)
    if text != data[: len(text)] or len(text) != len(lines[0]) + len(lines[1]) + 2:
        raise ValueError("its statement is not canonical JSON")
    return Bundle(statement, _seal(lines[2]), text)


def read_file(path: Path) -> Bundle:
    """Return the bundle in a file, with no more memory than a bundle may take.

    Raises:
        ValueError: it is no bundle.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return read(file.read(MOST_BYTES + MOST_SEAL_BYTES + 1))


def _seal(line: bytes) -> Seal:
    facts = parse(line)
    head, pairs = facts.get("head"), facts.get("entries")
    if facts.keys() != {"schema", "head", "entries"} or facts["schema"] != SEAL:
        raise ValueError("its seal is malformed")
    if not isinstance(head, dict) or not isinstance(pairs, list) or len(pairs) > MOST_ENTRIES:
        raise ValueError("its seal is malformed")
    entries = tuple(map(_pair, pairs))
    _require_rising([entry.index for entry, _ in entries])
    return Seal(parse_head(canonical(head)), entries)


def _pair(facts: Json) -> tuple[Entry, Inclusion]:
    if not isinstance(facts, dict) or facts.keys() != {"entry", "inclusion"}:
        raise ValueError("its seal has something that is no entry")
    return parse_entry(canonical(facts["entry"])), parse_inclusion(_mapping(facts["inclusion"]))


def _mapping(facts: Json) -> Mapping[str, Json]:
    if not isinstance(facts, dict):
        raise ValueError("its seal has something that is no proof")  # noqa: TRY004 - of outside input
    return facts


def _require_rising(indices: Sequence[int]) -> None:
    if any(after <= before for before, after in pairwise(indices)):
        raise ValueError("the entries in its seal are not in order")
