import struct
from pathlib import Path

import pytest

from earmark.media.riff import SONY_TAIL, is_cut, promised_bytes


def wav(head: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    return (
        head
        + bytes(4)
        + b"WAVE"
        + b"".join(n + struct.pack("<I", len(c)) + c + b"\0" * (len(c) % 2) for n, c in chunks)
    )


def w64(*chunks: tuple[bytes, bytes]) -> bytes:
    rows = (n + SONY_TAIL + struct.pack("<Q", 24 + len(c)) + c + bytes(-len(c) % 8) for n, c in chunks)
    return b"riff".ljust(40, b"\0") + b"".join(rows)


def caf(*chunks: tuple[bytes, bytes]) -> bytes:
    return b"caff\0\1\0\0" + b"".join(n + struct.pack(">Q", len(c)) + c for n, c in chunks)


@pytest.mark.parametrize(
    ("content", "promise"),
    [
        (wav(b"RIFF", (b"fmt ", bytes(16)), (b"data", bytes(10))), 10),
        (wav(b"RIFF", (b"bext", bytes(603)), (b"fmt ", bytes(18)), (b"data", bytes(8)))[:-8], 8),
        (wav(b"RIFF", (b"fmt ", bytes(16)), (b"data", b"")), None),
        (wav(b"RIFF", (b"fmt ", bytes(16))) + b"data\xff\xff\xff\xff", None),
        (
            wav(b"RF64", (b"ds64", struct.pack("<QQQI", 9, 5_000_000_000, 7, 0))) + b"data\xff\xff\xff\xff",
            5_000_000_000,
        ),
        (wav(b"BW64", (b"ds64", struct.pack("<QQQI", 9, 12, 7, 0))) + b"data\xff\xff\xff\xff", 12),
        (wav(b"RIFF", (b"fmt ", bytes(16))), None),
        (w64((b"fmt ", bytes(19)), (b"data", bytes(10)))[:-8], 10),
        (w64((b"fmt ", bytes(19)))[:-3], None),
        (w64() + b"data" + SONY_TAIL + bytes(8), None),
        (caf((b"desc", bytes(33)), (b"data", bytes(12)))[:-5], 8),
        (caf((b"desc", bytes(33))) + b"data" + b"\xff" * 8, None),
        (b"RIFX", None),
        (b"", None),
    ],
)
def test_the_size_of_the_samples_is_found(tmp_path: Path, content: bytes, promise: int | None) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    assert promised_bytes(path) == promise


@pytest.mark.parametrize(
    ("content", "cut"), [(b"RIFF\4\0\0\0AVI ", False), (b"RIFF\5\0\0\0AVI ", True), (b"RIFF", True), (b"", False)]
)
def test_a_file_shorter_than_its_first_chunk_is_cut(tmp_path: Path, content: bytes, cut: bool) -> None:
    path = tmp_path / "a.avi"
    path.write_bytes(content)
    assert is_cut(path) == cut
