"""How copies sound against their originals: PESQ-WB, STOI, SNR and loudness, for every recording of speech.

PESQ and STOI are taken on pieces of 20 s at 16 kHz and averaged over a recording; loudness (ITU-R BS.1770) is of whole
files. Copies are real ones: marked FLAC files out of ``mark``.
"""

import io
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyloudnorm
import soxr
from numpy.typing import NDArray
from pesq import pesq
from pystoi import stoi
from visqol import VisqolApi

from bench import corpus
from bench.tables import figure
from earmark.api import Vault, mark, read_listeners
from earmark.media.reading import read_blocks
from earmark.media.source import probe

RATE = 16_000
PIECE_S = 20
VISQOL_RATE, VISQOL_S = 48_000, 5
SHORTEST_S = 8

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Quality:
    """What one copy sounds like.

    Attributes:
        name: of the recording.
        pesq: PESQ-WB, up to 4.64.
        stoi: short-time objective intelligibility, up to 1.
        snr_db: original against what was added.
        loudness_lu: how much louder the copy is.
        visqol_loss: by how much ViSQOL judges the copy below what it says of the original against itself.
    """

    name: str
    pesq: float
    stoi: float
    snr_db: float
    loudness_lu: float
    visqol_loss: float


def mono(path: Path) -> tuple[Floats, int]:
    """Return a file's sound, mixed to one channel, and its rate."""
    info = probe(path)
    return np.concatenate(list(read_blocks(info)), axis=1).mean(axis=0), info.rate


def measured(name: str, depth: float | None = None) -> Quality:
    """Mark a recording for one listener and compare the copy with it."""
    path = corpus.path_of(name)
    with TemporaryDirectory() as folder, Vault.init(Path(folder) / "vault") as vault:
        people = read_listeners(io.BytesIO(b"id\nlistener\n"))
        copy = mark(vault, path, people, Path(folder) / "copies", depth=depth).copies[0].path
        marked, _ = mono(copy)
    original, rate = mono(path)
    meter = pyloudnorm.Meter(rate)
    louder = meter.integrated_loudness(marked) - meter.integrated_loudness(original)
    snr = 10 * np.log10(np.mean(original**2) / np.mean((marked - original) ** 2))
    pieces = list(paired(soxr.resample(original, rate, RATE), soxr.resample(marked, rate, RATE)))
    scores = [pesq(RATE, one, other, "wb") for one, other in pieces]
    intelligible = [float(stoi(one, other, RATE)) for one, other in pieces]
    lost = visqol_loss(soxr.resample(original, rate, VISQOL_RATE), soxr.resample(marked, rate, VISQOL_RATE))
    return Quality(name, float(np.mean(scores)), float(np.mean(intelligible)), float(snr), float(louder), lost)


@cache
def visqol() -> VisqolApi:
    """Return ViSQOL for sound at 48 kHz, its usual mode."""
    judge = VisqolApi()
    judge.create(mode="audio")
    return judge


def visqol_loss(original: Floats, marked: Floats) -> float:
    """Return how far ViSQOL judges a piece out of the middle below the original against itself, in MOS."""
    first = max(0, len(original) - VISQOL_S * VISQOL_RATE) // 2
    piece = slice(first, first + VISQOL_S * VISQOL_RATE)
    one, other = original[piece].astype(np.float64), marked[piece].astype(np.float64)
    same, copy = (visqol().measure_from_arrays(one, sound, VISQOL_RATE).moslqo for sound in (one, other))
    return float(same - copy)


def paired(original: Floats, marked: Floats) -> Iterator[tuple[Floats, Floats]]:
    """Yield pieces of both, leaving out a last one that is too short to judge."""
    for start in range(0, len(original), PIECE_S * RATE):
        stop = start + PIECE_S * RATE
        if start == 0 or min(stop, len(original)) - start >= SHORTEST_S * RATE:
            yield original[start:stop], marked[start:stop]


def measure(depth: float | None = None) -> list[Quality]:
    """Return the quality of a copy of every recording."""
    with ProcessPoolExecutor(2) as pool:
        return list(pool.map(measured, corpus.OPEN + corpus.HELD, [depth] * len(corpus.OPEN + corpus.HELD)))


ABOUT = (
    "Copies against their originals, all recordings of speech. PESQ-WB and STOI on pieces of 20 s at 16 kHz,\n"
    "loudness by ITU-R BS.1770 of whole files, ViSQOL on a piece of each."
)
HEAD = ("", "mean", "worst", "goal")


def rows(found: list[Quality]) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the table."""
    scores = np.array([one.pesq for one in found])
    intelligible = np.array([one.stoi for one in found])
    louder = np.array([one.loudness_lu for one in found])
    snr = np.array([one.snr_db for one in found])
    lost = np.array([one.visqol_loss for one in found])
    least = "≥ 4.60, worst ≥ 4.50 (at least 4.55, 4.40)"
    mean, worst = figure(scores.mean(), ".3f", scores.mean() < 4.60), figure(scores.min(), ".3f", scores.min() < 4.50)
    yield "PESQ-WB", mean, worst, least
    clear = [intelligible.mean(), intelligible.min()]
    yield "STOI", *(figure(one, ".4f", one < 0.995) for one in clear), "≥ 0.995 (at least 0.985)"
    below = [lost.mean(), lost.max()]
    yield "ViSQOL, below the original's own", *(figure(one, ".3f", one > 0.05) for one in below), "≤ 0.05"
    away = [louder.mean(), louder[np.abs(louder).argmax()]]
    yield "loudness (LU)", *(figure(one, "+.3f", abs(one) > 0.1) for one in away), "within 0.1"
    yield "SNR (dB)", f"{snr.mean():.1f}", f"{snr.min():.1f}", ""
