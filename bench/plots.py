"""Plots of what was measured, for ``docs/images``."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
COLOURS = ("#0b6e99", "#c8501e", "#5b8c2a", "#7d4e9e", "#b08800", "#57606a")
INK, FAINT, WASH = "#24292f", "#8c959f", "#f2e3dc"
SHADES = 64
STYLE: dict[Any, Any] = {
    "figure.dpi": 110,
    "figure.figsize": (7.2, 4.2),
    "savefig.facecolor": "white",
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.prop_cycle": cycler(color=COLOURS),
    "grid.color": "#d8dee4",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 9,
}


@contextmanager
def plot(name: str, title: str) -> Iterator[Axes]:
    """Give axes to draw on and keep the picture as ``docs/images/<name>.png``, small."""
    with mpl.rc_context(STYLE):
        figure = Figure(layout="constrained")
        axes = figure.subplots()
        axes.set_title(title)
        yield axes
        drawn = io.BytesIO()
        figure.savefig(drawn, format="png")
    IMAGES.mkdir(exist_ok=True)
    Image.open(drawn).convert("RGB").quantize(SHADES).save(IMAGES / f"{name}.png", optimize=True)


def link(name: str, words: str) -> str:
    """Return the Markdown that shows a picture in ``docs/benchmarks.md``."""
    return f"![{words}](images/{name}.png)"


def powers(axes: Axes, *, along: bool = True) -> None:
    """Write powers of ten as plain numbers on the horizontal axis, or the upright one."""
    axis = axes.xaxis if along else axes.yaxis
    axis.set_major_formatter(mpl.ticker.FuncFormatter(lambda value, _: plain(value)))


def plain(value: float) -> str:
    """Return a power of ten in full."""
    return f"{value:,.0f}" if value >= 1 else np.format_float_positional(float(f"{value:.3g}"), trim="-")
