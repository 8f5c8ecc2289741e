"""Searching: where in the recording a part of a leak was said.

Segment after segment of the leak is compared with all segments of the recording at every phase (15 ms apart). What they
are worth (``correlation``) adds up along the diagonals; a passage may begin anywhere, so a sum that has become worth
less than a fresh start begins again. That is the largest of many test martingales, each with its share of the belief,
and so below their average, which is one: the chance that unmarked sound ever gets a sum of w anywhere is at most
``places * exp(-w)``.

The search knows the mark key and nothing of who was given what, so that trying all places costs no accusation anything.
"""

from dataclasses import dataclass
from math import log

import numpy as np

from earmark.signal.correlation import Correlator, Floats, worth
from earmark.signal.listening import STEPS, Listening
from earmark.signal.spectrum import HOPS_PER_SLOT

FALSE_PASSAGE = 1e-4
CANDIDATES = 8
SAME_LINE = 2
NEIGHBOURS = 2 * SAME_LINE + 1
SEARCH_BLOCK = 8
QUADRATURE_NODES = 9


@dataclass(frozen=True)
class Place:
    """A segment of the recording found at a frame of the leak.

    Attributes:
        segment: which one; it may lie before the recording's first where the leak starts earlier.
        frame: where it starts in the leak.
        log_chance: natural logarithm of a bound on the chance of finding anything so sure in unmarked sound; above 0
            where that is no bound at all.
    """

    segment: int
    frame: int
    log_chance: float

    @property
    def sure(self) -> bool:
        """Whether this can hardly be chance."""
        return self.log_chance <= log(FALSE_PASSAGE)


def search(
    correlator: Correlator,
    first: int,
    last: int,
    trials: float = 1,
    *,
    allowed: float = FALSE_PASSAGE,
    stride: int = 1,
) -> list[Place]:
    """Look for the recording in the frames from ``first`` to ``last`` of the leak.

    Args:
        correlator: leak and recording.
        first: where to begin.
        last: where to end.
        trials: how many searches there are; the allowed chance of error is shared among them.
        allowed: the search ends as soon as a place has at most this chance to be none.
        stride: segments may begin every so many frames; a divisor of the frames that a segment takes.

    Returns:
        The surest places, the surest first, up to eight; any of them may be chance unless it is sure.
    """
    hops = correlator.listening.hops_per_segment
    phases = np.arange(0, hops, stride)
    rows = max(1, (last - first) // hops)
    odds = np.full((len(phases), correlator.segments + rows), -np.inf, np.float32)
    log_places = log(max(1, odds.size) * trials)
    searched = 0
    for start in range(0, rows, SEARCH_BLOCK):
        np.maximum(odds, log_share(start // SEARCH_BLOCK, -(-rows // SEARCH_BLOCK)), out=odds)
        searched = min(rows, start + SEARCH_BLOCK)
        block = np.arange(start, searched)
        gains = correlator.worth_everywhere((first + hops * block[:, None] + phases).ravel())
        for row, gain in zip(block, gains.reshape(len(block), len(phases), -1), strict=True):
            odds[:, rows - row : rows - row + correlator.segments] += gain
        if log_places - float(odds.max(initial=-np.inf)) <= log(allowed):
            break
    lately = max(0, searched - SEARCH_BLOCK // 2)  # where the sums have grown of late
    return [
        Place(lag - rows + lately, first + stride * phase + hops * lately, log_places - float(odds[phase, lag]))
        for phase, lag in surest_lines(odds)
    ]


def log_share(block: int, blocks: int) -> float:
    """Return the logarithm of the share of belief that a passage begins with a block: half for the first one."""
    if blocks == 1:
        return 0.0
    return log(0.5 if block == 0 else 0.5 / (blocks - 1))


def surest_lines(odds: Floats) -> list[tuple[int, int]]:
    """Return phase and lag of the eight surest lines, the surest first; of lines a frame or two apart only one.

    Args:
        odds: shape (phases, lags); a phase more is a frame later, a lag more a segment's frames earlier.
    """
    hops = len(odds)
    by_offset = odds[::-1].T.ravel()
    count = min(len(by_offset), NEIGHBOURS * CANDIDATES)
    likely = np.argpartition(by_offset, -count)[-count:] if count else np.zeros(0, np.int64)
    picked: list[int] = []
    for offset in likely[np.argsort(-by_offset[likely])].tolist():
        if len(picked) < CANDIDATES and all(abs(offset - other) > SAME_LINE for other in picked):
            picked.append(offset)
    return [(hops - 1 - offset % hops, offset // hops) for offset in picked]


def promise(listening: Listening, first: int, last: int) -> float:
    """Return what the segments between two frames may be expected to be worth, in nats, if they are marked.

    S is taken as the log-odds are meant: normal, with mean |λ|²/2 and variance |λ|² (``correlation``).
    """
    hops, slots = listening.hops_per_segment, listening.layout.slots
    rows = max(0, (last - first) // hops)
    told = np.square(listening.cells[first : first + hops * rows], dtype=np.int32).sum(axis=1) / STEPS**2
    squares = told.reshape(rows, hops)[:, HOPS_PER_SLOT : HOPS_PER_SLOT * (slots + 1) : HOPS_PER_SLOT].sum(axis=1)
    nodes, weights = np.polynomial.hermite_e.hermegauss(QUADRATURE_NODES)
    log_odds = squares[:, None] / 2 + np.sqrt(squares)[:, None] * nodes
    worths = worth(log_odds.astype(np.float32), squares[:, None].astype(np.float32))
    return float((worths @ (weights / weights.sum())).sum())


def most_telling(listening: Listening, seconds: float) -> tuple[int, int]:
    """Return from which to which frame, ``seconds`` apart or as many as there are, the cells say most."""
    length = min(listening.frames, round(seconds / listening.hop_s))
    told = np.square(listening.cells, dtype=np.int32).sum(axis=1).cumsum()
    sums = told[length - 1 :] - np.concatenate([[0], told[: len(told) - length]]) if length else np.zeros(1)
    first = int(sums.argmax())
    return first, first + length
