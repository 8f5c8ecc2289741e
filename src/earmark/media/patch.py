"""Copies of uncompressed files: the original's own bytes with other samples in their place.

Whatever surrounds the samples (broadcast extension, cue points, markers, tags, 64-bit sizes, the channel mask) is
kept without being understood.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from earmark.errors import MediaError
from earmark.media.source import SoundInfo, open_sound
from earmark.media.splice import Shelf


@dataclass(frozen=True)
class PatchPieces:
    """Everything an uncompressed copy is spliced from.

    Attributes:
        head: the bytes before the samples.
        pcm: both variants as samples.
        tail: the bytes after the samples.
    """

    head: bytes
    pcm: Shelf
    tail: bytes

    def write(self, codeword: NDArray[np.uint8], part: Path) -> None:
        """Write the copy of ``codeword`` to ``part``."""
        with part.open("wb") as file:
            file.write(self.head)
            for piece in self.pcm.spliced(codeword):
                file.write(piece)
            file.write(self.tail)


def is_patchable(info: SoundInfo, container: str, codec: str) -> bool:
    """Tell whether copies in ``container`` and ``codec`` can be made from the original's own bytes."""
    return (info.container, info.codec) == (container, codec)


def surroundings(path: Path, data_bytes: int) -> tuple[bytes, bytes]:
    """Return the bytes of an uncompressed file before and after its ``data_bytes`` bytes of samples.

    Raises:
        MediaError: the samples do not lie where the container says.
    """
    with open_sound(path) as container:
        first = next((packet.pos for packet in container.demux(audio=0) if packet.size), None)
    if first is None or first + data_bytes > path.stat().st_size:
        raise MediaError(f"{path} does not hold its samples in one piece", "Convert it to WAV or FLAC first.")
    with path.open("rb") as file:
        head = file.read(first)
        file.seek(first + data_bytes)
        return head, file.read()
