from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.ladder import climb, needed, rung, span


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_a_length_passes_if_95_of_100_trials_succeed(outcomes: list[bool]) -> None:
    found = rung(5, outcomes, len(outcomes))
    assert found.passed == (sum(outcomes) >= 0.95 * len(outcomes) - 1e-9)
    assert found.hits == sum(outcomes[: found.tried])


def test_trials_that_change_nothing_are_not_made() -> None:
    made = []

    def outcomes() -> Iterator[bool]:
        for number in range(20):
            made.append(number)
            yield number not in {1, 3}

    assert str(rung(30, outcomes(), 20)) == "30 s 2/4"
    assert made == [0, 1, 2, 3]


@pytest.mark.parametrize(("works_from", "expected", "tried"), [(0, "10", [10]), (25, "30", [10, 20, 30])])
def test_the_first_length_that_works_is_the_answer(works_from: int, expected: str, tried: list[int]) -> None:
    rungs = list(climb([30, 10, 20, 60], lambda length: [length >= works_from] * 4, 4))
    assert [one.length for one in rungs] == tried
    assert needed(rungs) == expected


def test_no_length_may_be_enough() -> None:
    rungs = list(climb([10, 20], lambda _: [False] * 4, 4))
    assert needed(rungs) == "more than 20"
    assert [one.tried for one in rungs] == [1, 1]


def test_too_few_trials_prove_nothing() -> None:
    assert not rung(10, [True] * 3, 4).passed


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        (["8"], "8"),
        (["10", "10"], "10"),
        (["20", "6", "10"], "6 to 20"),
        (["more than 30", "60"], "60 to more than 30"),
    ],
)
def test_lengths_are_summed_up_from_the_least_to_the_most(lengths: list[str], expected: str) -> None:
    assert span(lengths) == expected
