"""What of the vault listening may know, and what the codebooks are opened with: of files and of calls."""

from collections.abc import Iterable, Mapping, Sequence

from earmark.api.finding import DETECTOR
from earmark.api.looking import Track
from earmark.errors import VaultError
from earmark.grid import BLOCK_SEGMENTS, Grid
from earmark.records.calls.entries import Stream
from earmark.records.entries import Recording, RecordingKeys
from earmark.records.ledger.acts import Purpose
from earmark.records.vault import Vault


def require_known_rules(recordings: Iterable[Recording]) -> None:
    """Raise a VaultError where a recording was marked by rules that are not known here."""
    for recording in recordings:
        if recording.detector > DETECTOR:
            raise VaultError(f"{recording.id} was marked by a newer version of Earmark", "Update Earmark.")


def tracks_of(
    vault: Vault, recordings: Sequence[Recording], keys: Mapping[str, RecordingKeys], purpose: Purpose
) -> list[Track]:
    """Return what listening may know of recordings: of files, and of the streams of calls."""
    of_streams = vault.calls.mark_keys([one.id for one in recordings if one.kind == "call"], purpose)
    tracks: list[Track] = []
    for one in recordings:
        if one.kind == "file":
            tracks.append(Track(one.id, keys[one.id].mark_key, one.grid, one.slot_ms))
        else:
            tracks += [track_of(one, stream, of_streams[one.id][stream.number]) for stream in spoken(vault, one)]
    return tracks


def spoken(vault: Vault, call: Recording) -> list[Stream]:
    """Return the streams of a call in which anything may have been said."""
    return [stream for stream in vault.calls.streams(call.id) if stream.blocks]


def track_of(call: Recording, stream: Stream, mark_key: bytes) -> Track:
    """Return what listening may know of a stream: all that keys were dealt for may have been said."""
    grid = Grid(call.segment_ms, len(stream.blocks) * BLOCK_SEGMENTS)
    return Track(call.id, mark_key, grid, call.slot_ms, stream.number, stream.blocks)


def opened_secrets(vault: Vault, recording: Recording, purpose: Purpose) -> Mapping[str, bytes]:
    """Open what the codewords of a recording derive from, by listener."""
    opened = vault.secrets if recording.kind == "file" else vault.calls.secrets
    return opened(recording.id, purpose)
