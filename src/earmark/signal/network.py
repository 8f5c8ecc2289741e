r"""The learned judge: a small network that sees from a cell's neighbourhood what the cell says.

For each cell it computes eight linear filters over the log-powers of three slots by seven bands (each with weights that
add up to nothing, so that loudness does not matter) and six levels: the cell's against the loudest band of its frame
and against what its band always has, the frame's and the band's highest and lowest against the loudest of the leak, and
which band it is. Two layers of 24 rectified units follow, and one number comes out: the log-odds that the cell was
raised. It was trained to tell the variants of marked open speech, clean, coded, in noise and in rooms
(``bench/train_network.py`` does it again), so that a pause, a band that a telephone cuts off or a level below the noise
counts for little without anybody telling.

The weights are in ``network.npz``: ``filters`` (8, 3, 7) and ``dense0`` … ``dense2``, (inputs + 1, outputs), whose last
rows are added.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from earmark.signal.layout import BANDS
from earmark.signal.surroundings import REACH, Surroundings

LEVEL_SCALE = np.float32(0.25)

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Network:
    """The weights.

    Attributes:
        filters: shape (filters, 3, 7); each adds up to 0.
        dense: the layers, each of shape (inputs + 1, outputs).
    """

    filters: Floats
    dense: tuple[Floats, ...]

    @classmethod
    @cache
    def shipped(cls) -> "Network":
        """Return the network that comes with the package."""
        with files("earmark.signal").joinpath("network.npz").open("rb") as file:
            weights = np.load(file, allow_pickle=False)
            dense = tuple(weights[f"dense{layer}"] for layer in range(3))
            return cls(weights["filters"], dense)

    @cached_property
    def first(self) -> Floats:
        """The filters and the first layer as one, since nothing comes between them; shape (outputs, 3 * 7 + 6 + 1)."""
        layer, count = self.dense[0].T, len(self.filters)
        return np.hstack([layer[:, :count] @ self.filters.reshape(count, -1), layer[:, count:]])

    def judge(self, log_power: Floats, surroundings: Surroundings) -> Floats:
        """Judge cells; see ``surroundings.Judge``."""
        values: Floats = self.first @ self._seen(log_power, surroundings)
        for layer in self.dense[1:]:
            np.maximum(values, 0, out=values)
            values = _affine(layer, values)
        return values.reshape(-1, BANDS)

    def _seen(self, log_power: Floats, surroundings: Surroundings) -> Floats:
        """Return what is seen of each cell: its neighbours, the levels, and 1; shape (3 * 7 + 6 + 1, frames * 72)."""
        slots, width = self.filters.shape[1:]
        frames = len(log_power) - 2 * REACH
        padded = np.pad(log_power, ((0, 0), (width // 2, width // 2)), mode="edge")
        beside = sliding_window_view(padded, BANDS, axis=1).transpose(1, 0, 2)  # (7, frames, 72)
        near = [beside[:, REACH * slot : REACH * slot + frames].reshape(width, -1) for slot in range(slots)]
        return np.concatenate([*near, levels(log_power[REACH:-REACH], surroundings), np.ones_like(near[0][:1])])


def learned(log_power: Floats, surroundings: Surroundings) -> Floats:
    """Judge cells by the shipped network; see ``surroundings.Judge``."""
    return Network.shipped().judge(log_power, surroundings)


def levels(cells: Floats, surroundings: Surroundings) -> Floats:
    """Return the levels that tell how much a cell can say, in units of 4 nepers of power; shape (6, frames * 72).

    Args:
        cells: log-powers; shape (frames, 72).
        surroundings: those of the leak.
    """
    loudest = cells.max(axis=1, keepdims=True)
    rows = (
        cells - loudest,
        cells - surroundings.floor,
        loudest - np.float32(surroundings.loud),
        surroundings.top - np.float32(surroundings.loud),
        surroundings.floor - np.float32(surroundings.loud),
        np.linspace(-4, 4, BANDS, dtype=np.float32),
    )
    stacked: Floats = LEVEL_SCALE * np.stack([np.broadcast_to(row, cells.shape).ravel() for row in rows])
    return stacked


def _affine(layer: Floats, values: Floats) -> Floats:
    """Return the layer's outputs, (outputs, n), for inputs (inputs, n)."""
    result: Floats = layer[:-1].T @ values
    result += layer[-1][:, None]
    return result
