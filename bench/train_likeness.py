"""Fit ``earmark.signal.likeness.WEIGHTS`` again: a logistic regression that tells a place from others near it.

Marks the open recordings at random, sends them through codecs, noise and rooms, and compares every segment of the leak
with its own place in the original and with two others some seconds away. Run ``python -m bench.train_likeness``.
"""

from collections.abc import Iterator

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.optimize import minimize

from bench import corpus
from bench.attacks import OPEN, Attack
from bench.train_whitening import LAYOUT, RATE, marked
from earmark.signal.alignment import Passage
from earmark.signal.channel import LogPowers
from earmark.signal.likeness import Likeness, Original, spectrum
from earmark.signal.spectrum import ANALYSIS_RATE, HOPS_PER_SLOT

ATTACKS = (
    *("clean", "mp3:64k", "g711", "opus:12k", "opus:16k", "opus:16k", "noise:10"),
    *("room+noise:10+opus:24k", "room+noise:20+opus:24k", "loudspeaker+room+noise:20+opus:24k"),
)
OTHERS = 2
NEAREST, FARTHEST, BLOCK = 6, 300, 10
RIDGE = 1.0

Doubles = NDArray[np.float64]
Sound = NDArray[np.float32]


def heard(sound: Sound) -> LogPowers:
    """Return the log-powers of a sound, shape (samples,)."""
    return spectrum([soxr.resample(sound, RATE, ANALYSIS_RATE)[None]], LAYOUT)


def examples(name: str, attack: str, seed: int) -> Iterator[tuple[Doubles, bool]]:
    """Yield the features of all segments of a leak, first at their own places, then at others."""
    rng = np.random.default_rng(seed)
    copy, signs = marked(name, seed)
    leak = Attack(attack, OPEN).apply(copy.astype(np.float32), RATE, seed)
    hops = HOPS_PER_SLOT * LAYOUT.intervals
    original = Original(heard(corpus.load(name, RATE)[: len(copy)]), hops)
    segments = np.arange(2, len(signs) - 2)
    frames = hops * segments + rng.integers(-1, 2)
    hop_s = LAYOUT.slot_s / HOPS_PER_SLOT
    likeness = Likeness.of(heard(leak), original, [Passage(segments, frames, 0.0)], hop_s)
    yield likeness.features(frames, segments), True
    for _ in range(OTHERS):
        blocks = -(-len(segments) // BLOCK)
        away = rng.integers(NEAREST, FARTHEST, blocks) * rng.choice([-1, 1], blocks)
        others = np.clip(segments + np.repeat(away, BLOCK)[: len(segments)], segments[0], segments[-1])
        apart = np.abs(others - segments) >= NEAREST
        yield likeness.features(frames[apart], others[apart]), False


def fit(features: Doubles, same: NDArray[np.bool_]) -> Doubles:
    """Return the weights of features (n, k), and of none of them; shape (k + 1,)."""
    mean, spread = features.mean(axis=0), features.std(axis=0)
    inputs = np.c_[(features - mean) / spread, np.ones(len(features))]
    sides = np.where(same, 1.0, -1.0)
    counts = np.where(same, 1.0, same.sum() / (~same).sum())

    def loss(weights: Doubles) -> tuple[float, Doubles]:
        margins = sides * (inputs @ weights)
        slope = -sides * counts / (1 + np.exp(margins))
        shrunk = np.r_[weights[:-1], 0.0]
        total = float(counts @ np.logaddexp(0, -margins) + RIDGE / 2 * shrunk @ shrunk)
        return total, inputs.T @ slope + RIDGE * shrunk

    found = minimize(loss, np.zeros(inputs.shape[1]), jac=True, method="L-BFGS-B").x
    weights: Doubles = np.r_[found[:-1] / spread, found[-1] - (found[:-1] * mean / spread).sum()]
    return weights


def main() -> None:
    """Fit and print."""
    told = [
        one
        for seed, (name, attack) in enumerate((name, attack) for name in corpus.OPEN for attack in ATTACKS)
        for one in examples(name, attack, seed)
    ]
    same = np.concatenate([np.full(len(features), is_same) for features, is_same in told])
    print(repr(fit(np.concatenate([features for features, _ in told]), same).round(3)))


if __name__ == "__main__":
    main()
