"""Train ``earmark/signal/network.npz`` from scratch: ``python -m bench.train_network OUT``, half an hour on two cores.

Needs ``torch`` besides what the benchmark needs (any CPU build; it is in no lock file, since nothing else uses it).
Only open recordings, rooms and noises are used. Each cut is marked with its own key, sent through an attack, delayed by
a part of a frame, and heard; the network learns to tell the variant of every segment by the sum of what its cells say
(the log-odds, so that the sum is calibrated), under the logistic loss.
"""

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import soxr
import torch
from numpy.typing import NDArray
from torch import nn

from bench import corpus
from bench.attacks import OPEN, Attack
from earmark.attacks import Synthetic
from earmark.attacks.drawing import Background, Materials
from earmark.grid import DEFAULT_SEGMENT_MS, Grid
from earmark.signal.layout import BANDS, Layout
from earmark.signal.network import levels
from earmark.signal.patterns import Patterns
from earmark.signal.plain import WHITENING, mirrored
from earmark.signal.spectrum import ANALYSIS_RATE, HOPS_PER_SLOT, log_powers
from earmark.signal.surroundings import Surroundings
from earmark.signal.variants import Renderer

Floats = NDArray[np.float32]

LAYOUT = Layout(DEFAULT_SEGMENT_MS)
RATE = 16_000
SECONDS = 20
ATTACKS = (
    *("clean", "mp3:64k", "mp3:32k", "aac:32k", "opus:32k", "g711", "gsm", "amr:12.2k", "compressor", "denoise"),
    *2 * ("opus:16k", "opus:12k", "opus:8k", "talk:{}", "white:{}", "noise:{}", "room+noise:{}"),
    *3 * ("room+noise:20+opus:24k", "loudspeaker+room+noise:20+opus:24k"),
    *("room", "room+white:25", "music:{}", "noise:20+denoise", "lowpass:3400+noise:{}", "noise:{}+opus:16k"),
    *("g711+opus:16k", "opus:12k+mp3:32k"),
)
LOUDEST_NOISE_DB, FAINTEST_NOISE_DB = -3.0, 28.0
RECORDED_ROOMS = 0.4
THREADS = 1  # more than one wait for each other on busy machines
FILTERS, HIDDEN = 8, 24
BATCH, RATE_OF_LEARNING = 1024, 3e-3


@dataclass(frozen=True)
class Lesson:
    """The segments of one cut.

    Attributes:
        log_power: half a slot apart from the segment's start to its end; shape (segments, intervals + 1, 72).
        levels: of its slots; shape (segments, 6, slots, 72).
        signs: what the cells were; shape (segments, slots, 72), values ±1.
    """

    log_power: NDArray[np.float16]
    levels: NDArray[np.float16]
    signs: NDArray[np.int8]


class Varied:
    """Open recordings; more often than in a recorded room a leak was in a made-up one, as those are few."""

    def room(self, rng: np.random.Generator, rate: int, rt60_s: float | None) -> Floats:
        """Return the response of a room."""
        rooms: Materials = OPEN if rng.random() < RECORDED_ROOMS else Synthetic()
        return rooms.room(rng, rate, rt60_s)

    def background(self, kind: Background, rng: np.random.Generator, rate: int, samples: int) -> Floats:
        """Return noise, talk or music."""
        return OPEN.background(kind, rng, rate, samples)


def lesson(name: str, attack: str, seed: int) -> Lesson:
    """Mark a cut of a recording, attack it and listen."""
    rng = np.random.default_rng(seed)
    whole = corpus.load(name, RATE)
    start = int(rng.integers(0, max(1, len(whole) - SECONDS * RATE)))
    sound, signs = marked(whole[start : start + SECONDS * RATE], rng)
    wanted = attack.format(f"{rng.uniform(LOUDEST_NOISE_DB, FAINTEST_NOISE_DB):.1f}")
    leak = Attack(wanted, Varied()).apply(sound, RATE, seed)
    hop = LAYOUT.slot_s / HOPS_PER_SLOT
    late = np.pad(leak, (round(rng.uniform(0.5, 1.5) * hop * RATE), RATE))
    heard = np.concatenate(list(log_powers([soxr.resample(late, RATE, ANALYSIS_RATE)[None]], LAYOUT)))
    at = 1 + HOPS_PER_SLOT * (np.arange(len(signs))[:, None] * LAYOUT.intervals + np.arange(LAYOUT.intervals + 1))
    inner = heard[at[:, 1:-1]]
    context = levels(inner.reshape(-1, BANDS), Surroundings.of(heard.astype(np.float16)))
    shaped = context.reshape(-1, len(signs), LAYOUT.slots, BANDS).transpose(1, 0, 2, 3)
    return Lesson(heard[at].astype(np.float16), shaped.astype(np.float16), signs)


def marked(sound: Floats, rng: np.random.Generator) -> tuple[Floats, NDArray[np.int8]]:
    """Return a marked copy with a random codeword, its level changed now and then, and the signs of all cells."""
    if rng.random() < 0.5:
        sound = sound * np.float32(10 ** (rng.uniform(-20, 10) / 20) / (4 * max(1e-3, float(np.abs(sound).max()))))
    sound = np.round(np.clip(sound, -1, 1) * 32_767).astype(np.float32) / np.float32(32_768)
    grid = Grid.over(len(sound), RATE)
    patterns = Patterns(rng.bytes(32), LAYOUT)
    marks = Renderer(patterns, grid, RATE).marks(sound[None], 0, grid.segments)[:, 0]
    bits = rng.integers(0, 2, grid.segments)
    carried = np.resize(np.repeat(bits, RATE * LAYOUT.segment_ms // 1000), len(sound))
    signs = patterns.signs(0, grid.segments) * (2 * bits - 1)[:, None, None]
    return sound + np.where(carried, marks[1], marks[0]), signs.astype(np.int8)


class Model(nn.Module):
    """The network of ``earmark.signal.network``, to be trained."""

    def __init__(self) -> None:
        super().__init__()
        filters = 0.15 * torch.randn(FILTERS, 1, 3, 7)
        filters[0, 0] = torch.tensor(mirrored(WHITENING))
        self.filters = nn.Parameter(filters)
        sizes = (FILTERS + 6, HIDDEN, HIDDEN, 1)
        self.dense = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in pairwise(sizes))

    def balanced(self) -> torch.Tensor:
        """Return the filters, each adding up to nothing."""
        return self.filters - self.filters.mean((2, 3), keepdim=True)

    def forward(self, log_power: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        """Return the log-odds of the cells; shape (segments, slots, 72)."""
        padded = nn.functional.pad(log_power[:, None], (3, 3, 0, 0), mode="replicate")
        values = torch.cat([nn.functional.conv2d(padded, self.balanced()), context], 1)
        for layer in self.dense[:-1]:
            values = torch.relu(layer(values))
        odds: torch.Tensor = self.dense[-1](values)[:, 0]
        return odds

    def save(self, path: Path) -> None:
        """Write the weights as ``earmark.signal.network`` reads them."""
        dense = [np.vstack([layer.weight[:, :, 0, 0].T.numpy(), layer.bias[None].numpy()]) for layer in self.dense]
        np.savez(path, filters=self.balanced()[:, 0].numpy(), dense0=dense[0], dense1=dense[1], dense2=dense[2])


def batches(lessons: list[Lesson], rng: np.random.Generator) -> Iterator[list[torch.Tensor]]:
    """Yield random segments for ever."""
    whole = [np.concatenate([getattr(one, part) for one in lessons]) for part in ("log_power", "levels", "signs")]
    while True:
        chosen = rng.integers(0, len(whole[0]), BATCH)
        yield [torch.tensor(part[chosen].astype(np.float32)) for part in whole]


def train(lessons: list[Lesson], steps: int) -> Model:
    """Return a trained model."""
    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    model = Model()
    optimiser = torch.optim.Adam(model.parameters(), RATE_OF_LEARNING)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE_OF_LEARNING, steps)
    drawn = batches(lessons, np.random.default_rng(0))
    for step, (log_power, context, signs) in enumerate(islice(drawn, steps)):
        odds = (model(log_power, context) * signs).sum((1, 2))
        loss = nn.functional.softplus(-odds).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 500 == 0:
            print(f"step {step}: loss {loss.item():.4f}", flush=True)
    return model


def main() -> None:
    """Train and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="where to write the weights (.npz)")
    parser.add_argument("--rounds", type=int, default=2, help="cuts of each recording for each attack")
    parser.add_argument("--steps", type=int, default=8_000)
    options = parser.parse_args()
    names = [name for _ in range(options.rounds) for name in corpus.OPEN for _ in ATTACKS]
    attacks = [attack for _ in range(options.rounds) for _ in corpus.OPEN for attack in ATTACKS]
    with ProcessPoolExecutor(2) as pool:
        lessons = list(pool.map(lesson, names, attacks, range(len(names)), chunksize=4))
    model = train(lessons, options.steps)
    with torch.no_grad():
        model.save(options.out)


if __name__ == "__main__":
    main()
