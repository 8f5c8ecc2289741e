"""How leaks of calls over bad networks are laid beside what was said, on sounds that are made up."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.lossy import DRIFT, PIECE_S, RATE, matched, place

RNG = np.random.default_rng(2)
SAID = (0.1 * RNG.standard_normal(12 * RATE)).astype(np.float32)


@given(at=st.integers(0, RATE), loud=st.floats(0.05, 2.0))
@settings(max_examples=20)
def test_a_piece_is_found_where_it_was_said_however_loud(at: int, loud: float) -> None:
    sound = SAID[: 2 * RATE]
    assert place(sound, np.float32(loud) * sound[at : at + RATE]) == at


@pytest.mark.parametrize("first", [0, 5, RATE, 9 * RATE])
def test_a_leak_of_what_was_said_over_and_over_is_matched_as_it_is(first: int) -> None:
    leak = np.roll(np.tile(SAID, 3), -first)[: 2 * PIECE_S * RATE + RATE // 2]
    pairs = list(matched(SAID, leak))
    assert len(pairs) == 2
    for said, heard in pairs:
        assert np.array_equal(said, heard)


def test_what_was_played_late_is_matched_with_what_was_said_then() -> None:
    late = DRIFT // 2
    leak = np.concatenate([SAID[: 2 * RATE], np.zeros(late, np.float32), SAID[2 * RATE : 4 * RATE - late + RATE]])
    ((said, heard),) = matched(SAID, leak)
    steps = [slice(start, start + RATE) for start in range(0, PIECE_S * RATE, RATE)]
    alike = [float(np.corrcoef(said[step], heard[step])[0, 1]) for step in steps]
    assert min(alike) > 0.8
    assert alike[0] == alike[1] == pytest.approx(1)
    assert alike[3] == alike[4] == pytest.approx(1)
