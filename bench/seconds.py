"""How many seconds of a leak it takes to name whose copy it was.

Blind: ``trace`` gets the vault and a file. Random cuts out of the copies of a 38-minute briefing marked for 1,000
listeners, each through an attack; a length is long enough if 95 % of the cuts name the right listener. A cut of a
length starts where the shorter ones did. Nobody else may be named, ever: that raises.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.attacks import Attack
from bench.stage import RATE, Floats, Stage, sound_of
from earmark.api import Vault, trace

LENGTHS = (4, 5, 6, 7, 8, 10, 12, 15, 20, 30, 60)
ENOUGH = 0.95
SEED = 20_261_123
GOALS = {"opus:12k": 10, "g711": 10}
GOAL = 8


@dataclass(frozen=True)
class Cut:
    """A leak to be made and traced.

    Attributes:
        vault: folder of the vault.
        listener: whose copy it comes from.
        copy: that copy.
        start: where it begins, as a part of what is possible; 0 to 1.
        seconds: how long it is.
        attack: what happens to it.
        seed: of what chance decides in that.
    """

    vault: Path
    listener: str
    copy: Path
    start: float
    seconds: float
    attack: str
    seed: int

    def sound(self) -> Floats:
        """Return what is cut out."""
        whole = kept(self.copy)
        length = round(self.seconds * RATE)
        first = round(self.start * (len(whole) - max(LENGTHS) * RATE))
        return whole[first : first + length]


@cache
def kept(copy: Path) -> Floats:
    """Return the samples of a copy, read once by each process."""
    return sound_of(copy)


def named(cut: Cut) -> bool:
    """Make the leak, trace it, and tell whether its listener is named; raise if anybody else is."""
    with TemporaryDirectory() as folder, Vault(cut.vault) as vault:
        leak = Attack(cut.attack).write(cut.sound(), RATE, Path(folder) / "leak", cut.seed)
        names = [one.listener for one in trace(vault, leak).named]
    if set(names) - {cut.listener}:
        raise AssertionError(f"innocent listeners were named: {names}, of {cut}")
    return bool(names)


def cuts(stage: Stage, attack: str, seconds: float, clips: int) -> Iterator[Cut]:
    """Yield the cuts of one length."""
    rng = np.random.default_rng(SEED)
    for seed, start in enumerate(rng.random(clips).tolist()):
        name, path = list(stage.copies.items())[seed % len(stage.copies)]
        yield Cut(stage.vault, name, path, start, seconds, attack, seed)


def measure(stage: Stage, attacks: Sequence[str], clips: int) -> Iterator[tuple[str, ...]]:
    """Yield a row for each attack: the length needed, the goal, and the part named at each length up to it."""
    with ProcessPoolExecutor(2) as pool:
        for attack in attacks:
            shares: dict[int, float] = {}
            for seconds in LENGTHS:
                hits = list(pool.map(named, cuts(stage, attack, seconds, clips), chunksize=4))
                shares[seconds] = sum(hits) / clips
                if shares[seconds] >= ENOUGH:
                    break
            reached = f"{seconds}" if shares[seconds] >= ENOUGH else f"more than {seconds}"
            curve = ", ".join(f"{length} s {share:.0%}" for length, share in shares.items())
            yield attack, reached, f"≤ {GOALS.get(attack, GOAL)}", curve


HEAD = ("attack", "seconds", "goal")
