"""Stepping over an ID3v2 tag, which may precede MP3 and, against the rules, FLAC."""

from typing import BinaryIO


def after_id3(file: BinaryIO) -> int:
    """Return where an ID3v2 tag at the start of ``file`` ends."""
    head = file.read(10).ljust(10, b"\0")
    length = sum(byte << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
    return 10 + length if head[:3] == b"ID3" else 0
