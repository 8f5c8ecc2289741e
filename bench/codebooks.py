"""Evidence put to many codebooks, and how often anybody innocent is named in them.

A codebook has the recording's own biases, which is all that a leaker's evidence may depend on, and fresh secrets for
everybody but, in every other one, those whose copies went into the leak.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log
from typing import TypeVar

import numpy as np
from scipy.stats import beta

from earmark.api.finding import Found
from earmark.codes.codebook import Codebook
from earmark.codes.decoders import Decoder, Scores, fit_bank
from earmark.codes.lineup import LineUp

BOUNDS = tuple(10 ** (-half / 2) for half in range(1, 9))
INNOCENTS = 60
CODEBOOKS = 160
SURE = 0.95
HEAD = ("bound asked for", "leaks put to codebooks", "(leak, innocent) trials", "named an innocent", "share", "95 %")


@dataclass(frozen=True)
class Remembering(Decoder):
    """A decoder that works out its scores once: they are the same for every codebook."""

    @cached_property
    def _known(self) -> dict[int, Scores]:
        return {}

    def scores(self, companions: int) -> Scores:
        """Return what variant 1 earns over variant 0."""
        if companions not in self._known:
            self._known[companions] = super().scores(companions)
        return self._known[companions]


@dataclass(frozen=True)
class Place:
    """Where the recording may be in the leak, and the tests that this evidence leads to.

    Attributes:
        found: the place and its evidence.
        decoders: fitted to it, which takes no codebook.
    """

    found: Found
    decoders: Sequence[Decoder]

    def surest(self, book: Codebook, guilty: Sequence[bytes], innocents: Sequence[bytes]) -> float:
        """Return the natural logarithm of the smallest bound with which an innocent is named; 0 if none is."""
        evidence = self.found.evidence
        rows = book.rows([*guilty, *innocents], evidence.segments)
        line_up = LineUp(rows, book.biases(evidence.segments), 1 / self.found.share, log(max(BOUNDS)))
        bounds = line_up.hold(self.decoders)
        return min((bound for index, bound in bounds.items() if index >= len(guilty)), default=0.0)


def named_in(heard: Sequence[Found], book: Codebook, guilty: Sequence[bytes], rng: np.random.Generator) -> list[int]:
    """Return in how many codebooks any of the evidence names anybody innocent, for each of ``BOUNDS``.

    Args:
        heard: all evidence of a leak, with its shares.
        book: has the biases.
        guilty: the secrets of those whose copies went into the leak.
        rng: draws the others.
    """
    places = [Place(one, fitted(one, book)) for one in heard if one.evidence.segments.size]
    named = np.zeros(len(BOUNDS), int)
    for number in range(CODEBOOKS):
        innocents = [rng.bytes(32) for _ in range(INNOCENTS)]
        present = guilty if number % 2 else []
        surest = min((place.surest(book, present, innocents) for place in places), default=0.0)
        named += [surest <= log(bound) for bound in BOUNDS]
    return named.tolist()


def fitted(found: Found, book: Codebook) -> list[Remembering]:
    """Return the decoders that suit evidence."""
    evidence = found.evidence
    bank = fit_bank(evidence.soft, evidence.amplitude, book.biases(evidence.segments))
    return [Remembering(one.strategy, one.weight, one.heard, one.biases) for one in bank]


@dataclass(frozen=True)
class Tally:
    """How often anybody innocent was named.

    Attributes:
        tried: how many codebooks.
        named: in how many of them, for each of ``BOUNDS``.
    """

    tried: int
    named: tuple[int, ...]

    def interval(self, at: int) -> tuple[float, float]:
        """Return between what the true share lies with a probability of 95 % (Clopper and Pearson)."""
        hits, misses = self.named[at], self.tried - self.named[at]
        low = float(beta.ppf((1 - SURE) / 2, hits, misses + 1)) if hits else 0.0
        return low, float(beta.ppf((1 + SURE) / 2, hits + 1, misses)) if misses else 1.0


Result = TypeVar("Result")


def counted(results: Iterable[Result], total: int) -> Iterator[Result]:
    """Yield results and say now and then how many there are: it takes long."""
    for number, result in enumerate(results, 1):
        if number % 50 == 0:
            print(f"{number} of {total} leaks", file=sys.stderr, flush=True)
        yield result


def rows(tallies: Mapping[str, Tally]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each bound."""
    tally = tallies["all"]
    for at, bound in enumerate(BOUNDS):
        low, high = tally.interval(at)
        share = f"{tally.named[at] / tally.tried:.2g}"
        counts = (f"{tally.tried:,}", f"{tally.tried * INNOCENTS:,}", f"{tally.named[at]:,}")
        yield f"{bound:.2g}", *counts, share, f"{low:.2g} to {high:.2g}"
