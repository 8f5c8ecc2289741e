"""How a use case says how far it has come."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

Progress = Callable[[str, float], None]
"""Called with the name of the stage and the part of it that is done, 0 to 1; always from the caller's thread."""

Block = NDArray[np.float32]


def silent(_stage: str, _fraction: float) -> None:
    """Report progress to nobody."""


def watched(blocks: Iterable[Block], samples: float | None, stage: str, progress: Progress) -> Iterator[Block]:
    """Yield ``blocks`` and report how many of the ``samples`` have passed; nothing in between where that is unknown."""
    progress(stage, 0.0)
    passed = 0
    for block in blocks:
        yield block
        passed += block.shape[1]
        if samples:
            progress(stage, min(1.0, passed / samples))
    progress(stage, 1.0)


def parted(progress: Progress, parts: int, number: int, stage: str, done: float) -> None:
    """Pass on what is done of one of several parts."""
    progress(stage, (number + done) / parts)
