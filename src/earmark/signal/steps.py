"""Following a leak of a call in steps: jitter buffers leave out 20 ms, or play them twice, when they have to.

A passage is followed some seconds at a time, which is enough for clocks that drift. A step in between leaves what is
next to it a whole slot off, where a mark says nothing. So each segment may be a little off the line of its passage; the
likeliest way is found by dynamic programming, with a price for each step.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from earmark.signal.alignment import Passage
from earmark.signal.correlation import Correlator

FARTHEST_S = 0.05
STEP_NATS = 6.0
"""Of nine places beside the line chance makes one look as much better once in about 50 segments."""


def stepped(correlator: Correlator, passage: Passage) -> Passage:
    """Return a passage with each of its segments where it most likely starts.

    Args:
        correlator: leak and recording.
        passage: followed well but for steps.
    """
    reach = round(FARTHEST_S / correlator.listening.hop_s)
    offsets = np.arange(-reach, reach + 1)
    worth = np.stack([correlator.worth_along(passage.frames + offset, passage.segments) for offset in offsets])
    frames = passage.frames + offsets[likeliest(worth.astype(np.float64), reach)]
    return replace(passage, frames=np.maximum.accumulate(frames))


def likeliest(worth: NDArray[np.float64], usual: int) -> NDArray[np.intp]:
    """Return the row that the likeliest way is in at each column; it begins in the row ``usual``, or pays for a step.

    Args:
        worth: of each row at each column, in nats; shape (rows, columns).
        usual: a row.
    """
    rows, columns = worth.shape
    total = np.where(np.arange(rows) == usual, 0.0, -STEP_NATS)
    came = np.zeros((columns, rows), np.intp)
    for column in range(columns):
        best = int(total.argmax())
        steps = total < total[best] - STEP_NATS
        came[column] = np.where(steps, best, np.arange(rows))
        total = np.where(steps, total[best] - STEP_NATS, total) + worth[:, column]
    way = np.zeros(columns, np.intp)
    at = int(total.argmax())
    for column in range(columns - 1, -1, -1):
        way[column] = at
        at = int(came[column, at])
    return way
