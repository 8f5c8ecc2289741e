from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.api.voices import RATE, speech, write_wav

from earmark.api.finding import hear
from earmark.api.looking import SAME_LINE_S, Hit, Track, distinct, layouts_of
from earmark.api.progress import silent
from earmark.grid import Grid
from earmark.signal.layout import Layout
from earmark.signal.pace import Pace
from earmark.signal.patterns import Patterns
from earmark.signal.search import Place
from earmark.signal.variants import Renderer

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


def test_short_slots_are_heard_among_others(tmp_path: Path) -> None:
    track = Track("r-2", bytes([2]) * 32, Grid(240, 100), slot_ms=20)
    renderer = Renderer(Patterns(track.mark_key, track.layout), track.grid, RATE)
    pair = [np.concatenate(blocks, axis=1) for blocks in zip(*renderer.render([speech(24.0)]), strict=True)]
    codeword = np.random.default_rng(0).integers(0, 2, 100)
    copy = np.where(np.repeat(codeword, 240 * RATE // 1000), pair[1], pair[0])
    leak = write_wav(tmp_path / "leak.wav", copy[:, 5 * RATE :])
    heard = hear(leak, [TRACK, replace(track, recording_id="r-3", slot_ms=30), track], silent)
    assert heard.sure
    (found,) = heard.found
    assert [strand.track for strand in found.strands] == [track]
    evidence = found.evidence
    assert set(range(23, 98)) <= set(evidence.segments.tolist())
    assert ((evidence.soft > 0) == codeword[evidence.segments]).mean() > 0.98
