import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.grid import DEFAULT_SEGMENT_MS, Grid

lengths = st.integers(1, 25).map(lambda steps: 20 * steps)
rates = st.sampled_from([8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000])


@given(st.integers(0, 10**9), rates, lengths)
def test_segments_lie_within_the_recording_and_leave_less_than_one(samples: int, rate: int, segment_ms: int) -> None:
    grid = Grid.over(samples, rate, segment_ms)
    assert grid.start(grid.segments, rate) <= samples < grid.start(grid.segments + 1, rate) + 1


@given(rates, lengths, st.integers(0, 100_000))
def test_segments_are_of_equal_length_but_for_rounding(rate: int, segment_ms: int, segment: int) -> None:
    grid = Grid(segment_ms, segment + 1)
    length = grid.start(segment + 1, rate) - grid.start(segment, rate)
    assert abs(length - rate * segment_ms / 1000) < 1
    assert rate * segment_ms % 1000 or length == rate * segment_ms // 1000


@given(lengths)
def test_seconds_are_milliseconds(segment_ms: int) -> None:
    assert Grid(segment_ms, 1).segment_s * 1000 == pytest.approx(segment_ms)


def test_segments_have_a_usual_length() -> None:
    assert Grid.over(16_000, 16_000) == Grid(DEFAULT_SEGMENT_MS, 1000 // DEFAULT_SEGMENT_MS)


@pytest.mark.parametrize("segment_ms", [-20, 0, 1, 30, 119])
def test_other_lengths_than_multiples_of_20_ms_are_refused(segment_ms: int) -> None:
    with pytest.raises(ValueError, match="multiple of 20 ms"):
        Grid(segment_ms, 1)


def test_fewer_than_no_segments_are_refused() -> None:
    with pytest.raises(ValueError, match="fewer than no segments"):
        Grid(80, -1)
