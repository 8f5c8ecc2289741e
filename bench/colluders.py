"""How many seconds of a leak it takes to name one of several who leaked together.

The colluders lay their copies side by side, in step, and make one leak of them. As everywhere, ``trace`` gets the vault
and a file: it is told neither that there are several, nor how many, nor what they did.

=============  =========================================================================================================
``segments``   a copy at random for every segment; the colluders are taken to know where segments begin
``seconds``    a copy at random for every second
``average``    all copies, averaged
``majority``   in every segment the sound that most of the copies have; at random where as many have either
``minority``   the sound that fewest have, where copies differ at all
``noise``      averaged, with white noise at 20 dB
``codecs``     every copy through a codec of its own, then averaged
``relay``      every copy through a codec of its own, then a copy at random for every second
=============  =========================================================================================================

A length is long enough if at least one colluder is named in 95 % of random cuts. Nobody else may be named, ever: that
raises.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from bench.attacks import Attack
from bench.ladder import climb, needed
from bench.stage import RATE, Floats, Stage, sound_of
from earmark.api import Vault, trace
from earmark.grid import DEFAULT_SEGMENT_MS

LENGTHS = (10, 20, 30, 60, 120, 240)
GOALS = {2: 60, 3: 120, 4: 240}
CODECS = ("opus:24k", "mp3:64k", "aac:64k", "opus:16k")
NOISE_DB = 20
SEGMENT = DEFAULT_SEGMENT_MS * RATE // 1000
SEED = 20_261_124

Rng = np.random.Generator
Choices = NDArray[np.intp]
Mix = Callable[[Floats, Rng], Floats]


def spread(copies: Floats, choices: Choices, every: int) -> Floats:
    """Return copy ``choices[0]`` for the first ``every`` samples, ``choices[1]`` for the next, and so on.

    Args:
        copies: shape (colluders, samples).
        choices: at least one for every stretch that ``samples`` has begun.
        every: samples of a stretch.
    """
    picked: Floats = copies[np.repeat(choices, every)[: copies.shape[1]], np.arange(copies.shape[1])]
    return picked


def at_random(copies: Floats, rng: Rng, every: int) -> Floats:
    """Return a copy at random for every so many samples."""
    stretches = -(-copies.shape[1] // every)
    return spread(copies, rng.integers(0, len(copies), stretches), every)


def average(copies: Floats, _: Rng) -> Floats:
    """Return the mean of all copies."""
    mean: Floats = copies.mean(axis=0, dtype=np.float32)
    return mean


def differing(copies: Floats) -> NDArray[np.bool_]:
    """Tell for every copy and segment whether it differs from the first copy; shape (colluders, segments)."""
    segments = -(-copies.shape[1] // SEGMENT)
    unequal = np.not_equal(copies, copies[:1])
    padded = np.pad(unequal, ((0, 0), (0, segments * SEGMENT - copies.shape[1])))
    return np.asarray(padded.reshape(len(copies), segments, SEGMENT).any(axis=2))


def voted(copies: Floats, rng: Rng, *, most: bool) -> Floats:
    """Return in every segment the sound that most of the copies have, or fewest."""
    differs = differing(copies)
    others = differs.sum(axis=0)
    firsts = len(copies) - others  # those that sound like the first copy
    tie = rng.random(others.size) < 0.5
    second = np.where(others == firsts, tie, (others > firsts) == most) & (others > 0)
    return spread(copies, np.where(second, differs.argmax(axis=0), 0), SEGMENT)


def noisy(copies: Floats, rng: Rng) -> Floats:
    """Return the mean of all copies with white noise over it."""
    return Attack(f"white:{NOISE_DB}").apply(average(copies, rng), RATE, int(rng.integers(1 << 31)))


def coded(copies: Floats) -> Floats:
    """Return every copy as a codec of its own leaves it."""
    return np.stack([Attack(name).apply(copy, RATE, 0) for copy, name in zip(copies, CODECS, strict=False)])


MIXES: dict[str, Mix] = {
    "segments": partial(at_random, every=SEGMENT),
    "seconds": partial(at_random, every=RATE),
    "average": average,
    "majority": partial(voted, most=True),
    "minority": partial(voted, most=False),
    "noise": noisy,
    "codecs": lambda copies, rng: average(coded(copies), rng),
    "relay": lambda copies, rng: at_random(coded(copies), rng, RATE),
}
VOTES = ("majority", "minority")


@dataclass(frozen=True)
class Collusion:
    """A leak to be made by several and traced.

    Attributes:
        vault: folder of the vault.
        copies: the colluders' samples, as arrays in files, by listener.
        mix: what they do, one of ``MIXES``.
        start: where the leak begins, as a part of what is possible; 0 to 1.
        seconds: how long it is.
        attack: what happens to it afterwards.
        seed: of what chance decides.
    """

    vault: Path
    copies: tuple[tuple[str, Path], ...]
    mix: str
    start: float
    seconds: float
    attack: str
    seed: int

    def sound(self) -> Floats:
        """Return what the colluders make: it begins anywhere, but their grid is the recording's."""
        whole = [np.load(path, mmap_mode="r") for _, path in self.copies]
        first = round(self.start * (len(whole[0]) - max(LENGTHS) * RATE))
        before = first % SEGMENT
        cut = slice(first - before, first + round(self.seconds * RATE))
        return MIXES[self.mix](np.stack([copy[cut] for copy in whole]), np.random.default_rng(self.seed))[before:]


def named(collusion: Collusion) -> bool:
    """Make the leak, trace it, and tell whether a colluder is named; raise if anybody else is."""
    with TemporaryDirectory() as folder, Vault(collusion.vault) as vault:
        leak = Attack(collusion.attack).write(collusion.sound(), RATE, Path(folder) / "leak", collusion.seed)
        names = [one.listener for one in trace(vault, leak).named]
    if set(names) - {listener for listener, _ in collusion.copies}:
        raise AssertionError(f"innocent listeners were named: {names}, of {collusion}")
    return bool(names)


def unpacked(stage: Stage) -> dict[str, Path]:
    """Write the samples of all copies beside them, where every process can look at them, and return where they are."""
    arrays = {listener: copy.with_suffix(".npy") for listener, copy in stage.copies.items()}
    for listener, path in arrays.items():
        if not path.exists():
            np.save(path, sound_of(stage.copies[listener]))
    return arrays


def collusions(stage: Stage, colluders: int, mix: str, clips: int) -> list[Collusion]:
    """Return what is tried of one kind, its length still open: each time other colluders, elsewhere."""
    rng = np.random.default_rng([SEED, colluders])
    arrays = list(unpacked(stage).items())
    return [
        Collusion(stage.vault, tuple(arrays[at] for at in chosen), mix, float(rng.random()), 0.0, "clean", seed)
        for seed, chosen in enumerate(rng.permutation(len(arrays))[:colluders] for _ in range(clips))
    ]


def kinds(sizes: Sequence[int] = tuple(GOALS)) -> Iterator[tuple[int, str]]:
    """Yield how many collude and what they do; two copies have no majority."""
    for colluders in sizes:
        yield from ((colluders, mix) for mix in MIXES if colluders > 2 or mix not in VOTES)


HEAD = ("colluders", "what they do", "seconds", "goal", "named of tried")


def measure(stage: Stage, clips: int) -> Iterator[tuple[str, ...]]:
    """Yield a row for each kind of collusion."""
    with ProcessPoolExecutor(2) as pool:
        for colluders, mix in kinds():
            tried = collusions(stage, colluders, mix, clips)

            def outcomes(length: float, tried: Sequence[Collusion] = tried) -> Iterator[bool]:
                for pair in zip(tried[::2], tried[1::2], strict=False):  # no more are begun than are needed
                    yield from pool.map(named, [replace(one, seconds=length) for one in pair])

            rungs = list(climb(LENGTHS, outcomes, clips))
            tally = ", ".join(str(rung) for rung in rungs)
            yield str(colluders), mix, needed(rungs), f"≤ {GOALS[colluders]}", tally
