"""What is to be marked: read once from end to end before anything is promised about it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from earmark.api.progress import Block, Progress, watched
from earmark.codes.outlook import Price, segments_needed
from earmark.errors import MediaError
from earmark.grid import DEFAULT_SEGMENT_MS, Grid
from earmark.media.reading import read_blocks
from earmark.media.source import SoundInfo, probe, require_file, require_markable, unreadable

# What segments of clean speech say, in units of the evidence's noise.
CLEAN_AMPLITUDE = 3.5

# A segment is silent if it is weaker than this, or by so much weaker than the loud ones that no codec keeps it.
SILENCE_DBFS = -70.0
SILENCE_BELOW_LOUD_DB = 45.0

FULL_SCALE = 0.9999
NOTED_CLIPPING = 1e-3
NOTED_OFFSET = 0.01
BATCH_SEGMENTS = 128

LONGER = "Mark a longer recording, or join several into one."


@dataclass(frozen=True)
class Original:
    """A recording as it was found.

    Attributes:
        info: what kind of file it is.
        sha256: of the file, in hexadecimal.
        samples: exact length, per channel.
        grid: its segments.
        audible: how many segments are not silent.
        notes: what is odd about it, each a clause that can be printed.
        state: what the file system said of it when it was read.
    """

    info: SoundInfo
    sha256: str
    samples: int
    grid: Grid
    audible: int
    notes: tuple[str, ...]
    state: tuple[int, ...]

    @property
    def seconds(self) -> float:
        """Its length in seconds."""
        return self.samples / self.info.rate

    @property
    def audible_s(self) -> float:
        """Seconds that are not silent."""
        return self.audible * self.grid.segment_s

    def require_unchanged(self) -> None:
        """Raise a MediaError if the file was changed since it was read."""
        require_same(self.info.path, self.state)


def examine(path: Path, progress: Progress, segment_ms: int = DEFAULT_SEGMENT_MS) -> Original:
    """Read ``path`` from end to end.

    Raises:
        MediaError: it cannot be read, is damaged, has no sound, cannot be marked, or is silent or far too short.
    """
    info = probe(path)
    require_markable(info)
    state = file_state(path)
    digest = sha256_of(path)
    tally = Tally(info.rate * segment_ms // 1000)
    expected = info.samples or (info.seconds or 0) * info.rate
    for block in watched(read_blocks(info, tally.segment * BATCH_SEGMENTS), expected, "reading", progress):
        tally.add(block)
    require_same(path, state)
    audible = tally.audible()
    grid = Grid.over(tally.samples, info.rate, segment_ms)
    if not grid.segments:
        seconds, least = tally.samples / info.rate, (needed_segments(1, 1) or 0) * grid.segment_s
        raise MediaError(
            f"{path} is too short to be traced: {seconds:.3f} s, and at least {least:.1f} s are needed", LONGER
        )
    if not audible:
        raise MediaError(f"{path} is silent", "Is it the right file, and was the right microphone on?")
    return Original(info, digest, tally.samples, grid, min(audible, grid.segments), tally.notes(), state)


class Tally:
    """Adds up what is asked about a recording, a few segments at a time."""

    def __init__(self, segment: int) -> None:
        self.segment = segment
        self.samples = 0
        self._clipped = 0
        self._sum: NDArray[np.float64] | float = 0.0
        self._powers: list[NDArray[np.float32]] = []

    def add(self, block: Block) -> None:
        """Take in a block of shape (channels, samples), of whole segments but for the last one."""
        self.samples += block.shape[1]
        self._clipped += int((np.abs(block).max(axis=0) >= FULL_SCALE).sum())
        self._sum = self._sum + block.sum(axis=1, dtype=np.float64)
        whole = block.shape[1] // self.segment * self.segment
        if whole:
            segments = block[:, :whole].reshape(len(block), -1, self.segment)
            self._powers.append(segments.var(axis=2).max(axis=0))  # a constant offset is no sound

    def audible(self) -> int:
        """Return how many segments are not silent."""
        if not self._powers:
            return 0
        levels = 10 * np.log10(np.maximum(np.concatenate(self._powers), 1e-12))
        limit = max(SILENCE_DBFS, float(np.quantile(levels, 0.95)) - SILENCE_BELOW_LOUD_DB)
        return int((levels > limit).sum())

    def notes(self) -> tuple[str, ...]:
        """Return what is odd, each a clause that can be printed."""
        clipped = self._clipped / self.samples
        offset = float(np.abs(self._sum).max()) / self.samples
        return (
            *((f"{clipped:.1%} of the samples are at full scale: it is clipped",) if clipped > NOTED_CLIPPING else ()),
            *((f"it has a constant offset of {offset:.0%} of full scale",) if offset > NOTED_OFFSET else ()),
        )


def require_traceable(original: Original, listeners: int, coalition: int) -> None:
    """Raise a MediaError where even the whole recording, leaked as it is, would name nobody."""
    needed = needed_segments(listeners, coalition)
    if needed is None or original.audible < needed:
        seconds = (needed or 0) * original.grid.segment_s
        raise MediaError(
            f"{original.info.path} is too short to be traced: {original.audible_s:.1f} s of it are not silent, "
            f"and {seconds:.1f} s are needed to tell {listeners:,} listeners apart",
            LONGER,
        )


def needed_segments(listeners: int, coalition: int) -> int | None:
    """Return how many segments of clean speech name one of ``listeners``; None where no number does."""
    return segments_needed(np.full(1, CLEAN_AMPLITUDE), Price(listeners), coalition=coalition)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes in hexadecimal.

    Raises:
        MediaError: it cannot be read, or is no regular file.
    """
    require_file(path)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(path, error) from error


def file_state(path: Path) -> tuple[int, ...]:
    """Return what tells a file from a changed one, without reading it."""
    try:
        status = path.stat()
    except OSError as error:
        raise unreadable(path, error) from error
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def require_same(path: Path, state: tuple[int, ...]) -> None:
    """Raise a MediaError unless ``path`` is in ``state``."""
    if file_state(path) != state:
        raise MediaError(f"{path} was changed while it was read", "Run the command again once it stays as it is.")
