from dataclasses import replace

import numpy as np
import pytest
from tests.signal.scenes import HOPS, Ints, codeword, line, made_up, signs

from bench.degraded import Degraded, Speaking, Truth, surest
from earmark.signal.alignment import align
from earmark.signal.correlation import Correlator

SEGMENTS = 300
RECORDING = signs(SEGMENTS)
BITS = codeword(SEGMENTS)
SEGMENT_S = 0.08
FIRST, LAST = 20, 140
LENGTH_S = (LAST - FIRST) * SEGMENT_S
TRUTH = Truth(0.0, LENGTH_S, FIRST * SEGMENT_S)


def leak(late: int = 0, silent: slice = slice(0)) -> Correlator:
    """Return a leak of a passage that begins so many frames late and is silent for a while."""
    said: Ints = np.arange(FIRST, LAST)
    listening = made_up(HOPS * (LAST - FIRST + 4), [(said, line(said, late))], RECORDING, BITS, likely=0.2)
    cells = listening.cells.copy()
    cells[silent] = 0
    return Correlator(replace(listening, cells=cells), RECORDING)


@pytest.mark.parametrize("late", [0, 2, 12])
def test_what_is_clear_would_have_been_recognised_however_late_it_is(late: int) -> None:
    correlator = leak(late)
    found = Speaking.of(correlator, align(correlator), None, [TRUTH]).degraded(2.0, 6.0)
    assert (found.all, found.genuine) == (4.0, 4.0)
    assert 3.5 < found.recognisable <= 4.0


def test_what_is_silent_would_not_have_been() -> None:
    correlator = leak(silent=slice(HOPS * 30, HOPS * 80))
    speaking = Speaking.of(correlator, align(correlator), None, [TRUTH])
    inside = speaking.degraded(31 * SEGMENT_S, 79 * SEGMENT_S)
    assert inside.genuine == pytest.approx(48 * SEGMENT_S)
    assert inside.recognisable == 0
    assert 0 < speaking.degraded(31 * SEGMENT_S, 100 * SEGMENT_S).recognisable < 25 * SEGMENT_S


def test_what_is_not_where_it_was_said_would_not_have_been() -> None:
    correlator = leak()
    elsewhere = replace(TRUTH, said_s=150 * SEGMENT_S)
    assert Speaking.of(correlator, align(correlator), None, [elsewhere]).degraded(0.0, LENGTH_S).recognisable == 0


def test_what_is_of_something_else_is_not_genuine() -> None:
    correlator = leak()
    put_in = Speaking.of(correlator, align(correlator), None, [replace(TRUTH, end_s=3.0)])
    assert put_in.degraded(2.0, 4.0).genuine == pytest.approx(1.0)
    assert Speaking.of(correlator, align(correlator), None, []).degraded(2.0, 4.0) == Degraded(2.0, 0.0, 0.0)


def test_the_surest_run_counts_if_it_is_sure_enough() -> None:
    assert surest(np.array([-np.inf, -3.0, 5.0, 4.0, -1.0, 6.0, -9.0])) == 4
    assert surest(np.array([5.0, -9.0, 6.0])) == 0
    assert surest(np.zeros(0)) == 0


def test_seconds_add_up() -> None:
    assert Degraded(3.0, 2.0, 1.0) + Degraded(1.0, 0.5, 0.0) == Degraded(4.0, 2.5, 1.0)
