"""Leaks made of one copy or of several, and whether tracing them names one of those whose copies went in."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.attacks import Attack
from bench.stage import RATE, Floats, sound_of
from earmark.api import Vault, trace
from earmark.grid import DEFAULT_SEGMENT_MS

LONGEST_S = 240
SEGMENT = DEFAULT_SEGMENT_MS * RATE // 1000
SEED = 20_261_124

Rng = np.random.Generator
Mix = Callable[[Floats, Rng], Floats]
"""Makes one sound of several in step: of shape (copies, samples), beginning with a segment, one of shape (samples,)."""


@dataclass(frozen=True)
class Mixed:
    """A leak to be made of copies that lie side by side, and traced.

    Attributes:
        vault: folder of the vault.
        copies: their samples, as arrays in files, and whose they are.
        mix: what is made of them; it must be a function that other processes can find.
        start: where the leak begins, as a part of what is possible; 0 to 1.
        seconds: how long it is.
        attack: what happens to it afterwards.
        seed: of what chance decides.
    """

    vault: Path
    copies: tuple[tuple[str, Path], ...]
    mix: Mix
    start: float
    seconds: float
    attack: str
    seed: int

    @property
    def cut(self) -> slice:
        """Where the leak was cut out, in samples."""
        whole = len(np.load(self.copies[0][1], mmap_mode="r"))
        first = round(self.start * (whole - LONGEST_S * RATE))
        return slice(first, first + round(self.seconds * RATE))

    def sound(self) -> Floats:
        """Return what was made: it begins anywhere, but those who make it know where segments begin."""
        before = self.cut.start % SEGMENT
        stretch = slice(self.cut.start - before, self.cut.stop)
        parts = np.stack([np.load(path, mmap_mode="r")[stretch] for _, path in self.copies])
        return self.mix(parts, np.random.default_rng(self.seed))[before:]

    def write(self, path: Path) -> Path:
        """Write the leak; returns where it went."""
        return Attack(self.attack).write(self.sound(), RATE, path, self.seed)


def named(leak: Mixed) -> bool:
    """Make the leak, trace it, and tell whether one of those it is from is named; raise if anybody else is."""
    with TemporaryDirectory() as folder, Vault(leak.vault) as vault:
        names = {one.listener for one in trace(vault, leak.write(Path(folder) / "leak")).named}
    if names - {listener for listener, _ in leak.copies}:
        raise AssertionError(f"innocent listeners were named: {names}, of {leak}")
    return bool(names)


def outcomes(pool: Executor, leaks: Sequence[Mixed], seconds: float) -> Iterator[bool]:
    """Yield whether leaks name somebody if they are so long; no more than two are begun that nobody asks for."""
    for first in range(0, len(leaks), 2):
        yield from pool.map(named, [replace(one, seconds=seconds) for one in leaks[first : first + 2]])


def unpacked(copies: Mapping[str, Path]) -> dict[str, Path]:
    """Write the samples of copies beside them, where every process can look at them, and return where they are."""
    arrays = {listener: copy.with_suffix(".npy") for listener, copy in copies.items()}
    for listener, path in arrays.items():
        if not path.exists():
            np.save(path, sound_of(copies[listener]))
    return arrays


def drawn(vault: Path, copies: Mapping[str, Path], size: int, mix: Mix, clips: int) -> list[Mixed]:
    """Return leaks of ``size`` copies each, their length still open: each time of other copies, elsewhere."""
    rng = np.random.default_rng([SEED, size])
    arrays = list(unpacked(copies).items())
    sets = [rng.permutation(len(arrays))[:size] for _ in range(clips)]
    starts = rng.random(clips).tolist()
    return [
        Mixed(vault, tuple(arrays[at] for at in chosen), mix, start, 0.0, "clean", seed)
        for seed, (chosen, start) in enumerate(zip(sets, starts, strict=True))
    ]
