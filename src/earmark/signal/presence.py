r"""How surely a segment of the recording is, or is not, at a place of the leak.

With S and E = |λ|² as in ``correlation``, and c how strongly this leak carries its mark, S is about ±c E / 2 where the
segment is, and anything with the variance E where it is not. So

    ln cosh(c S / 2) - c² E / 8

is the log-likelihood ratio of "here" against "not here": above 0 where the mark is, below where something else is loud,
near 0 where nothing can be said. Now and then a segment is not what this says, so that none may count for more than
ln 1/``ODD`` against its place.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from earmark.signal.alignment import Passage
from earmark.signal.correlation import Correlator, Floats, Ints, energy

ODD = 0.03
WEAKEST, STRONGEST = 0.3, 2.0
WEIGHED_FRAMES = 64
"""So many frames are weighed at once with all segments."""

Doubles = NDArray[np.float64]


def strength(correlator: Correlator, passages: Sequence[Passage]) -> float:
    """Return c: what S reaches in the passages found, against what calibrated cells would give; 0.3 to 2.

    E S² is E + c² E² / 4 where the mark is, whichever variant that may be. Without passages it is taken to be 1.
    """
    log_odds, energies = heard_in(correlator, passages)
    if not len(energies):
        return 1.0
    excess = float((log_odds**2 - energies).sum())
    squared = 4 * max(0.0, excess) / max(float((energies**2).sum()), 1e-9)
    return float(np.clip(np.sqrt(squared), WEAKEST, STRONGEST))


def heard_in(correlator: Correlator, passages: Sequence[Passage]) -> tuple[Doubles, Doubles]:
    """Return S and E of all segments of passages."""
    frames, segments = (
        np.concatenate([np.zeros(0, np.int64), *(getattr(passage, side) for passage in passages)])
        for side in ("frames", "segments")
    )
    log_odds, energies = correlator.along(frames, segments)
    return log_odds.astype(np.float64), energies.astype(np.float64)


def presence(log_odds: Floats, energies: Floats, strength: float) -> Doubles:
    """Return the log-likelihood ratio of "here" against "not here", see above, in nats.

    Args:
        log_odds: S.
        energies: E, of the same shape.
        strength: c.
    """
    size = strength * np.abs(log_odds.astype(np.float64))
    ratio = size / 2 + np.log1p(np.exp(-size)) - np.log(2) - strength**2 * energies / 8
    odd: Doubles = np.logaddexp(np.log(1 - ODD) + ratio, np.log(ODD))
    return odd


def everywhere(correlator: Correlator, frames: Ints, segments: Ints, strength: float) -> Floats:
    """Return ``presence`` of segments at frames, each at each; shape (len(frames), len(segments)).

    E cosh(c S / 2) is at most exp(c² E / 8) where a segment is not (``correlation``), so that sums of it are the
    logarithms of test martingales as well, whatever c is.
    """
    signs = correlator.signs[segments].T
    found = np.empty((len(frames), len(segments)), np.float32)
    for start in range(0, len(frames), WEIGHED_FRAMES):
        windows = correlator.windows(frames[start : start + WEIGHED_FRAMES])
        found[start : start + WEIGHED_FRAMES] = presence(windows @ signs, energy(windows)[:, None], strength)
    return found


def telling(energies: Floats, strength: float) -> Doubles:
    """Return about what ``presence`` would be where a segment is, judged by how much its cells say; in nats, >= 0.

    S² = E + c² E² / 4 put into it, the variance left out: it is 0 at E = 0 and c² E / 8 - ln 2 for large E.
    """
    weighted = strength**2 * energies.astype(np.float64)
    size = np.sqrt(weighted**2 / 4 + weighted) / 2
    told: Doubles = np.maximum(0.0, size + np.log1p(np.exp(-2 * size)) - np.log(2) - weighted / 8)
    return told
