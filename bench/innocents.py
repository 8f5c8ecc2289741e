"""How often innocent listeners are named, with the bound set so loose that it can be seen.

Evidence is taken from real leaks: cuts out of marked copies, through attacks, alone and mixed by two colluders. It is
put to codebooks in which everybody is innocent: fresh secrets, and the recording's own biases, which is all that a
leaker's evidence may depend on. For each bound the share of leaks that named anybody must not be above it.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.attacks import MAIN, Attack
from bench.seconds import Cut, cuts
from bench.stage import RATE, Floats, Stage
from earmark.api import Vault
from earmark.api.finding import Found, hear
from earmark.api.progress import silent
from earmark.api.tracing import accused, tracks_of
from earmark.records.entries import Recording

BOUNDS = (1e-1, 1e-2, 1e-3)
LISTENERS = 100
CODEBOOKS = 16
SECONDS = 10.0


@dataclass(frozen=True)
class Leak:
    """A leak whose true sources are left out of the codebooks it is put to.

    Attributes:
        attack: what happened to it.
        cuts: the same stretch of one copy or of two.
        seed: of the codebooks.
    """

    attack: str
    cuts: tuple[Cut, ...]
    seed: int

    def sound(self) -> Floats:
        """Return the average of the copies."""
        mixed: Floats = np.mean([cut.sound() for cut in self.cuts], axis=0, dtype=np.float32)
        return mixed


def namings(leak: Leak) -> list[int]:
    """Return in how many codebooks anybody was named, for each of ``BOUNDS``."""
    with TemporaryDirectory() as folder, Vault(leak.cuts[0].vault) as vault:
        file = Attack(leak.attack).write(leak.sound(), RATE, Path(folder) / "leak", leak.seed)
        recording = vault.recordings()[0]
        heard = hear(file, tracks_of([recording]), silent).found
    rng = np.random.default_rng(leak.seed)
    named = np.zeros(len(BOUNDS), int)
    for _ in range(CODEBOOKS):
        surest = surest_bound(heard, recording, {str(number): rng.bytes(32) for number in range(LISTENERS)})
        named += [surest <= np.log10(bound) for bound in BOUNDS]
    return named.tolist()


def surest_bound(heard: Sequence[Found], recording: Recording, secrets: Mapping[str, bytes]) -> float:
    """Return the decimal logarithm of the smallest bound with which anybody is named; 0 if nobody is."""
    names = [accused(secrets, recording, one, max(BOUNDS)) for one in heard]
    return min((one.false_accusation_log10 for named in names for one in named), default=0.0)


def leaks(stage: Stage, clips: int) -> Iterator[Leak]:
    """Yield leaks of one copy and of two, through every attack."""
    seed = 0
    for attack in MAIN:
        chosen = list(cuts(stage, attack, SECONDS, clips))
        for cut in chosen:
            seed += 1
            yield Leak(attack, (cut,), seed)
        for cut in chosen[: clips // 2]:
            seed += 1
            other = next(path for path in stage.copies.values() if path != cut.copy)
            yield Leak(attack, (cut, replace(cut, copy=other)), seed)


HEAD = ("bound asked for", "leaks put to codebooks of innocents", "(leak, listener) trials", "named anybody", "share")


def measure(stage: Stage, clips: int) -> Iterator[tuple[str, ...]]:
    """Yield a row for each bound."""
    with ProcessPoolExecutor(2) as pool:
        counts = np.array(list(pool.map(namings, leaks(stage, clips), chunksize=2)))
    tried = len(counts) * CODEBOOKS
    for bound, named in zip(BOUNDS, counts.sum(axis=0), strict=True):
        yield f"{bound:g}", f"{tried:,}", f"{tried * LISTENERS:,}", f"{named:,}", f"{named / tried:.2g}"
