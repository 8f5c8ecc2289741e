r"""Listening: for every cell heard, the odds that it was raised rather than lowered.

What a cell says is the natural logarithm of those odds, as a *judge* sees them from the log-powers around it and from
what the leak is like as a whole (``surroundings``); 0 where a cell says nothing. No judge knows any key, so that
nothing here can depend on who was given what.

Log-odds are kept in steps of 1/64 in one byte a cell: 4.8 kB per second of sound.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from earmark.signal.layout import BANDS, Layout
from earmark.signal.network import learned
from earmark.signal.pace import OWN, Pace
from earmark.signal.spectrum import HOPS_PER_SLOT, log_powers
from earmark.signal.surroundings import REACH, Judge, Surroundings

STEPS = 64
JUDGED_FRAMES = 256

Floats = NDArray[np.float32]
Cells = NDArray[np.int8]


@dataclass(frozen=True)
class Listening:
    """What was heard.

    Attributes:
        layout: the cells of a segment.
        cells: log-odds times 64, from -127 to 127; shape (frames, 72). Frame t is seen through a window whose centre
            lies at ``t * hop_s``.
        seconds: length of the sound.
        pace: at which it was listened to.
    """

    layout: Layout
    cells: Cells
    seconds: float
    pace: Pace = OWN

    @property
    def hop_s(self) -> float:
        """Distance of two frames in seconds of the leak."""
        return self.layout.slot_s / HOPS_PER_SLOT / self.pace.tempo

    @property
    def hops_per_segment(self) -> int:
        """Number of frames from a segment's start to the next one's."""
        return HOPS_PER_SLOT * self.layout.intervals

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.cells)


def listen(blocks: Iterable[Floats], layout: Layout, judge: Judge = learned, pace: Pace = OWN) -> Listening:
    """Listen to a sound.

    Args:
        blocks: the sound at the pace's rate, in pieces of any length; shape (channels, samples), full scale ±1.
        layout: the cells to listen for.
        judge: what a cell says, see above.
        pace: how fast it runs.
    """
    return Intake(blocks, layout, judge, pace).first()


class Intake:
    """A sound that is taken in little by little, and judged by what has been heard of it so far; see ``listen``."""

    def __init__(self, blocks: Iterable[Floats], layout: Layout, judge: Judge = learned, pace: Pace = OWN) -> None:
        self._heard = Listening(layout, np.zeros((0, BANDS), np.int8), 0.0, pace)
        self._judge = judge
        self._samples = 0
        self._coming = log_powers(self._counted(blocks), layout, pace.stretch)
        self._taken: list[NDArray[np.float16]] = []

    def first(self, seconds: float = inf) -> Listening:
        """Return what is heard of the first ``seconds``: a little more, or all that was taken in for an earlier call.

        If all there is does not last so long, it is that.
        """
        frames = known = sum(map(len, self._taken))
        while frames * self._heard.hop_s < seconds and (piece := next(self._coming, None)) is not None:
            self._taken.append(piece.astype(np.float16))
            frames += len(piece)
        cells = _judged(np.concatenate(self._taken), self._judge) if frames > known else self._heard.cells
        if seconds == inf:
            self._taken.clear()  # nothing can follow
        self._heard = replace(self._heard, cells=cells, seconds=self._samples / self._heard.pace.rate)
        return self._heard

    def _counted(self, blocks: Iterable[Floats]) -> Iterator[Floats]:
        for block in blocks:
            self._samples += block.shape[1]
            yield block


def _judged(log_power: NDArray[np.float16], judge: Judge) -> Cells:
    """Return what the cells of log-powers say, at least one frame of them."""
    surroundings = Surroundings.of(log_power)
    with ThreadPoolExecutor() as pool:
        parts = pool.map(lambda part: _quantised(judge(part, surroundings)), _with_margins(log_power))
        return np.concatenate(list(parts))


def _with_margins(log_power: NDArray[np.float16]) -> Iterator[Floats]:
    """Yield parts that overlap by the reach of a judge, the first and the last frame repeated outside."""
    for start in range(0, len(log_power), JUDGED_FRAMES):
        stop = min(start + JUDGED_FRAMES, len(log_power))
        index = np.clip(np.arange(start - REACH, stop + REACH), 0, len(log_power) - 1)
        yield log_power[index].astype(np.float32)


def _quantised(log_odds: Floats) -> Cells:
    cells: Cells = np.clip(np.rint(log_odds * STEPS), -127, 127).astype(np.int8)
    return cells
