"""How fast marking, copying and tracing are, and how much memory they take: seconds of sound per second.

CPU time on one core where it says so, else time on the clock with all cores. On shared machines look at the ratios.
"""

import io
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from bench import corpus
from bench.attacks import Attack
from bench.stage import LISTENERS, RATE, Stage, sound_of
from bench.tables import MISSED
from earmark.api import Vault, mark, read_listeners, trace
from earmark.api.delivery import codebook_of, patterns_of
from earmark.media.pieces import build_pieces
from earmark.media.reading import read_blocks
from earmark.media.source import probe
from earmark.media.target import choose_target
from earmark.signal.variants import Renderer

Codeword = NDArray[np.uint8]
Floats = NDArray[np.float32]

HOURS_S = 3 * 3600
COPIES = 5
TRACES = 3
FASTER = "speed:3"

ABOUT = (
    "Seconds of sound per second, of CPU time where it says one core, else on the clock; traces: the fastest of three."
)
HEAD = ("", "measured", "goal")


@dataclass(frozen=True)
class Took:
    """How long something took.

    Attributes:
        clock_s: on the clock.
        cpu_s: of all cores together.
    """

    clock_s: float
    cpu_s: float


def timed(work: Callable[[], object]) -> Took:
    """Do some work and time it."""
    clock, cpu = time.perf_counter(), time.process_time()
    work()
    return Took(time.perf_counter() - clock, time.process_time() - cpu)


def rows(stage: Stage) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the table."""
    info = probe(stage.original)
    seconds = (info.samples or 0) / info.rate
    with Vault(stage.vault) as vault:
        recording = vault.recordings()[0]
        keys = vault.keys(recording.id, "mark")
        codeword = codebook_of(recording, keys).codeword(bytes(32))
        renderer = Renderer(patterns_of(recording, keys), recording.grid, info.rate, recording.depth)
        blocks = list(read_blocks(info))
        took = timed(lambda: [None for _ in renderer.render(blocks)])
        yield "both variants, 48 kHz mono, one core", times(seconds / took.cpu_s, 600), "≥ 600 ×"
        for name in ("wav", "flac"):
            yield copies(renderer, stage.original, name, codeword, seconds)
        copy = next(iter(stage.copies.values()))
        what = f"tracing {seconds / 60:.0f} minutes of FLAC, {LISTENERS:,} listeners, two cores"
        yield what, traced(vault, copy, seconds), "≥ 500 ×"
        with TemporaryDirectory() as folder:
            faster = Attack(FASTER).write(sound_of(copy), RATE, Path(folder) / "leak", seed=0)
            yield f"the same, `{FASTER}`, which has to be found", traced(vault, faster, seconds), "≥ 500 ×"
    yield "memory, marking 3 h of 48 kHz stereo", f"{peak_mb():,.0f} MB", "≤ 600 MB"


def traced(vault: Vault, leak: Path, seconds: float) -> str:
    """Return how fast a leak that lasts so long is traced, at best."""
    took = min((timed(lambda: trace(vault, leak)) for _ in range(TRACES)), key=lambda one: one.clock_s)
    return f"{times(seconds / took.clock_s, 500)} ({took.cpu_s:.1f} s of CPU)"


def times(fast: float, goal: float) -> str:
    """Return how many seconds of sound a second is enough for, and whether that is too few."""
    return f"{fast:,.0f} ×" + MISSED * (fast < goal)


def copies(renderer: Renderer, original: Path, name: str, codeword: Codeword, seconds: float) -> tuple[str, ...]:
    """Return the row of each further copy in a format."""
    info = probe(original)
    target = choose_target(info, name)
    with TemporaryDirectory() as folder:
        variants = renderer.render(read_blocks(info))
        pieces = build_pieces(variants, info=info, target=target, grid=renderer.grid, work=Path(folder) / "work")

        def give() -> None:
            for number in range(COPIES):
                with pieces.copy(codeword, Path(folder) / f"{number}{target.suffix}") as pending:
                    pending.commit()

        took = timed(give)
    return f"each further {name.upper()} copy, one core", times(COPIES * seconds / took.cpu_s, 1_000), "≥ 1,000 ×"


def peak_mb() -> float:
    """Return the peak memory of a process that marks three hours of stereo, in MB."""
    with TemporaryDirectory() as folder:
        original = long_stereo(corpus.briefing(600, RATE), Path(folder) / "long.wav")
        command = [sys.executable, "-m", "bench.speed", str(original)]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def mark_alone(original: Path) -> None:
    """Mark a recording in this process and print the process's peak memory in MB."""
    with Vault.init(original.parent / "vault") as vault:
        mark(vault, original, read_listeners(io.BytesIO(b"id\none\n")), original.parent / "copies")
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    print(int(peak.split()[1]) / 1024)


def long_stereo(mono: Floats, path: Path) -> Path:
    """Write the sound over and over, in stereo, until there are three hours."""
    import wave  # noqa: PLC0415 - used nowhere else

    words = (np.repeat(mono[:, None], 2, axis=1) * 32_767).astype("<i2").tobytes()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        for _ in range(round(HOURS_S * RATE / len(mono))):
            file.writeframesraw(words)
    return path


if __name__ == "__main__":
    mark_alone(Path(sys.argv[1]))
