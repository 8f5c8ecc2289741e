r"""The spectrum of what is heard: log-power per band and frame.

The sound is analysed at 15 kHz. Every half slot (15 ms) the power in each band, seen through a Hann window as long as
the embedder's, is taken as a logarithm, so that a gain becomes a sum:

    L(t, b) = ln(Σ_f triangle_b(f) · |X_t(f)|² + floor).

The powers of all channels are added, so that no mixing down can cancel anything.
"""

from collections.abc import Iterable, Iterator
from math import floor

import numpy as np
import scipy.fft
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from earmark.signal.layout import Layout, triangles

ANALYSIS_RATE = 15_000
HOPS_PER_SLOT = 2
BATCH_FRAMES = 512
"""So few that what is computed of them stays in a processor's cache."""

POWER_FLOOR = 1e-13
LOUDEST = 1e9
"""What samples are limited to, so that no leak in floating point can make infinite power."""

Floats = NDArray[np.float32]


def log_powers(blocks: Iterable[Floats], layout: Layout, stretch: float = 1.0) -> Iterator[Floats]:
    """Yield the bands' log-powers, shape (frames, 72), some frames at a time; frame 0 is centred on the first sample.

    Args:
        blocks: the sound at 15 kHz, in pieces of any length; shape (channels, samples), full scale ±1.
        layout: the cells to listen for; a frame is half a slot long.
        stretch: how many times as long as they were slots and windows have become.
    """
    window = 2 * round(layout.window_samples(ANALYSIS_RATE) * stretch / 2)
    hop = ANALYSIS_RATE * layout.slot_s / HOPS_PER_SLOT * stretch
    shapes = triangles(scipy.fft.rfftfreq(window, 1 / ANALYSIS_RATE)).T / np.float32(window**2)
    taper = np.hanning(window + 1)[:-1].astype(np.float32)
    held, first, done = None, 0, 0  # held[:, 0] is sample `first` of the padded sound
    for block in _padded(blocks, window // 2):
        held = block if held is None else np.concatenate([held, block], axis=1)
        ready = floor((first + held.shape[1] - window) / hop) + 1
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
        yield np.clip(block, -LOUDEST, LOUDEST)
    if silence is not None:
        yield silence


def _band_log_power(frames: Floats, shapes: Floats) -> Floats:
    """Return the log-power of (channels, frames, samples) in each band, channels added; shape (frames, 72)."""
    spectra = scipy.fft.rfft(frames)
    power = (spectra.real**2 + spectra.imag**2).sum(axis=0)
    log_power: Floats = np.log(power @ shapes + np.float32(POWER_FLOOR))
    return log_power
