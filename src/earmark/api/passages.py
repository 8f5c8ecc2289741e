"""Where passages lie, in seconds: in the leak, and in the recording or the call."""

from collections.abc import Iterator
from dataclasses import replace

from earmark.api.finding import Found
from earmark.api.results import PassageTimes
from earmark.records.calls.entries import CallRecord
from earmark.records.vault import Vault
from earmark.signal.alignment import Passage
from earmark.signal.listening import Listening


def passages_of(vault: Vault, found: Found) -> Iterator[PassageTimes]:
    """Yield where the passages of what was found lie, in the order of the leak."""
    strands = found.strands
    call = None if strands[0].track.stream is None else vault.calls.get(found.recording_id)
    for strand, passage in found.passages:
        where = times(passage, strand.listening)
        yield where if call is None or strand.track.stream is None else in_call(where, call, strand.track.stream)


def in_call(where: PassageTimes, call: CallRecord, number: int) -> PassageTimes:
    """Return where a passage of a stream lies in its call, and whose words it is."""
    stream, segment_s = call.streams[number], call.recording.grid.segment_s
    started = call.started_at or stream.opened_at
    start, end = (
        (stream.time_of(at / segment_s, segment_s) - started).total_seconds()
        for at in (where.recording_start_s, where.recording_end_s)
    )
    return replace(where, recording_start_s=start, recording_end_s=end, stream=number, speaker=stream.speaker_id)


def times(passage: Passage, listening: Listening) -> PassageTimes:
    """Return where a passage lies, in seconds."""
    segment_s = listening.layout.segment_ms / 1000
    nominal = listening.hops_per_segment
    measured = passage.frames_per_segment
    speed = listening.pace.tempo * (nominal / measured if measured else 1.0)  # else too short to tell more
    return PassageTimes(
        leak_start_s=int(passage.frames[0]) * listening.hop_s,
        leak_end_s=int(passage.frames[-1]) * listening.hop_s + segment_s / speed,
        recording_start_s=int(passage.segments[0]) * segment_s,
        recording_end_s=(int(passage.segments[-1]) + 1) * segment_s,
        speed=speed,
    )
