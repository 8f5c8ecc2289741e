from itertools import pairwise
from math import log

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.signal.scenes import HOPS, OTHER_KEY, Ints, codeword, line, made_up, signs

from earmark.signal.alignment import (
    FALSE_FURTHER_PASSAGE,
    FOLLOW_BLOCK,
    LINE_POINTS,
    PATIENCE,
    Line,
    Passage,
    align,
    best_stretch,
    follow,
)
from earmark.signal.correlation import Correlator
from earmark.signal.layout import Layout
from earmark.signal.listening import Listening
from earmark.signal.search import FALSE_PASSAGE, Place

SEGMENTS = 400
RECORDING = signs(SEGMENTS)
BITS = codeword(SEGMENTS)

Told = tuple[Ints, Ints]
seeds = st.integers(0, 2**32 - 1)
seldom = settings(deadline=None, max_examples=12)


def heard(frames: int, *told: Told, seed: int = 0) -> Correlator:
    return Correlator(made_up(frames, told, RECORDING, BITS, seed=seed), RECORDING)


def piece(first: int, count: int, start: int, ppm: float = 0) -> Told:
    segments = np.arange(first, first + count)
    return segments, line(segments, start, ppm)


def check(passages: list[Passage], *told: Told, missed: int = 16, over: int = 50, slack: int = 1) -> None:
    """Check that what was told was found, and nothing else.

    Args:
        passages: what was found.
        told: what should be.
        missed: how many segments at either end may not be found.
        over: how many may be found there too much, following the line being worth a little by chance.
        slack: how many frames the found ones may be off.
    """
    assert len(passages) == len(told)
    for passage, (segments, starts) in zip(passages, told, strict=True):
        assert (np.diff(passage.segments) == 1).all()
        assert -over <= passage.segments[0] - segments[0] <= missed
        assert -over <= segments[-1] - passage.segments[-1] <= missed
        _, mine, theirs = np.intersect1d(passage.segments, segments, return_indices=True)
        assert np.abs(passage.frames[mine] - starts[theirs]).max() <= slack
        assert passage.log_chance <= log(FALSE_FURTHER_PASSAGE)
    assert min(passage.log_chance for passage in passages) <= log(FALSE_PASSAGE)
    for before, after in pairwise(passages):
        assert before.frames[-1] + HOPS <= after.frames[0]


@seldom
@given(st.integers(0, 300), st.integers(60, 100), st.integers(0, 5), seeds)
def test_a_cut_is_found_where_it_was_made(first: int, count: int, start: int, seed: int) -> None:
    told = piece(first, count, start)
    passages = align(heard(count * HOPS + start, told, seed=seed))
    check(passages, told)
    assert passages[0].frames[0] >= 0
    assert passages[0].frames[-1] + HOPS <= count * HOPS + start


@seldom
@given(st.integers(0, 700), st.integers(0, 700), seeds)
def test_a_leak_may_begin_before_the_recording_and_end_after_it(before: int, after: int, seed: int) -> None:
    told = piece(0, SEGMENTS, before)
    passages = align(heard(before + SEGMENTS * HOPS + after, told, seed=seed))
    check(passages, told)
    assert passages[0].segments[0] >= 0
    assert passages[0].segments[-1] < SEGMENTS


@seldom
@given(st.integers(1, 50), seeds)
def test_a_leak_may_begin_in_the_middle_of_a_segment(early: int, seed: int) -> None:
    told = piece(20, 100, -early)
    check(align(heard(100 * HOPS - early, told, seed=seed)), told, missed=20)


@seldom
@given(st.integers(-1000, 1000), seeds)
def test_a_leak_may_run_a_little_fast_or_slow(ppm: int, seed: int) -> None:
    told = piece(0, SEGMENTS, 40, ppm)
    passages = align(heard(SEGMENTS * HOPS + 100, told, seed=seed))  # where it jumps by a frame, it may be cut in two
    starts = dict(zip(*(each.tolist() for each in told), strict=True))
    found = [pair for one in passages for pair in zip(one.segments.tolist(), one.frames.tolist(), strict=True)]
    assert len(found) == len({segment for segment, _ in found}) > SEGMENTS - 20
    assert all(abs(frame - starts[segment]) <= 2 for segment, frame in found)
    speed = max(passages, key=lambda passage: len(passage.segments)).frames_per_segment
    assert speed == pytest.approx(HOPS * (1 + ppm * 1e-6), rel=400e-6)


@seldom
@given(st.permutations(range(4)), seeds)
def test_pieces_may_be_cut_out_and_come_in_another_order(order: list[int], seed: int) -> None:
    told = [piece(100 * number, 90, 90 * HOPS * place) for place, number in enumerate(order) if number or place]
    check(align(heard(4 * 90 * HOPS, *told, seed=seed)), *told, missed=50)


def test_a_passage_may_come_twice() -> None:
    told = piece(100, 80, 10), piece(100, 80, 700)
    check(align(heard(1300, *told)), *told)


@seldom
@given(st.integers(0, 400), seeds)
def test_something_else_may_come_before_and_after(start: int, seed: int) -> None:
    told = piece(200, 100, start)
    check(align(heard(1500, told, seed=seed)), told)


@seldom
@given(st.integers(1450, 1462), seeds)
def test_a_passage_may_begin_at_the_end_of_a_search(start: int, seed: int) -> None:
    told = piece(200, 110, start)
    listening = made_up(2400, [told], RECORDING, BITS, seed=seed)
    listening.cells[:start] = 0
    check(align(Correlator(listening, RECORDING)), told)


def test_a_place_that_is_known_is_followed_first() -> None:
    both = heard(SEGMENTS * HOPS, piece(0, SEGMENTS, 0))
    (passage,) = align(both, Place(200, 200 * HOPS, -20.0))
    assert passage.log_chance == -20
    assert len(passage.segments) > SEGMENTS - 20


@seldom
@given(st.floats(-0.09, 0.09), seeds)
def test_a_leak_may_run_up_to_a_tenth_fast_or_slow(faster: float, seed: int) -> None:
    told = piece(100, 200, 40, 1e6 * (1 / (1 + faster) - 1))
    passages = align(heard(2000, told, seed=seed), Place(200, int(told[1][100]), -20.0))
    longest = max(passages, key=lambda passage: len(passage.segments))
    assert len(longest.segments) > 150
    assert longest.frames_per_segment == pytest.approx(HOPS / (1 + faster), rel=0.003)


@seldom
@given(st.integers(0, 111), seeds)
def test_a_moment_is_too_short(frames: int, seed: int) -> None:
    assert align(heard(frames, piece(5, 18, 0), seed=seed)) == []


@seldom
@given(seeds, st.integers(0, 3000))
def test_unmarked_sound_has_no_passage(seed: int, frames: int) -> None:
    assert align(heard(frames, seed=seed)) == []


def test_another_key_finds_no_passage() -> None:
    listening = made_up(SEGMENTS * HOPS, [piece(0, SEGMENTS, 0)], RECORDING, BITS)
    assert len(align(Correlator(listening, RECORDING))) == 1
    assert align(Correlator(listening, signs(SEGMENTS, OTHER_KEY))) == []


@pytest.mark.parametrize("segments", [0, SEGMENTS])
@pytest.mark.parametrize("frames", [0, 1000])
def test_silence_and_nothing_have_no_passage(frames: int, segments: int) -> None:
    empty = Listening(Layout(80), np.zeros((frames, 72), np.int8), 0.0)
    assert align(Correlator(empty, RECORDING[:segments])) == []


def test_progress_is_told() -> None:
    told: list[float] = []
    align(heard(4000), progress=told.append)
    assert told == sorted(told)
    assert told[0] == 0
    assert 0 < told[-1] < 1


def test_a_place_where_nothing_is_belongs_to_no_passage() -> None:
    silent = Correlator(Listening(Layout(80), np.zeros((600, 72), np.int8), 8.0), RECORDING)
    assert follow(silent, Place(50, 60, -20.0), 0, 600) is None


def test_a_short_passage_does_not_tell_its_speed() -> None:
    segments = np.arange(2 * FOLLOW_BLOCK)
    assert Passage(segments[1:], line(segments[1:], 0), -20.0).frames_per_segment is None
    assert Passage(segments, line(segments, 0), -20.0).frames_per_segment == pytest.approx(HOPS)


@settings(deadline=None)
@given(st.integers(-1000, 1000), st.integers(-1000, 1000), st.integers(0, 100))
def test_a_line_of_one_point_runs_at_the_nominal_speed(segment: int, frame: int, ahead: int) -> None:
    assert Line(6, [(segment, frame)]).frames(np.array([segment, segment + ahead])).tolist() == [
        frame,
        frame + 6 * ahead,
    ]


@settings(deadline=None)
@given(st.integers(-1000, 1000))
def test_a_line_learns_how_fast_a_leak_runs(ppm: int) -> None:
    speed = HOPS * (1 + ppm * 1e-6)
    followed = Line(HOPS, [(0.0, 0.0)])
    for number in range(1, 40):
        followed.add(FOLLOW_BLOCK * number, speed * FOLLOW_BLOCK * number)
    assert len(followed.points) == LINE_POINTS
    ahead = np.array([FOLLOW_BLOCK * 40])
    assert followed.frames(ahead)[0] == pytest.approx(speed * FOLLOW_BLOCK * 40, abs=1)


@settings(deadline=None)
@given(st.lists(st.integers(-20, 12), max_size=30))
@example([40, -31, 40])
@example([40, -30, 40])
@example([40, -20, 5, -20, 60])
def test_the_best_stretch_is_the_best_of_all(gains: list[int]) -> None:
    def allowed(stretch: list[int]) -> bool:
        sums = [0, *np.cumsum(stretch).tolist()]
        return all(high - low <= PATIENCE for i, high in enumerate(sums) for low in sums[i:])

    stretches = [gains[i:j] for i in range(len(gains)) for j in range(i + 1, len(gains) + 1)]
    found = gains[best_stretch(np.array(gains, np.float32))]
    assert sum(found) == max([0, *(sum(stretch) for stretch in stretches if allowed(stretch))])
    assert allowed(found)
