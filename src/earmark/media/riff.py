"""What a WAV file's header promises: FFmpeg reads a shorter file without a word."""

from pathlib import Path
from typing import BinaryIO

HEADS = frozenset({b"RIFF", b"RF64", b"BW64"})
UNKNOWN = frozenset({0, 0xFFFFFFFF})


def promised_bytes(path: Path) -> int | None:
    """Return how many bytes of samples a WAV or RF64 file says it has (EBU Tech 3306).

    Returns:
        None where the header leaves it open, as programs do that write to a pipe, or is no such header.
    """
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] not in HEADS or head[8:] != b"WAVE":
            return None
        return data_bytes(file)


def data_bytes(file: BinaryIO) -> int | None:
    """Return the size of the data chunk, walking the chunks from the first one on."""
    long_size = None
    while len(head := file.read(8)) == 8:
        name, size = head[:4], int.from_bytes(head[4:], "little")
        if name == b"data":
            return long_size if size in UNKNOWN else size
        if name == b"ds64":
            long_size = int.from_bytes(file.read(size)[8:16], "little")
            size = 0
        file.seek(size + size % 2, 1)
    return None
