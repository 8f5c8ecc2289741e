"""Marking: see that listeners have their copies of a recording.

Running it again does what is left to do, after a crash or with a longer list, and nothing else.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from earmark.api.delivery import deliver, render
from earmark.api.finding import DETECTOR
from earmark.api.original import Original, examine, require_traceable
from earmark.api.places import Places, check_folder, open_folder, require_space, survey
from earmark.api.progress import Progress, silent
from earmark.api.results import CopyAt, Delivered, RecordingName
from earmark.api.workroom import workroom
from earmark.codes.biases import MAX_COALITION
from earmark.errors import MediaError, UsageError
from earmark.media.source import probe, require_markable
from earmark.media.target import Target, choose_target
from earmark.records.entries import NewRecording, Recording
from earmark.records.listeners import Listener
from earmark.records.seal import seal
from earmark.records.vault import Vault
from earmark.signal.variants import DEFAULT_DEPTH

DEFAULT_COALITION = 4
LONGEST_TITLE = 200


@dataclass(frozen=True)
class Wishes:
    """What may be said about a new recording; None leaves it open.

    Attributes:
        title: for people.
        coalition: how many colluders the codebook is made for, 1 to 32.
        depth: how strongly it is marked, above 0 and up to 0.5.
        classification: how confidential it is, in the owner's words.
    """

    title: str | None = None
    coalition: int | None = None
    depth: float | None = None
    classification: str | None = None

    def __post_init__(self) -> None:
        if self.title is not None and not 0 < len(self.title.strip()) <= LONGEST_TITLE:
            raise UsageError(f"a title has 1 to {LONGEST_TITLE} characters", "Give another one, or none.")
        if self.classification is not None and not self.classification.isprintable():
            raise UsageError("a classification is one line of text", "Such as “confidential”.")
        if self.coalition is not None and not 1 <= self.coalition <= MAX_COALITION:
            raise UsageError(
                f"a coalition has 1 to {MAX_COALITION} members, not {self.coalition}", "Leave --coalition out for 4."
            )
        if self.depth is not None and not 0 < self.depth <= 0.5:
            raise UsageError(f"a depth is above 0 and at most 0.5, not {self.depth}", f"{DEFAULT_DEPTH} is inaudible.")

    def require_met(self, recording: Recording) -> None:
        """Raise a UsageError where a recording that is there already is not what is wished for."""
        for word in self.unmet(recording):
            raise UsageError(
                f"this file is marked already, as {recording.id} with {word} {getattr(recording, word)!r}",
                f"Leave out --{word} to go on with it, or add --again to mark it anew.",
            )

    def unmet(self, recording: Recording) -> list[str]:
        """Return the names of the wishes that a recording does not meet."""
        wishes = vars(self).items()
        return [word for word, value in wishes if value is not None and value != getattr(recording, word)]


def mark(
    vault: Vault,
    source: Path,
    listeners: Sequence[Listener],
    out: Path,
    *,
    only: Collection[str] = (),
    format: str | None = None,  # noqa: A002 - the option's name
    title: str | None = None,
    coalition: int | None = None,
    depth: float | None = None,
    classification: str | None = None,
    seal_original: bool = False,
    again: bool = False,
    force: bool = False,
    progress: Progress = silent,
) -> Delivered:
    """See that ``listeners`` have their copies of ``source`` in ``out``, each under ``<listener id>`` and its ending.

    If the vault has a recording of this very file in this format, it is gone on with: listeners that are new are added,
    copies that are missing are made. Otherwise a recording is made.

    Args:
        vault: keeps keys, codebook, and who was given what.
        source: the recording; never changed.
        listeners: all who are to be able to get a copy; they are put on record before any copy is made.
        out: a folder, made if need be.
        only: ids of those whose copies are made now; empty for all.
        format: of the copies, such as "flac"; None for the original's own.
        title: for people; the file's name if None.
        coalition: how many colluders the codebook is made for, 1 to 32; 4 if None.
        depth: how strongly to mark; None for what is inaudible.
        classification: how confidential a new recording is, in the owner's words; None to say nothing.
        seal_original: whether to keep the original, encrypted, in the vault.
        again: make a new recording even of a file that has one, or go on with the newest if that is not complete.
        force: replace files in ``out`` that are no copies on record.
        progress: told about the stages "reading", "checking", "sealing", "rendering" and "copying".

    Raises:
        UsageError: an option makes no sense, or a file is in the way.
        MediaError: the recording cannot be read or marked, is too short, or a copy cannot be written.
        VaultError: the vault cannot be used, or another run is at work on the same file.
    """
    wishes = Wishes(title, coalition, depth, classification)
    ids = chosen([listener.id for listener in listeners], only)
    info = probe(source)
    require_markable(info)
    target = choose_target(info, format)
    check_folder(out, vault.folder)
    original = examine(source, progress)
    job = Job(vault, original, target, listeners, [CopyAt(one, out / f"{one}{target.suffix}") for one in ids], out)
    with workroom(vault.folder, original.sha256) as work:
        known = latest(vault, original, target)
        if again and known and (known.status == "complete" or wishes.unmet(known)):
            known = None
        places = job.survey(known, wishes, force=force, progress=progress)
        recording = known or vault.create_recording(described(original, target, wishes), listeners)
        if known:
            vault.add_listeners(recording.id, listeners)
        if seal_original and not recording.sealed:
            seal_away(vault, recording, original, work, progress)
        job.finish(recording, places, work, overwrite=force, progress=progress)
    notes = (*original.notes, *target.notes)
    return Delivered(RecordingName(recording.id, recording.title), places.all, len(places.missing), notes)


@dataclass(frozen=True)
class Job:
    """What is to be done.

    Attributes:
        vault: keeps the records.
        original: the recording, read once.
        target: what copies look like.
        listeners: all who are to be on record.
        copies: those that are wanted now.
        out: the folder they go to.
    """

    vault: Vault
    original: Original
    target: Target
    listeners: Sequence[Listener]
    copies: Sequence[CopyAt]
    out: Path

    def survey(self, known: Recording | None, wishes: Wishes, *, force: bool, progress: Progress) -> Places:
        """Return what is still to be made, or raise what speaks against it, before anything is put on record."""
        if known is None:
            require_traceable(self.original, len(self.listeners), wishes.coalition or DEFAULT_COALITION)
        else:
            wishes.require_met(known)
        given = self.vault.copies(known.id) if known else ()
        source = self.original.info.path
        places = survey(self.copies, original=source, known=given, force=force, progress=progress)
        open_folder(self.out)
        if places.missing:
            info, count = self.original.info, len(places.missing)
            require_space(info, self.original.samples, self.target, count, out=self.out, vault=self.vault.folder)
        return places

    def finish(self, recording: Recording, places: Places, work: Path, *, overwrite: bool, progress: Progress) -> None:
        """Make what is missing, and note when all is out."""
        if places.missing:
            keys = self.vault.keys(recording.id, "mark")
            pieces = render(recording, keys, self.original.info, self.target, work=work / "pieces", progress=progress)
            self.original.require_unchanged()
            deliver(self.vault, recording, keys, pieces, places, overwrite=overwrite, purpose="mark", progress=progress)
        if recording.status != "complete":
            self.vault.set_complete(recording.id)


def chosen(ids: Sequence[str], only: Collection[str]) -> list[str]:
    """Return the ids in ``only`` in the order of the list; all where it is empty."""
    unknown = sorted(set(only) - set(ids))
    if unknown:
        raise UsageError(f"{unknown[0]!r} is not on the list of listeners", "--only takes ids, with commas in between.")
    return [one for one in ids if not only or one in only]


def latest(vault: Vault, original: Original, target: Target) -> Recording | None:
    """Return the newest recording of this file in this format; None if there is none."""
    same = (original.grid, target.format, target.codec, DETECTOR)
    found = [r for r in vault.find_by_input(original.sha256) if (r.grid, r.container, r.codec, r.detector) == same]
    return found[-1] if found else None


def described(original: Original, target: Target, wishes: Wishes) -> NewRecording:
    """Return what goes on record about a new recording."""
    info = original.info
    return NewRecording(
        title=wishes.title or info.path.stem[:LONGEST_TITLE],
        input_name=info.path.name,
        input_sha256=original.sha256,
        seconds=original.seconds,
        rate=info.rate,
        channels=info.channels,
        segment_ms=original.grid.segment_ms,
        segments=original.grid.segments,
        coalition=wishes.coalition or DEFAULT_COALITION,
        detector=DETECTOR,
        depth=wishes.depth or DEFAULT_DEPTH,
        container=target.format,
        codec=target.codec,
        classification=wishes.classification or "",
    )


def seal_away(vault: Vault, recording: Recording, original: Original, work: Path, progress: Progress) -> None:
    """Keep the original in the vault, encrypted; what a crash leaves of it lies in ``work``."""
    progress("sealing", 0.0)
    sealed = work / "sealed"
    if seal(original.info.path, sealed, vault.keys(recording.id, "mark").seal_secret) != original.sha256:
        raise MediaError(f"{original.info.path} was changed while it was read", "Run the command again.")
    sealed.replace(vault.sealed_path(recording.id))
    vault.set_sealed(recording.id)
    progress("sealing", 1.0)
