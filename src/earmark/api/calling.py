"""Looking back on calls: when they were, who was there, and who heard which minutes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from earmark.records.calls.entries import CallRecord, Consent, Person
from earmark.records.calls.pieces import PIECE_S
from earmark.records.ledger.canonical import Json
from earmark.records.vault import Vault


@dataclass(frozen=True, kw_only=True)
class CallSummary:
    """What a list of calls says of one.

    Attributes:
        id: "call-" and eight letters or digits.
        title: for people.
        classification: how confidential it is, in the host's words; may be empty.
        created_at: in UTC.
        started_at: when the first member was let in, in UTC; None before.
        ended_at: in UTC; None before.
        people: how many may come.
    """

    id: str
    title: str
    classification: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    people: int


@dataclass(frozen=True)
class CallList:
    """The calls of a vault, the oldest first."""

    calls: tuple[CallSummary, ...]


@dataclass(frozen=True)
class CallStay:
    """From when to when somebody was in a call, in UTC; ``left_at`` is None while they are."""

    admitted_at: datetime
    left_at: datetime | None


@dataclass(frozen=True)
class CallPerson:
    """Somebody who may come to a call.

    Attributes:
        id: what their copy is called.
        name: for people; may be empty.
        host: whether they may let others in.
        consented_at: when they first signed that they know of the mark, in UTC; None before.
        stays: when they were there, the earliest first.
        heard_s: for how long, in seconds.
        streams: the numbers of those in which they spoke.
        devices: the public keys that they have signed with, in hexadecimal, the earliest first.
    """

    id: str
    name: str
    host: bool
    consented_at: datetime | None
    stays: tuple[CallStay, ...]
    heard_s: float
    streams: tuple[int, ...]
    devices: tuple[str, ...]


@dataclass(frozen=True)
class CallStream:
    """What one member has said, until they left.

    Attributes:
        stream: its number in the call.
        speaker: the member's id.
        opened_at: in UTC.
        closed_at: in UTC; None before.
        seconds: how much of it there is.
        doubts: why it may not be traceable, as was found during the call: “alike” (both variants were the same),
            “unopened” (what arrived could not be opened), “unlike” (those who should have heard the same did not).
        kept_s: how many seconds of it the speaker has sealed for the vault, to compare leaks with; None where they did
            not want that.
    """

    stream: int
    speaker: str
    opened_at: datetime
    closed_at: datetime | None
    seconds: float
    doubts: tuple[str, ...]
    kept_s: float | None


@dataclass(frozen=True, kw_only=True)
class CallShown:
    """What happened in a call; the first attributes are those of ``CallSummary``.

    Attributes:
        rules: what the host has laid down.
        people: who may come, in the order of their ids.
        streams: what was said, in the order in which it began.
    """

    id: str
    title: str
    classification: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    rules: Mapping[str, Json]
    people: tuple[CallPerson, ...]
    streams: tuple[CallStream, ...]


def calls(vault: Vault) -> CallList:
    """Return the vault's calls, the oldest first."""
    return CallList(tuple(_summary(vault.calls.get(call.id)) for call in vault.calls.all()))


def call(vault: Vault, name: str, *, now: datetime | None = None) -> CallShown:
    """Return what happened in a call.

    Args:
        vault: has the call.
        name: its id or title, or the start of its id.
        now: until when members who have not left have heard; in UTC. Default: this moment.

    Raises:
        UsageError: there is no such call.
    """
    record = vault.calls.get(name)
    until = record.ended_at or now or datetime.now(UTC)
    consents = vault.calls.consents(record.recording.id)
    return CallShown(
        id=record.recording.id,
        title=record.recording.title,
        classification=record.recording.classification,
        created_at=record.recording.created_at,
        started_at=record.started_at,
        ended_at=record.ended_at,
        rules=dict(record.rules),
        people=tuple(_person(record, person, consents, until) for person in record.people),
        streams=_streams(record),
    )


def _summary(record: CallRecord) -> CallSummary:
    return CallSummary(
        id=record.recording.id,
        title=record.recording.title,
        classification=record.recording.classification,
        created_at=record.recording.created_at,
        started_at=record.started_at,
        ended_at=record.ended_at,
        people=len(record.people),
    )


def _person(record: CallRecord, person: Person, consents: Sequence[Consent], until: datetime) -> CallPerson:
    known = person.listener.id
    stays = [stay for stay in record.attendance if stay.listener_id == known]
    return CallPerson(
        id=known,
        name=person.listener.name,
        host=person.host,
        consented_at=person.consented_at,
        stays=tuple(CallStay(stay.admitted_at, stay.left_at) for stay in stays),
        heard_s=sum(((stay.left_at or until) - stay.admitted_at).total_seconds() for stay in stays),
        streams=tuple(stream.number for stream in record.streams if stream.speaker_id == known),
        devices=tuple(dict.fromkeys(one.device.hex() for one in consents if one.listener_id == known)),
    )


def _streams(record: CallRecord) -> tuple[CallStream, ...]:
    segment_s = record.recording.segment_ms / 1000
    return tuple(
        CallStream(
            stream.number,
            stream.speaker_id,
            stream.opened_at,
            stream.closed_at,
            stream.positions * segment_s,
            stream.doubts,
            None if stream.kept is None else stream.kept * PIECE_S,
        )
        for stream in record.streams
    )
