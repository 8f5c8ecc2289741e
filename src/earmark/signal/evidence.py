"""The evidence: per segment a soft number that says which variant the leak carries, and how surely."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earmark.signal.alignment import Passage
from earmark.signal.correlation import Correlator

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Evidence:
    """What a leak says about the variants in it, one number for every segment that was heard.

    Attributes:
        segments: numbers of the segments heard, rising; shape (n,).
        soft: positive for variant 1, negative for variant 0, in units of its noise; shape (n,).
        amplitude: what ``soft`` should reach, judging by how much its cells say; shape (n,), >= 0.
    """

    segments: Ints
    soft: Doubles
    amplitude: Doubles


def gather(correlator: Correlator, passages: Iterable[Passage]) -> Evidence:
    """Return the evidence of ``passages``; a segment heard twice counts once, with all that was heard of it."""
    found = list(passages)
    if not found:
        return Evidence(np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    segments = np.concatenate([passage.segments for passage in found])
    frames = np.concatenate([passage.frames for passage in found])
    log_odds, squares = correlator.along(frames, segments)
    distinct, which = np.unique(segments, return_inverse=True)
    noise = np.sqrt(np.bincount(which, squares))
    soft = np.bincount(which, log_odds) / np.maximum(noise, 1e-9)
    return Evidence(distinct, soft, noise / 2)
