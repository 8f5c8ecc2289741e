import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.codes.decoders import SCORE_STEPS, Decoder, fit_bank
from earmark.codes.strategies import BANK

Floats = npt.NDArray[np.float64]

LOW, HIGH = 13849 / 65536, 51687 / 65536


def heard_as(name: str, colluders: int, seed: int, segments: int = 600) -> tuple[Floats, Floats]:
    """Return evidence of a strategy, and the biases."""
    rng = np.random.default_rng(seed)
    biases = rng.choice([LOW, HIGH], segments)
    share = (rng.random((colluders, segments)) < biases).mean(axis=0)
    levels = {"average": 2 * share - 1, "majority": 2.0 * (share > 0.5) - 1}[name]
    return 4 * levels + rng.standard_normal(segments), biases


def by_name(decoders: list[Decoder]) -> dict[tuple[str, int], Decoder]:
    return {(decoder.strategy.name, decoder.strategy.colluders): decoder for decoder in decoders}


@given(st.integers(0, 1000), st.integers(0, 80))
def test_weights_share_out_the_allowed_error(seed: int, segments: int) -> None:
    rng = np.random.default_rng(seed)
    soft = rng.normal(0, 3, segments)
    decoders = fit_bank(soft, None, rng.choice([LOW, HIGH], segments))
    assert sum(decoder.weight for decoder in decoders) == pytest.approx(1)
    assert all(decoder.weight >= 0.25 * decoder.strategy.prior for decoder in decoders)


@pytest.mark.parametrize(("name", "colluders"), [("average", 2), ("average", 3), ("average", 4), ("majority", 3)])
def test_evidence_moves_the_weights_to_what_was_done(name: str, colluders: int) -> None:
    soft, biases = heard_as(name, colluders, 7)
    decoder = by_name(fit_bank(soft, None, biases))[name, colluders]
    assert decoder.weight > 4 * decoder.strategy.prior


@given(st.integers(0, 1000))
def test_scores_are_whole_and_bounded(seed: int) -> None:
    rng = np.random.default_rng(seed)
    soft, biases = rng.normal(0, 3, 50), rng.choice([LOW, HIGH], 50)
    for decoder in fit_bank(soft, None, biases):
        for companions in range(decoder.strategy.colluders):
            scores = decoder.scores(companions)
            assert scores.shape == (companions + 1, 50)
            assert np.abs(scores).max() <= SCORE_STEPS


def test_a_single_leakers_evidence_earns_the_variant_heard() -> None:
    soft = np.linspace(-6, 6, 41)
    decoder = by_name(fit_bank(soft, None, np.full(41, 0.5)))["single", 1]
    scores = decoder.scores(0)[0]
    assert (np.diff(scores) >= 0).all()
    assert (scores == -scores[::-1]).all()
    assert scores[0] == -SCORE_STEPS


def test_variants_are_treated_alike() -> None:
    soft, biases = heard_as("average", 3, 5)
    there, back = fit_bank(soft, None, biases), fit_bank(-soft, None, 1 - biases)
    for one, other in zip(there, back, strict=True):
        assert one.weight == pytest.approx(other.weight, rel=1e-6)
        for companions in range(min(3, one.strategy.colluders)):
            difference = one.scores(companions) + other.scores(companions)[::-1]
            assert np.abs(difference).max() <= 1  # where a half was rounded


def test_silence_earns_nothing() -> None:
    amplitude = np.array([0.0, 0.0, 3.0, 3.0] * 20)
    soft = np.array([0.8, -0.5, 3.1, -2.9] * 20)
    decoder = by_name(fit_bank(soft, amplitude, np.full(80, 0.5)))["single", 1]
    scores = decoder.scores(0)[0]
    assert not scores[amplitude == 0].any()
    assert (np.abs(scores[amplitude > 0]) > SCORE_STEPS / 2).all()


def test_a_companion_tells_what_the_other_half_of_an_average_was() -> None:
    soft, biases = heard_as("average", 2, 6)
    scores = by_name(fit_bank(soft, None, biases))["average", 2].scores(1)
    between = np.abs(soft) < 1
    assert (scores[0, between] > 0).all()
    assert (scores[1, between] < 0).all()


def test_the_bank_is_fitted_whole() -> None:
    decoders = fit_bank(np.zeros(0), None, np.zeros(0))
    assert tuple(decoder.strategy for decoder in decoders) == BANK
