from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soxr
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.api.voices import RATE, Sound, speech, write_wav

from earmark.api.finding import Sought, hear
from earmark.api.looking import SAME_LINE_S, Hit, Track, distinct, layouts_of, settled
from earmark.api.progress import silent
from earmark.grid import Grid
from earmark.signal.layout import Layout
from earmark.signal.pace import OWN, Pace, beside, paces
from earmark.signal.patterns import Patterns
from earmark.signal.search import Place
from earmark.signal.variants import Renderer

Bits = NDArray[np.int64]

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


def copy_of(track: Track, seconds: float) -> tuple[Sound, Bits]:
    """Return a copy in which a recording's segments have the variants of a codeword."""
    renderer = Renderer(Patterns(track.mark_key, track.layout), track.grid, RATE)
    pair = [np.concatenate(blocks, axis=1) for blocks in zip(*renderer.render([speech(seconds)]), strict=True)]
    codeword = np.random.default_rng(0).integers(0, 2, track.grid.segments)
    which = np.repeat(codeword, track.grid.segment_ms * RATE // 1000)
    return np.where(which, *(one[:, : which.size] for one in pair[::-1])).astype(np.float32), codeword


@pytest.mark.parametrize("percent", [103, 96])
def test_what_is_heard_at_another_speed_does_not_depend_on_what_else_is_looked_for(
    tmp_path: Path, percent: int
) -> None:
    """Who computes evidence anew has one recording, and of a call no more of it than was heard."""
    track = Track("r-2", bytes([2]) * 32, Grid(240, 80), slot_ms=20)
    copy, codeword = copy_of(track, 19.2)
    fast = soxr.resample(copy[0], percent, 100)[None]
    leak = write_wav(tmp_path / "leak.wav", fast.astype(np.float32))
    others = [TRACK, replace(TRACK, recording_id="r-3", mark_key=bytes([3]) * 32)]
    among = hear(leak, [*others, track], silent)
    alone = hear(leak, [track], silent, Sought(3, 0))
    shorter = hear(leak, [replace(track, grid=Grid(240, 79))], silent, Sought(3, 0))
    assert among.sure
    (found,), (again,), (part,) = among.found, alone.found, shorter.found
    pace = found.strands[0].listening.pace
    assert abs(pace.tempo - percent / 100) < 0.008
    assert not pace.keeps_pitch
    assert ((found.evidence.soft > 0) == codeword[found.evidence.segments]).mean() > 0.9
    assert np.array_equal(found.evidence.segments, again.evidence.segments)
    assert np.array_equal(found.evidence.soft, again.evidence.soft)
    assert found.share == again.share == part.share
    assert part.strands[0].listening.pace == pace
    shared = set(part.evidence.segments.tolist()) & set(found.evidence.segments.tolist())
    assert len(shared) >= len(found.evidence.segments) - 2


@given(st.sampled_from([OWN, *paces()]), st.sampled_from([OWN, *paces()]))
def test_of_paces_in_a_row_the_best_is_found(start: Pace, best: Pace) -> None:
    assume(OWN in (start, best) or start.keeps_pitch == best.keeps_pitch)

    def score(pace: Pace) -> float:
        return abs(pace.tempo - best.tempo) + (OWN not in (pace, best) and pace.keeps_pitch != best.keeps_pitch)

    assert settled(start, score) == best
    assert start in beside(start)
    assert len(beside(start)) <= (5 if start == OWN else 3)


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
