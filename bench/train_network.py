"""Train the networks of ``earmark/signal/network.py`` from scratch.

``python -m bench.train_network fast network.npz`` and ``… wide wide.npz`` take half an hour each on two cores. Needs
``torch`` besides what the benchmark needs (any CPU build; it is in no lock file, since nothing else uses it).
Only open recordings, rooms and noises are used. Each cut is marked with its own key, sent through an attack, delayed by
a part of a frame, and heard; a network learns to tell the variant of every segment by the sum of what its cells say
(the log-odds, so that the sum is calibrated), under the logistic loss.
"""

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
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
from earmark.signal.network import LEVEL_SCALE, LEVELS, levels
from earmark.signal.patterns import Patterns
from earmark.signal.plain import WHITENING, mirrored
from earmark.signal.spectrum import ANALYSIS_RATE, HOPS_PER_SLOT, log_powers
from earmark.signal.surroundings import REACH, Surroundings
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
WIDE_ATTACKS = (
    *("clean", "mp3:64k", "mp3:32k", "aac:32k", "opus:32k", "compressor", "denoise", "g711", "g726", "vorbis:48k"),
    *2 * ("opus:16k", "opus:12k", "opus:8k", "gsm", "amr:12.2k", "gsm+opus:16k", "talk:{}", "white:{}", "noise:{}"),
    *3 * ("room+noise:20+opus:24k", "loudspeaker+room+noise:20+opus:24k"),
    *("room", "room+noise:{}", "room+noise:{}", "music:{}", "noise:20+denoise", "noise:{}+opus:16k", "resample:8000"),
    *("g711+opus:16k", "mp3:64k+opus:12k+aac:32k", "opus:12k+mp3:32k"),
)
KEPT = (
    "speech/ravdess_actor05_en",
    "speech/ravdess_actor06_en",
    "speech/librispeech-testother_367_en",
    "speech/asterisk_carlo-flora_it",
    "meeting/ami-pyannote_ES-B-trn04_en",
)
"""Open recordings to compare networks with: the wide one is not taught them."""
LOUDEST_NOISE_DB, FAINTEST_NOISE_DB = -3.0, 28.0
RECORDED_ROOMS = 0.4
THREADS = 1  # more than one wait for each other on busy machines
RATE_OF_LEARNING = 3e-3


@dataclass(frozen=True)
class Plan:
    """A network to be trained.

    Attributes:
        filters: how many.
        rows: which frames they see, counted from the cell's.
        bands: how many bands they see.
        hidden: units of the layers between.
        span: how many bands the first of them sees.
        around: which frames' loudness it sees.
        attacks: what it hears.
        recordings: of what.
        rounds: cuts of each recording for each attack.
        steps: of training.
        batch: segments in a step.
    """

    filters: int
    rows: tuple[int, ...]
    bands: int
    hidden: tuple[int, int]
    span: int
    around: tuple[int, ...]
    attacks: tuple[str, ...]
    recordings: tuple[str, ...]
    rounds: int
    steps: int
    batch: int

    @property
    def step(self) -> int:
        """How far the rows are apart."""
        return self.rows[1] - self.rows[0]

    def cuts(self) -> list[tuple[str, str]]:
        """Return recording and attack of every cut."""
        return [(name, attack) for _ in range(self.rounds) for name in self.recordings for attack in self.attacks]


FAST = Plan(8, (-2, 0, 2), 7, (24, 24), 1, (), ATTACKS, corpus.OPEN, 2, 8_000, 1024)
WIDE = Plan(
    *(32, tuple(range(-REACH, REACH + 1)), 13, (48, 32), 7, (-4, -2, 2, 4)),
    *(WIDE_ATTACKS, tuple(name for name in corpus.OPEN if name not in KEPT), 1, 1_500, 512),
)
PLANS = {"fast": FAST, "wide": WIDE}


@dataclass(frozen=True)
class Lesson:
    """The segments of one cut.

    Attributes:
        log_power: of the frames around each one's slot; shape (segments, 2 * REACH + 1, 72).
        levels: of its slot; shape (segments, 6, 72).
        signs: what the cells were; shape (segments, 72), values ±1.
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
    slots = 1 + HOPS_PER_SLOT * (np.arange(len(signs)) * LAYOUT.intervals + 1)
    context = levels(heard[slots], Surroundings.of(heard.astype(np.float16)))
    shaped = context.reshape(LEVELS, len(signs), BANDS).transpose(1, 0, 2)
    around = slots[:, None] + np.arange(-REACH, REACH + 1)
    near = heard[np.clip(around, 0, len(heard) - 1)]
    return Lesson(near.astype(np.float16), shaped.astype(np.float16), signs[:, 0])


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
    """A network of ``earmark.signal.network``, to be trained."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        filters = 0.1 * torch.randn(plan.filters, 1, len(plan.rows), plan.bands)
        filters[0, 0] = torch.tensor(whitening(plan))
        self.filters = nn.Parameter(filters)
        sizes = (plan.filters + LEVELS + len(plan.around), *plan.hidden, 1)
        spans = (plan.span, *(1 for _ in plan.hidden))
        self.dense = nn.ModuleList(
            nn.Conv1d(a, b, span, padding=span // 2) for (a, b), span in zip(pairwise(sizes), spans, strict=True)
        )

    def balanced(self) -> torch.Tensor:
        """Return the filters, each adding up to nothing."""
        return self.filters - self.filters.mean((2, 3), keepdim=True)

    def forward(self, log_power: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        """Return the log-odds of the cells; shape (segments, 72)."""
        span = self.plan.bands // 2
        seen = log_power[:, [REACH + row for row in self.plan.rows]]
        padded = nn.functional.pad(seen[:, None], (span, span, 0, 0), mode="replicate")
        filtered = nn.functional.conv2d(padded, self.balanced())[:, :, 0]
        values = torch.cat([filtered, context, self.louder(log_power)], 1)
        for layer in self.dense[:-1]:
            values = torch.relu(layer(values))
        odds: torch.Tensor = self.dense[-1](values)[:, 0]
        return odds

    def louder(self, log_power: torch.Tensor) -> torch.Tensor:
        """Return by how much frames around are louder; shape (segments, around, 72)."""
        loudest = log_power.amax(2)
        rows = loudest[:, [REACH + away for away in self.plan.around]] - loudest[:, REACH, None]
        return (float(LEVEL_SCALE) * rows)[:, :, None].expand(-1, -1, BANDS)

    def save(self, path: Path) -> None:
        """Write the weights as ``earmark.signal.network`` reads them."""
        dense = [np.vstack([layer.weight.flatten(1).T.numpy(), layer.bias[None].numpy()]) for layer in self.dense]
        around = np.array(self.plan.around, np.int64)
        filters = self.balanced()[:, 0].numpy()
        first, second, third = dense
        step = np.array(self.plan.step)
        np.savez(path, filters=filters, dense0=first, dense1=second, dense2=third, step=step, around=around)


def whitening(plan: Plan) -> Floats:
    """Return the plain judge's filter among rows and bands of a plan."""
    known = mirrored(WHITENING)
    filters = np.zeros((len(plan.rows), plan.bands), np.float32)
    rows = [plan.rows.index(HOPS_PER_SLOT * row) for row in (-1, 0, 1)]
    first = (plan.bands - known.shape[1]) // 2
    filters[rows, first : first + known.shape[1]] = known
    return filters


def batches(lessons: list[Lesson], size: int, rng: np.random.Generator) -> Iterator[list[torch.Tensor]]:
    """Yield random segments for ever."""
    whole = [np.concatenate([getattr(one, part) for one in lessons]) for part in ("log_power", "levels", "signs")]
    while True:
        chosen = rng.integers(0, len(whole[0]), size)
        yield [torch.tensor(part[chosen].astype(np.float32)) for part in whole]


def train(plan: Plan, lessons: list[Lesson]) -> Model:
    """Return a trained model."""
    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    model = Model(plan)
    optimiser = torch.optim.Adam(model.parameters(), RATE_OF_LEARNING)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE_OF_LEARNING, plan.steps)
    drawn = batches(lessons, plan.batch, np.random.default_rng(0))
    for step, (log_power, context, signs) in enumerate(islice(drawn, plan.steps)):
        odds = (model(log_power, context) * signs).sum(1)
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", choices=PLANS, help="which one")
    parser.add_argument("out", type=Path, help="where to write the weights (.npz)")
    parser.add_argument("--steps", type=int, help="fewer or more than planned")
    parser.add_argument("--cuts", type=int, help="only so many")
    options = parser.parse_args()
    plan = PLANS[options.network]
    plan = replace(plan, steps=options.steps or plan.steps)
    cuts = plan.cuts()[: options.cuts]
    with ProcessPoolExecutor(2) as pool:
        lessons = list(pool.map(lesson, *zip(*cuts, strict=True), range(len(cuts)), chunksize=4))
    model = train(plan, lessons)
    with torch.no_grad():
        model.save(options.out)


if __name__ == "__main__":
    main()
