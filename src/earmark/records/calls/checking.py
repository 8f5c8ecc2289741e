"""Checking that what the vault's tables say of calls is what the ledger says."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Select, Text, select, type_coerce

from earmark.records.calls.speech import digest
from earmark.records.ledger import call_acts
from earmark.records.ledger.entries import Entry
from earmark.records.schema import attendance, consents, speech, stream_blocks, streams

Facts = dict[str, set[tuple[str, ...]]]

WORDS = {
    call_acts.PERSON_CONSENTED: "receipts",
    call_acts.PERSON_ADMITTED: "arrivals",
    call_acts.PERSON_LEFT: "departures",
    call_acts.STREAM_OPENED: "streams",
    call_acts.BLOCK_OPENED: "blocks",
    call_acts.STREAM_CLOSED: "ends of streams",
    call_acts.SPEECH_KEPT: "keys to what was kept",
    call_acts.SPEECH_SEALED: "pieces that were kept",
}
FIELDS = {
    call_acts.PERSON_CONSENTED: ("listener", "receipt_sha256", "nonce", "device"),
    call_acts.PERSON_ADMITTED: ("listener",),
    call_acts.PERSON_LEFT: ("listener",),
    call_acts.STREAM_OPENED: ("stream", "speaker"),
    call_acts.BLOCK_OPENED: ("stream", "number", "block"),
    call_acts.STREAM_CLOSED: ("stream", "positions"),
    call_acts.SPEECH_KEPT: ("stream", "public_key"),
    call_acts.SPEECH_SEALED: ("stream", "pieces", "sha256"),
}


class EnteredCalls:
    """What the ledger says of calls, by kind of entry and by call: facts, and when they were entered."""

    def __init__(self) -> None:
        self._facts: dict[str, Facts] = {kind: defaultdict(set) for kind in WORDS}

    def see(self, entry: Entry) -> None:
        """Take up an entry."""
        if entry.kind in FIELDS:
            stated = (str(entry.body.get(name)) for name in FIELDS[entry.kind])
            self._facts[entry.kind][str(entry.body.get("recording"))].add((*stated, entry.time))

    def differences(self, connection: Connection) -> Iterator[str]:
        """Yield how the tables differ from it, in clauses that can be printed."""
        kept = {
            call_acts.PERSON_CONSENTED: _receipts(connection),
            call_acts.PERSON_ADMITTED: _rows(connection, _stays(attendance.c.admitted_at)),
            call_acts.PERSON_LEFT: _rows(connection, _stays(attendance.c.left_at)),
            call_acts.STREAM_OPENED: _rows(connection, _streams("speaker_id", streams.c.opened_at)),
            call_acts.BLOCK_OPENED: _rows(connection, _block_rows()),
            call_acts.STREAM_CLOSED: _rows(connection, _streams("positions", streams.c.closed_at)),
            call_acts.SPEECH_KEPT: _speech_keys(connection),
            call_acts.SPEECH_SEALED: _speech(connection),
        }
        for kind, there in kept.items():
            yield from _differences(WORDS[kind], there, self._facts[kind])


def _differences(what: str, there: Facts, entered: Mapping[str, set[tuple[str, ...]]]) -> Iterator[str]:
    for call in sorted(there.keys() | entered.keys()):
        if there.get(call) != entered.get(call):
            yield f"the {what} of {call} are not those that the ledger says"


def _stays(moment: Any) -> Select[Any]:
    text = type_coerce(moment, Text)
    return select(attendance.c.recording_id, attendance.c.listener_id, text).where(moment.is_not(None))


def _streams(fact: str, moment: Any) -> Select[Any]:
    text = type_coerce(moment, Text)
    return select(streams.c.recording_id, streams.c.number, streams.c[fact], text).where(moment.is_not(None))


def _block_rows() -> Select[Any]:
    table = stream_blocks.c
    return select(table.recording_id, table.stream, table.number, table.block, type_coerce(table.opened_at, Text))


def _rows(connection: Connection, query: Select[Any]) -> Facts:
    found: Facts = defaultdict(set)
    for call, *facts, moment in connection.execute(query):
        found[str(call)].add((*map(str, facts), _time(moment)))
    return found


def _receipts(connection: Connection) -> Facts:
    found: Facts = defaultdict(set)
    table = consents.c
    columns = (table.recording_id, table.listener_id, table.receipt, table.nonce, table.device)
    for call, listener, receipt, nonce, device, moment in connection.execute(
        select(*columns, type_coerce(table.consented_at, Text))
    ):
        sha256 = hashlib.sha256(str(receipt).encode(errors="replace")).hexdigest()
        found[str(call)].add((str(listener), sha256, _hex(nonce), _hex(device), _time(moment)))
    return found


def _speech_keys(connection: Connection) -> Facts:
    found: Facts = defaultdict(set)
    table = speech.c
    columns = (table.recording_id, table.stream, table.public_key, type_coerce(table.kept_at, Text))
    for call, stream, public_key, moment in connection.execute(select(*columns)):
        found[str(call)].add((str(stream), _hex(public_key), _time(moment)))
    return found


def _speech(connection: Connection) -> Facts:
    """Return what was kept of streams that have ended."""
    found: Facts = defaultdict(set)
    both = speech.join(
        streams, (speech.c.recording_id == streams.c.recording_id) & (speech.c.stream == streams.c.number)
    )
    closed = type_coerce(streams.c.closed_at, Text)
    query = select(speech.c.recording_id, speech.c.stream, closed).select_from(both).where(closed.is_not(None))
    for call, stream, moment in connection.execute(query).all():
        pieces, sha256 = digest(connection, call, stream)
        found[str(call)].add((str(stream), str(pieces), sha256, _time(moment)))
    return found


def _hex(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else repr(value)  # SQLite lets anybody put anything there


def _time(text: object) -> str:
    return str(text).removesuffix("+00:00") + "Z"
