"""How many segments it takes to name somebody: ``python -m bench.code_lengths``.

Simulated evidence ``a·v + noise`` (noise of deviation 1, the amplitude not told to the decoders), where ``a`` gives the
stated rate of wrong bits; ``v`` is the level that the strategy makes of the colluders' bits. A length is the smallest
at which one leaker at least was named in 95 % of the trials. Everything is seeded.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from earmark.codes.accusation import accuse
from earmark.codes.biases import UNIT, draw_biases

Floats = npt.NDArray[np.float64]
Bits = npt.NDArray[np.uint8]

STRATEGIES = ("alternate", "average", "majority", "minority")
DESIGN = {1: "58 / 133", 2: "264 / 524", 3: "492 / 1062", 4: "869 / 1581"}
FEWEST, RATIO, LENGTHS = 24, 1.05, 88
ERROR_FREE_AMPLITUDE = 6.0


@dataclass(frozen=True)
class Scenario:
    """What is simulated.

    Attributes:
        colluders: how many leak together.
        strategy: what they do.
        wrong_bits: the share of segments whose evidence has the wrong sign, were it a single leaker.
        listeners: how many there are.
        trials: how many leaks are simulated.
    """

    colluders: int
    strategy: str
    wrong_bits: float
    listeners: int
    trials: int

    @property
    def amplitude(self) -> float:
        """How clearly segments speak."""
        return -NormalDist().inv_cdf(self.wrong_bits) if self.wrong_bits else ERROR_FREE_AMPLITUDE


def levels(bits: Bits, strategy: str, rng: np.random.Generator) -> Floats:
    """Return what colluders with ``bits``, shape (c, m), put out, shape (m,), -1 … 1."""
    share = bits.mean(axis=0)
    if strategy == "average":
        averaged: Floats = 2 * share - 1
        return averaged
    if strategy == "alternate":
        picked = bits[rng.integers(0, len(bits), share.size), np.arange(share.size)]
    else:
        tie = rng.random(share.size) < 0.5
        common = np.where(share == 0.5, tie, share > 0.5)
        unanimous = (share == 0) | (share == 1)
        picked = common if strategy == "majority" else np.where(unanimous, common, ~common)
    chosen: Floats = 2.0 * picked - 1
    return chosen


def length_index(scenario: Scenario, seed: int) -> int:
    """Return which length of the ladder is the first that names a leaker in one simulated leak."""
    rng = np.random.default_rng([seed, scenario.colluders, STRATEGIES.index(scenario.strategy)])
    low, high = 0, LENGTHS
    most = length(high)
    biases = draw_biases(rng.bytes(32), 4, 0, most) / UNIT
    bits = (rng.random((scenario.listeners, most)) < biases).astype(np.uint8)
    heard = levels(bits[: scenario.colluders], scenario.strategy, rng)
    soft = scenario.amplitude * heard + rng.standard_normal(most)
    while high - low > 1:
        middle = (low + high) // 2
        m = length(middle)
        named = [found.index for found in accuse(bits[:, :m], biases[:m], soft[:m])]
        if max(named, default=0) >= scenario.colluders:
            raise AssertionError("an innocent was named")
        low, high = (low, middle) if named else (middle, high)
    return high


def length(index: int) -> int:
    """Return a length of the ladder, in segments."""
    return round(FEWEST * RATIO**index)


def measure(scenario: Scenario) -> tuple[int, int]:
    """Return the median and the 95 % length."""
    found = sorted(length_index(scenario, seed) for seed in range(scenario.trials))
    return length(found[len(found) // 2]), length(found[-(-len(found) * 19 // 20) - 1])


def scenarios() -> Iterator[Scenario]:
    """Yield the rows of the table."""
    for wrong_bits in (0.0, 0.01, 0.05, 0.15):
        yield Scenario(1, "alternate", wrong_bits, 1000, 40)
    for listeners, wrong_bits in ((100, 0.0), (100, 0.16)):
        yield Scenario(1, "alternate", wrong_bits, listeners, 40)
        for colluders in (2, 3, 4):
            for strategy in STRATEGIES[: 2 if colluders == 2 else None]:
                yield Scenario(colluders, strategy, wrong_bits, listeners, 20)


def main() -> None:
    """Print the table, rows as they are done."""
    rows = list(scenarios())
    print("| leakers | strategy | wrong bits | listeners | median | 95 % | design, n = 100: 0 / 16 % wrong |")
    print("|---|---|---|---|---|---|---|", flush=True)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for row, (median, most) in zip(rows, pool.map(measure, rows), strict=True):
            name = "" if row.colluders == 1 else row.strategy
            known = DESIGN[row.colluders] if row.listeners == 100 else ""
            print(
                f"| {row.colluders} | {name} | {row.wrong_bits:.0%} | {row.listeners} | {median} | {most} | {known} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
