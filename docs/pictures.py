"""Draw the pictures of the documentation from real speech: ``make pictures``.

``docs/images/segment.png``: what one marked segment looks like. ``docs/images/verdict.png``: how a leak names a copy.
Keys and secrets are fixed here, so that the same pictures come out again; real ones are drawn at random.
"""

import io
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import matplotlib as mpl
import numpy as np
import scipy.fft
import soxr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from bench import corpus
from bench.attacks import Attack
from earmark.codes.codebook import Codebook
from earmark.codes.decoders import Decoder, fit_bank
from earmark.codes.tails import InnocentTail
from earmark.grid import Grid
from earmark.keys import derive
from earmark.media.reading import read_resampled
from earmark.signal.alignment import Passage, align
from earmark.signal.borders import settle
from earmark.signal.correlation import Correlator
from earmark.signal.evidence import Evidence, gather
from earmark.signal.layout import BAND_HZ, BANDS, LOWEST_HZ, Layout
from earmark.signal.listening import Listening, listen
from earmark.signal.patterns import Patterns
from earmark.signal.spectrum import ANALYSIS_RATE, HOPS_PER_SLOT, log_powers
from earmark.signal.variants import Renderer

Sound = NDArray[np.float32]
Floats = NDArray[np.float64]

IMAGES = Path(__file__).with_name("images")
SPEECH = "speech/librispeech-clean100_panelopen2-10spk_en"
SECRET = bytes(range(32))

SHOWN_SEGMENT = 294
AROUND = 8  # segments to the left and right of it
VIEW_S, VIEW_HOP_S = 0.02, 0.0005
TOP_HZ = 7_500

LISTENERS = 1_000
LEAKER = 417
FAMILY_WISE = 1e-6
PARTS_S = ((96.0, 108.0), (31.0, 41.0))  # what the leak is cut together from
LEAK = "opus:16k"

VARIANTS = ("#0b6e99", "#c8501e")
DIFFERENCE: dict[str, Any] = {"cmap": "RdBu_r", "vmin": -5, "vmax": 5, "rasterized": True}
COLOURS = 200
INK = "#24292f"
STYLE: dict[Any, Any] = {
    "figure.dpi": 110,
    "savefig.facecolor": "white",
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#8c959f",
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}


@dataclass(frozen=True)
class Marked:
    """A marked recording.

    Attributes:
        original: shape (1, samples).
        variants: variant 0 and variant 1, of the same shape.
        renderer: what has marked it.
    """

    original: Sound
    variants: tuple[Sound, Sound]
    renderer: Renderer

    @classmethod
    def of(cls, original: Sound, rate: int) -> "Marked":
        """Mark a recording."""
        grid = Grid.over(original.shape[1], rate)
        renderer = Renderer(Patterns(SECRET, Layout(grid.segment_ms)), grid, rate)
        blocks = list(zip(*renderer.render([original]), strict=True))
        variant0, variant1 = (np.concatenate(block, axis=1) for block in blocks)
        return cls(original, (variant0, variant1), renderer)

    @property
    def grid(self) -> Grid:
        """Its segments."""
        return self.renderer.grid

    def copy(self, codeword: NDArray[np.uint8]) -> Sound:
        """Return the copy with a codeword; shape (samples,)."""
        edges = [self.grid.start(segment, self.renderer.rate) for segment in range(self.grid.segments)]
        which = np.repeat(np.append(codeword, 0), np.diff([*edges, self._end, self.original.shape[1]]))
        spliced: Sound = np.where(which, self.variants[1], self.variants[0])[0]
        return spliced

    @property
    def _end(self) -> int:
        return self.grid.start(self.grid.segments, self.renderer.rate)


def recording() -> tuple[Sound, int]:
    """Return the speech that is marked, shape (1, samples), and its rate."""
    rate = 48_000
    return corpus.load(SPEECH, rate)[None], rate


# The picture of one segment.


def spectrogram(sound: Sound, rate: int, start_s: float, stop_s: float) -> tuple[Floats, Floats, Floats]:
    """Return times in s, frequencies in Hz, and levels in dB, shape (frequencies, times), of a stretch of ``sound``."""
    length = round(VIEW_S * rate)
    times = np.arange(start_s, stop_s, VIEW_HOP_S)
    first = np.rint(times * rate).astype(int) - length // 2
    frames = sound[0, first[:, None] + np.arange(length)] * np.hanning(length)
    frequencies = np.asarray(scipy.fft.rfftfreq(8 * length, 1 / rate))
    low = frequencies <= TOP_HZ
    power = np.abs(scipy.fft.rfft(frames, 8 * length)[:, low]) ** 2
    return times, frequencies[low], 10 * np.log10(power.T + 1e-9)


def draw_segment(marked: Marked) -> Figure:
    """Draw one segment: where it is, its two variants, and how they differ."""
    figure = Figure(figsize=(9.4, 6.8), layout="constrained")
    (top,), (bottom,) = figure.subfigures(2, 1, squeeze=False, height_ratios=[1, 2.3])
    start = SHOWN_SEGMENT * marked.grid.segment_s
    loudest = draw_surroundings(top.subplots(), marked, start)
    axes = bottom.subplots(1, 4, sharey=True)
    for number, (axis, variant) in enumerate(zip(axes[:2], marked.variants, strict=True)):
        image = draw_levels(axis, variant, marked, start, loudest)
        axis.set_title(f"Variant {number}", color=VARIANTS[number])
    bottom.colorbar(image, ax=axes[:2], location="bottom", aspect=40, label="level (dB)")
    draw_difference(axes[2], marked, start)
    image = draw_cells(axes[3], marked)
    bottom.colorbar(image, ax=axes[2:], location="bottom", aspect=40, label="variant 1 − variant 0 (dB)")
    axes[0].set_ylabel("frequency (kHz)")
    return figure


def draw_surroundings(axis: Axes, marked: Marked, start: float) -> float:
    """Draw the recording around a segment; returns its highest level in dB."""
    reach = AROUND * marked.grid.segment_s
    begin, end = start - reach, start + reach + marked.grid.segment_s
    times, frequencies, levels = spectrogram(marked.original, marked.renderer.rate, begin, end)
    loudest = float(levels.max())
    axis.pcolormesh(times, frequencies / 1000, levels, cmap="Greys", vmin=loudest - 70, vmax=loudest, rasterized=True)
    for edge in np.arange(-AROUND, AROUND + 2) * marked.grid.segment_s + start:
        axis.axvline(edge, color=VARIANTS[0], linewidth=0.6, alpha=0.6)
    axis.axvspan(start, start + marked.grid.segment_s, facecolor=VARIANTS[1], alpha=0.3)
    axis.set(xlabel="time in the recording (s)", ylabel="frequency (kHz)", xlim=(begin, end))
    axis.set_title(f"The recording, its grid of {marked.grid.segment_ms} ms, and the segment shown below")
    return loudest


def draw_levels(axis: Axes, variant: Sound, marked: Marked, start: float, loudest: float) -> mpl.collections.QuadMesh:
    """Draw one variant of a segment."""
    times, frequencies, levels = spectrogram(variant, marked.renderer.rate, start, start + marked.grid.segment_s)
    floor = loudest - 60
    axis.set(xlabel="time in the segment (ms)")
    return axis.pcolormesh(
        1000 * (times - start), frequencies / 1000, levels, cmap="magma", vmin=floor, vmax=loudest, rasterized=True
    )


def draw_difference(axis: Axes, marked: Marked, start: float) -> None:
    """Draw what variant 1 has more than variant 0."""
    shown = [spectrogram(one, marked.renderer.rate, start, start + marked.grid.segment_s) for one in marked.variants]
    times, frequencies, _ = shown[0]
    difference = shown[1][2] - shown[0][2]
    axis.pcolormesh(1000 * (times - start), frequencies / 1000, difference, **DIFFERENCE)
    axis.set(xlabel="time in the segment (ms)")
    axis.set_title("Their difference")


def draw_cells(axis: Axes, marked: Marked) -> mpl.collections.QuadMesh:
    """Draw the same as it is heard: one number for each cell, slots by bands."""
    layout = marked.renderer.patterns.layout
    frame = HOPS_PER_SLOT * (SHOWN_SEGMENT * layout.intervals + np.arange(1, layout.intervals))
    low, high = (np.concatenate(list(log_powers(at_analysis_rate(one, marked), layout))) for one in marked.variants)
    cells = 10 / np.log(10) * (high - low)[frame].T
    times = 1000 * layout.slot_s * (np.arange(layout.slots + 1) + 0.5)
    edges = (LOWEST_HZ + BAND_HZ * np.arange(BANDS + 1)) / 1000
    image = axis.pcolormesh(times, edges, cells, edgecolors="white", linewidth=0.4, **DIFFERENCE)
    axis.set(xlabel="time in the segment (ms)", xlim=(0, marked.grid.segment_ms))
    axis.set_title(f"… in {layout.slots * BANDS} cells")
    return image


def at_analysis_rate(sound: Sound, marked: Marked) -> list[Sound]:
    """Return ``sound`` as a detector takes it."""
    return [soxr.resample(sound[0], marked.renderer.rate, ANALYSIS_RATE)[None].astype(np.float32)]


# The picture of one verdict.


@dataclass(frozen=True)
class Verdict:
    """What a leak has told.

    Attributes:
        listening: what was heard.
        passages: where.
        evidence: which variants.
        heard: shape (m,), the variants of the copy that is named, at the segments heard.
        chances: shape (listeners,), decimal logarithms of a bound on the chance that an innocent scores as high.
        enough: how low such a chance must be for a name.
    """

    listening: Listening
    passages: list[Passage]
    evidence: Evidence
    heard: NDArray[np.uint8]
    chances: Floats
    enough: float


def trace(marked: Marked) -> Verdict:
    """Leak a copy and trace it, as ``earmark trace`` does with its decoder for a single leaker."""
    book = Codebook(b"r-picture", SECRET, 4, marked.grid.segments)
    secrets = [derive(SECRET, "a listener in a picture", number.to_bytes(2, "big")) for number in range(LISTENERS)]
    heard = listened(marked, book.codeword(secrets[LEAKER]))
    signs = marked.renderer.patterns.signs(0, marked.grid.segments).reshape(marked.grid.segments, -1)
    correlator = Correlator(heard, signs)
    passages = settle(correlator, align(correlator))
    evidence = gather(correlator, passages)  # complete before the first codeword below is looked at
    biases = book.biases(evidence.segments)
    decoder = fit_bank(evidence.soft, evidence.amplitude, biases)[0]
    rows = book.bits(secrets, evidence.segments)
    enough = np.log10(FAMILY_WISE * decoder.weight / LISTENERS)
    return Verdict(heard, passages, evidence, rows[LEAKER], chances_of(decoder, rows, biases), float(enough))


def listened(marked: Marked, codeword: NDArray[np.uint8]) -> Listening:
    """Return what is heard of a copy that was cut, put together anew and encoded."""
    copy, rate = marked.copy(codeword), marked.renderer.rate
    leak = np.concatenate([copy[round(start * rate) : round(stop * rate)] for start, stop in PARTS_S])
    with TemporaryDirectory() as folder:
        path = Attack(LEAK).write(leak, rate, Path(folder) / "leak", seed=0)
        return listen(read_resampled(path, ANALYSIS_RATE), marked.renderer.patterns.layout)


def chances_of(decoder: Decoder, rows: NDArray[np.uint8], biases: Floats) -> Floats:
    """Return the decimal logarithm of a bound on the chance that an innocent scores as high as each listener."""
    scores = decoder.scores(0)[0]
    deficits = np.maximum(scores, 0).sum() - rows.astype(np.int64) @ scores
    chances: Floats = InnocentTail.of(scores, biases).chernoff(deficits) / np.log(10)
    return chances


def draw_verdict(verdict: Verdict) -> Figure:
    """Draw where a leak was said, what was heard, and how far one copy stands out."""
    figure = Figure(figsize=(9.4, 6.6), layout="constrained")
    axes = figure.subplot_mosaic(
        [["path", "evidence"], ["crowd", "crowd"]], width_ratios=[1, 2.3], height_ratios=[1.3, 1]
    )
    draw_path(axes["path"], verdict)
    draw_evidence(axes["evidence"], verdict)
    draw_crowd(axes["crowd"], verdict)
    return figure


def draw_path(axis: Axes, verdict: Verdict) -> None:
    """Draw where in the recording each part of the leak was said."""
    segment_s = verdict.listening.layout.segment_ms / 1000
    for number, passage in enumerate(verdict.passages, 1):
        leak = passage.frames * verdict.listening.hop_s
        axis.plot(leak, passage.segments * segment_s, color=VARIANTS[0], linewidth=3, solid_capstyle="butt")
        middle = len(leak) // 2
        axis.annotate(
            f"passage {number}",
            (leak[middle], passage.segments[middle] * segment_s),
            (0, -18),
            textcoords="offset points",
            ha="center",
        )
    axis.set(xlabel="time in the leak (s)", ylabel="time in the recording (s)")
    axis.set(xlim=(0, verdict.listening.seconds), ylim=(0, 120))
    axis.set_title("1  Where it was said")


def draw_crowd(axis: Axes, verdict: Verdict) -> None:
    """Draw how likely an innocent is to score as high as each of the listeners, without saying who they are."""
    innocents, named = np.delete(verdict.chances, LEAKER), float(verdict.chances[LEAKER])
    axis.hist(innocents, bins=np.arange(-5, 0.01, 0.25).tolist(), color="#8c959f", log=True)
    axis.hist([named], bins=[named - 0.4, named + 0.4], color=VARIANTS[1], log=True)
    axis.axvline(verdict.enough, color=INK, linestyle="--", linewidth=1)
    axis.set(ylim=(0.7, 3_000), xlim=(1, np.floor(named) - 4), ylabel="listeners", yticks=[1, 10, 100, 1000])
    axis.set_yticklabels(["1", "10", "100", "1,000"])
    axis.set_xlabel("chance that an innocent scores as high, 10 to the power of …")
    axis.text(-2.4, 60, f"{LISTENERS - 1:,} innocents", color="#57606a")
    axis.text(named, 1.4, "the copy named", color=VARIANTS[1], ha="center", fontweight="bold")
    axis.text(verdict.enough - 0.5, 1_500, f"needed for a name\namong {LISTENERS:,}, bound 1e-6", va="top")
    axis.set_title("3  How far one copy stands out")


def draw_evidence(axis: Axes, verdict: Verdict) -> None:
    """Draw the evidence of each segment, in the colour of the variant that the copy named has there."""
    order = np.arange(len(verdict.heard))
    axis.axhline(0, color="#8c959f", linewidth=0.8)
    for variant, colour in enumerate(VARIANTS):
        has = verdict.heard == variant
        label = f"copy named has variant {variant}"
        axis.vlines(order[has], 0, verdict.evidence.soft[has], color=colour, linewidth=1.1, alpha=0.5)
        axis.plot(order[has], verdict.evidence.soft[has], ".", color=colour, markersize=5, label=label)
    axis.set(xlabel="segments heard, in the order of the recording", ylabel="← variant 0   evidence   variant 1 →")
    axis.set(xlim=(-2, len(order) + 1), ylim=(-6, 7.5))
    axis.legend(loc="upper left", ncols=2, handletextpad=0.2, borderaxespad=0)
    axis.set_title("2  What was heard, before any codeword was looked at")


def main() -> int:
    """Draw all pictures."""
    if not corpus.available():
        sys.stderr.write(f"pictures: there is no speech in {corpus.FOLDER}; set EARMARK_AUDIO to where it is\n")
        return 1
    marked = Marked.of(*recording())
    IMAGES.mkdir(exist_ok=True)
    with mpl.rc_context(STYLE):
        save(draw_segment(marked), IMAGES / "segment.png")
        save(draw_verdict(trace(marked)), IMAGES / "verdict.png")
    return 0


def save(figure: Figure, path: Path) -> None:
    """Write a picture, with few colours so that it stays small."""
    full = io.BytesIO()
    figure.savefig(full, format="png")
    with Image.open(full) as image:
        few = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
