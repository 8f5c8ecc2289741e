"""The streams of a call: what each member says, and which part of the codebook is spent on it."""

from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from earmark.errors import UsageError
from earmark.grid import BLOCK_SEGMENTS
from earmark.keys import SECRET_BYTES
from earmark.records.calls import speech
from earmark.records.calls.people import present
from earmark.records.ledger import call_acts
from earmark.records.safe import Sitting
from earmark.records.schema import recordings, stream_blocks, stream_times, streams
from earmark.records.sealing import seal_stream_key

TOLERANCE_S = 1.0
"""How far a position may be from where the clock expects it, before its time is put on record."""


def open_stream(sitting: Sitting, call_id: str, speaker_id: str, mark_key: bytes) -> int:
    """Put a new stream on record, commit to its mark key, and return its number.

    Raises:
        UsageError: the speaker is not in the call, or this is no key.
    """
    if speaker_id not in present(sitting.connection, call_id):
        raise UsageError(f"{speaker_id!r} is not in the call {call_id}", "Nobody speaks who was not let in.")
    if len(mark_key) != SECRET_BYTES:
        raise UsageError(f"a mark key has {SECRET_BYTES} bytes, not {len(mark_key)}", "Open the page anew.")
    count = select(func.count()).select_from(streams).filter_by(recording_id=call_id)
    number = int(sitting.connection.execute(count).scalar_one())
    facts = {
        "recording_id": call_id,
        "number": number,
        "speaker_id": speaker_id,
        "mark_key": seal_stream_key(sitting.columns, call_id, number, mark_key),
        "opened_at": sitting.now,
        "closed_at": None,
        "positions": 0,
    }
    sitting.connection.execute(insert(streams), facts)
    sitting.enter(call_acts.stream_opened(call_id, number, speaker_id, mark_key))
    _note_time(sitting, call_id, number, 0)
    return number


def open_block(sitting: Sitting, call_id: str, stream: int) -> int:
    """Give a stream the next 1,024 positions of the call's codebook; return which thousand of the codebook it is.

    Raises:
        UsageError: there is no such stream, or it has ended.
    """
    require_open(sitting.connection, call_id, stream)
    blocks = _blocks(sitting.connection, call_id)
    block, number = len(blocks), blocks.count(stream)
    facts = {"recording_id": call_id, "block": block, "stream": stream, "number": number, "opened_at": sitting.now}
    sitting.connection.execute(insert(stream_blocks), facts)
    grown = update(recordings).filter_by(id=call_id).values(segments=(block + 1) * BLOCK_SEGMENTS)
    sitting.connection.execute(grown)
    sitting.enter(call_acts.block_opened(call_id, stream, number, block))
    return block


def progress(sitting: Sitting, call_id: str, stream: int, positions: int, segment_s: float) -> int:
    """Note how many positions a stream has reached by now, and return that; it never goes back.

    Raises:
        UsageError: there is no such stream, it has ended, or has no keys for so many.
    """
    require_open(sitting.connection, call_id, stream)
    most = _blocks(sitting.connection, call_id).count(stream) * BLOCK_SEGMENTS
    if positions > most:
        raise UsageError(f"stream {stream} of {call_id} has keys for {most} positions, not {positions}", "")
    named = {"recording_id": call_id, "number": stream}
    query = select(streams.c.positions).filter_by(**named)
    reached = max(positions, int(sitting.connection.execute(query).scalar_one()))
    sitting.connection.execute(update(streams).filter_by(**named).values(positions=reached))
    known, at = _last_time(sitting.connection, call_id, stream)
    ahead = (reached - known) * segment_s - (sitting.now - at).total_seconds()
    if abs(ahead) > TOLERANCE_S:
        _note_time(sitting, call_id, stream, reached)
    return reached


def close_stream(sitting: Sitting, call_id: str, stream: int, positions: int, segment_s: float) -> None:
    """Note that a stream has ended, after so many positions.

    Raises:
        UsageError: there is no such stream, it has ended, or has no keys for so many.
    """
    _close(sitting, call_id, stream, progress(sitting, call_id, stream, positions, segment_s))


def doubt(sitting: Sitting, call_id: str, stream: int, reason: str) -> None:
    """Note that a stream cannot be relied on to be traced, and why.

    Raises:
        UsageError: there is no such stream, or it has ended.
    """
    require_open(sitting.connection, call_id, stream)
    sitting.enter(call_acts.stream_doubted(call_id, stream, reason))


def close_all(sitting: Sitting, call_id: str, segment_s: float) -> None:
    """Close the streams that are open, where they may be by now: by the clock, and no further than there are keys."""
    query = select(streams.c.number, streams.c.positions).filter_by(recording_id=call_id, closed_at=None)
    for number, positions in sitting.connection.execute(query.order_by(streams.c.number)).all():
        reached = max(positions, _reachable(sitting, call_id, number, segment_s))
        close_stream(sitting, call_id, number, reached, segment_s)


def _reachable(sitting: Sitting, call_id: str, stream: int, segment_s: float) -> int:
    """Return how many positions may have begun by now, if nobody could say so."""
    known, at = _last_time(sitting.connection, call_id, stream)
    begun = known + int((sitting.now - at).total_seconds() / segment_s) + 1
    return min(begun, _blocks(sitting.connection, call_id).count(stream) * BLOCK_SEGMENTS)


def _close(sitting: Sitting, call_id: str, stream: int, positions: int) -> None:
    closed = update(streams).filter_by(recording_id=call_id, number=stream).values(closed_at=sitting.now)
    sitting.connection.execute(closed)
    speech.seal(sitting, call_id, stream)
    sitting.enter(call_acts.stream_closed(call_id, stream, positions))


def require_open(connection: Connection, call_id: str, stream: int) -> None:
    """See that a stream goes on.

    Raises:
        UsageError: there is no such stream, or it has ended.
    """
    query = select(streams.c.closed_at).filter_by(recording_id=call_id, number=stream)
    row = connection.execute(query).first()
    if row is None or row.closed_at is not None:
        state = "no" if row is None else "no longer a"
        raise UsageError(f"there is {state} stream {stream} in {call_id}", "Open a new one.")


def _blocks(connection: Connection, call_id: str) -> list[int]:
    """Return which stream each block of the codebook is for."""
    query = select(stream_blocks.c.stream).filter_by(recording_id=call_id).order_by(stream_blocks.c.block)
    return list(connection.execute(query).scalars())


def _last_time(connection: Connection, call_id: str, stream: int) -> tuple[int, datetime]:
    table = stream_times.c
    query = select(table.position, table.at).filter_by(recording_id=call_id, stream=stream)
    row = connection.execute(query.order_by(table.position.desc()).limit(1)).one()
    return row.position, row.at


def _note_time(sitting: Sitting, call_id: str, stream: int, position: int) -> None:
    named = {"recording_id": call_id, "stream": stream, "position": position}
    changed = sitting.connection.execute(update(stream_times).filter_by(**named).values(at=sitting.now))
    if not changed.rowcount:
        sitting.connection.execute(insert(stream_times), {**named, "at": sitting.now})
