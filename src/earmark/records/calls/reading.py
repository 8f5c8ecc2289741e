"""What is known of a call and is no secret, read from the vault's tables."""

import json
from collections import defaultdict
from datetime import datetime

from sqlalchemy import Connection, func, select

from earmark.records.calls import speech
from earmark.records.calls.entries import CallRecord, Consent, Person, Stay, Stream
from earmark.records.entries import Recording
from earmark.records.ledger.call_acts import STREAM_DOUBTED
from earmark.records.ledger.log import find
from earmark.records.listeners import Listener
from earmark.records.schema import (
    attendance,
    calls,
    consents,
    invitations,
    listeners,
    stream_blocks,
    stream_times,
    streams,
)


def record(connection: Connection, call: Recording) -> CallRecord:
    """Return all that is known of a call and is no secret."""
    row = connection.execute(
        select(calls.c.rules, calls.c.ended_at, calls.c.locked).filter_by(recording_id=call.id)
    ).one()
    return CallRecord(
        recording=call,
        rules=json.loads(row.rules),
        ended_at=row.ended_at,
        people=tuple(_people(connection, call.id)),
        attendance=tuple(_attendance(connection, call.id)),
        streams=tuple(streams_of(connection, call.id)),
        locked=row.locked,
    )


def streams_of(connection: Connection, call_id: str) -> list[Stream]:
    """Return the streams of a call by their numbers."""
    blocks, times, doubts = _blocks(connection, call_id), _times(connection, call_id), _doubts(connection, call_id)
    kept = speech.counts(connection, call_id)
    table = streams.c
    columns = (table.number, table.speaker_id, table.opened_at, table.closed_at, table.positions)
    query = select(*columns).filter_by(recording_id=call_id).order_by(table.number)
    return [
        Stream(
            *row, tuple(blocks[row.number]), tuple(times[row.number]), tuple(doubts[row.number]), kept.get(row.number)
        )
        for row in connection.execute(query)
    ]


def consents_of(connection: Connection, call_id: str) -> list[Consent]:
    """Return the receipts of a call, the earliest first."""
    table = consents.c
    columns = [table[name] for name in Consent.__dataclass_fields__]
    query = select(*columns).filter_by(recording_id=call_id).order_by(table.id)
    return [Consent(**row) for row in connection.execute(query).mappings()]


def knows_device(connection: Connection, listener_id: str, device: bytes) -> bool:
    """Tell whether somebody has consented to any call with that device."""
    query = select(consents.c.id).filter_by(listener_id=listener_id, device=device).limit(1)
    return connection.execute(query).first() is not None


def _people(connection: Connection, call_id: str) -> list[Person]:
    first = select(consents.c.listener_id, func.min(consents.c.consented_at)).filter_by(recording_id=call_id)
    consented = {row[0]: row[1] for row in connection.execute(first.group_by(consents.c.listener_id))}
    facts = (invitations.c.listener_id, invitations.c.host, invitations.c.expected_back, invitations.c.removed_at)
    invited = {row[0]: row for row in connection.execute(select(*facts).filter_by(recording_id=call_id))}
    query = select(listeners.c.id, listeners.c.name, listeners.c.email).filter_by(recording_id=call_id)
    people = [
        Person(Listener(*row), one.host, consented.get(row.id), one.expected_back, one.removed_at)
        if (one := invited.get(row.id))
        else Person(Listener(*row), False, consented.get(row.id))
        for row in connection.execute(query)
    ]
    return sorted(people, key=lambda person: person.listener.id)


def _attendance(connection: Connection, call_id: str) -> list[Stay]:
    columns = (attendance.c.listener_id, attendance.c.admitted_at, attendance.c.left_at)
    query = select(*columns).filter_by(recording_id=call_id).order_by(attendance.c.id)
    return [Stay(*row) for row in connection.execute(query)]


def _blocks(connection: Connection, call_id: str) -> dict[int, list[int]]:
    blocks: dict[int, list[int]] = defaultdict(list)
    query = select(stream_blocks.c.stream, stream_blocks.c.block).filter_by(recording_id=call_id)
    for stream, block in connection.execute(query.order_by(stream_blocks.c.number)):
        blocks[stream].append(block)
    return blocks


def _doubts(connection: Connection, call_id: str) -> dict[int, list[str]]:
    doubts: dict[int, list[str]] = defaultdict(list)
    for entry in find(connection, STREAM_DOUBTED, call_id):
        doubts[int(str(entry.body["stream"]))].append(str(entry.body["doubt"]))
    return doubts


def _times(connection: Connection, call_id: str) -> dict[int, list[tuple[int, datetime]]]:
    times: dict[int, list[tuple[int, datetime]]] = defaultdict(list)
    table = stream_times.c
    query = select(table.stream, table.position, table.at).filter_by(recording_id=call_id)
    for stream, position, at in connection.execute(query.order_by(table.position)):
        times[stream].append((position, at))
    return times
