r"""The plain judge: a linear filter over a cell's neighbours.

Neighbouring cells of speech resemble each other far more than neighbouring signs of a pattern do. ``WHITENING`` takes
away from a cell what its neighbours foretell:

    R(t, b) = Σ_ij WHITENING[|i|, |j|] · L(t + 2i, b + j),    i in -1..1 (slots), j in -3..3 (bands).

It is the least-squares estimate of a cell's sign from the log-powers around it on marked open speech, clean and coded
(``bench/train_whitening.py`` makes it again); it about doubled the evidence of subtracting a local mean. The weights
add up to nothing, so loudness does not matter and digital silence says nothing.
"""

import numpy as np
from numpy.typing import NDArray

from earmark.signal.layout import BANDS
from earmark.signal.surroundings import REACH, Surroundings

WHITENING = np.array(
    [
        [1.0, -0.134, -0.186, -0.115],
        [-0.161, -0.027, 0.005, 0.070],
    ],
    np.float32,
)
GAIN = 0.3
CLIP = 4.0

Floats = NDArray[np.float32]


def plain(log_power: Floats, surroundings: Surroundings) -> Floats:  # noqa: ARG001
    """Judge cells by a linear filter; see ``listening.Judge``."""
    span = WHITENING.shape[1] - 1
    frames = len(log_power) - 2 * REACH
    bands = np.pad(log_power, ((0, 0), (span, span)), mode="edge")
    result = np.zeros((frames, BANDS), np.float32)
    for row, kernel in enumerate(mirrored(WHITENING)):
        start = row * REACH
        for column, weight in enumerate(kernel):
            result += weight * bands[start : start + frames, column : column + BANDS]
    log_odds: Floats = np.float32(GAIN) * np.clip(result, -CLIP, CLIP)
    return log_odds


def mirrored(quarter: Floats) -> Floats:
    """Return the whole filter of which ``quarter`` gives the centre and one side of each axis, made to add up to 0."""
    half = np.concatenate([quarter[:0:-1], quarter])
    whole = np.concatenate([half[:, :0:-1], half], axis=1)
    balanced: Floats = whole - whole.mean()
    return balanced
