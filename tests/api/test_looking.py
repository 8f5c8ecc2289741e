from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from earmark.api.looking import SAME_LINE_S, Hit, Track, distinct, layouts_of
from earmark.grid import Grid
from earmark.signal.layout import Layout
from earmark.signal.pace import Pace
from earmark.signal.search import Place

TRACK = Track("r-1", bytes(32), Grid(60, 1000))


def hit(time_s: float, segment: int, *, tempo: float = 1.0, track: Track = TRACK) -> Hit:
    return Hit(track, Pace(tempo), time_s, Place(segment, 0, -5.0))


@given(st.floats(0, 100), st.integers(0, 900), st.integers(-50, 50), st.sampled_from([0.9, 1.0, 1.1]))
def test_two_places_on_one_line_are_one(time_s: float, segment: int, later: int, tempo: float) -> None:
    one = hit(time_s, segment, tempo=tempo)
    other = hit(time_s + later * 0.06 / tempo + SAME_LINE_S / 2, segment + later, tempo=tempo)
    assert distinct([one, other]) == [one]


def test_other_lines_paces_and_recordings_stay() -> None:
    one = hit(1.0, 10)
    others = [
        hit(1.0, 11),
        hit(1.0, 10, tempo=1.005),
        hit(1.0, 10, track=replace(TRACK, recording_id="r-2")),
        hit(1.0 + 2 * SAME_LINE_S, 10),
    ]
    assert distinct([one, *others, one]) == [one, *others]


def test_what_is_listened_for_goes_by_the_cells_and_not_by_the_length_alone() -> None:
    spoken = Track("r-2", bytes(32), Grid(240, 10), slot_ms=20)
    filed = Track("r-3", bytes(32), Grid(240, 10))
    assert layouts_of([TRACK, spoken, filed, TRACK]) == [Layout(60), Layout(240, 20), Layout(240)]
    assert layouts_of([]) != []
