from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from tests.signal.scenes import HOPS, Ints, codeword, line, made_up, signs

from earmark.signal.alignment import Passage, align
from earmark.signal.borders import ASTRAY, CLOSE_FRAMES, FARTHEST, MISSED, settle
from earmark.signal.correlation import Correlator

SEGMENTS = 400
RECORDING = signs(SEGMENTS)
BITS = codeword(SEGMENTS)

Told = tuple[Ints, Ints]
seeds = st.integers(0, 2**32 - 1)


def heard(frames: int, *told: Told, seed: int = 0) -> Correlator:
    return Correlator(made_up(frames, told, RECORDING, BITS, seed=seed), RECORDING)


def piece(first: int, count: int, start: int) -> Told:
    segments = np.arange(first, first + count)
    return segments, line(segments, start)


def passage(first: int, count: int, start: int) -> Passage:
    return Passage(*piece(first, count, start), -20.0)


def worth(both: Correlator, passages: list[Passage]) -> float:
    return float(sum(both.worth_along(each.frames, each.segments).sum() for each in passages))


def every_border(both: Correlator, former: Passage, latter: Passage) -> float:
    """Return what two passages are worth with the best border, by trying all that are near enough."""
    first = latter.segments[0]
    tried = []
    for back in range(min(int(first), FARTHEST) + 1):
        longer = passage(int(first) - back, len(latter.segments) + back, int(latter.frames[0]) - HOPS * back)
        kept = former.frames + HOPS <= longer.frames[0]
        if kept[0]:
            shorter = Passage(former.segments[kept], former.frames[kept], -20.0)
            tried.append(worth(both, [shorter, longer]))
    return max(tried)


joints = st.tuples(st.integers(0, 300), st.integers(1, 90), st.integers(0, 320), st.integers(1, 60))


@settings(deadline=None, max_examples=30)
@given(joints, st.integers(0, CLOSE_FRAMES), seeds)
@example((183, 72, 267, 1), 80, 0)
def test_a_border_lies_where_both_are_worth_most(joint: tuple[int, int, int, int], gap: int, seed: int) -> None:
    first, count, second, length = joint
    assume(abs(gap - HOPS * (second - first - count)) > ASTRAY)  # else the two are one
    joined = 10 + HOPS * count + gap
    both = heard(1200, piece(first, 1 + count // 2, 10), piece(second, length, joined), seed=seed)
    former, latter = passage(first, count, 10), passage(second, length, joined)
    settled = settle(both, [former, latter])
    assert worth(both, settled) == pytest.approx(every_border(both, former, latter), abs=0.01)
    assert settled[0].segments[0] == first
    assert settled[1].segments[-1] == latter.segments[-1]
    assert settled[0].frames[-1] + HOPS <= settled[1].frames[0]
    assert all((np.diff(each.segments) == 1).all() and len(each.segments) for each in settled)


@settings(deadline=None, max_examples=10)
@given(st.permutations(range(4)), seeds)
def test_pieces_followed_too_far_are_parted_where_they_were_joined(order: list[int], seed: int) -> None:
    told = [piece(100 * number, 80, 80 * HOPS * place) for place, number in enumerate(order)]
    both = heard(4 * 80 * HOPS, *told, seed=seed)
    settled = settle(both, align(both))
    starts = {int(segment): int(frame) for piece_ in told for segment, frame in zip(*piece_, strict=True)}
    found = [pair for each in settled for pair in zip(each.segments.tolist(), each.frames.tolist(), strict=True)]
    right = [segment for segment, frame in found if abs(frame - starts.get(segment, -9)) <= 1]
    assert len(set(right)) > 4 * 80 - 30
    assert len(found) - len(right) < 30
    assert all(before.frames[-1] + HOPS <= after.frames[0] for before, after in pairwise(settled))


def test_what_lies_far_apart_does_not_meet() -> None:
    apart = [passage(0, 50, 0), passage(200, 50, 50 * HOPS + CLOSE_FRAMES + 1)]
    assert settle(heard(900), apart) == apart


@pytest.mark.parametrize("count", [0, 1])
def test_who_is_alone_has_no_border(count: int) -> None:
    alone = [passage(5, 50, 0)][:count]
    assert settle(heard(400), alone) == alone


def test_a_recording_does_not_begin_before_its_start() -> None:
    both = heard(900, piece(0, 60, 300))
    _, latter = settle(both, [passage(200, 50, 0), passage(0, 60, 300)])
    assert latter.segments[0] == 0


@pytest.mark.parametrize("count", [50, 150])
@pytest.mark.parametrize("start", range(10, 16))
def test_what_moves_forward_never_overlaps_what_stays(count: int, start: int) -> None:
    both = heard(1500, piece(150, 200, 12))
    former, latter = passage(0, count, start), passage(150 + count + 1, 40, 12 + HOPS * (count + 1))
    shorter, longer = settle(both, [former, latter])
    assert len(longer.segments) > 40 + min(count, 100) - 3
    assert shorter.frames[-1] + HOPS <= longer.frames[0]


@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 1 + MISSED), st.integers(-ASTRAY, ASTRAY))
def test_a_line_that_was_given_up_too_soon_and_found_again_is_one_passage(
    count: int, length: int, step: int, astray: int
) -> None:
    former = passage(7, count, 100)
    begin = int(former.segments[-1]) + step
    latter = passage(begin, length, int(former.frames[-1]) + step * HOPS + astray)
    both = heard(1200, piece(7, count + step + length, 100))
    (one,) = settle(both, [former, latter])
    assert (one.segments == np.arange(7, begin + length)).all()
    assert (np.diff(one.frames) > 0).all()
    assert {one.frames[0], one.frames[-1]} == {former.frames[0], latter.frames[-1]}


@given(st.integers(2, 90), st.integers(2, 90), st.integers(3 * HOPS, 100))
def test_what_was_cut_out_parts_two_passages(count: int, length: int, removed: int) -> None:
    former = passage(7, count, 100)
    latter = passage(7 + count + removed // HOPS, length, int(former.frames[-1]) + HOPS)
    both = heard(1200, piece(7, count, 100), (latter.segments, latter.frames))
    assert len(settle(both, [former, latter])) == 2
