"""How many seconds of a leak it takes to name whose copy it was.

Blind: ``trace`` gets the vault and a file. Random cuts out of the copies of a 38-minute briefing marked for 1,000
listeners, each through an attack; a length is long enough if 95 % of the cuts name the right listener. A cut of a
length starts where the shorter ones did; where an attack changes how fast a leak runs, the length is that of what was
cut out. Nobody else may be named, ever: that raises.
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from math import isfinite
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.attacks import Attack, Row, row_of
from bench.ladder import climb, needed, span
from bench.stage import RATE, Floats, Stage, sound_of
from bench.tables import MISSED
from earmark.api import Vault, trace

LENGTHS = (4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 60)
SEED = 20_261_123
PROCESSES = 2


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
        whole: whether the attack takes pieces from all of the copy.
    """

    vault: Path
    listener: str
    copy: Path
    start: float
    seconds: float
    attack: str
    seed: int
    whole: bool = False

    def sound(self) -> Floats:
        """Return what is cut out."""
        sound = kept(self.copy)
        if self.whole:
            return sound
        first = round(self.start * (len(sound) - max(LENGTHS) * RATE))
        return sound[first : first + round(self.seconds * RATE)]


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


def cuts(stage: Stage, attack: str, seconds: float, clips: int, *, whole: bool = False) -> list[Cut]:
    """Return the cuts of one length."""
    starts = np.random.default_rng(SEED).random(clips).tolist()
    copies = list(stage.copies.items())
    return [
        Cut(stage.vault, *copies[seed % len(copies)], start, seconds, attack, seed, whole)
        for seed, start in enumerate(starts)
    ]


def outcomes(pool: Executor, chosen: Sequence[Cut], named: Callable[[Cut], bool] = named) -> Iterator[bool]:
    """Yield whether cuts name their listener; none is begun long before somebody asks for it."""
    for first in range(0, len(chosen), PROCESSES):
        yield from pool.map(named, chosen[first : first + PROCESSES])


ABOUT = (
    "Random cuts of copies of a briefing of 38 minutes, each through an attack; a length is enough if 95 % of the\n"
    "cuts name the listener, and ✗ marks a goal that is not reached. Lengths are tried from 4 s or half the goal on;\n"
    "one has failed as soon as too many cuts have, the rest is left out then. Nobody else was named in any of them.\n"
    "`make bench ATTACK=gsm` measures a single line, or any chain of effects that `earmark attack --help` lists.\n"
    "\n"
    "Where 5 s are not enough though little happened, it is for the few cuts that are pauses for a\n"
    "good part: a quarter to a third of their segments seem to be of the other variant, and the bound gets to\n"
    "10^-4, where half of the cuts have 10^-17. What low-rate speech codecs leave is little everywhere. Tried and\n"
    "left: segments of other lengths (60 ms were the best of twenty layouts), a second, wider network beside the\n"
    "one (an eighth more evidence after GSM, less after rooms), deeper marks (they cost quality, see above)."
)
SHORT_HEAD = ("what happened", "chains", "seconds", "goal", "chains that reach it")
HEAD = ("what happened", "attack", "seconds", "goal", "cuts named at each length tried", "minutes")


def measure(stage: Stage, rows: Sequence[Row], clips: int) -> Iterator[tuple[str, ...]]:
    """Yield a line for each row, and for the clean one before others whose goals are multiples of what it takes."""
    clean_s = float("nan")
    with ProcessPoolExecutor(PROCESSES) as pool:
        for row in clean_first(rows):
            started = time.monotonic()

            def results(seconds: float, row: Row = row) -> Iterator[bool]:
                attack = row.attack(seconds)
                return outcomes(pool, cuts(stage, attack, seconds, clips, whole=row.from_everywhere))

            goal = row.goal(clean_s)
            rungs = []
            for rung in climb(lengths_for(goal), results, clips):
                print(f"{row.chain}: {rung} named", file=sys.stderr, flush=True)
                rungs.append(rung)
            if row.chain == "clean":
                clean_s = rungs[-1].length
            missed = isfinite(goal) and not (rungs[-1].passed and rungs[-1].length <= goal)
            reached, wanted = needed(rungs) + missed * MISSED, f"≤ {goal:g}" if isfinite(goal) else "none"
            minutes = (time.monotonic() - started) / 60
            yield row.title, f"`{row.chain}`", reached, wanted, ", ".join(map(str, rungs)), f"{minutes:.1f}"


def clean_first(rows: Sequence[Row]) -> list[Row]:
    """Return the rows, before them the clean one if the goal of any is a multiple of what that takes."""
    clean = row_of("clean")
    return [clean, *(row for row in rows if row != clean)] if any(row.of_clean for row in rows) else list(rows)


def lengths_for(goal: float) -> list[float]:
    """Return the lengths worth trying: from half the goal on, all of them where there is none."""
    return [length for length in LENGTHS if length >= goal / 2 or not isfinite(goal)]


def summary(lines: Sequence[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Yield a short line for each kind of attack: from the least to the most that one of its chains needs."""
    for title in dict.fromkeys(line[0] for line in lines):
        some = [line for line in lines if line[0] == title]
        reached = [line[2].removesuffix(MISSED) for line in some]
        good = sum(not line[2].endswith(MISSED) for line in some)
        yield title, str(len(some)), span(reached), some[0][3], f"{good} of {len(some)}"
