"""FLAC copies without encoding any of them: frames of two finished streams, spliced byte for byte.

A FLAC frame depends on no other, and carries its own number and check sums. Both variants are encoded once with the
grid's segments as whole numbers of frames, so that frame n of either is frame n of every copy. What is left to do
for a copy is its header: STREAMINFO holds the MD5 of its sound and the sizes of its frames. See RFC 9639.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from earmark.grid import Grid
from earmark.media.id3 import after_id3
from earmark.media.splice import Shelf
from earmark.media.target import Target

MAGIC = b"fLaC"
STREAMINFO, PADDING, SEEKTABLE = 0, 1, 3
SMALLEST_BLOCK = 16

# RFC 9639, section 7: what streamable decoders must take.
LARGEST_BLOCK, LARGEST_BLOCK_ABOVE_48K = 4608, 16_384


def frame_samples(grid: Grid, rate: int) -> int | None:
    """Return the length of a FLAC frame in samples of which a segment has a whole number; None if there is none."""
    segment, rest = divmod(rate * grid.segment_ms, 1000)
    largest = LARGEST_BLOCK if rate <= 48_000 else LARGEST_BLOCK_ABOVE_48K
    if rest:
        return None
    sizes = (segment // parts for parts in range(1, segment // SMALLEST_BLOCK + 1) if segment % parts == 0)
    return next((size for size in sizes if size <= largest), None)


class FrameWriter:
    """Encodes one variant to bare FLAC frames in a file, and remembers how long each is."""

    def __init__(self, path: Path, target: Target, block: int) -> None:
        self.sizes: list[int] = []
        self._file = path.open("wb")
        self._name = "s16" if target.samples.width == 2 else "s32"
        self._layout, self._rate = target.layout, target.rate
        encoder = cast("AudioCodecContext", av.CodecContext.create("flac", "w"))
        encoder.sample_rate, encoder.format, encoder.layout = target.rate, self._name, target.layout
        encoder.options = {**target.encoder.options, "frame_size": str(block)}
        self._encoder = encoder

    def write(self, words: NDArray[Any]) -> None:
        """Encode ``words`` (n, channels) as ``SampleFormat.quantise`` returns them."""
        if not words.size:
            return
        left = words if self._name == "s16" else words << 8  # FFmpeg keeps 24 bits at the upper end of 32
        frame = AudioFrame.from_ndarray(left.reshape(1, -1), self._name, self._layout)
        frame.sample_rate = self._rate
        self._keep(frame)

    def _keep(self, frame: AudioFrame | None) -> None:
        for packet in self._encoder.encode(frame):
            if packet.size:  # the last one has only the finished header beside it
                self._file.write(packet)
                self.sizes.append(packet.size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                self._keep(None)
        finally:
            self._file.close()


@dataclass(frozen=True)
class FlacPieces:
    """Everything a FLAC copy is spliced from.

    Attributes:
        target: what a copy looks like.
        pcm: both variants as samples, for the MD5.
        frames: both variants as FLAC frames.
        sizes: int64 of shape (2, frames), in bytes.
        block: samples of a frame.
        per_segment: frames of a segment.
        total: samples of the recording, per channel.
        metadata: further metadata blocks as (type, content).
    """

    target: Target
    pcm: Shelf
    frames: Shelf
    sizes: NDArray[np.int64]
    block: int
    per_segment: int
    total: int
    metadata: tuple[tuple[int, bytes], ...]

    def write(self, codeword: NDArray[np.uint8], part: Path) -> None:
        """Write the copy of ``codeword`` to ``part``."""
        with part.open("wb") as file:
            file.write(self.header(codeword))
            for piece in self.frames.spliced(codeword):
                file.write(piece)

    def header(self, codeword: NDArray[np.uint8]) -> bytes:
        """Return all that precedes the frames."""
        md5 = hashlib.md5(usedforsecurity=False)
        for piece in self.pcm.spliced(codeword):
            md5.update(piece)
        blocks = [(STREAMINFO, self.streaminfo(codeword, md5.digest())), *self.metadata]
        return MAGIC + b"".join(
            bytes([kind | (0x80 if last else 0)]) + len(content).to_bytes(3, "big") + content
            for last, (kind, content) in zip(lasts(len(blocks)), blocks, strict=True)
        )

    def streaminfo(self, codeword: NDArray[np.uint8], md5: bytes) -> bytes:
        """Return the content of STREAMINFO (RFC 9639, section 8.2)."""
        per_frame = np.repeat(codeword, self.per_segment)
        tail = self.sizes.shape[1] - per_frame.size
        per_frame = np.pad(per_frame, (0, tail), mode="edge") if per_frame.size else np.zeros(tail, np.uint8)
        chosen = np.where(per_frame, self.sizes[1], self.sizes[0])
        fields = self.target.rate << 44 | (self.target.channels - 1) << 41 | (self.target.samples.bits - 1) << 36
        return b"".join(
            (
                self.block.to_bytes(2, "big") * 2,
                int(chosen.min()).to_bytes(3, "big"),
                int(chosen.max()).to_bytes(3, "big"),
                (fields | self.total).to_bytes(8, "big"),
                md5,
            )
        )


def lasts(count: int) -> Iterator[bool]:
    """Yield for each of ``count`` things whether it is the last."""
    return (index == count - 1 for index in range(count))


def frame_shelf(paths: tuple[Path, Path], sizes: NDArray[np.int64], per_segment: int, segments: int) -> Shelf:
    """Return the shelf of two files of frames, ``sizes`` (2, frames) bytes long each."""
    ends = np.concatenate([np.zeros((2, 1), np.int64), np.cumsum(sizes, axis=1)], axis=1)
    starts = ends[:, : per_segment * segments + 1 : per_segment]
    return Shelf(paths, np.concatenate([starts, ends[:, -1:]], axis=1))


def metadata_of(path: Path) -> tuple[tuple[int, bytes], ...]:
    """Return the metadata blocks of a FLAC file that hold for a copy: tags, pictures, cue sheet and the like.

    Left out are STREAMINFO, which is the copy's own, the seek table, whose byte offsets are not, and padding.
    """
    blocks = []
    with path.open("rb") as file:
        file.seek(after_id3(file))
        if file.read(4) != MAGIC:
            return ()
        last = False
        while not last:
            head = file.read(4)
            if len(head) < 4:
                break
            last, kind = bool(head[0] & 0x80), head[0] & 0x7F
            blocks.append((kind, file.read(int.from_bytes(head[1:], "big"))))
    return tuple(block for block in blocks if block[0] not in {STREAMINFO, PADDING, SEEKTABLE})
