"""The line-up: every listener put to every test of a bank of decoders, without and with companions.

The theorem and its proof are in ``accusation``; here is the search. Only how listeners are *found* is up to the search:
every bound it notes is that of one test, multiplied with all tests that might have been made.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import comb, log
from typing import Any

import numpy as np
import numpy.typing as npt

from earmark.codes.codebook import Rows
from earmark.codes.decoders import SCORE_STEPS, Decoder, Scores
from earmark.codes.tails import Deficits, InnocentTail

Floats = npt.NDArray[np.float64]

DEEPEST = 2
"""With how many companions a listener is tested at most."""

_BEAM = 24  # leads of each decoder that become companions of the next depth
_LEAST_WEIGHT = 0.01  # a decoder the evidence speaks against is not worth the time of its companions
_PROMISING = 3.0  # standard deviations of an innocent's score below which no bound is computed
_LOG_TO_GAIN = 2.5 * log(10)  # what the exact tail may gain over Chernoff's bound
_EXACT_TESTS = 8  # how many tests of a depth are worth an exact tail
_EXACT_WORK = 60_000_000  # segments × deficits that an exact tail may take, about a tenth of a second
_BLOCK_CELLS = 1 << 23  # listeners × segments scored at once
_EXACT_FLOAT32 = 1 << 24  # whole numbers below are exact in float32


@dataclass(frozen=True)
class Test:
    """One way to score all listeners.

    Attributes:
        decoder: the strategy assumed.
        companions: listeners taken to have leaked as well, in rising order.
        scores: shape (m,), what variant 1 earns.
        tail: the distribution of an innocent's deficit.
        log_price: natural logarithm of what the tail's bound is multiplied with.
    """

    decoder: Decoder
    companions: tuple[int, ...]
    scores: Scores
    tail: InnocentTail
    log_price: float


@dataclass(frozen=True)
class Lead:
    """A listener whose score in a test stands out."""

    test: Test
    listener: int
    surprise: float


class LineUp:
    """All listeners, to be tested by whatever decoders the evidence suggests.

    Args:
        rows: the codewords at the segments heard, shape (n, m).
        biases: shape (m,), each in (0, 1).
        trials: how many pieces of evidence share the allowed error.
        log_limit: natural logarithm of the allowed error, negative.
    """

    def __init__(self, rows: Rows, biases: Floats, trials: int, log_limit: float) -> None:
        self._rows = rows
        self._biases = biases
        self._trials = trials
        self._log_limit = log_limit
        self._bounds: dict[int, float] = {}

    def hold(self, decoders: Iterable[Decoder]) -> dict[int, float]:
        """Return the natural logarithm of the bound of every listener who may be named, by index."""
        tests = [test for decoder in decoders for test in self._tests(decoder, [()])]
        leads = self._run(tests)
        for depth in range(1, min(DEEPEST, len(self._rows) - 1) + 1):
            tests = [test for decoder, sets in self._companions(leads, depth) for test in self._tests(decoder, sets)]
            leads = self._run(tests)
        return self._bounds

    def _companions(self, leads: Iterable[Lead], depth: int) -> Iterator[tuple[Decoder, list[tuple[int, ...]]]]:
        """Yield the decoders that allow for ``depth`` companions, with the likeliest sets of those."""
        by_decoder: dict[str, list[Lead]] = {}
        for lead in sorted(leads, key=lambda lead: -lead.surprise):
            strategy = lead.test.decoder.strategy
            if strategy.colluders > depth and lead.test.decoder.weight >= _LEAST_WEIGHT:
                by_decoder.setdefault(f"{strategy.name} {strategy.colluders}", []).append(lead)
        for found in by_decoder.values():
            sets = dict.fromkeys(tuple(sorted((*lead.test.companions, lead.listener))) for lead in found)
            named = [members for members in sets if self._bounds.keys() & set(members)]
            yield found[0].test.decoder, (named or list(sets))[:_BEAM]

    def _tests(self, decoder: Decoder, companion_sets: list[tuple[int, ...]]) -> Iterator[Test]:
        """Yield the tests of a decoder with each of some sets of companions, all of the same size."""
        depth = len(companion_sets[0])
        table = decoder.scores(depth)
        for companions in companion_sets:
            ones = np.zeros(self._biases.size, dtype=np.intp)
            for companion in companions:
                ones += self._rows[companion : companion + 1][0]
            scores = np.take_along_axis(table, ones[None], axis=0)[0]
            tail = InnocentTail.of(scores, self._biases)
            yield Test(decoder, companions, scores, tail, self._log_price(decoder, depth))

    def _log_price(self, decoder: Decoder, depth: int) -> float:
        """Return the natural logarithm of: listeners × companion sets × trials / weight."""
        listeners = len(self._rows)
        depths = min(DEEPEST, decoder.strategy.colluders - 1) + 1
        sets = comb(listeners - 1, depth)
        return log(listeners) + log(sets) + log(self._trials) - log(decoder.weight / depths)

    def _run(self, tests: list[Test]) -> list[Lead]:
        """Put every listener to every test, note the bounds, and return who stands out."""
        deficits = self._deficits(tests)
        leads: list[Lead] = []
        near: list[tuple[float, Test, Deficits, Deficits]] = []
        for test, seen in zip(tests, deficits.T, strict=True):
            surprise = (test.tail.mean - seen) / max(test.tail.deviation, 1e-9)
            surprise[list(test.companions)] = -np.inf
            leads += _standing_out(test, surprise)
            listeners = np.flatnonzero(surprise >= _PROMISING)
            bounds = test.log_price + test.tail.chernoff(seen[listeners])
            self._note(listeners, bounds)
            open_ones = (bounds > self._log_limit) & (bounds < self._log_limit + _LOG_TO_GAIN)
            if open_ones.any():
                near.append((float(bounds[open_ones].min()), test, listeners[open_ones], seen[listeners[open_ones]]))
        for _, test, listeners, seen in sorted(near, key=lambda one: one[0])[:_EXACT_TESTS]:
            self._note_exactly(test, listeners, seen)
        return leads

    def _note_exactly(self, test: Test, listeners: Deficits, seen: Deficits) -> None:
        """Note the exact tails of listeners that Chernoff's bound was too loose for."""
        if int(seen.max()) * self._biases.size <= _EXACT_WORK:
            self._note(listeners, test.log_price + test.tail.exact(int(seen.max()))[seen])

    def _note(self, listeners: Deficits, bounds: Floats) -> None:
        """Keep each listener's smallest bound if it is small enough to name them."""
        for listener, bound in zip(listeners.tolist(), bounds.tolist(), strict=True):
            if bound <= min(self._log_limit, self._bounds.get(listener, 0.0)):
                self._bounds[listener] = bound

    def _deficits(self, tests: list[Test]) -> Deficits:
        """Return the deficit of every listener in every test, shape (n, tests), exactly."""
        scores = np.stack([test.scores for test in tests], axis=1) if tests else np.zeros((self._biases.size, 0), int)
        exact = np.dtype(np.float32 if SCORE_STEPS * self._biases.size < _EXACT_FLOAT32 else np.float64)
        earning: npt.NDArray[np.floating[Any]] = scores.astype(exact)
        best = np.maximum(scores, 0).sum(axis=0)
        deficits = np.empty((len(self._rows), len(tests)), dtype=np.int64)
        step = max(1, _BLOCK_CELLS // max(1, self._biases.size))
        for start in range(0, len(self._rows), step):
            block: npt.NDArray[np.floating[Any]] = self._rows[start : start + step].astype(exact)
            deficits[start : start + step] = best - (block @ earning).astype(np.int64)
        return deficits


def _standing_out(test: Test, surprise: Floats) -> list[Lead]:
    """Return the listeners with the highest scores of a test, for the next depth."""
    count = min(_BEAM, surprise.size)
    top = np.argpartition(surprise, -count)[-count:]
    return [Lead(test, int(listener), float(surprise[listener])) for listener in top]
