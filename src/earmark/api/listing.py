"""Looking into the vault."""

from earmark.api.results import RecordingName
from earmark.api.summaries import CopyGiven, ListenerList, ListenerSummary, RecordingList, RecordingSummary
from earmark.api.workroom import sweep
from earmark.records.entries import Recording
from earmark.records.vault import Vault


def recordings(vault: Vault) -> RecordingList:
    """Return the vault's recordings, the oldest first."""
    sweep(vault.folder)
    return RecordingList(tuple(_summary(vault, recording) for recording in vault.recordings()))


def listeners(vault: Vault, recording: str) -> ListenerList:
    """Return a recording's listeners and what they were given.

    Args:
        vault: has the recording.
        recording: its id or title, or the start of its id.

    Raises:
        UsageError: there is no such recording.
    """
    sweep(vault.folder)
    found = vault.recording(recording)
    given: dict[str, list[CopyGiven]] = {}
    for copy in vault.copies(found.id):
        given.setdefault(copy.listener_id, []).append(CopyGiven(copy.path, copy.sha256, copy.format, copy.given_at))
    summaries = (
        ListenerSummary(listener.id, listener.name, listener.email, tuple(given.get(listener.id, ())))
        for listener in vault.listeners(found.id)
    )
    return ListenerList(RecordingName(found.id, found.title), tuple(summaries))


def _summary(vault: Vault, recording: Recording) -> RecordingSummary:
    return RecordingSummary(
        id=recording.id,
        title=recording.title,
        created_at=recording.created_at,
        status=recording.status,
        input_name=recording.input_name,
        input_sha256=recording.input_sha256,
        seconds=recording.seconds,
        rate=recording.rate,
        channels=recording.channels,
        segment_ms=recording.segment_ms,
        segments=recording.segments,
        coalition=recording.coalition,
        format=recording.container,
        codec=recording.codec,
        sealed=recording.sealed,
        classification=recording.classification,
        listeners=len(vault.listeners(recording.id)),
        copies=len({copy.listener_id for copy in vault.copies(recording.id)}),
    )
