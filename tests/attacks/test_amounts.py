import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.attacks.amounts import Amount, Span, shown
from earmark.errors import UsageError

SPAN = Span(-10, 100, "dB", usual=20)


@given(st.integers(-10, 100))
def test_numbers_are_what_they_say(number: int) -> None:
    assert SPAN.parse("white", f"{number}") == SPAN.parse("white", f"{number}dB") == Amount(number, number)


@given(low=st.floats(-10, 100), high=st.floats(-10, 100), seed=st.integers(0, 100))
def test_a_range_is_drawn_from(low: float, high: float, seed: int) -> None:
    low, high = sorted((round(low, 3), round(high, 3)))
    amount = SPAN.parse("white", f"{low:.3f}..{high:.3f}")
    assert low <= amount.draw(np.random.default_rng(seed)) <= high


def test_where_nothing_is_drawn_chance_stays_as_it_was() -> None:
    rng = np.random.default_rng(0)
    assert Amount(3, 3).draw(rng) == 3
    assert rng.random() == np.random.default_rng(0).random()


def test_what_is_usual() -> None:
    assert SPAN.parse("white", "") == Amount(20, 20)
    with pytest.raises(UsageError, match="'drift' needs an amount") as caught:
        Span(-5, 5, "ppm").parse("drift", "")
    assert caught.value.hint == "It takes -5 to 5 ppm, such as drift:0."


@pytest.mark.parametrize("text", ["101", "-11", "1e1", "ten", "1..", "..1", "3..1", "1..2..3", "nan", "١", " 1", "+1"])
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        SPAN.parse("white", text)
    assert caught.value.hint


def test_not_too_much_of_a_strangers_text_is_shown() -> None:
    assert shown("x\n") == "'x\\n'"
    assert len(shown("y" * 1_000)) < 50
