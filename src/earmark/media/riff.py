"""What the header of a WAV, W64 or CAF file promises: FFmpeg reads a shorter file without a word.

All three are rows of chunks: a name, a size, and that many bytes.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

RIFF_HEADS = frozenset({b"RIFF", b"RF64", b"BW64"})


@dataclass(frozen=True)
class Chunks:
    """How a kind of file lays out its chunks.

    Attributes:
        start: where the first chunk begins.
        data: name of the chunk with the samples.
        size_bytes: width of a chunk's size.
        order: its byte order.
        counted: bytes of a chunk's own head that its size counts.
        align: a chunk begins at a multiple of this many bytes after the end of the last one's head.
        before: bytes in the data chunk ahead of the samples.
    """

    start: int
    data: bytes
    size_bytes: int
    order: Literal["little", "big"]
    counted: int = 0
    align: int = 1
    before: int = 0

    @property
    def unknown(self) -> frozenset[int]:
        """Sizes that leave it open."""
        return frozenset({0, (1 << 8 * self.size_bytes) - 1})


RIFF = Chunks(start=12, data=b"data", size_bytes=4, order="little", align=2)  # EBU Tech 3306
SONY_TAIL = bytes.fromhex("f3acd3118cd100c04f8edb8a")
W64 = Chunks(start=40, data=b"data" + SONY_TAIL, size_bytes=8, order="little", counted=24, align=8)
CAF = Chunks(start=8, data=b"data", size_bytes=8, order="big", before=4)


def promised_bytes(path: Path) -> int | None:
    """Return how many bytes of samples a WAV, RF64, W64 or CAF file says it has.

    Returns:
        None where the header leaves it open, as programs do that write to a pipe, or is no such header.
    """
    with path.open("rb") as file:
        chunks = layout_of(file.read(12))
        if chunks is None:
            return None
        file.seek(chunks.start)
        return data_bytes(file, chunks)


def layout_of(head: bytes) -> Chunks | None:
    """Return how the chunks of a file that begins with ``head`` lie; None for other files."""
    if head[:4] in RIFF_HEADS and head[8:] == b"WAVE":
        return RIFF
    return {b"riff": W64, b"caff": CAF}.get(head[:4])


def data_bytes(file: BinaryIO, chunks: Chunks) -> int | None:
    """Return the size of the data chunk's samples, walking the chunks from the first one on."""
    long_size = None
    names = len(chunks.data)
    while len(head := file.read(names + chunks.size_bytes)) == names + chunks.size_bytes:
        name, told = head[:names], int.from_bytes(head[names:], chunks.order)
        size = told - chunks.counted
        if name == chunks.data:
            return long_size if told in chunks.unknown else max(0, size - chunks.before)
        if name == b"ds64":
            long_size = int.from_bytes(file.read(size)[8:16], "little")
            size = 0
        file.seek(max(0, size + -size % chunks.align), 1)
    return None


def is_cut(path: Path) -> bool:
    """Tell whether a file in RIFF's manner, such as an AVI, ends before its first chunk does."""
    with path.open("rb") as file:
        head = file.read(8)
    return head[:4] == b"RIFF" and path.stat().st_size < 8 + int.from_bytes(head[4:], "little")
