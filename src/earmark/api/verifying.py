"""Verifying: what of a leak is genuine, and what was cut out, moved, or put in.

No codebook and no listener's secret is read for it: what is genuine does not depend on whose copy it was.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from threadpoolctl import threadpool_limits

from earmark.api.comparing import Recognised, by_sound, compared, original_of, recognised
from earmark.api.error_rates import ErrorRate, error_rate, error_rates
from earmark.api.finding import Strand
from earmark.api.original import sha256_of
from earmark.api.progress import Progress, silent
from earmark.api.results import Exhibit, RecordingName
from earmark.api.tracing import name_of, received, unheard
from earmark.api.tracks import require_known_rules, tracks_of
from earmark.api.workroom import sweep, workroom
from earmark.errors import MediaError, UsageError
from earmark.records.entries import Recording
from earmark.records.ledger import acts
from earmark.records.seal import unseal
from earmark.records.vault import Vault
from earmark.signal.timeline import State, TimeLine

Comparison = Literal["mark", "mark and original"]


@dataclass(frozen=True)
class StretchTimes:
    """A part of the time line of a leak.

    Attributes:
        state: "genuine", "cut here" (something of the recording is missing), "moved" (out of the recording's order),
            "not from this recording", or "too degraded to say".
        leak_start_s: in seconds from the leak's start.
        leak_end_s: likewise; the same where it is cut.
        recording_start_s: where in the recording it was said, where what is missing begins, or, if it is too degraded
            to say, where it would have been said; None where that is unknown.
        recording_end_s: likewise.
        speed: seconds of the recording per second of the leak; None where that is unknown or too short to tell.
        missing_s: seconds of the recording that are missing here, cut or replaced; else 0.
        error_rate: the largest share of such statements found wrong when it was measured; None where it was not.
    """

    state: State
    leak_start_s: float
    leak_end_s: float
    recording_start_s: float | None
    recording_end_s: float | None
    speed: float | None
    missing_s: float
    error_rate: float | None


@dataclass(frozen=True)
class Verified:
    """What a leak is, from its start to its end.

    Attributes:
        exhibit: the leak.
        recording: what it comes from; None where none of the vault's recordings was surely found in it.
        recognised_by: its mark, which proves it, or, with the original at hand, how it sounds; None if not at all.
        compared_with: whether the recording's original was at hand, or the mark only.
        stretches: the time line, in order; empty where no recording was found.
        edits_s: when in the leak it was edited, in seconds.
        error_rates: how often such statements were wrong when that was measured.
        elapsed_s: how long it took.
        notes: what is worth knowing, each a clause that can be printed.
    """

    exhibit: Exhibit
    recording: RecordingName | None
    recognised_by: Literal["mark", "sound"] | None
    compared_with: Comparison
    stretches: tuple[StretchTimes, ...]
    edits_s: tuple[float, ...]
    error_rates: tuple[ErrorRate, ...]
    elapsed_s: float
    notes: tuple[str, ...] = ()

    @property
    def altered(self) -> bool:
        """Whether any edit shows."""
        return bool(self.edits_s)


def verify(
    vault: Vault,
    leak: Path,
    *,
    recording: str | None = None,
    original: Path | None = None,
    progress: Progress = silent,
) -> Verified:
    """Tell what of ``leak`` is genuine.

    1. The exhibit is hashed before anything else happens to it, and entered in the ledger.
    2. The recording is found in it by its mark, and from where in the recording each part comes.
    3. With the original at hand, given or sealed in the vault, it is compared with that as well, which shows shorter
       edits, and finds a recording whose mark is too weak, if it is the only one looked for.
    4. The run is entered in the ledger.

    Args:
        vault: has the recordings.
        leak: any sound file; never changed.
        recording: id or title of the only one to look for; None for all of them.
        original: the very file that was marked; None for the sealed original, if there is one.
        progress: told about the stages "hashing", "listening", "searching", "aligning", "opening" and "comparing".

    Raises:
        UsageError: the recording is unknown.
        MediaError: the leak cannot be read, or ``original`` is not the file that was marked.
        VaultError: the vault cannot be used, or has recordings of a newer version.
    """
    started = time.monotonic()
    sweep(vault.folder)
    recordings = {one.id: one for one in files(vault, recording)}
    require_known_rules(recordings.values())
    given = None if original is None else sha256_of(original)
    progress("hashing", 0.0)
    sha256 = received(vault, leak)  # 1.
    keys = vault.keys_of(list(recordings), "verify")
    tracks = {one.recording_id: one for one in tracks_of(vault, list(recordings.values()), keys, "verify")}
    with threadpool_limits(1, "blas"):
        heard = recognised(leak, list(tracks.values()), progress)  # 2.
        likely = recordings[heard.found.track.recording_id] if heard.found else only(recordings, given)
        if given is not None and likely is not None and likely.input_sha256 != given:
            raise not_the_original(original, likely)
        line, known = TimeLine((), ()), heard.found
        with opened(vault, likely, original, progress) as path:  # 3.
            if known is None and likely is not None and path is not None:
                known = by_sound(leak, tracks[likely.id], path, progress)
            if known is not None:
                said = None if path is None else original_of(path, known, progress)
                line = compared(leak, known, said, progress)
            if heard.found is None and not any(one.placed for one in line.stretches):
                line, known = TimeLine((), ()), None
    found = recordings[known.track.recording_id] if known else None
    with_original = found is not None and path is not None
    vault.enter(run(sha256, found, line, with_original=with_original))  # 4.
    return Verified(
        exhibit=Exhibit(sha256, heard.seconds),
        recording=None if found is None else name_of(found),
        recognised_by=None if found is None else "mark" if heard.found else "sound",
        compared_with="mark and original" if with_original else "mark",
        stretches=tuple(stretches(line, with_original=with_original)),
        edits_s=line.edits,
        error_rates=error_rates(with_original=with_original),
        elapsed_s=time.monotonic() - started,
        notes=(
            *notes(
                heard, found, with_original=with_original, calls_left_out=recording is None and bool(vault.calls.all())
            ),
            *unheard(leak),
        ),
    )


def compared_with(
    vault: Vault, leak: Path, recording: Recording, found: Strand, progress: Progress
) -> tuple[TimeLine, bool]:
    """Return the time line of a leak in which a recording was found, and whether its original is in the vault."""
    with opened(vault, recording, None, progress) as path:
        said = None if path is None else original_of(path, found, progress)
        return compared(leak, found, said, progress), path is not None


CALLS_LEFT_OUT = "calls were not looked for: “earmark trace” tells whether the leak has passages of one"
NO_ORIGINAL = "the original is not at hand, so that edits shorter than about a second may go unseen"
BY_SOUND = "the mark is too weak to be found: it was recognised by how it sounds, which proves less than the mark would"


def files(vault: Vault, name: str | None) -> list[Recording]:
    """Return the recordings that are files: all of them, or the one of that name.

    Raises:
        UsageError: it is a call, or there is none.
    """
    found = vault.recordings() if name is None else [vault.recording(name)]
    files = [one for one in found if one.kind == "file"]
    if name is not None and not files:
        raise UsageError(
            f"{found[0].id} is a call, and a leak of a call cannot be compared with it yet",
            "There is no original of what is said in a call. “earmark trace” tells which passages of it leaked.",
        )
    return files


def run(sha256: str, found: Recording | None, line: TimeLine, *, with_original: bool) -> acts.Act:
    """Return what the ledger says of a verification."""
    recording = None if found is None else found.id
    return acts.verify_run(sha256, recording=recording, with_original=with_original, edits=len(line.edits))


def not_the_original(path: Path | None, recording: Recording) -> MediaError:
    """Return the error for a file that is not what a recording was made from."""
    return MediaError(
        f"{path} is not the file that {recording.id} was made from", f"It was called {recording.input_name!r}."
    )


def notes(heard: Recognised, found: Recording | None, *, with_original: bool, calls_left_out: bool) -> Iterator[str]:
    """Yield what is worth knowing."""
    if found is not None and not with_original:
        yield NO_ORIGINAL
    if found is not None and heard.found is None:
        yield BY_SOUND
    if found is None and calls_left_out:
        yield CALLS_LEFT_OUT


def only(recordings: Mapping[str, Recording], sha256: str | None) -> Recording | None:
    """Return what a leak is taken for if its mark tells of nothing: the given original's recording, or the only one."""
    likely = [one for one in recordings.values() if sha256 in (None, one.input_sha256)]
    return likely[0] if len(likely) == 1 else None


@contextmanager
def opened(
    vault: Vault, recording: Recording | None, original: Path | None, progress: Progress
) -> Iterator[Path | None]:
    """Give the file that was marked: ``original`` if there is one, or else the sealed one; None if there is neither."""
    if original is not None or recording is None or not recording.sealed:
        yield original
        return
    progress("opening", 0.0)
    with workroom(vault.folder, f"verify-{recording.id}") as work:
        path = work / f"original{Path(recording.input_name).suffix}"
        unseal(vault.sealed_path(recording.id), path, vault.keys(recording.id, "verify").seal_secret)
        progress("opening", 1.0)
        yield path


def stretches(line: TimeLine, *, with_original: bool) -> Iterator[StretchTimes]:
    """Yield the stretches of a time line, each with its error rate."""
    for one in line.stretches:
        yield StretchTimes(**vars(one), error_rate=error_rate(one.state, with_original=with_original))
