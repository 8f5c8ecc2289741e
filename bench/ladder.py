"""The shortest length at which nearly all trials succeed, found with as few trials as that takes.

Lengths are tried from the shortest on. A length has failed as soon as more trials failed than it may have, the rest of
its trials is left out then; the first length that does not fail is the answer.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

ENOUGH = 0.95


@dataclass(frozen=True)
class Rung:
    """One length that was tried.

    Attributes:
        length: in seconds.
        hits: how many trials succeeded.
        tried: how many were made.
        passed: whether enough of all succeeded.
    """

    length: float
    hits: int
    tried: int
    passed: bool

    def __str__(self) -> str:
        """Return it as it stands in tables."""
        return f"{self.length:g} s {self.hits}/{self.tried}"


Results = Callable[[float], Iterable[bool]]
"""Gives the outcomes of all trials of a length, in their order; asked for no more than are needed."""


def rung(length: float, outcomes: Iterable[bool], trials: int) -> Rung:
    """Return what comes of ``trials`` outcomes, without the last ones if they cannot change anything."""
    may_fail = int((1 - ENOUGH) * trials + 1e-9)
    hits = tried = 0
    for outcome in islice(outcomes, trials):
        tried += 1
        hits += outcome
        if tried - hits > may_fail:
            break
    return Rung(length, hits, tried, tried == trials and tried - hits <= may_fail)


def climb(lengths: Sequence[float], results: Results, trials: int) -> Iterator[Rung]:
    """Yield what comes of each length, the shortest first, up to the first that passes."""
    for length in sorted(lengths):
        found = rung(length, results(length), trials)
        yield found
        if found.passed:
            return


def needed(rungs: Sequence[Rung]) -> str:
    """Return the length needed, as it stands in tables."""
    return f"{rungs[-1].length:g}" if rungs[-1].passed else f"more than {rungs[-1].length:g}"


def span(lengths: Sequence[str]) -> str:
    """Return from the least to the most of lengths as ``needed`` returns them."""
    rising = sorted(lengths, key=lambda text: (text.startswith("more"), float(text.split()[-1])))
    return rising[0] if rising[0] == rising[-1] else f"{rising[0]} to {rising[-1]}"
