"""Where copies go, and what may be there already."""

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from earmark.api.original import sha256_of
from earmark.api.progress import Progress
from earmark.api.results import CopyAt
from earmark.api.workroom import is_inside
from earmark.errors import MediaError, UsageError
from earmark.media.pending import explained, sweep
from earmark.media.source import SoundInfo
from earmark.media.target import Target
from earmark.records.entries import Copy

FLAC_SHARE = 0.6  # of uncompressed speech

Recorded = dict[tuple[str, str], set[str]]


@dataclass(frozen=True)
class Places:
    """The places of the copies asked for.

    Attributes:
        all: in the order asked for.
        missing: where a copy is still to be made.
    """

    all: tuple[CopyAt, ...]
    missing: tuple[CopyAt, ...]


def survey(
    places: Sequence[CopyAt], *, original: Path, known: Iterable[Copy], force: bool, progress: Progress
) -> Places:
    """Look what is at ``places``, and change nothing.

    Args:
        places: where copies are to be.
        original: the input, which is never overwritten.
        known: the copies that the vault has on record for this recording.
        force: whether files that are not on record may be overwritten.
        progress: told how far the look has come.

    Raises:
        UsageError: something is in the way.
    """
    recorded: Recorded = {}
    for copy in known:
        recorded.setdefault((copy.listener_id, copy.path), set()).add(copy.sha256)
    missing = []
    for number, place in enumerate(places):
        progress("checking", number / len(places))
        if not os.path.lexists(place.path):
            missing.append(place)
        elif not _is_ours(place, recorded):
            _require_overwritable(place.path, original, force=force)
            missing.append(place)
    return Places(tuple(places), tuple(missing))


def _is_ours(place: CopyAt, recorded: Recorded) -> bool:
    """Tell whether a file on record is at ``place``, as it was given."""
    hashes = recorded.get((place.listener, str(place.path.absolute())))
    return hashes is not None and place.path.is_file() and sha256_of(place.path) in hashes


def _require_overwritable(path: Path, original: Path, *, force: bool) -> None:
    if path.exists() and path.samefile(original):
        raise UsageError(f"{path} is the recording itself", "Choose another folder: the input is never overwritten.")
    if path.is_dir():
        raise UsageError(f"{path} is a folder", "Choose another folder for the copies.")
    if not force:
        raise UsageError(f"{path} is there already", "Choose another folder, or --force to replace it.")


def check_folder(out: Path, vault: Path) -> None:
    """Raise a UsageError where ``out`` cannot be a folder for copies."""
    if is_inside(out, vault):
        raise UsageError(f"{out} is where Earmark keeps what it removes again", "Choose another folder.")
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is not a folder", "Choose a folder for the copies.")


def open_folder(out: Path) -> None:
    """See that ``out`` is there, and rid it of what a crash has left in it.

    Raises:
        MediaError: it cannot be made.
    """
    with explained(out):
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        sweep(out)


def require_space(info: SoundInfo, samples: int, target: Target, copies: int, *, out: Path, vault: Path) -> None:
    """Raise a MediaError where the disks will not hold the variants and ``copies`` copies.

    An estimate: what compresses unusually badly may still fill the disk, which is an error then, and nothing worse.
    """
    stored = samples * target.rate / info.rate * target.channels * target.samples.width
    frames = 2 * FLAC_SHARE * stored if target.way == "flac" else 0
    needs = (
        (vault, int(2 * stored + frames)),
        (out, int(copies * copy_bytes(info, samples, target, stored))),
    )
    devices: dict[int, int] = {}
    for folder, needed in needs:
        device = folder.stat().st_dev
        devices[device] = devices.get(device, 0) + needed
        free = shutil.disk_usage(folder).free
        if devices[device] > free:
            raise MediaError(
                f"about {size_in_words(devices[device])} are needed in {folder}, and {size_in_words(free)} are free",
                "Make room, choose another disk, or make fewer copies at a time with --only.",
            )


def copy_bytes(info: SoundInfo, samples: int, target: Target, stored: float) -> float:
    """Return about how long one copy's file is."""
    if target.way == "patch":
        return stored
    coded = FLAC_SHARE * stored if target.bit_rate is None else target.bit_rate / 8 * samples / info.rate
    return coded + (info.path.stat().st_size if target.keeps_video else 0)


def size_in_words(size: float) -> str:
    """Return a number of bytes for people."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:,.1f} GB"
