import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from earmark.codes.hearing import Floats, Hearing
from earmark.codes.strategies import LEVELS

evidence = arrays(np.float64, st.integers(0, 40), elements=st.floats(-30, 30))


def spoken(seed: int, amplitude: float, segments: int = 4000) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    rng = np.random.default_rng(seed)
    return amplitude * rng.choice([-1.0, 1.0], segments) + rng.standard_normal(segments)


def heard_amplitude(soft: Floats) -> float:
    """Return the root mean square of the gains that a single leaker's evidence is taken to have."""
    hearing = Hearing.of(soft)
    return float(np.sqrt(hearing.single_gain_odds() @ hearing.gains**2))


@pytest.mark.parametrize("amplitude", [0.6, 1.0, 2.0, 4.0])
def test_amplitudes_are_estimated_without_the_codebook(amplitude: float) -> None:
    assert heard_amplitude(spoken(1, amplitude)) == pytest.approx(amplitude, abs=0.25)


def test_pauses_do_not_hide_what_is_said() -> None:
    soft = np.concatenate([spoken(2, 0.0, 2000), spoken(3, 3.0, 2000)])
    hearing = Hearing.of(soft)
    odds = hearing.single_gain_odds()
    assert odds[hearing.gains < 1].sum() == pytest.approx(0.5, abs=0.06)
    assert heard_amplitude(soft) == pytest.approx(3 / np.sqrt(2), abs=0.2)


def test_expected_amplitudes_are_scaled_to_what_is_heard() -> None:
    rng = np.random.default_rng(4)
    expected = rng.uniform(0.1, 1, 4000)
    soft = 3 * expected * rng.choice([-1.0, 1.0], 4000) + rng.standard_normal(4000)
    for unit in (0.1, 1, 10):
        hearing = Hearing.of(soft, unit * expected)
        assert hearing.single_gain_odds() @ hearing.gains == pytest.approx(3 / unit, rel=0.15)


@given(evidence)
def test_likelihoods_are_positive_finite_and_scaled(soft: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    hearing = Hearing.of(soft)
    odds = hearing.single_gain_odds()
    heard = hearing.level_likelihood(odds)
    assert hearing.likelihood.max(axis=(1, 2), initial=0) == pytest.approx(np.ones(soft.size))
    assert odds.sum() == pytest.approx(1)
    assert heard.shape == (soft.size, len(LEVELS))
    assert (heard > 0).all()


@given(evidence)
def test_the_opposite_evidence_speaks_for_the_opposite_level(
    soft: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> None:
    assert np.allclose(Hearing.of(soft).likelihood, Hearing.of(-soft).likelihood[:, :, ::-1])


@pytest.mark.parametrize(
    ("soft", "amplitude", "complaint"),
    [
        ([1.0, np.nan], None, "finite"),
        ([1.0, np.inf], None, "finite"),
        ([1.0, 2.0], [1.0], "do not match"),
        ([1.0, 2.0], [1.0, -0.1], "negative"),
        ([[1.0]], None, "do not match|shape"),
    ],
)
def test_impossible_evidence_is_refused(soft: list[float], amplitude: list[float] | None, complaint: str) -> None:
    given_amplitude = None if amplitude is None else np.array(amplitude)
    with pytest.raises(ValueError, match=complaint):
        Hearing.of(np.array(soft), given_amplitude)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.integers(0, 100))
def test_evidence_of_any_size_says_something_finite(soft: list[float], seed: int) -> None:
    evidence = np.array(soft)
    amplitude = np.random.default_rng(seed).uniform(0, 200, evidence.size)
    hearing = Hearing.of(evidence, amplitude)
    level_odds = np.zeros((evidence.size, 7))
    level_odds[:, [0, 3, 6]] = 1 / 3
    for odds in (hearing.single_gain_odds(), hearing.gain_odds(level_odds)):
        assert np.isfinite(odds).all()
        assert odds.sum() == pytest.approx(1)
