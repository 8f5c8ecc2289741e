r"""The learned judges: small networks that see from a cell's neighbourhood what the cell says.

For each cell a network computes linear filters over the log-powers around it (each with weights that add up to nothing,
so that loudness does not matter) and six levels: the cell's against the loudest band of its frame and against what its
band always has, the frame's and the band's highest and lowest against the loudest of the leak, and which band it is.
Layers of rectified units follow, and one number comes out: the log-odds that the cell was raised. They were trained to
tell the variants of marked open speech, clean, coded, in noise and in rooms (``bench/train_network.py`` does it again),
so that a pause, a band that a telephone cuts off or a level below the noise counts for little without anybody telling.

There are two:

* the fast one has 8 filters over three slots by seven bands, and two layers of 24 units;
* the wide one has 32 filters over nine frames by 13 bands, sees how loud the frames around are, and has a layer of 48
  units that see seven bands at once. It was taught on segments of one slot, 30 ms from its edges, and knows no others.

``learned`` is the fast one alone. ``careful`` takes both together, at twenty times the work: they err in different
places, so that of what they say the mean says more than either. It is for short leaks, of which every cell counts.

The weights are in ``network.npz`` and ``wide.npz``: ``filters`` (filters, rows, bands) and ``dense0`` … ``dense2``,
whose last rows are added. Rows of filters are ``step`` frames apart, ``around`` says of which frames it matters how
loud they are, and inputs of ``dense0`` come once for each of the bands that it sees: (inputs · bands + 1, outputs).
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from earmark.grid import DEFAULT_SEGMENT_MS
from earmark.signal.layout import BANDS, Layout
from earmark.signal.spectrum import HOPS_PER_SLOT
from earmark.signal.surroundings import REACH, Judge, Surroundings

LEVEL_SCALE = np.float32(0.25)
LEVELS = 6
TOGETHER = np.float32(1.15)
"""Two that err apart are surer together than their mean; measured on open speech that the wide one was not taught."""

CAREFUL_LAYOUT = Layout(DEFAULT_SEGMENT_MS)
CAREFUL_S = 120.0
"""Of a longer leak there is more to hear than anybody needs."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Network:
    """The weights.

    Attributes:
        filters: shape (filters, rows, bands), rows and bands odd; each adds up to 0.
        dense: the layers, each of shape (inputs + 1, outputs); the first may have each input for several bands.
        step: how many frames apart the rows of the filters are.
        around: how many frames away those are whose loudest bands are compared with the cell's frame's.
    """

    filters: Floats
    dense: tuple[Floats, ...]
    step: int = HOPS_PER_SLOT
    around: tuple[int, ...] = ()

    @classmethod
    @cache
    def shipped(cls, name: str = "network") -> "Network":
        """Return a network that comes with the package."""
        with files("earmark.signal").joinpath(f"{name}.npz").open("rb") as file:
            weights = np.load(file, allow_pickle=False)
            dense = tuple(weights[f"dense{layer}"] for layer in range(3))
            if "step" not in weights:
                return cls(weights["filters"], dense)
            return cls(weights["filters"], dense, int(weights["step"]), tuple(weights["around"].tolist()))

    @property
    def span(self) -> int:
        """How many bands the first layer sees at once."""
        return (len(self.dense[0]) - 1) // (len(self.filters) + LEVELS + len(self.around))

    def judge(self, log_power: Floats, surroundings: Surroundings) -> Floats:
        """Judge cells; see ``surroundings.Judge``."""
        inner = levels(log_power[REACH:-REACH], surroundings)
        values = np.concatenate([self._filtered(log_power), inner, self._louder(log_power)])
        values = _affine(self.dense[0], side_by_side(values, self.span))
        for layer in self.dense[1:]:
            np.maximum(values, 0, out=values)
            values = _affine(layer, values)
        return values.reshape(-1, BANDS)

    def _filtered(self, log_power: Floats) -> Floats:
        """Return what the filters give; shape (filters, frames * 72)."""
        count, slots, width = self.filters.shape
        frames, first = len(log_power) - 2 * REACH, REACH - self.step * (slots // 2)
        padded = np.pad(log_power, ((0, 0), (width // 2, width // 2)), mode="edge")
        starts = first + self.step * np.arange(slots)
        rows = [sliding_window_view(padded[start : start + frames], BANDS, axis=1) for start in starts.tolist()]
        neighbours = np.stack(rows).transpose(0, 2, 1, 3).reshape(slots * width, -1)
        filtered: Floats = self.filters.reshape(count, -1) @ neighbours
        return filtered

    def _louder(self, log_power: Floats) -> Floats:
        """Return by how much the frames around are louder, in units of 4 nepers; shape (around, frames * 72)."""
        loudest, frames = log_power.max(axis=1), len(log_power) - 2 * REACH
        here = loudest[REACH : REACH + frames]
        rows = [np.repeat(loudest[REACH + away : REACH + away + frames] - here, BANDS) for away in self.around]
        louder: Floats = LEVEL_SCALE * np.reshape(rows, (len(rows), frames * BANDS)).astype(np.float32)
        return louder


def learned(log_power: Floats, surroundings: Surroundings) -> Floats:
    """Judge cells by the fast network; see ``surroundings.Judge``."""
    return Network.shipped().judge(log_power, surroundings)


def careful(log_power: Floats, surroundings: Surroundings) -> Floats:
    """Judge cells by both networks together; see ``surroundings.Judge``."""
    fast, wide = (Network.shipped(name).judge(log_power, surroundings) for name in ("network", "wide"))
    together: Floats = TOGETHER / 2 * (fast + wide)
    return together


def judge_for(layout: Layout, seconds: float) -> Judge:
    """Return the judge for a leak of so many seconds: the careful one where it knows the layout and has the time."""
    return careful if layout == CAREFUL_LAYOUT and seconds <= CAREFUL_S else learned


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


def side_by_side(values: Floats, span: int) -> Floats:
    """Return values of cells, (n, frames * 72), with those of the bands beside each, (n * span, …); 0 where is none."""
    if span == 1:
        return values
    padded = np.pad(values.reshape(len(values), -1, BANDS), ((0, 0), (0, 0), (span // 2, span // 2)))
    beside = sliding_window_view(padded, BANDS, axis=2)  # (n, frames, span, 72)
    return beside.transpose(0, 2, 1, 3).reshape(len(values) * span, -1)


def _affine(layer: Floats, values: Floats) -> Floats:
    """Return the layer's outputs, (outputs, n), for inputs (inputs, n)."""
    result: Floats = layer[:-1].T @ values
    result += layer[-1][:, None]
    return result
