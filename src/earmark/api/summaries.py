"""What the vault shows of its records: everything but keys."""

from dataclasses import dataclass
from datetime import datetime

from earmark.api.results import RecordingName


@dataclass(frozen=True)
class RecordingSummary:
    """What the vault has of a recording, keys aside.

    Attributes:
        id: "r-" and eight letters or digits.
        title: for people.
        created_at: in UTC.
        status: "marking" until every copy of the first run is out, then "complete".
        input_name: the input file's name.
        input_sha256: the input file's SHA-256 in hexadecimal.
        seconds: its length.
        rate: samples per second.
        channels: number of channels.
        segment_ms: length of a segment in milliseconds.
        segments: number of segments.
        coalition: how many colluders the codebook is made for.
        format: what the copies are.
        codec: likewise.
        sealed: whether the vault holds the sealed original.
        classification: how confidential it is, in the owner's words; may be empty.
        listeners: how many there are.
        copies: how many of them were given a copy.
    """

    id: str
    title: str
    created_at: datetime
    status: str
    input_name: str
    input_sha256: str
    seconds: float
    rate: int
    channels: int
    segment_ms: int
    segments: int
    coalition: int
    format: str
    codec: str
    sealed: bool
    classification: str
    listeners: int
    copies: int


@dataclass(frozen=True)
class RecordingList:
    """The recordings of a vault, the oldest first."""

    recordings: tuple[RecordingSummary, ...]


@dataclass(frozen=True)
class CopyGiven:
    """A copy in the vault's records.

    Attributes:
        path: where it was put.
        sha256: of the file, in hexadecimal.
        format: what it is.
        given_at: when, in UTC.
    """

    path: str
    sha256: str
    format: str
    given_at: datetime


@dataclass(frozen=True)
class ListenerSummary:
    """A listener of a recording.

    Attributes:
        id: what their copy is called.
        name: for people; may be empty.
        email: likewise.
        copies: what they were given, the earliest first.
    """

    id: str
    name: str
    email: str
    copies: tuple[CopyGiven, ...]


@dataclass(frozen=True)
class ListenerList:
    """The listeners of a recording, in the order of their ids."""

    recording: RecordingName
    listeners: tuple[ListenerSummary, ...]
