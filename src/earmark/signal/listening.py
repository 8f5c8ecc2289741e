r"""Listening: for every cell heard, the odds that it was raised rather than lowered.

What a cell says is the natural logarithm of those odds, as a *judge* sees them from the log-powers around it and from
what the leak is like as a whole (``surroundings``); 0 where a cell says nothing. No judge knows any key, so that
nothing here can depend on who was given what.

Log-odds are kept in steps of 1/64 in one byte a cell: 4.8 kB per second of sound.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

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
    heard = _Heard()
    pieces = [piece.astype(np.float16) for piece in log_powers(heard.count(blocks), layout, pace.stretch)]
    if not pieces:
        return Listening(layout, np.zeros((0, BANDS), np.int8), 0.0, pace)
    log_power = np.concatenate(pieces)
    surroundings = Surroundings.of(log_power)
    with ThreadPoolExecutor() as pool:
        parts = pool.map(lambda part: _quantised(judge(part, surroundings)), _with_margins(log_power))
        cells = np.concatenate(list(parts))
    return Listening(layout, cells, heard.samples / pace.rate, pace)


class _Heard:
    """Counts the samples that pass."""

    samples = 0

    def count(self, blocks: Iterable[Floats]) -> Iterator[Floats]:
        for block in blocks:
            self.samples += block.shape[1]
            yield block


def _with_margins(log_power: NDArray[np.float16]) -> Iterator[Floats]:
    """Yield parts that overlap by the reach of a judge, the first and the last frame repeated outside."""
    for start in range(0, len(log_power), JUDGED_FRAMES):
        stop = min(start + JUDGED_FRAMES, len(log_power))
        index = np.clip(np.arange(start - REACH, stop + REACH), 0, len(log_power) - 1)
        yield log_power[index].astype(np.float32)


def _quantised(log_odds: Floats) -> Cells:
    cells: Cells = np.clip(np.rint(log_odds * STEPS), -127, 127).astype(np.int8)
    return cells
