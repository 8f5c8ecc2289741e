from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.api.evidencing import checkable, stretches
from earmark.api.finding import Found
from earmark.api.tracing import Accused, everybody
from earmark.cases.facts import Passage
from earmark.codes.accusation import accuse
from earmark.codes.codebook import Codebook
from earmark.signal.evidence import Evidence

SECRETS = {f"l{number:03}": number.to_bytes(32, "big") for number in range(1, 501)}
BOOK = Codebook(b"r-abcdefgh", bytes(32), 4, 400)
LIMIT = 1e-6


def leaked(colluders: int, segments: int, seed: int) -> tuple[Accused, ...]:
    """Return who is named by any test on an average of the first so many listeners' copies."""
    rng = np.random.default_rng(seed)
    heard = np.arange(segments)
    bits = BOOK.bits(list(SECRETS.values()), heard)
    soft = 3 * (2 * bits[:colluders].mean(axis=0) - 1) + rng.standard_normal(segments)
    evidence = Evidence(heard, soft, np.full(segments, 3.0))
    accusations = accuse(bits, BOOK.biases(heard), soft, evidence.amplitude, family_wise=LIMIT)
    names = list(SECRETS)
    found = Found((), (), evidence, 1.0)
    return tuple(Accused(names[one.index], one.false_accusation_log10, found) for one in accusations)


def test_a_single_leaker_can_be_checked() -> None:
    named = leaked(1, 60, 1)
    (one,) = checkable(BOOK, SECRETS, LIMIT, named)
    assert one.listener == named[0].listener == "l001"
    assert one.false_accusation_log10 <= -6


def test_nobody_is_named_whose_bound_another_machine_might_find_too_large() -> None:
    """It has to stand when the evidence is computed anew, where sums are rounded otherwise."""
    named = leaked(1, 60, 1)
    (one,) = checkable(BOOK, SECRETS, LIMIT, named)
    bound = 10**one.false_accusation_log10
    assert checkable(BOOK, SECRETS, 1.9 * bound, named) == ()
    assert checkable(BOOK, SECRETS, 2.1 * bound, named) == (one,)


def test_nobody_is_named_by_a_test_with_companions_who_are_not() -> None:
    seen = set()
    for seed in range(12):
        named = leaked(3, 120, seed)
        kept = {one.listener for one in checkable(BOOK, SECRETS, LIMIT, named)}
        assert kept <= {one.listener for one in named}
        assert kept <= {"l001", "l002", "l003"}
        seen.add((bool(named), len(kept) < len(named)))
    assert (True, True) in seen  # there are such tests, or this would check nothing
    assert (True, False) in seen


@given(st.lists(st.tuples(st.sampled_from(["anna", "ben", "chloe"]), st.floats(-30, -6), st.integers(0, 2))))
def test_everybody_is_named_once_by_the_surest_evidence(listed: list[tuple[str, float, int]]) -> None:
    founds = [Found((), (), Evidence(np.arange(0), np.zeros(0), np.zeros(0)), share) for share in (0.8, 0.1, 0.1)]
    accused = [Accused(name, bound, founds[place]) for name, bound, place in listed]
    named = everybody(BOOK, SECRETS, LIMIT, accused)
    smallest = {name: min(bound for one, bound, _ in listed if one == name) for name, *_ in listed}
    assert {one.listener: one.false_accusation_log10 for one in named} == smallest
    assert len(named) == len(smallest)
    assert [one.false_accusation_log10 for one in named] == sorted(smallest.values())
    assert all(any(one is other for other in accused) for one in named)


def test_of_nobody_nobody() -> None:
    assert checkable(BOOK, SECRETS, LIMIT, ()) == ()


def passage(**times: float) -> Passage:
    facts: dict[str, Any] = {"recording_start_s": 5.0, "recording_end_s": 9.0, "speed": 1.0, "chance_log10": -8.0}
    facts["speaker"] = None
    return Passage(**facts | times)


@given(st.lists(st.floats(0, 30), min_size=2, max_size=8), st.floats(0.1, 30))
def test_the_time_line_covers_the_leak_in_order(ends: list[float], leak_s: float) -> None:
    ordered = sorted(ends)
    pairs = zip(ordered[::2], ordered[1::2], strict=False)
    found = list(stretches([passage(leak_start_s=start, leak_end_s=end) for start, end in pairs], leak_s))
    at = 0.0
    for one in found:
        assert one.leak_start_s - at < 0.25
        assert one.leak_start_s <= one.leak_end_s <= leak_s
        at = one.leak_end_s
    assert leak_s - at < 0.25
    assert [one.state for one in found].count("found") == len(ends) // 2


def test_what_was_not_found_has_no_place() -> None:
    gap, one = stretches([passage(leak_start_s=2.0, leak_end_s=6.0)], 6.1)
    assert (gap.state, gap.leak_start_s, gap.leak_end_s, gap.recording_start_s) == ("not found", 0.0, 2.0, None)
    assert one.error_rate_log10 == pytest.approx(-8)
