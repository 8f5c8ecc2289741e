import re
from math import log10

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.api.results import Exhibit, Traced
from earmark.cli.words import chance, clock, more_needed, traced

SCALES = {"": 1, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}


@pytest.mark.parametrize(
    ("bound", "words"),
    [
        (-7.0, "less than one chance in 10 million"),
        (-7.4, "less than one chance in 20 million"),
        (-6.0, "less than one chance in 1 million"),
        (-2.5, "less than one chance in 300"),
        (-3.99, "less than one chance in 9 thousand"),
        (-17.2, "less than one chance in 10^17"),
        (-30.0, "less than one chance in 10^30"),
        (-628.4, "less than one chance in 10^30"),
        (-0.5, "no useful bound on the chance"),
    ],
)
def test_chances(bound: float, words: str) -> None:
    assert chance(bound) == words


@given(st.floats(-200, -1))
def test_words_never_promise_too_much(bound: float) -> None:
    words = chance(bound)
    power = re.fullmatch(r"less than one chance in 10\^(\d+)", words)
    plain = re.fullmatch(r"less than one chance in (\d+) ?(\w*)", words)
    if power:
        assert -int(power[1]) >= bound - 1e-6
    else:
        assert plain
        assert -log10(int(plain[1]) * SCALES[plain[2]]) >= bound - 1e-6


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0:00.0"), (59.96, "1:00.0"), (61.23, "1:01.2"), (3599.99, "1:00:00.0"), (7325, "2:02:05.0")],
)
def test_clocks(seconds: float, words: str) -> None:
    assert clock(seconds) == words


def test_more_needed() -> None:
    assert more_needed(0.2).startswith("About 1 s more")
    assert "hardly help" in more_needed(None)


@pytest.mark.parametrize(("seconds", "words"), [(1.4, "too short to look for anything"), (1.5, "nothing of any")])
def test_what_is_too_short_is_said_to_be(seconds: float, words: str) -> None:
    result = Traced("unmarked", Exhibit("ab", seconds), None, (), 1e-6, (), None, 0.1)
    assert words in traced(result)[-2]
    assert "no proof" in traced(result)[-1]
