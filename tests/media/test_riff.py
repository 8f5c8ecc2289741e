import struct
from pathlib import Path

import pytest

from earmark.media.riff import promised_bytes


def wav(head: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    return (
        head
        + bytes(4)
        + b"WAVE"
        + b"".join(n + struct.pack("<I", len(c)) + c + b"\0" * (len(c) % 2) for n, c in chunks)
    )


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
        (b"RIFX", None),
        (b"", None),
    ],
)
def test_the_size_of_the_samples_is_found(tmp_path: Path, content: bytes, promise: int | None) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    assert promised_bytes(path) == promise
