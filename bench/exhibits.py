"""What a huge exhibit takes: ten gigabytes of sound as a studio keeps it, of which one minute is a marked copy.

Eight channels at 192 kHz and 32 bits, as RF64. The rest is silence, and a hole on disk, so that it needs little room
to be measured; to whoever reads it, it is as any other.
"""

import json
import os
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench import corpus
from bench.attacks import Codec
from bench.stage import RATE
from earmark.api import Vault, mark, read_listeners
from earmark.media.reading import read_resampled

SIZE = 10 * 10**9
STUDIO_RATE, CHANNELS, BYTES = 192_000, 8, 4
MARKED_S = 60

ABOUT = (
    "Eight channels at 192 kHz and 32 bits, the first minute of them a marked copy and the rest silence; traced by\n"
    "`earmark trace` in a process of its own, from hashing to the verdict."
)
HEAD = ("", "measured")


def rows(size: int = SIZE) -> Iterator[tuple[str, str]]:
    """Make an exhibit, trace it, and yield a row for each figure."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        exhibit = written(folder / "exhibit.wav", marked(folder), size)
        command = [sys.executable, "-m", "earmark", "trace", str(exhibit), "--vault", str(folder / "vault"), "--json"]
        started = time.perf_counter()
        ran = subprocess.Popen(command, stdout=subprocess.PIPE)
        output = ran.stdout.read() if ran.stdout else b""
        _, _, used = os.wait4(ran.pid, 0)
        found = json.loads(output)
        yield "bytes", f"{exhibit.stat().st_size:,}"
        yield "seconds of sound", f"{found['exhibit']['seconds']:,.0f}"
        yield "verdict", f"{found['verdict']}: {', '.join(one['listener'] for one in found['named'])}"
        yield "time", f"{time.perf_counter() - started:.0f} s ({used.ru_utime + used.ru_stime:.0f} s of CPU)"
        yield "memory at most", f"{used.ru_maxrss / 1024:,.0f} MiB"


def marked(folder: Path) -> Path:
    """Mark some speech in a vault; return the copy."""
    spoken = Codec("flac", ".flac").write(corpus.load(corpus.HELD[0], RATE)[: 2 * MARKED_S * RATE], RATE, folder / "in")
    listeners = folder / "listeners.csv"
    listeners.write_text("id\nanna\n")
    with Vault.init(folder / "vault") as vault, listeners.open("rb") as names:
        mark(vault, spoken, read_listeners(names), folder / "copies")
    return folder / "copies" / "anna.flac"


def written(path: Path, copy: Path, size: int) -> Path:
    """Write an RF64 of so many bytes of samples, of which a copy is the beginning."""
    frame = CHANNELS * BYTES
    size -= size % frame
    wide = struct.pack("<4sIQQQI", b"ds64", 28, 72 + size, size, size // frame, 0)
    kind = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, CHANNELS, STUDIO_RATE, STUDIO_RATE * frame, frame, 8 * BYTES)
    most = struct.pack("<I", 2**32 - 1)
    left = MARKED_S * STUDIO_RATE
    with path.open("wb") as file:
        file.write(b"RF64" + most + b"WAVE" + wide + kind + b"data" + most)
        end = file.tell() + size
        for block in read_resampled(copy, STUDIO_RATE):
            some = np.repeat(block[:1, :left], CHANNELS, axis=0).T
            file.write((some * np.float32(2**31 - 128)).astype("<i4").tobytes())
            left -= len(some)
        file.truncate(end)
    return path
