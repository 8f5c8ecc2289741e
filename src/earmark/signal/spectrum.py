r"""Listening: from sound to whitened cells in which a pattern can be looked for.

The sound is analysed at 15 kHz. Every quarter of a slot (6.67 ms) the power in each band, seen through a Hann window as
long as the embedder's, is taken as a logarithm, so that a gain becomes a sum:

    L(t, b) = ln(Σ_f triangle_b(f) · |X_t(f)|² + floor).

Neighbouring cells of speech resemble each other far more than neighbouring signs of a pattern do. ``WHITENING``, a
linear filter over a cell's neighbours in time and frequency, takes away what they foretell:

    R(t, b) = clip(Σ_ij WHITENING[|i|, |j|] · L(t + 4i, b + j)),    i in -1..1 (slots), j in -3..3 (bands).

It is the least-squares estimate of a cell's sign from its neighbours' L on marked open speech, clean and coded
(``bench/train_whitening.py`` makes it again); it about doubled the evidence of subtracting a local mean.
Its weights add up to nothing, so loudness does not matter and digital silence gives exactly 0.

What is kept of R is one byte a cell: 10.8 kB per second of sound.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from earmark.signal.layout import BANDS, Layout, triangles

ANALYSIS_RATE = 15_000
HOPS_PER_SLOT = 4
BATCH_FRAMES = 4096
POWER_FLOOR = 1e-13
CLIP = 4.0
STEPS = 127 / CLIP

WHITENING = np.array(
    [
        [1.0, -0.134, -0.186, -0.115],
        [-0.161, -0.027, 0.005, 0.070],
    ],
    np.float32,
)

Floats = NDArray[np.float32]
Cells = NDArray[np.int8]


@dataclass(frozen=True)
class Listening:
    """What was heard: whitened cells every quarter of a slot.

    Attributes:
        layout: the cells of a segment.
        cells: whitened log-power times 127/4, from -127 to 127; shape (frames, 72). Frame t is seen through a window
            whose centre lies at ``t * hop_s``.
        seconds: length of the sound.
    """

    layout: Layout
    cells: Cells
    seconds: float

    @property
    def hop_s(self) -> float:
        """Distance of two frames in seconds."""
        return self.layout.slot_s / HOPS_PER_SLOT

    @property
    def hops_per_segment(self) -> int:
        """Number of frames from a segment's start to the next one's."""
        return HOPS_PER_SLOT * self.layout.intervals

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.cells)


def listen(blocks: Iterable[Floats], layout: Layout) -> Listening:
    """Analyse a sound.

    Args:
        blocks: the sound at 15 kHz, in pieces of any length; shape (channels, samples), full scale ±1.
        layout: the cells to listen for.
    """
    heard = _Heard()
    pieces = [_quantised(log_power) for log_power in _with_margins(log_powers(heard.count(blocks), layout))]
    cells = np.concatenate(pieces) if pieces else np.zeros((0, BANDS), np.int8)
    return Listening(layout, cells, heard.samples / ANALYSIS_RATE)


class _Heard:
    """Counts the samples that pass."""

    samples = 0

    def count(self, blocks: Iterable[Floats]) -> Iterator[Floats]:
        for block in blocks:
            self.samples += block.shape[1]
            yield block


def log_powers(blocks: Iterable[Floats], layout: Layout) -> Iterator[Floats]:
    """Yield the bands' log-powers, (frames, 72) at a time; frame 0 is centred on the first sample."""
    window = layout.window_samples(ANALYSIS_RATE)
    hop = ANALYSIS_RATE * layout.segment_ms / (1000 * layout.intervals * HOPS_PER_SLOT)
    shapes = triangles(scipy.fft.rfftfreq(window, 1 / ANALYSIS_RATE)).T / np.float32(window**2)
    taper = np.hanning(window + 1)[:-1].astype(np.float32)
    held, first, done = None, 0, 0  # held[:, 0] is sample `first` of the padded sound
    for block in _padded(blocks, window // 2):
        held = block if held is None else np.concatenate([held, block], axis=1)
        ready = int((first + held.shape[1] - window) / hop) + 1
        while done < ready:
            starts = np.floor(np.arange(done, min(ready, done + BATCH_FRAMES)) * hop).astype(int)
            frames = sliding_window_view(held, window, axis=1)[:, starts - first] * taper
            yield _band_log_power(frames, shapes)
            done += len(starts)
        keep = int(done * hop)
        held, first = held[:, keep - first :], keep


def _padded(blocks: Iterable[Floats], margin: int) -> Iterator[Floats]:
    """Put silence of ``margin`` samples before and after."""
    silence = None
    for block in blocks:
        if silence is None:
            silence = np.zeros((len(block), margin), np.float32)
            yield silence
        yield block
    if silence is not None:
        yield silence


def _band_log_power(frames: Floats, shapes: Floats) -> Floats:
    """Return the log-power of (channels, frames, samples) in each band, channels added; shape (frames, 72)."""
    spectra = scipy.fft.rfft(frames)
    power = (spectra.real**2 + spectra.imag**2).sum(axis=0)
    log_power: Floats = np.log(power @ shapes + np.float32(POWER_FLOOR))
    return log_power


def _with_margins(pieces: Iterable[Floats]) -> Iterator[Floats]:
    """Yield pieces that overlap by the reach of the whitening filter, the first and last frame repeated outside."""
    reach = HOPS_PER_SLOT * (len(WHITENING) - 1)
    held = None
    for piece in pieces:
        held = np.concatenate([np.repeat(piece[:1], reach, axis=0) if held is None else held, piece])
        if len(held) > 2 * reach:
            yield held
            held = held[-2 * reach :]
    if held is not None:
        yield np.concatenate([held, np.repeat(held[-1:], reach, axis=0)])


def whitened(log_power: Floats) -> Floats:
    """Apply ``WHITENING`` to log-powers of shape (frames + 8, 72); returns (frames, 72)."""
    reach, span = HOPS_PER_SLOT * (len(WHITENING) - 1), WHITENING.shape[1] - 1
    frames = len(log_power) - 2 * reach
    bands = np.pad(log_power, ((0, 0), (span, span)), mode="edge")
    result = np.zeros((frames, BANDS), np.float32)
    for row, kernel in enumerate(_symmetric(WHITENING)):
        start = row * HOPS_PER_SLOT
        for column, weight in enumerate(kernel):
            result += weight * bands[start : start + frames, column : column + BANDS]
    return result


def _symmetric(quarter: Floats) -> Floats:
    """Return the whole filter of which ``quarter`` gives the centre and one side of each axis, made to add up to 0."""
    half = np.concatenate([quarter[:0:-1], quarter])
    whole = np.concatenate([half[:, :0:-1], half], axis=1)
    balanced: Floats = whole - whole.mean()
    return balanced


def _quantised(log_power: Floats) -> Cells:
    cells: Cells = np.rint(np.clip(whitened(log_power), -CLIP, CLIP) * STEPS).astype(np.int8)
    return cells
