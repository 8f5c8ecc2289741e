"""Verifying leaks of recordings that are files: compared with the one original, if it is at hand."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from earmark.api.comparing import Recognised, by_sound, compared, original_of
from earmark.api.error_rates import error_rate, error_rates
from earmark.api.looking import Track
from earmark.api.original import sha256_of
from earmark.api.progress import Progress
from earmark.api.timelines import Account, StretchTimes
from earmark.api.workroom import workroom
from earmark.errors import MediaError
from earmark.records.entries import Recording
from earmark.records.seal import unseal
from earmark.records.vault import Vault
from earmark.signal.timeline import TimeLine

NO_ORIGINAL = "the original is not at hand, so that edits shorter than about a second may go unseen"
BY_SOUND = "the mark is too weak to be found: it was recognised by how it sounds, which proves less than the mark would"


def account_of_file(
    vault: Vault,
    leak: Path,
    heard: Recognised,
    *,
    tracks: Sequence[Track],
    original: Path | None,
    progress: Progress,
) -> Account:
    """Compare a leak with the file that is in it, or, with the original at hand, that it sounds like.

    Args:
        vault: has the recordings.
        leak: the leak.
        heard: what was heard in it.
        tracks: what was looked for.
        original: the very file that was marked; None for the sealed one.
        progress: told about the stages "opening" and "comparing".

    Raises:
        MediaError: ``original`` is not the file that was marked.
    """
    given = None if original is None else sha256_of(original)
    by_id = {one.recording_id: one for one in tracks if one.stream is None}
    recordings = {name: vault.recording(name) for name in by_id}
    likely = recordings[heard.found.track.recording_id] if heard.found else only(recordings, given)
    if given is not None and likely is not None and likely.input_sha256 != given:
        raise not_the_original(original, likely)
    line, known = TimeLine((), ()), heard.found
    with opened(vault, likely, original, progress) as path:
        if known is None and likely is not None and path is not None:
            known = by_sound(leak, by_id[likely.id], path, progress)
        if known is not None:
            said = None if path is None else original_of(path, known, progress)
            line = compared(leak, known, said, progress)
        if heard.found is None and not any(one.placed for one in line.stretches):
            line, known = TimeLine((), ()), None
    found = recordings[known.track.recording_id] if known else None
    with_original = found is not None and path is not None
    return Account(
        recording=found,
        with_original=with_original,
        stretches=tuple(stretches(line, with_original=with_original)),
        edits_s=line.edits,
        error_rates=error_rates(with_original=with_original),
        notes=tuple(notes(found=found is not None, by_mark=heard.found is not None, with_original=with_original)),
    )


def not_the_original(path: Path | None, recording: Recording) -> MediaError:
    """Return the error for a file that is not what a recording was made from."""
    return MediaError(
        f"{path} is not the file that {recording.id} was made from", f"It was called {recording.input_name!r}."
    )


def notes(*, found: bool, by_mark: bool, with_original: bool) -> Iterator[str]:
    """Yield what is worth knowing."""
    if found and not with_original:
        yield NO_ORIGINAL
    if found and not by_mark:
        yield BY_SOUND


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
    with workroom(vault.folder, f"verify-{recording.id}-{token_hex(4)}") as work:  # several may compare at a time
        path = work / f"original{Path(recording.input_name).suffix}"
        unseal(vault.sealed_path(recording.id), path, vault.keys(recording.id, "verify").seal_secret)
        progress("opening", 1.0)
        yield path


def stretches(line: TimeLine, *, with_original: bool) -> Iterator[StretchTimes]:
    """Yield the stretches of a time line, each with its error rate."""
    for one in line.stretches:
        yield StretchTimes(**vars(one), error_rate=error_rate(one.state, with_original=with_original))
