"""What the vault keeps of a call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from earmark.grid import BLOCK_SEGMENTS
from earmark.keys import derive
from earmark.records.entries import NewRecording, Recording
from earmark.records.ledger.canonical import Json
from earmark.records.listeners import Listener

RATE = 48_000
CODEC = "opus"
LISTENER_LABEL = "earmark/1 call listener"


def effective_secret(secret: bytes, nonce: bytes) -> bytes:
    """Return what a member's codeword derives from: the secret committed to, and the nonce that they revealed after.

    Neither the one who drew the secret nor the one who drew the nonce could choose the codeword alone.

    Args:
        secret: 32 bytes.
        nonce: 32 bytes, of the first receipt.
    """
    return derive(secret, LISTENER_LABEL, nonce)


@dataclass(frozen=True, kw_only=True)
class NewCall:
    """What is known of a call before the vault draws its keys.

    Attributes:
        title: for people to read, and to choose the call by.
        rules: what the host has laid down, as JSON.
        detector: version of the marking that a detector has to know.
        depth: how strongly it is marked; see ``earmark.signal.variants.Renderer``.
        slot_ms: length of a pattern's time slots in milliseconds.
        segment_ms: length of a segment in milliseconds.
        coalition: how many colluders the codebook is made for.
        classification: how confidential it is, in the owner's words; may be empty.
    """

    title: str
    rules: Mapping[str, Json] = field(default_factory=dict)
    detector: int
    depth: float
    slot_ms: int
    segment_ms: int = 240
    coalition: int = 4
    classification: str = ""

    @property
    def recording(self) -> NewRecording:
        """The recording that it is, before anything was said."""
        return NewRecording(
            title=self.title,
            input_name="",
            input_sha256="",
            seconds=0.0,
            rate=RATE,
            channels=1,
            segment_ms=self.segment_ms,
            segments=0,
            coalition=self.coalition,
            detector=self.detector,
            depth=self.depth,
            container="",
            codec=CODEC,
            classification=self.classification,
            kind="call",
            slot_ms=self.slot_ms,
        )


@dataclass(frozen=True)
class Invitation:
    """Whom a link is for.

    Attributes:
        call_id: to which call.
        listener_id: whom.
        name: for people to read; may be empty.
        host: whether they may let others in, and send them away.
        device: the Ed25519 public key of the browser that has used it first, 32 bytes; None before.
    """

    call_id: str
    listener_id: str
    name: str
    host: bool
    device: bytes | None


@dataclass(frozen=True)
class Consent:
    """A receipt that a member has signed.

    Attributes:
        listener_id: who.
        nonce: 32 bytes that they have revealed with it; the first ones count.
        receipt: what was signed, JSON.
        signature: Ed25519, of the receipt in UTF-8.
        device: the public key that it holds for.
        consented_at: when it came, in UTC.
    """

    listener_id: str
    nonce: bytes
    receipt: str
    signature: bytes
    device: bytes
    consented_at: datetime


@dataclass(frozen=True)
class Stay:
    """From when to when somebody was in the call.

    Attributes:
        listener_id: who.
        admitted_at: when they were let in, in UTC.
        left_at: when they left; None while they are there.
    """

    listener_id: str
    admitted_at: datetime
    left_at: datetime | None


@dataclass(frozen=True)
class Stream:
    """What one member has said, until they left.

    Attributes:
        number: 0, 1, …, in the order in which they were opened.
        speaker_id: who speaks.
        opened_at: when, in UTC.
        closed_at: when it ended; None before.
        positions: how many segments there were, as far as is known.
        blocks: which thousands of the call's codebook its own thousands are.
        times: positions and when they began, in UTC: the first of them, and each that did not follow on the one before.
        doubts: why it may not be traceable, as was found during the call; in words of ``earmark.call.doubts``.
        kept: how many pieces of it its speaker has sealed for the vault; None where they did not want that.
    """

    number: int
    speaker_id: str
    opened_at: datetime
    closed_at: datetime | None
    positions: int
    blocks: tuple[int, ...]
    times: tuple[tuple[int, datetime], ...]
    doubts: tuple[str, ...] = ()
    kept: int | None = None

    def time_of(self, position: float, segment_s: float) -> datetime:
        """Return when a position began, in UTC.

        Args:
            position: 0 or more; may lie within a segment.
            segment_s: length of a segment in seconds.
        """
        known, at = max((one for one in self.times if one[0] <= position), default=(0, self.opened_at))
        return at + timedelta(seconds=(position - known) * segment_s)

    def segments(self) -> list[int]:
        """Return the number that each of its positions has in the call's codebook."""
        return [block * BLOCK_SEGMENTS + place for block in self.blocks for place in range(BLOCK_SEGMENTS)]


@dataclass(frozen=True)
class Person:
    """Somebody who may come to a call.

    Attributes:
        listener: who.
        host: whether they may let others in; False also where there is no invitation.
        consented_at: when they first signed that they know of the mark, in UTC; None before.
        expected_back: whether they were let in, have not left since by their own will, and may come back as they like.
        removed_at: when a host removed them for good, in UTC; None where none has.
    """

    listener: Listener
    host: bool
    consented_at: datetime | None
    expected_back: bool = False
    removed_at: datetime | None = None


@dataclass(frozen=True)
class CallRecord:
    """All that is known of a call and is no secret.

    Attributes:
        recording: what it is among the vault's recordings.
        rules: what the host has laid down.
        ended_at: when it ended, in UTC; None before.
        people: who may come, in the order of their ids.
        attendance: who was there, in the order in which they came.
        streams: what was said, in the order in which it began.
        locked: whether a host lets nobody new in.
    """

    recording: Recording
    rules: Mapping[str, Json]
    ended_at: datetime | None
    people: tuple[Person, ...]
    attendance: tuple[Stay, ...]
    streams: tuple[Stream, ...]
    locked: bool = False

    @property
    def started_at(self) -> datetime | None:
        """When the first member was let in; None before. Times in the call count from then."""
        return min((stay.admitted_at for stay in self.attendance), default=None)


@dataclass(frozen=True)
class CallCodes:
    """What codewords are dealt from.

    Attributes:
        bias_seed: 32 bytes; the codebook's biases derive from it.
        secrets: of every listener by id, 32 bytes: the effective ones of those who have revealed a nonce.
    """

    bias_seed: bytes = field(repr=False)
    secrets: Mapping[str, bytes] = field(repr=False)
