"""The line-up: every listener put to every test of a bank of decoders, without and with companions.

The theorem and its proof are in ``accusation``; here is the search. Only how listeners are *found* is up to the search:
every bound it notes is that of one test, multiplied with all tests that might have been made.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import comb, log, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from earmark.codes.codebook import Rows
from earmark.codes.decoders import SCORE_STEPS, Decoder, Scores
from earmark.codes.tails import InnocentTail

Floats = npt.NDArray[np.float64]
Deficits = npt.NDArray[np.int32]

DEEPEST = 2
"""With how many companions a listener is tested at most."""

_BEAM = 24  # sets of companions that a decoder goes on with
_NAMED_BEAM = 6  # the same where some of them are named already
_LEAST_WEIGHT = 0.01  # a decoder the evidence speaks against is not worth the time of its companions
_LEAST_SHARE = 0.35  # of a bound, what a normal tail must reach before the bound is computed
_LOG_TO_GAIN = 2.5 * log(10)  # what the exact tail may gain over Chernoff's bound
_EXACT_TESTS = 8  # how many tests of a panel are worth an exact tail
_EXACT_WORK = 60_000_000  # segments × deficits that an exact tail may take, about a tenth of a second
_FIRST_ROUND = 0.7  # of the time of all rounds
_BLOCK_CELLS = 1 << 21  # listeners × segments scored at once
_EXACT_FLOAT32 = 1 << 24  # whole numbers below are exact in float32

Companions = tuple[int, ...]


@dataclass(frozen=True)
class Panel:
    """The tests of one decoder with sets of companions, all of the same size.

    Attributes:
        decoder: the strategy assumed.
        companions: for each test the listeners taken to have leaked as well, in rising order.
        scores: shape (m, tests), what variant 1 earns.
        log_price: natural logarithm of what a tail is multiplied with.
    """

    decoder: Decoder
    companions: list[Companions]
    scores: Scores
    log_price: float


@dataclass(frozen=True)
class Seen:
    """What the tests of a panel said.

    Attributes:
        panel: the tests.
        deficits: shape (n, tests).
        surprise: shape (n, tests), how far below an innocent's mean, in standard deviations.
    """

    panel: Panel
    deficits: Deficits
    surprise: npt.NDArray[np.float32]

    def next_companions(self) -> list[Companions]:
        """Return the likeliest sets of companions and one listener more, the likeliest first."""
        flat = self.surprise.ravel()  # -inf for a listener who is a companion already: no set has anybody twice
        count = min(int(np.isfinite(flat).sum()), _BEAM * (len(self.panel.companions[0]) + 1))
        if not count:
            return []
        top = np.argpartition(flat, -count)[-count:]
        listeners, tests = np.divmod(top[np.argsort(-flat[top])], len(self.panel.companions))
        sets = (
            tuple(sorted((*self.panel.companions[test], listener)))
            for listener, test in zip(listeners.tolist(), tests.tolist(), strict=True)
        )
        return list(dict.fromkeys(sets))


class LineUp:
    """All listeners, to be tested by whatever decoders the evidence suggests.

    Args:
        rows: the codewords at the segments heard, shape (n, m).
        biases: shape (m,), each in (0, 1).
        trials: 1 over the share of the allowed error that this piece of evidence has.
        log_limit: natural logarithm of the allowed error, negative.
        done: told after each part of the work how much of it is done, rising to at most 1.
    """

    def __init__(
        self,
        rows: Rows,
        biases: Floats,
        trials: float,
        log_limit: float,
        done: Callable[[float], None] = lambda _: None,
    ) -> None:
        self._rows = rows
        self._biases = biases
        self._trials = trials
        self._log_limit = log_limit
        self._done = done
        self._rounds = 0
        self._bounds: dict[int, float] = {}

    def hold(self, decoders: Iterable[Decoder]) -> dict[int, float]:
        """Return the natural logarithm of the bound of every listener who may be named, by index."""
        panels = [self._panel(decoder, [()]) for decoder in decoders]
        for depth in range(1, min(DEEPEST, len(self._rows) - 1) + 1):
            panels = [self._panel(decoder, sets) for decoder, sets in self._deeper(self._run(panels), depth)]
        self._run(panels)
        return self._bounds

    def _deeper(self, seen: Iterable[Seen], depth: int) -> Iterator[tuple[Decoder, list[Companions]]]:
        """Yield the decoders that allow for ``depth`` companions, with the likeliest sets of those."""
        for one in seen:
            decoder = one.panel.decoder
            if decoder.strategy.colluders > depth and decoder.weight >= _LEAST_WEIGHT:
                sets = one.next_companions()
                if not sets:
                    continue
                named = [members for members in sets if self._bounds.keys() & set(members)]
                yield decoder, named[:_NAMED_BEAM] or sets[:_BEAM]

    def _panel(self, decoder: Decoder, companions: list[Companions]) -> Panel:
        """Return the tests of a decoder with each of some sets of companions, all of the same size."""
        depth = len(companions[0])
        if any(len(set(members)) != depth for members in companions):
            raise ValueError("a set of companions has every listener once")  # the price counts no others
        ones = np.zeros((len(companions), self._biases.size), dtype=np.intp)
        for test, members in enumerate(companions):
            for member in members:
                ones[test] += self._rows[member : member + 1][0]
        scores = np.take_along_axis(decoder.scores(depth), ones, axis=0).T
        return Panel(decoder, companions, scores, self._log_price(decoder, depth))

    def _log_price(self, decoder: Decoder, depth: int) -> float:
        """Return the natural logarithm of: listeners × companion sets × trials / weight."""
        listeners = len(self._rows)
        depths = min(DEEPEST, decoder.strategy.colluders - 1) + 1
        sets = comb(listeners - 1, depth)
        return log(listeners) + log(sets) + log(self._trials) - log(decoder.weight / depths)

    def _run(self, panels: list[Panel]) -> list[Seen]:
        """Put every listener to every test and note the bounds."""
        widths = np.cumsum([len(panel.companions) for panel in panels])
        deficits = self._deficits([panel.scores for panel in panels])
        parts = np.split(deficits, widths[:-1], axis=1)
        seen = [self._seen(panel, part) for panel, part in zip(panels, parts, strict=True)]
        for one in seen:
            self._judge(one)
        self._rounds += 1
        return seen

    def _seen(self, panel: Panel, deficits: Deficits) -> Seen:
        """Return how surprising deficits, shape (n, tests), would be for an innocent."""
        earning = np.ascontiguousarray(panel.scores.T, dtype=np.float64)
        mean = np.maximum(earning, 0).sum(axis=1) - earning @ self._biases
        variance = np.square(earning) @ (self._biases * (1 - self._biases))
        surprise = ((mean - deficits) / np.sqrt(np.maximum(variance, 1e-9))).astype(np.float32)
        for column, members in enumerate(panel.companions):
            surprise[list(members), column] = -np.inf
        return Seen(panel, deficits, surprise)

    def _judge(self, seen: Seen) -> None:
        """Note the bounds of all listeners who might be named by a test of a panel."""
        worth_it = sqrt(2 * _LEAST_SHARE * max(seen.panel.log_price - self._log_limit, 0.0))
        promising = seen.surprise >= worth_it
        tests = np.flatnonzero(promising.any(axis=0))
        for rank, test in enumerate(tests[np.argsort(-seen.surprise.max(axis=0)[tests])]):
            listeners = np.flatnonzero(promising[:, test])
            tail = InnocentTail.of(seen.panel.scores[:, test], self._biases)
            deficits = seen.deficits[listeners, test]
            bounds = seen.panel.log_price + tail.chernoff(deficits)
            self._note(listeners, bounds)
            near = (bounds > self._log_limit) & (bounds < self._log_limit + _LOG_TO_GAIN)
            largest = int(deficits[near].max(initial=0))
            if near.any() and rank < _EXACT_TESTS and largest * self._biases.size <= _EXACT_WORK:
                self._note(listeners[near], seen.panel.log_price + tail.exact(largest)[deficits[near]])

    def _note(self, listeners: npt.NDArray[np.intp], bounds: Floats) -> None:
        """Keep each listener's smallest bound if it is small enough to name them."""
        for listener, bound in zip(listeners.tolist(), bounds.tolist(), strict=True):
            if bound <= min(self._log_limit, self._bounds.get(listener, 0.0)):
                self._bounds[listener] = bound

    def _deficits(self, scores: list[Scores]) -> Deficits:
        """Return the deficit of every listener in every test, shape (n, tests), exactly."""
        if not scores:
            return np.zeros((len(self._rows), 0), dtype=np.int32)
        earning = np.concatenate(scores, axis=1)
        exact = np.dtype(np.float32 if SCORE_STEPS * self._biases.size < _EXACT_FLOAT32 else np.float64)
        factors: npt.NDArray[np.floating[Any]] = earning.astype(exact)
        best = np.maximum(earning, 0).sum(axis=0)
        deficits = np.empty((len(self._rows), len(best)), dtype=np.int32)
        step = max(1, _BLOCK_CELLS // self._biases.size)

        def put(start: int) -> int:
            block: npt.NDArray[np.floating[Any]] = self._rows[start : start + step].astype(exact)
            deficits[start : start + step] = best - (block @ factors).astype(np.int64)
            return start + len(block)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for done in pool.map(put, range(0, len(self._rows), step)):
                self._tell(done / len(self._rows))
        return deficits

    def _tell(self, part: float) -> None:
        """Tell how much is done where a part of this round is: it is the first that has to make the codewords."""
        later = (1 - _FIRST_ROUND) * (self._rounds - 1 + part) / DEEPEST
        self._done(min(1.0, _FIRST_ROUND + later if self._rounds else _FIRST_ROUND * part))
