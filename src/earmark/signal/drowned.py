"""What may have drowned: a part of a leak that nothing places, though the recording goes on after it in step.

Who puts something else in place of a passage rarely makes it as long to a tenth of a second; noise, another talker or a
room do so always. How much of the mark the rest of the leak lets one hear, second by second, tells whether a part of
it in which as much could have been heard says too little for that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from earmark.signal.path import FOREIGN, Part

DROWNED = 5.0
"""So many standard deviations short of what is usual is no chance."""

FEWEST = 4
LEAST_SPREAD = 0.5
"""Nats vary by no less, in square nats per nat; a few seconds may seem to vary by nothing."""

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Usual:
    """How what is heard of the recording in a leak follows what could be.

    Attributes:
        share: nats heard for each nat that could be.
        spread: variance of what is heard, for each nat that could be.
    """

    share: float
    spread: float

    @classmethod
    def of(cls, worth: Doubles, telling: Doubles, parts: Sequence[Part], window: int) -> "Usual | None":
        """Return what is usual in the parts of a path that are of the recording; None if there is too little of them.

        Args:
            worth: of each course at each frame; shape (courses, frames).
            telling: what each frame could be worth; shape (frames,).
            parts: of the path.
            window: so many frames are taken together.
        """
        known = [part for part in parts if part.course != FOREIGN and part.last - part.first >= window]
        heard = np.concatenate(
            [np.zeros(0), *(summed(worth[one.course, one.first : one.last], window) for one in known)]
        )
        could = np.concatenate([np.zeros(0), *(summed(telling[one.first : one.last], window) for one in known)])
        if len(heard) < FEWEST or could.sum() <= 0:
            return None
        share = float(heard.sum() / could.sum())
        spread = float(np.square(heard - share * could).sum() / could.sum())
        return cls(share, max(LEAST_SPREAD, spread))

    def explains(self, heard: float, could: float) -> bool:
        """Tell whether so little may be heard, by chance, where so much could be."""
        return self.share * could - heard < DROWNED * sqrt(self.spread * max(could, 0.0)) or could <= 0


def summed(values: Doubles, window: int) -> Doubles:
    """Return the sums of ``window`` values each; what is left over is left out, what is unknown counts for nothing."""
    whole = len(values) // window * window
    known = np.where(np.isfinite(values[:whole]), values[:whole], 0.0)
    sums: Doubles = known.reshape(-1, window).sum(axis=1)
    return sums
