import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.cases import scores
from earmark.cases.scores import BANK, Heard
from earmark.codes import strategies
from earmark.codes.decoders import fit_bank
from earmark.codes.lineup import DEEPEST


def heard(segments: int, seed: int, amplitude: float = 1.0) -> Heard:
    rng = np.random.default_rng(seed)
    biases = rng.choice([13849 / 65536, 0.5, 51687 / 65536], segments)
    level = rng.choice([-1, 0, 1], segments)
    reach = amplitude * rng.uniform(0, 2, segments)
    return Heard(3 * level * reach + rng.standard_normal(segments), reach, biases)


def test_the_bank_is_the_one_that_accuses() -> None:
    assert scores.DEEPEST == DEEPEST
    assert len(BANK) == len(strategies.BANK)
    for mine, theirs in zip(BANK, strategies.BANK, strict=True):
        assert (mine.name, mine.colluders, mine.prior) == (theirs.name, theirs.colluders, theirs.prior)
        assert mine.levels() == pytest.approx(theirs.levels)


def assert_alike(segments: int, seed: int, amplitude: float) -> None:
    evidence = heard(segments, seed, amplitude)
    decoders = fit_bank(evidence.soft, evidence.amplitude, evidence.biases)
    assert scores.weights(evidence) == pytest.approx([decoder.weight for decoder in decoders], rel=1e-7)
    rng = np.random.default_rng(seed)
    which = int(rng.integers(len(BANK)))
    companions = int(rng.integers(scores.depths(BANK[which])))
    ones = rng.integers(0, companions + 1, segments)
    rounded = np.take_along_axis(decoders[which].scores(companions), ones[None], axis=0)[0]
    exact = scores.exact_scores(BANK[which], evidence, ones.tolist(), companions)
    assert np.abs(exact - rounded).max() <= scores.HALF_STEP


@given(st.integers(1, 60), st.integers(0, 2**32), st.sampled_from([0.0, 0.01, 1.0, 30.0]))
def test_two_implementations_agree(segments: int, seed: int, amplitude: float) -> None:
    assert_alike(segments, seed, amplitude)


def test_they_agree_on_long_leaks() -> None:
    assert_alike(4500, 1, 1.0)
