"""What the vault keeps of a recording and of a copy."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from earmark.grid import Grid

Status = Literal["marking", "complete"]
Kind = Literal["file", "call"]

ID_BYTES = 5


def new_id(kind: Kind, randomness: Callable[[int], bytes]) -> str:
    """Return an id for a recording: a word for its kind, a hyphen, and eight letters or digits."""
    prefix = {"file": "r", "call": "call"}[kind]
    return f"{prefix}-{base64.b32encode(randomness(ID_BYTES)).decode().lower()}"


@dataclass(frozen=True, kw_only=True)
class NewRecording:
    """What is known of a recording before the vault draws its keys.

    Attributes:
        title: for people to read, and to choose the recording by.
        input_name: the input file's name.
        input_sha256: the input file's SHA-256 in hexadecimal.
        seconds: length in seconds.
        rate: samples per second.
        channels: number of channels.
        segment_ms: length of a segment in milliseconds.
        segments: number of whole segments.
        coalition: how many colluders the codebook is made for.
        detector: version of the marking that a detector has to know.
        depth: how strongly it is marked, so that later copies are made of the same two variants.
        container: container of the copies.
        codec: codec of the copies.
        classification: how confidential it is, in the owner's words; may be empty.
        kind: a file, or a call: see ``earmark.records.calls``. A call's ``input_name``, ``input_sha256`` and
            ``container`` are empty; its segments grow while it lasts, and its length is known when it has ended.
        slot_ms: length of a pattern's time slots in milliseconds.
    """

    title: str
    input_name: str
    input_sha256: str
    seconds: float
    rate: int
    channels: int
    segment_ms: int
    segments: int
    coalition: int
    detector: int
    depth: float
    container: str
    codec: str
    classification: str = ""
    kind: Kind = "file"
    slot_ms: int = 30

    @property
    def grid(self) -> Grid:
        """The recording's segments."""
        return Grid(self.segment_ms, self.segments)


@dataclass(frozen=True, kw_only=True)
class Recording(NewRecording):
    """A recording in the vault.

    Attributes:
        id: "r-" (a file) or "call-" (a call) and eight letters or digits.
        created_at: when it came into the vault, in UTC.
        status: "marking" until every copy of its first run is out, or the call has ended; then "complete".
        sealed: whether the sealed original is in the vault.
    """

    id: str
    created_at: datetime
    status: Status = "marking"
    sealed: bool = False


@dataclass(frozen=True)
class RecordingKeys:
    """A recording's keys.

    Attributes:
        mark_key: 32 bytes; the patterns derive from it. Empty for a call, each stream of which has its own.
        bias_seed: 32 bytes; the codebook's biases derive from it.
        seal_secret: 32 bytes; opens the sealed original. Empty for a call, which has none.
    """

    mark_key: bytes = field(repr=False)
    bias_seed: bytes = field(repr=False)
    seal_secret: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A copy that was given, or was about to be when the run ended.

    Attributes:
        listener_id: to whom.
        path: where it was put.
        sha256: the file's SHA-256 in hexadecimal.
        format: container of the file.
        given_at: when, in UTC.
    """

    listener_id: str
    path: str
    sha256: str
    format: str
    given_at: datetime
