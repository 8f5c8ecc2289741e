"""Attacks aimed at the mark, by people who have read all of Earmark's code and have no keys.

==============  ========================================================================================================
``remarked``    the copy is marked again, and again, with keys of one's own, as deep as one likes
``smoothed``    the level of every band is drawn towards its mean over time, so that gains which change are levelled
``scrambled``   two compare their copies: where these differ, cell by cell, they lay either side of the middle, or
                beyond, by lot; with gain 0 they leave the middle
``repeated``    one listener who was given the same recording several times, marked anew each time, averages the copies
==============  ========================================================================================================

All of them are taken to know where segments begin.
"""

import numpy as np
import scipy.fft
import scipy.ndimage
import scipy.signal

from bench.leaks import SEGMENT, Rng
from bench.stage import RATE, Floats
from earmark.grid import Grid
from earmark.signal.layout import BANDS, Layout, triangles
from earmark.signal.patterns import Patterns
from earmark.signal.variants import Renderer

SMOOTHING_HOP = SEGMENT // 4
MOST_GAIN, FAINTEST, ROUNDS = 10.0, 1e-10, 6


def remarked(copies: Floats, rng: Rng, times: int, depth: float) -> Floats:
    """Return the first copy marked ``times`` times more, each time with a key of its own and a random codeword."""
    sound: Floats = copies[0]
    for _ in range(times):
        grid = Grid.over(len(sound), RATE)
        renderer = Renderer(Patterns(rng.bytes(32), Layout(grid.segment_ms)), grid, RATE, depth)
        blocks = list(renderer.render([sound[None]]))
        variants = [np.concatenate([block[one][0] for block in blocks]) for one in (0, 1)]
        carried = np.repeat(rng.integers(0, 2, grid.segments + 1), SEGMENT)[: len(sound)]
        sound = np.where(carried, variants[1], variants[0]).astype(np.float32)
    return sound


def smoothed(copies: Floats, _: Rng, over_ms: float, strength: float) -> Floats:
    """Return the first copy, every band's level drawn towards its mean over so much time, all the way for 1."""
    framing = scipy.signal.ShortTimeFFT(np.hanning(SEGMENT), SMOOTHING_HOP, RATE)
    spectra, bands = framing.stft(copies[0]), triangles(framing.f)
    levels = np.log(bands @ np.abs(spectra) ** 2 + FAINTEST)
    even = scipy.ndimage.uniform_filter1d(levels, max(1, round(over_ms / 1000 * RATE / SMOOTHING_HOP)), axis=1)
    wanted = levels + strength * (even - levels)
    log_gains = np.zeros_like(levels)
    for _round in range(ROUNDS):  # bands overlap, so that no gain is a band's alone
        log_gains = np.clip(log_gains + (wanted - levels) / 2, -np.log(MOST_GAIN), np.log(MOST_GAIN))
        levels = np.log(bands @ np.abs(spectra * np.exp(bands.T @ log_gains)) ** 2 + FAINTEST)
    changed = framing.istft(spectra * np.exp(bands.T @ log_gains), k1=copies.shape[1])
    return np.asarray(changed, np.float32)


def scrambled(copies: Floats, rng: Rng, gain: float) -> Floats:
    """Return the middle of two copies, and in every cell ``gain`` times what is between them, by lot added or taken."""
    middle, half = copies.mean(axis=0), (copies[0] - copies[1]) / 2
    segments = -(-len(half) // SEGMENT)
    cells = np.pad(half, (0, segments * SEGMENT - len(half))).reshape(segments, SEGMENT)
    shapes = triangles(scipy.fft.rfftfreq(SEGMENT, 1 / RATE))
    lots = (2 * rng.integers(0, 2, (segments, BANDS)) - 1).astype(np.float32)
    laid = scipy.fft.irfft(scipy.fft.rfft(cells, axis=1) * (lots @ shapes), SEGMENT, axis=1)
    sound: Floats = (middle + gain * laid.reshape(-1)[: len(half)]).astype(np.float32)
    return sound


def repeated(copies: Floats, _: Rng) -> Floats:
    """Return the mean of all copies."""
    mean: Floats = copies.mean(axis=0, dtype=np.float32)
    return mean
