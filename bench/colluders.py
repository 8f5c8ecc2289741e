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

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bench.attacks import Attack
from bench.ladder import climb, needed, span
from bench.leaks import SEGMENT, Mix, Rng, drawn, outcomes
from bench.stage import RATE, Floats, Stage

LENGTHS = (10, 20, 30, 60, 120, 240)
GOALS = {2: 60, 3: 120, 4: 240}
CODECS = ("opus:24k", "mp3:64k", "aac:64k", "opus:16k")
NOISE = "white:20"

Choices = NDArray[np.intp]


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
    """Return the mean of all copies with noise over it."""
    return Attack(NOISE).apply(average(copies, rng), RATE, int(rng.integers(1 << 31)))


def coded(copies: Floats, rng: Rng, then: Mix) -> Floats:
    """Return what is mixed of copies after each went through a codec of its own."""
    codecs = [Attack(name) for name in CODECS]
    return then(np.stack([codec.apply(copy, RATE, 0) for copy, codec in zip(copies, codecs, strict=False)]), rng)


seconds: Mix = partial(at_random, every=RATE)

MIXES: dict[str, Mix] = {
    "segments": partial(at_random, every=SEGMENT),
    "seconds": seconds,
    "average": average,
    "majority": partial(voted, most=True),
    "minority": partial(voted, most=False),
    "noise": noisy,
    "codecs": partial(coded, then=average),
    "relay": partial(coded, then=seconds),
}
VOTES = ("majority", "minority")


def kinds(sizes: Sequence[int] = tuple(GOALS)) -> Iterator[tuple[int, str]]:
    """Yield how many collude and what they do; two copies have no majority."""
    for colluders in sizes:
        yield from ((colluders, mix) for mix in MIXES if colluders > 2 or mix not in VOTES)


ABOUT = (
    "Two to four of 1,000 listeners make one leak of their copies; at least one of them has to be named in 95 % of\n"
    "random cuts, family-wise 1e-6. Copies are marked as usual, for coalitions of up to four. A length is given up\n"
    "as soon as too many cuts named nobody. Nobody innocent was named in any of them."
)
SHORT_HEAD = ("colluders", "ways", "seconds", "goal")
HEAD = ("colluders", "what they do", "seconds", "goal", "named of tried")


def measure(stage: Stage, clips: int) -> Iterator[tuple[str, ...]]:
    """Yield a row for each kind of collusion."""
    with ProcessPoolExecutor(2) as pool:
        for colluders, mix in kinds():
            leaks = drawn(stage.vault, stage.copies, colluders, MIXES[mix], clips)
            rungs = list(climb(LENGTHS, partial(outcomes, pool, leaks), clips))
            tally = ", ".join(str(rung) for rung in rungs)
            yield str(colluders), mix, needed(rungs), f"≤ {GOALS[colluders]}", tally


def summary(lines: Sequence[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Yield a short line for each number of colluders: from the least to the most that one of their ways takes."""
    for colluders in dict.fromkeys(line[0] for line in lines):
        some = [line for line in lines if line[0] == colluders]
        yield colluders, str(len(some)), span([line[2] for line in some]), some[0][3]
