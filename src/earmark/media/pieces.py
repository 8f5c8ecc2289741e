"""From two variants to any number of copies: render once, then splice.

The variants are taken once, as a stream, and laid on a shelf in finished form: as samples of the copies' own depth,
and for FLAC also as coded frames. The work folder holds both variants in full, that is, more than any listener may
have; the caller removes it.
"""

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from earmark.grid import Grid
from earmark.media.encode import EncodedPieces
from earmark.media.flac import FlacPieces, FrameWriter, frame_samples, frame_shelf, metadata_of
from earmark.media.patch import PatchPieces, is_patchable, surroundings
from earmark.media.pending import PendingCopy, explained, finish, new_part
from earmark.media.reading import resampled
from earmark.media.samples import Block, SampleFormat
from earmark.media.source import SoundInfo
from earmark.media.splice import Shelf, equal_shelf
from earmark.media.target import Target

Codeword = NDArray[np.uint8]
Variants = Iterable[tuple[Block, Block]]


class Writer(Protocol):
    """What turns a codeword into a file."""

    def write(self, codeword: Codeword, part: Path) -> None:
        """Write the copy of ``codeword`` to ``part``."""


@dataclass(frozen=True)
class Pieces:
    """A recording ready to be given out.

    Attributes:
        target: what a copy looks like.
        samples: length of a copy, per channel.
        writer: makes the files.
    """

    target: Target
    samples: int
    writer: Writer

    @contextmanager
    def copy(self, codeword: Codeword, path: Path) -> Iterator[PendingCopy]:
        """Make the copy of ``codeword``; it gets its name ``path`` when it is committed, and is removed if it is not.

        Args:
            codeword: of shape (segments,), 0 or 1.
            path: where the copy shall be; its folder exists.

        Yields:
            The finished copy, its hash known, to be recorded and then committed.

        Raises:
            MediaError: it cannot be written.
            ValueError: the codeword is not of the recording's length.
        """
        pending = self.made(codeword, path)
        try:
            yield pending
        finally:
            pending.discard()

    def made(self, codeword: Codeword, path: Path) -> PendingCopy:
        """Return the finished copy; the caller commits or discards it."""
        with new_part(path) as (part, lock):
            self.writer.write(codeword, part)
            return finish(path, part, lock)

    def copies(self, orders: Iterable[tuple[Codeword, Path]], workers: int = 1) -> Generator[PendingCopy, None, None]:
        """Make many copies at a time, and yield them in the order asked for, each to be recorded and committed.

        A copy that is not committed before the next one is asked for is removed. FFmpeg's encoders run outside of
        Python's lock, so that threads suffice.

        Args:
            orders: codeword and path of each copy; taken as needed.
            workers: how many are made at a time.
        """
        made: list[PendingCopy] = []  # by the workers, since an interrupt strikes the main thread between any two steps

        def make(codeword: Codeword, path: Path) -> PendingCopy:
            made.append(copy := self.made(codeword, path))
            return copy

        waiting: deque[Future[PendingCopy]] = deque()
        with ThreadPoolExecutor(workers, "earmark-copy") as pool:
            try:
                for codeword, path in orders:
                    waiting.append(pool.submit(make, codeword, path))
                    if len(waiting) > workers:
                        yield from kept_for_now(waiting.popleft())
                while waiting:
                    yield from kept_for_now(waiting.popleft())
            finally:
                pool.shutdown(cancel_futures=True)
                for copy in made:
                    copy.discard()


def kept_for_now(future: "Future[PendingCopy]") -> Iterator[PendingCopy]:
    """Yield a finished copy and remove it afterwards unless it was committed."""
    pending = future.result()
    try:
        yield pending
    finally:
        pending.discard()


def build_pieces(variants: Variants, *, info: SoundInfo, target: Target, grid: Grid, work: Path) -> Pieces:
    """Lay both variants on a shelf, finished.

    Args:
        variants: pairs of float32 blocks (channels, n) at the original's rate, full scale ±1, in order; together the
            whole recording with its unmarked tail. Blocks may be of any length.
        info: the original; where copies are encoded, its file gives picture and tags later on.
        target: what a copy looks like.
        grid: the recording's segments.
        work: a folder for the shelf, made for the owner only if it is not there.

    Returns:
        Pieces from which any copy can be made as long as ``work`` is there.

    Raises:
        MediaError: the folder cannot be written to.
        ValueError: the variants differ in length or are shorter than the grid.
    """
    with explained(work):
        work.mkdir(mode=0o700, parents=True, exist_ok=True)
        block = frame_samples(grid, target.rate) if target.way == "flac" else None
        if target.way == "flac" and block is None:  # a segment is no whole number of samples: encode each copy
            target = replace(framed(target), way="encode")
        laid = lay(at_rate(variants, info, target), target, work, block)
        shelf = laid.shelf(grid, target)
        if block is not None:
            return Pieces(
                target,
                laid.total,
                flac_pieces(laid, shelf, info=info, target=target, grid=grid, block=block, work=work),
            )
        if target.way == "patch":
            return Pieces(target, laid.total, patch_pieces(laid, shelf, info=info, target=target, grid=grid, work=work))
        return Pieces(target, laid.total, EncodedPieces(info, target, shelf))


def framed(target: Target) -> Target:
    """Return ``target`` with FLAC's samples as FFmpeg's frames hold them, in place of FLAC's own way."""
    bits = target.samples.bits
    return replace(target, samples=SampleFormat.of_frame("s16" if bits <= 16 else "s32", bits))


def at_rate(variants: Variants, info: SoundInfo, target: Target) -> Variants:
    """Return the variants at the rate of the copies."""
    if info.rate == target.rate:
        return variants
    return resampled_pairs(variants, info, target)


def resampled_pairs(variants: Variants, info: SoundInfo, target: Target) -> Variants:
    """Yield both variants resampled alike."""
    stacked = (np.concatenate(pair, axis=0) for pair in variants)
    for block in resampled(stacked, info.rate, target.rate, 2 * info.channels):
        yield block[: info.channels], block[info.channels :]


@dataclass(frozen=True)
class Laid:
    """What was written to the work folder.

    Attributes:
        paths: samples of each variant.
        total: samples of a variant, per channel.
        frames: FLAC frames of each variant, if any were made.
        sizes: their sizes in bytes, (2, frames); empty if none were made.
    """

    paths: tuple[Path, Path]
    total: int
    frames: tuple[Path, Path]
    sizes: NDArray[np.int64]

    def shelf(self, grid: Grid, target: Target) -> Shelf:
        """Return the shelf of samples."""
        if grid.start(grid.segments, target.rate) > self.total:
            raise ValueError("the variants are shorter than their grid")
        sample = target.channels * target.samples.width
        starts = [grid.start(segment, target.rate) * sample for segment in range(grid.segments + 1)]
        return equal_shelf(self.paths, np.array(starts, np.int64), self.total * sample)


def lay(variants: Variants, target: Target, work: Path, block: int | None) -> Laid:
    """Write both variants to the work folder: as samples, and as FLAC frames of ``block`` samples if given."""
    paths = (work / "variant-0.pcm", work / "variant-1.pcm")
    frame_paths = (work / "variant-0.frames", work / "variant-1.frames")
    total = 0
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(2, "earmark-variant"))
        files = [stack.enter_context(path.open("wb")) for path in paths]
        coders = [stack.enter_context(FrameWriter(path, target, block)) for path in frame_paths if block is not None]
        running: list[Future[None]] = []
        for pair in variants:
            if pair[0].shape != pair[1].shape:
                raise ValueError("the variants differ in length")
            for future in running:  # one block is coded while the next one is rendered
                future.result()
            running = [pool.submit(shelve, pair[i], target, files[i], coders[i : i + 1]) for i in (0, 1)]
            total += pair[0].shape[1]
        for future in running:
            future.result()
    sizes = np.array([coder.sizes for coder in coders], np.int64)
    return Laid(paths, total, frame_paths, sizes)


def shelve(block: Block, target: Target, file: BinaryIO, coder: list[FrameWriter]) -> None:
    """Write one block of one variant."""
    words = target.samples.quantise(block)
    file.write(target.samples.to_bytes(words))
    for one in coder:
        one.write(words)


def flac_pieces(
    laid: Laid, shelf: Shelf, *, info: SoundInfo, target: Target, grid: Grid, block: int, work: Path
) -> FlacPieces:
    """Return what FLAC copies are spliced from."""
    per_segment = target.rate * grid.segment_ms // 1000 // block
    metadata = metadata_of(info.path if info.container == "flac" else template(info, framed(target), work, None))
    frames = frame_shelf(laid.frames, laid.sizes, per_segment, grid.segments)
    return FlacPieces(target, shelf, frames, laid.sizes, block, per_segment, laid.total, metadata)


def patch_pieces(laid: Laid, shelf: Shelf, *, info: SoundInfo, target: Target, grid: Grid, work: Path) -> PatchPieces:
    """Return what uncompressed copies are spliced from."""
    own = is_patchable(info, target.format, target.codec)
    path = info.path if own else template(info, target, work, (shelf, grid))
    head, tail = surroundings(path, laid.total * target.channels * target.samples.width)
    return PatchPieces(head, shelf, tail)


def template(info: SoundInfo, target: Target, work: Path, sound: tuple[Shelf, Grid] | None) -> Path:
    """Write one file in the copies' container for its header and tags; without ``sound`` it has none."""
    path = work / f"template{target.suffix}"
    shelf, grid = sound or (equal_shelf((Path("/dev/null"), Path("/dev/null")), np.zeros(1, np.int64), 0), Grid(20, 0))
    EncodedPieces(info, target, shelf).write(np.zeros(grid.segments, np.uint8), path)
    return path
