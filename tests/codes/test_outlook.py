import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.codes.accusation import accuse
from earmark.codes.outlook import MOST_COLLUDERS, Price, forecast, segments_needed

amplitudes = st.floats(0.8, 6)


def needed(amplitude: float, colluders: int = 1, listeners: int = 1000) -> int:
    segments = segments_needed(np.array([amplitude]), Price(listeners), coalition=4, colluders=colluders)
    assert segments is not None
    return segments


@given(amplitudes)
def test_more_colluders_or_listeners_or_less_to_hear_take_longer(amplitude: float) -> None:
    lengths = [needed(amplitude, colluders) for colluders in range(1, MOST_COLLUDERS + 1)]
    assert lengths == sorted(lengths)
    assert needed(amplitude, listeners=10) < needed(amplitude)
    assert needed(amplitude - 0.3) >= needed(amplitude)


def test_pauses_make_it_longer() -> None:
    speech = np.full(50, 3.0)
    with_pauses = np.concatenate([speech, np.zeros(50)])
    without, with_them = (segments_needed(a, Price(1000), coalition=4) for a in (speech, with_pauses))
    assert without is not None
    assert with_them is not None
    assert 1.9 * without < with_them < 3 * without


@pytest.mark.parametrize("amplitude", [6.0, 1.645])
def test_forecasts_come_true(amplitude: float) -> None:
    rng = np.random.default_rng(1)
    segments = needed(amplitude)
    named = dict.fromkeys((segments, segments // 2), 0)
    for length in named:
        for _ in range(20):
            biases = rng.choice([13849 / 65536, 0.5, 51687 / 65536], length, p=[0.125, 0.75, 0.125])
            bits = (rng.random((1000, length)) < biases).astype(np.uint8)
            named[length] += bool(accuse(bits, biases, amplitude * (2.0 * bits[0] - 1) + rng.standard_normal(length)))
    assert named[segments] >= 17
    assert named[segments // 2] <= 5


def test_evidence_that_is_too_short_says_how_much_would_do() -> None:
    rng = np.random.default_rng(2)
    soft = 2.33 * rng.choice([-1.0, 1.0], 30) + rng.standard_normal(30)
    for amplitude in (None, np.full(30, 2.0)):
        found = forecast(soft, amplitude, Price(1000), coalition=4)
        assert found is not None
        assert found.colluders == 1
        assert 45 <= found.segments <= 110


def test_long_evidence_that_names_nobody_is_put_down_to_more_leakers() -> None:
    rng = np.random.default_rng(3)
    found = forecast(3 * rng.choice([-1.0, 1.0], 150), None, Price(1000), coalition=4)
    assert found is not None
    assert found.colluders == 2
    assert found.segments > 150


def test_where_nothing_is_heard_no_length_will_do() -> None:
    assert segments_needed(np.zeros(5), Price(1000), coalition=4) is None
    assert forecast(np.full(100_000, 3.0), None, Price(10), coalition=4) is None


@pytest.mark.parametrize("colluders", [0, MOST_COLLUDERS + 1])
def test_forecasts_have_limits(colluders: int) -> None:
    with pytest.raises(ValueError, match=f"not {colluders}"):
        segments_needed(np.ones(3), Price(10), coalition=4, colluders=colluders)
