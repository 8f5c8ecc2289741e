import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.grid import Grid
from earmark.signal.layout import BAND_HZ, BANDS, LOWEST_HZ, Layout, band_centres, triangles

lengths = st.integers(1, 50).map(lambda steps: 20 * steps)
slots = st.sampled_from([10, 20, 24, 30, 45])
rates = st.one_of(st.sampled_from([8_000, 11_025, 15_000, 44_056, 44_100, 48_000]), st.integers(8_000, 192_000))


@given(lengths, slots, rates, st.integers(0, 100_000))
def test_every_window_lies_inside_its_segment(segment_ms: int, slot_ms: int, rate: int, segment: int) -> None:
    layout, grid = Layout(segment_ms, slot_ms), Grid(segment_ms, segment + 1)
    samples = grid.start(segment + 1, rate) - grid.start(segment, rate)
    starts = layout.window_starts(rate)
    assert len(starts) == layout.slots
    assert starts[0] == 0
    assert starts[-1] + layout.window_samples(rate) <= samples


@given(lengths, slots, rates)
def test_a_window_reaches_to_the_centres_of_its_neighbours(segment_ms: int, slot_ms: int, rate: int) -> None:
    layout = Layout(segment_ms, slot_ms)
    half = layout.window_samples(rate) // 2
    assert layout.window_samples(rate) == 2 * half
    assert -1e-6 < layout.slot_s * rate - half < 1 + 1e-6
    centres = layout.window_starts(rate) + half
    assert np.abs(centres - layout.slot_s * rate * np.arange(1, layout.intervals)).max() < 2


@given(lengths)
def test_slots_of_all_lengths_are_much_alike(segment_ms: int) -> None:
    layout = Layout(segment_ms)
    assert layout.slots * layout.slot_s == pytest.approx(segment_ms / 1000 - layout.slot_s)
    assert layout.cells == BANDS * layout.slots
    assert 0.026 <= layout.slot_s <= 0.034 or segment_ms <= 40


@pytest.mark.parametrize(("segment_ms", "slots"), [(20, 1), (40, 1), (60, 1), (80, 2), (120, 3), (160, 4), (240, 7)])
def test_numbers_of_slots(segment_ms: int, slots: int) -> None:
    assert Layout(segment_ms).slots == slots


@given(st.integers(1, 50), st.integers(1, 100))
def test_slots_may_be_of_any_length_that_a_segment_has_room_for(intervals: int, slot_ms: int) -> None:
    layout = Layout(20 * slot_ms * intervals, slot_ms)
    assert layout.intervals == 20 * intervals
    assert layout.slot_s == pytest.approx(slot_ms / 1000)


@pytest.mark.parametrize("slot_ms", [0, -30])
def test_slots_that_are_nowhere_apart_are_refused(slot_ms: int) -> None:
    with pytest.raises(ValueError, match=f"not {slot_ms}"):
        Layout(240, slot_ms)


def test_bands_lie_side_by_side_from_250_hz_to_7_khz() -> None:
    centres = band_centres()
    assert np.diff(centres) == pytest.approx(BAND_HZ)
    assert centres[0] - BAND_HZ / 2 == LOWEST_HZ
    assert centres[-1] + BAND_HZ / 2 == 7000


@given(st.floats(0, 96_000))
def test_a_frequency_is_shared_out_among_two_bands_at_most(frequency: float) -> None:
    weights = triangles(np.array([frequency]))[:, 0]
    assert weights.shape == (BANDS,)
    assert (weights >= 0).all()
    assert np.count_nonzero(weights) <= 2
    centres = band_centres()
    if centres[0] <= frequency <= centres[-1]:
        assert weights.sum() == pytest.approx(1, abs=1e-5)
    if not centres[0] - BAND_HZ < frequency < centres[-1] + BAND_HZ:
        assert not weights.any()


def test_a_band_has_all_of_its_own_centre() -> None:
    assert np.array_equal(triangles(band_centres()), np.eye(BANDS))
