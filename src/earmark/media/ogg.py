"""Whether an Ogg file is whole: FFmpeg leaves out damaged pages and steps over lost ones without a word.

An Ogg file is a row of pages (RFC 3533, section 6). Each has a check sum, the serial number of its logical stream and
its place in that stream; the first and the last page of a stream say that they are. Streams lie side by side (sound
and picture) or one behind the other ("chained").
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from earmark.errors import MediaError

HEAD_BYTES = 27
LARGEST_PAGE = HEAD_BYTES + 255 + 255 * 255
FIRST, LAST = 2, 4
DAMAGED = (
    "fetch it again; if there is no better one, decode it to WAV or FLAC with a forgiving player, listen, mark that"
)
ENDLESS = (
    "some recorders write none: listen to its end, and if all of it is there, convert it to WAV or FLAC and mark that"
)

# Ogg takes the bits of a byte from the highest down and zlib from the lowest up, with the same polynomial.
MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True)
class Page:
    """A page as it lies in the file.

    Attributes:
        at: where it begins, in bytes.
        head: its first 27 bytes.
        rest: the lengths of its segments, and what is in them.
    """

    at: int
    head: bytes
    rest: bytes

    @property
    def flags(self) -> int:
        """Whether it is a first or last page."""
        return self.head[5]

    @property
    def serial(self) -> bytes:
        """Serial number of its stream."""
        return self.head[14:18]

    @property
    def number(self) -> int:
        """Its place in its stream."""
        return int.from_bytes(self.head[18:22], "little")

    @property
    def is_sound(self) -> bool:
        """Whether its check sum is right: CRC-32 with polynomial 0x04c11db7, its own field counted as 0."""
        content = b"".join((self.head[:22], bytes(4), self.head[26:], self.rest)).translate(MIRRORED)
        # zlib inverts the register before and after, which Ogg does not.
        return zlib.crc32(content, 0xFFFFFFFF) ^ 0xFFFFFFFF == int.from_bytes(self.head[22:26].translate(MIRRORED))


def require_intact(path: Path) -> None:
    """Raise a MediaError unless every page of an Ogg file is there and as it was written."""
    following: dict[bytes, int] = {}
    with path.open("rb") as file:
        for page in pages(file, path):
            if not page.is_sound:
                raise damaged(path, page.at, "a page does not match its check sum")
            follow(page, following, path)
            if not following and ends(file):
                return
    raise MediaError(f"{path} is cut short, or has no mark at its end", ENDLESS)


def damaged(path: Path, at: int, what: str) -> MediaError:
    """Return the error that tells where an Ogg file is damaged."""
    return MediaError(f"{path} is damaged at byte {at:,}: {what}", DAMAGED)


def pages(file: BinaryIO, path: Path) -> Iterator[Page]:
    """Yield the pages of an Ogg file; raise a MediaError where none begins or one is incomplete."""
    at = 0
    while head := file.read(HEAD_BYTES):
        if not b"OggS\0".startswith(head[:5]):
            raise damaged(path, at, "no page begins there")
        lengths = file.read(head[-1]) if len(head) == HEAD_BYTES else b""
        content = file.read(sum(lengths))
        if len(head) < HEAD_BYTES or len(lengths) < head[-1] or len(content) < sum(lengths):
            raise MediaError(f"{path} is cut short: its last page is incomplete", DAMAGED)
        yield Page(at, head, lengths + content)
        at += HEAD_BYTES + len(lengths) + len(content)


def follow(page: Page, following: dict[bytes, int], path: Path) -> None:
    """Note in ``following`` which page of each open stream comes next; raise a MediaError if this one did not."""
    is_first = bool(page.flags & FIRST)
    if is_first == (page.serial in following):
        raise damaged(path, page.at, "a stream begins twice" if is_first else "the beginning of a stream is missing")
    missing = 0 if is_first else (page.number - following[page.serial]) % (1 << 32)
    if missing:
        raise damaged(path, page.at, "a page is missing or out of place")
    following[page.serial] = (page.number + 1) % (1 << 32)
    if page.flags & LAST:
        del following[page.serial]


def ends(file: BinaryIO) -> bool:
    """Tell whether no page follows; a little of something else may, such as a tag at the wrong end."""
    here = file.tell()
    after = file.read(LARGEST_PAGE)
    file.seek(here)
    return len(after) < LARGEST_PAGE and b"OggS" not in after
