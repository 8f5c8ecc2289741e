"""Where sound that starts after the picture begins in an MP4.

FFmpeg's muxer writes an edit list that waits for the sound to begin, but then has nothing left to say that the
encoder's first samples are padding: they would be heard as sound, and a copy would be longer than its original. Here
that is put right in the finished file. ISO/IEC 14496-12, section 8.6.6.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

CONTAINERS = frozenset({b"moov", b"trak", b"edts", b"mdia"})
WAIT = -1


def skip_padding(path: Path, padding: int) -> None:
    """Make players leave out the first ``padding`` samples of the sound in ``path``.

    The file counts time in samples of that sound throughout. Nothing is done where the sound starts at once, for
    then the muxer has done it.
    """
    with path.open("r+b") as file:
        for place, version in sound_edits(file):
            wide, form = (20, ">qqI") if version else (12, ">iiI")
            file.seek(place)
            wait, play = (struct.unpack(form, file.read(wide)) for _ in range(2))
            if wait[1] == WAIT and play[1] == 0:
                file.seek(place)
                file.write(struct.pack(form, wait[0] + padding, *wait[1:]))
                file.write(struct.pack(form, play[0] - padding, padding, play[2]))


def sound_edits(file: BinaryIO) -> Iterator[tuple[int, int]]:
    """Yield (where the entries start, version) of every list of two edits that belongs to sound."""
    edits: tuple[int, int] | None = None
    for name, start in atoms(file, 0, file.seek(0, 2)):
        file.seek(start)
        if name == b"trak":
            edits = None
        elif name == b"elst":
            head = file.read(8)
            edits = (start + 8, head[0]) if head[4:] == bytes([0, 0, 0, 2]) else None
        elif name == b"hdlr" and file.read(12)[8:] == b"soun" and edits is not None:
            yield edits
            edits = None


def atoms(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int]]:
    """Yield (name, start of content) of every atom between two places, containers before what they contain."""
    while start + 8 <= end:
        file.seek(start)
        size, name = struct.unpack(">I4s", file.read(8))
        head = 8
        if size == 1:
            size, head = struct.unpack(">Q", file.read(8))[0], 16
        yield name, start + head
        if name in CONTAINERS:
            yield from atoms(file, start + head, start + size)
        start += max(size, head) if size else end - start
