"""What a judge of cells is given: the log-powers around a cell, and what the leak is like as a whole."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earmark.signal.spectrum import HOPS_PER_SLOT

REACH = HOPS_PER_SLOT
"""How many frames before and after a cell a judge may look at."""

SAMPLED_FRAMES = 20_000

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Surroundings:
    """What a leak is like as a whole: log-powers that its cells can be compared with.

    Attributes:
        loud: the level of its loudest band in its loudest twentieth.
        floor: what each band has at least nine tenths of the time; shape (72,).
        top: what each band reaches a tenth of the time; shape (72,).
    """

    loud: float
    floor: Floats
    top: Floats

    @classmethod
    def of(cls, log_power: NDArray[np.float16]) -> "Surroundings":
        """Return the surroundings of log-powers of shape (frames, 72), at least one frame."""
        sample = log_power[:: 1 + len(log_power) // SAMPLED_FRAMES].astype(np.float32)
        floor, top = np.quantile(sample, [0.1, 0.9], axis=0).astype(np.float32)
        return cls(float(np.quantile(sample.max(axis=1), 0.95)), floor, top)


Judge = Callable[[Floats, Surroundings], Floats]
"""Takes log-powers (frames + 2 * REACH, 72) and surroundings, returns log-odds (frames, 72) of the inner frames."""
