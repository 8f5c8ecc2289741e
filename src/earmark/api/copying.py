"""Copying: make copies of a recording that is in the vault already."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from earmark.api.delivery import deliver, render
from earmark.api.original import sha256_of
from earmark.api.places import check_folder, open_folder, require_space, survey
from earmark.api.progress import Progress, silent
from earmark.api.results import CopyAt, Delivered, RecordingName
from earmark.api.workroom import workroom
from earmark.errors import MediaError, UsageError
from earmark.media.source import SoundInfo, probe, require_markable
from earmark.media.target import Target, choose_target, own_format
from earmark.records.entries import Recording
from earmark.records.listeners import Listener
from earmark.records.seal import unseal
from earmark.records.vault import Vault


def copy(
    vault: Vault,
    recording: str,
    listeners: Sequence[str],
    out: Path,
    *,
    source: Path | None = None,
    add: Sequence[Listener] = (),
    force: bool = False,
    progress: Progress = silent,
) -> Delivered:
    """See that some listeners of a recording have their copies in ``out``, in the format of its first copies.

    Args:
        vault: has the recording.
        recording: its id or title, or the start of its id.
        listeners: ids of those who get a copy; those of ``add`` if empty.
        out: a folder, made if need be.
        source: the very file that was marked; None for the sealed original.
        add: more listeners for the recording, put on record first.
        force: replace files in ``out`` that are no copies on record.
        progress: told about the stages "opening", "checking", "rendering" and "copying".

    Raises:
        UsageError: the recording or a listener is unknown, there is no original, or a file is in the way.
        MediaError: the original cannot be read, or a copy cannot be written.
        VaultError: the vault cannot be used, or another run is at work on the recording.
    """
    found = vault.recording(recording)
    wanted = list(dict.fromkeys(listeners)) or [listener.id for listener in add]
    if not wanted:
        raise UsageError("nobody is to get a copy", "Name listeners, or give a list with --to.")
    vault.add_listeners(found.id, add)
    require_known(wanted, [listener.id for listener in vault.listeners(found.id)], found)
    check_folder(out, vault.folder)
    open_folder(out)
    with workroom(vault.folder, found.input_sha256) as work, original_of(vault, found, source, work, progress) as info:
        target = same_target(info, found)
        copies = [CopyAt(listener, out / f"{listener}{target.suffix}") for listener in wanted]
        given = vault.copies(found.id)
        places = survey(copies, original=info.path, known=given, force=force, progress=progress)
        if places.missing:
            samples = round(found.seconds * found.rate)
            require_space(info, samples, target, len(places.missing), out=out, vault=vault.folder)
            keys = vault.keys(found.id, "copy")
            pieces = render(found, keys, info, target, work=work / "pieces", progress=progress)
            deliver(vault, found, keys, pieces, places, overwrite=force, purpose="copy", progress=progress)
    return Delivered(RecordingName(found.id, found.title), places.all, len(places.missing))


def require_known(wanted: Sequence[str], ids: Sequence[str], recording: Recording) -> None:
    """Raise a UsageError unless everybody in ``wanted`` is a listener of the recording."""
    unknown = sorted(set(wanted) - set(ids))
    if unknown:
        raise UsageError(
            f"{unknown[0]!r} is no listener of {recording.id}",
            f"“earmark listeners {recording.id}” lists them; more can be added with --to.",
        )


@contextmanager
def original_of(
    vault: Vault, recording: Recording, source: Path | None, work: Path, progress: Progress
) -> Iterator[SoundInfo]:
    """Give the file that was marked: ``source`` if it is that, or else the sealed original, opened in ``work``."""
    progress("opening", 0.0)
    path = source or opened(vault, recording, work)
    if source is not None and sha256_of(source) != recording.input_sha256:
        raise MediaError(
            f"{source} is not the file that {recording.id} was made from", f"It was called {recording.input_name!r}."
        )
    progress("opening", 1.0)
    try:
        info = probe(path)
        require_markable(info)
        yield info
    finally:
        if source is None:
            path.unlink(missing_ok=True)


def opened(vault: Vault, recording: Recording, work: Path) -> Path:
    """Return the sealed original, opened in ``work``."""
    if not recording.sealed:
        raise UsageError(f"the vault has no sealed original of {recording.id}", "Give the file with --from.")
    path = work / f"original{Path(recording.input_name).suffix}"
    unseal(vault.sealed_path(recording.id), path, vault.keys(recording.id, "copy").seal_secret)
    return path


def same_target(info: SoundInfo, recording: Recording) -> Target:
    """Return what the recording's first copies look like.

    Raises:
        MediaError: this version of FFmpeg's libraries would make something else.
    """
    own = own_format(info) == recording.container
    target = choose_target(info, None if own else recording.container)
    if (target.format, target.codec) != (recording.container, recording.codec):
        raise MediaError(
            f"copies of {recording.id} are {recording.codec} in {recording.container}, which cannot be written here",
            "Use the version of Earmark that has marked it.",
        )
    return target
