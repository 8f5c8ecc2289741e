"""What is entered in the ledger: one function for each kind of entry, which says what is in its body.

Neither titles nor people's names and addresses get into the ledger, nor anything else that is secret. ``subject`` is
what an entry is found by: a recording's id, or an exhibit's SHA-256.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from earmark.records.entries import NewRecording
from earmark.records.ledger.canonical import Json

Purpose = Literal["mark", "copy", "trace", "verify", "case", "open-mark-key", "exposure", "deal"]

VAULT_MADE = "vault-made"
RECORDING_MARKED = "recording-marked"
LISTENERS_ADDED = "listeners-added"
COPY_GIVEN = "copy-given"
EXHIBIT_RECEIVED = "exhibit-received"
TRACE_RUN = "trace-run"
VERIFY_RUN = "verify-run"
KEY_OPENED = "key-opened"
KEYS_ADDED = "keys-added"
KEYS_REMOVED = "keys-removed"
KEYS_ROTATED = "keys-rotated"
BACKUP_MADE = "backup-made"
BACKUP_RESTORED = "backup-restored"
CASE_MADE = "case-made"
EXPOSURE_SHOWN = "exposure-shown"

KINDS = frozenset(
    {
        VAULT_MADE,
        RECORDING_MARKED,
        LISTENERS_ADDED,
        COPY_GIVEN,
        EXHIBIT_RECEIVED,
        TRACE_RUN,
        VERIFY_RUN,
        KEY_OPENED,
        KEYS_ADDED,
        KEYS_REMOVED,
        KEYS_ROTATED,
        BACKUP_MADE,
        BACKUP_RESTORED,
        CASE_MADE,
        EXPOSURE_SHOWN,
    }
)


@dataclass(frozen=True)
class Act:
    """Something that is to be entered.

    Attributes:
        kind: lower-case words joined by hyphens.
        subject: what it is found by; empty for nothing.
        body: what there is to say.
    """

    kind: str
    subject: str
    body: Mapping[str, Json]


@dataclass(frozen=True)
class Commitments:
    """What is committed to before there is any copy.

    Attributes:
        mark_key: see ``earmark.records.ledger.commitments``, here and below.
        bias_seed: likewise.
        listeners: how many.
        listeners_root: root of the tree over their commitments.
    """

    mark_key: bytes
    bias_seed: bytes
    listeners: int
    listeners_root: bytes


@dataclass(frozen=True)
class Tried:
    """What a trace has tried, which its bounds have to pay for.

    Attributes:
        tracks: how many files and streams of calls were looked for.
        streams: how many of these were of the call that was found; 0 of a file, and if none was.
        listeners: how many the recording had then that was found; 0 if none was.
        shares: of the allowed chance, one for each piece of evidence of it that was put to its codebook.
    """

    tracks: int
    streams: int
    listeners: int
    shares: Sequence[float]


def vault_made(vault_id: str, public_key: bytes) -> Act:
    """A vault was made; its ledger starts here."""
    return Act(VAULT_MADE, "", {"vault": vault_id, "public_key": public_key.hex(), "adopted": False})


def vault_adopted(vault_id: str, public_key: bytes, counts: Mapping[str, int]) -> Act:
    """A ledger starts for a vault that was there before, with so many recordings, listeners and copies."""
    return Act(VAULT_MADE, "", {"vault": vault_id, "public_key": public_key.hex(), "adopted": True, **counts})


def recording_marked(recording_id: str, new: NewRecording, made: Commitments, *, adopted: bool = False) -> Act:
    """A recording came into the vault, and its keys and codebook are committed to.

    ``adopted``: its copies may be older than this entry, since there was no ledger then.
    """
    body: dict[str, Json] = {
        "recording": recording_id,
        "input_sha256": new.input_sha256,
        "detector": new.detector,
        "coalition": new.coalition,
        "segment_ms": new.segment_ms,
        "segments": new.segments,
        "mark_key_commitment": made.mark_key.hex(),
        "bias_seed_commitment": made.bias_seed.hex(),
        "listeners": made.listeners,
        "listeners_root": made.listeners_root.hex(),
        "adopted": adopted,
    }
    return Act(RECORDING_MARKED, recording_id, body)


def listeners_added(recording_id: str, added: int, listeners: int, root: bytes) -> Act:
    """Listeners were added to a recording; the tree over their commitments has grown at its end."""
    body: dict[str, Json] = {
        "recording": recording_id,
        "added": added,
        "listeners": listeners,
        "listeners_root": root.hex(),
    }
    return Act(LISTENERS_ADDED, recording_id, body)


def copy_given(
    recording_id: str, listener_id: str, *, sha256: str, name: str, container: str, adopted: bool = False
) -> Act:
    """A listener is given a copy; ``adopted``: that was before there was a ledger."""
    body: dict[str, Json] = {
        "recording": recording_id,
        "listener": listener_id,
        "sha256": sha256,
        "name": name,
        "format": container,
        "adopted": adopted,
    }
    return Act(COPY_GIVEN, recording_id, body)


def exhibit_received(sha256: str, size: int) -> Act:
    """An exhibit was received and hashed; its size is in bytes."""
    return Act(EXHIBIT_RECEIVED, sha256, {"sha256": sha256, "size": size})


def trace_run(
    sha256: str,
    *,
    verdict: str,
    bound: float,
    recording: str | None,
    named: Sequence[tuple[str, float]],
    untold: bool,
    searched: Sequence[str],
    tried: Tried,
) -> Act:
    """An exhibit was traced: with what bound, in which recordings, and who was named with what bound (log10).

    ``untold``: others would have been named whose own words are in it, and were not told.
    """
    body: dict[str, Json] = {
        "exhibit": sha256,
        "verdict": verdict,
        "bound": bound,
        "recording": recording,
        "named": [{"listener": listener, "false_accusation_log10": log10} for listener, log10 in named],
        "untold": untold,
        "searched": list(searched),
        "tracks": tried.tracks,
        "streams": tried.streams,
        "listeners": tried.listeners,
        "shares": list(tried.shares),
    }
    return Act(TRACE_RUN, sha256, body)


def verify_run(sha256: str, *, recording: str | None, with_original: bool, edits: int) -> Act:
    """An exhibit was compared with a recording, with its original or without, and edited in so many places."""
    body: dict[str, Json] = {
        "exhibit": sha256,
        "recording": recording,
        "with_original": with_original,
        "edits": edits,
    }
    return Act(VERIFY_RUN, sha256, body)


def key_opened(recordings: Sequence[str], keys: Sequence[str], purpose: Purpose) -> Act:
    """Keys of recordings are about to be opened."""
    subject = recordings[0] if len(recordings) == 1 else ""
    return Act(KEY_OPENED, subject, {"recordings": list(recordings), "keys": list(keys), "purpose": purpose})


def keys_added(kinds: Sequence[str]) -> Act:
    """Ways of opening the vault were added."""
    return Act(KEYS_ADDED, "", {"ways": list(kinds)})


def keys_removed(way: str) -> Act:
    """A way of opening the vault was removed."""
    return Act(KEYS_REMOVED, "", {"ways": [way]})


def keys_rotated(kinds: Sequence[str], *, deep: bool) -> Act:
    """The way by which the vault was opened was replaced; ``deep``: the vault key was, and with it all ways."""
    return Act(KEYS_ROTATED, "", {"ways": list(kinds), "deep": deep})


def backup_made(name: str) -> Act:
    """A backup is about to be made; the name is that of its file."""
    return Act(BACKUP_MADE, "", {"name": name})


def backup_restored(name: str, sha256: str) -> Act:
    """The vault was restored from a backup: its file's name and SHA-256."""
    return Act(BACKUP_RESTORED, "", {"name": name, "sha256": sha256})


def case_made(case_id: str, *, exhibit: str, verdict: str, statement_sha256: str) -> Act:
    """A case was made of an exhibit; what it states, by its hash. It has no subject, so that all cases can be found."""
    body: dict[str, Json] = {
        "case": case_id,
        "exhibit": exhibit,
        "verdict": verdict,
        "statement_sha256": statement_sha256,
    }
    return Act(CASE_MADE, "", body)


def exposure_shown(listener_id: str | None, device: str | None = None) -> Act:
    """Somebody looked up what a listener was given, or what a device has heard, by its key in hexadecimal."""
    return Act(EXPOSURE_SHOWN, "", {"listener": listener_id} if device is None else {"device": device})
