"""Make ``earmark.signal.plain.WHITENING`` again: the least-squares estimate of a cell's sign from its neighbours.

Marks the open recordings at random, sends them through the codecs of ``bench.attacks`` and white noise, and solves for
the linear filter over a cell's neighbours that best foretells the sign; then makes it symmetric.
Run ``python -m bench.train_whitening``.
"""

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench import corpus
from bench.attacks import MAIN, OPEN, Attack
from earmark.grid import DEFAULT_SEGMENT_MS, Grid
from earmark.media.reading import read_resampled
from earmark.signal import spectrum
from earmark.signal.layout import BANDS, Layout
from earmark.signal.patterns import Patterns
from earmark.signal.variants import Renderer

LAYOUT = Layout(DEFAULT_SEGMENT_MS)
RATE = 16_000
SECONDS = 24
REACH = (1, 3)
RIDGE = 1e-4

Doubles = NDArray[np.float64]


def marked(name: str, seed: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return a marked recording, shape (samples,), and the sign every cell has in it, shape (segments, slots, 72)."""
    sound = corpus.load(name, RATE)[: SECONDS * RATE]
    grid = Grid.over(len(sound), RATE)
    patterns = Patterns(seed.to_bytes(32, "big"), LAYOUT)
    marks = Renderer(patterns, grid, RATE).marks(sound[None], 0, grid.segments)[:, 0]
    bits = np.random.default_rng(seed).integers(0, 2, grid.segments)
    carried = np.resize(np.repeat(bits, RATE * LAYOUT.segment_ms // 1000), len(sound))  # the rest is unmarked
    return sound + np.where(carried, marks[1], marks[0]), patterns.signs(0, grid.segments) * (2 * bits - 1)[
        :, None, None
    ]


def neighbourhoods(path: Path, segments: int) -> Doubles:
    """Return the log-powers around every cell, without their mean; shape (segments, slots, 72, 3 * 7)."""
    blocks = read_resampled(path, spectrum.ANALYSIS_RATE)
    log_power = np.concatenate(list(spectrum.log_powers(blocks, LAYOUT)))
    slots, bands = REACH
    padded = np.pad(log_power, ((0, 64), (bands, bands)), mode="edge")
    hop = spectrum.HOPS_PER_SLOT
    centres = hop * (np.arange(segments)[:, None] * LAYOUT.intervals + np.arange(1, LAYOUT.slots + 1))
    shifted = [
        padded[centres + hop * slot, bands + band : bands + band + BANDS]
        for slot in range(-slots, slots + 1)
        for band in range(-bands, bands + 1)
    ]
    stacked = np.stack(shifted, axis=-1).astype(float)
    centred: Doubles = stacked - stacked.mean(axis=-1, keepdims=True)
    return centred


def train(folder: Path) -> Doubles:
    """Return the filter, shape (3, 7), its largest weight 1."""
    size = (2 * REACH[0] + 1) * (2 * REACH[1] + 1)
    covariance, response = np.zeros((size, size)), np.zeros(size)
    for seed, name in enumerate(corpus.OPEN):
        sound, signs = marked(name, seed)
        for attack in [one for coded in MAIN for one in (coded, f"white:20+{coded}")]:
            leak = Attack(attack, OPEN).write(sound, RATE, folder / "leak", seed)
            cells = neighbourhoods(leak, len(signs)).reshape(-1, size)
            covariance += cells.T @ cells
            response += cells.T @ signs.reshape(-1)
    weights = np.linalg.solve(covariance + RIDGE * np.trace(covariance) / size * np.eye(size), response)
    whole = weights.reshape(2 * REACH[0] + 1, -1)
    whole = (whole + whole[::-1] + whole[:, ::-1] + whole[::-1, ::-1]) / 4
    balanced: Doubles = whole - whole.mean()
    balanced /= balanced.max()
    return balanced


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(np.round(train(Path(folder))[REACH[0] :, REACH[1] :], 3))
