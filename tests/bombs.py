"""Sound files that take few bytes for what they hold."""

from pathlib import Path

RATE = 8_000
SAMPLES = 65_535
"""Of a FLAC frame."""


def silence(path: Path, hours: float, promised_s: float = 0.0) -> Path:
    """Write a FLAC of constant frames, some fifteen bytes for eight seconds each.

    Args:
        path: where to.
        hours: that it holds.
        promised_s: what its header says that it holds; 0 for nothing said.
    """
    facts = RATE << 44 | 15 << 36 | round(promised_s * RATE)
    head = SAMPLES.to_bytes(2, "big") * 2 + bytes(6) + facts.to_bytes(8, "big") + bytes(16)
    frames = (frame(number) for number in range(round(hours * 3600 * RATE / SAMPLES)))
    path.write_bytes(b"fLaC" + bytes([0x80, 0, 0, len(head)]) + head + b"".join(frames))
    return path


def frame(number: int) -> bytes:
    """Return a frame of zeros, mono, 16 bits."""
    head = b"\xff\xf8\x70\x00" + chr(number).encode("utf-8", "surrogatepass") + (SAMPLES - 1).to_bytes(2, "big")
    body = head + bytes([crc(head, 8, 0x07)]) + bytes(3)
    return body + crc(body, 16, 0x8005).to_bytes(2, "big")


def crc(data: bytes, bits: int, polynomial: int) -> int:
    """Return the check sum of data."""
    value = 0
    for byte in data:
        value ^= byte << bits - 8
        for _ in range(8):
            value = (value << 1 ^ (polynomial if value >> bits - 1 else 0)) & ((1 << bits) - 1)
    return value
