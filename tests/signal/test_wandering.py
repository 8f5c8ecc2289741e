from itertools import product
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.signal.scenes import HOPS, Floats, Ints, codeword, line, made_up, signs

from earmark.keys import derive
from earmark.signal.alignment import align
from earmark.signal.borders import settle
from earmark.signal.correlation import Correlator
from earmark.signal.search import Place, search
from earmark.signal.wandering import (
    BELIEFS,
    MOST_WORTH,
    WANDERING,
    doubtful_worth,
    find,
    follow,
    likeliest,
    moved,
)

SEGMENTS = 300
RECORDING = signs(SEGMENTS)
BITS = codeword(SEGMENTS)
FAINT = 0.05
"""How far log-odds lie on the right side: a straight piece of 20 segments of such says next to nothing."""

Told = tuple[Ints, Ints]
seeds = st.integers(0, 2**32 - 1)
seldom = settings(deadline=None, max_examples=8)
odds = st.floats(-127 / 64, 127 / 64)


def heard(frames: int, *told: Told, seed: int = 0, likely: float = FAINT) -> Correlator:
    return Correlator(made_up(frames, told, RECORDING, BITS, seed=seed, likely=likely), RECORDING)


def played(first: int, count: int, start: int, seed: int, *, restless: float = 0.15) -> Told:
    """Return segments as a jitter buffer plays them: now and then a frame earlier or later than those before."""
    segments = np.arange(first, first + count)
    rng = np.random.default_rng(seed)
    steps = np.where(rng.random(count) < restless, rng.choice([-1, 1], count), 0)
    return segments, line(segments, start) + np.cumsum(steps)


def off(found: Told, told: Told) -> Ints:
    """Return by how many frames the segments found are off where they were told."""
    _, mine, theirs = np.intersect1d(found[0], told[0], return_indices=True)
    errors: Ints = np.abs(found[1][mine] - told[1][theirs])
    return errors


@settings(deadline=None)
@given(st.floats(-60, 60), st.floats(0.5, 400), st.sampled_from(BELIEFS))
def test_worth_is_the_average_over_gains(log_odds: float, squares: float, deviation: float) -> None:
    gains = np.linspace(-30, 30, 20_001)
    bells = np.exp(-(gains**2) / 2)
    exponents = deviation * gains * log_odds / 2 - (deviation * gains) ** 2 * squares / 8
    expected = log((np.exp(exponents) * bells).sum() / bells.sum())
    found = doubtful_worth(np.array([log_odds, -log_odds], np.float32), np.array([squares], np.float32), deviation)
    assert found == pytest.approx(min(expected, MOST_WORTH), rel=1e-3, abs=1e-3)


@settings(deadline=None)
@given(st.lists(odds, min_size=1, max_size=9), st.sampled_from(BELIEFS))
def test_no_cells_make_chance_signs_worth_more_than_nothing(log_odds: list[float], deviation: float) -> None:
    """E exp(W) ≤ 1 over all patterns, exactly: what the bound stands on, whatever the cells."""
    cells = np.array(log_odds)
    every = np.array(list(product((-1.0, 1.0), repeat=len(cells))))
    squares = np.array([cells @ cells], np.float32)
    gains = doubtful_worth((every @ cells).astype(np.float32), squares, deviation).astype(float)
    assert np.exp(gains).mean() <= 1 + 1e-5


@given(st.integers(1, 40), seeds)
def test_moving_on_makes_no_belief_out_of_nothing(frames: int, seed: int) -> None:
    belief: Floats = np.random.default_rng(seed).random((2, frames)).astype(np.float32)
    after = moved(belief)
    assert (after.sum(axis=1) <= belief.sum(axis=1) * (1 + 1e-5)).all()
    assert (after > 0).all()


def test_unmarked_sound_is_hardly_ever_found() -> None:
    listening, trials, allowed = heard(400, likely=0.3).listening, 400, 0.05
    keys = [derive(bytes(32), "earmark/1 test", number.to_bytes(4, "big")) for number in range(trials)]
    found = sum(find(Correlator(listening, signs(30, key)), 0, 400, 1, allowed) is not None for key in keys)
    assert found <= trials * allowed + 5 * np.sqrt(trials * allowed)


@seldom
@given(st.integers(0, 100), st.integers(0, 40), seeds)
def test_what_wanders_is_found_and_followed_to_both_ends(first: int, start: int, seed: int) -> None:
    told = played(first, 180, start, seed)
    both = heard(1200, told, seed=seed)
    place = likeliest(both, 0, 1200, 1, 1e-9)
    assert place is not None
    assert place.sure
    assert first <= place.segment < first + 180
    passage = follow(both, place, 0, 1200)
    assert passage is not None
    assert (np.diff(passage.segments) == 1).all()
    errors = off((passage.segments, passage.frames), told)
    assert len(errors) >= 120
    assert (errors <= 2).mean() > 0.8


@seldom
@given(st.integers(60, 180), seeds)
def test_a_passage_ends_about_where_what_was_told_ends(first: int, seed: int) -> None:
    """The likeliest line through sound that says nothing is still the likeliest, and worth nothing."""
    told = played(first, 60, 500, seed)
    both = heard(1500, told, seed=seed, likely=0.2)
    place = likeliest(both, 0, 1500, 1, 1e-9)
    assert place is not None
    passage = follow(both, place, 0, 1500)
    assert passage is not None
    assert first - 20 <= passage.segments[0] <= first + 8
    assert first + 51 <= passage.segments[-1] <= first + 79


def test_what_no_straight_piece_gives_away_is_found() -> None:
    both = heard(1200, played(40, 180, 10, 3), seed=3, likely=0.03)
    assert not search(both, 0, 1200)[0].sure
    place = likeliest(both, 0, 1200, 1, 1e-9)
    assert place is not None
    assert place.sure


@seldom
@given(st.sampled_from([0, SEGMENTS - 100]), st.integers(1, 400))
def test_a_line_may_be_named_by_segments_that_there_are_none_of(first: int, past: int) -> None:
    """A short look at a leak that begins before its recording, or ends after it, may name the line by such."""
    segments = np.arange(first, first + 100)
    both = heard(3600, (segments, line(segments, 600)), likely=0.2)
    ends = [segments[0], segments[0] - past] if first == 0 else [segments[-1], segments[-1] + past]
    inside, outside = (follow(both, Place(int(at), 600 + HOPS * (int(at) - first), log(1e-9)), 0, 3600) for at in ends)
    assert inside is not None
    assert outside is not None
    assert inside.segments.tolist() == outside.segments.tolist()


def test_a_leap_is_followed() -> None:
    former, latter = played(20, 90, 5, 1), played(110, 90, 5 + 90 * HOPS + 25, 2)
    both = heard(1300, former, latter, likely=0.08)
    (passage,) = align(both, manner=WANDERING)
    found = passage.segments, passage.frames
    for told in (former, latter):
        errors = off(found, told)
        assert len(errors) >= 80
        assert (errors <= 1).mean() > 0.9


def test_a_cut_makes_two_passages() -> None:
    former, latter = played(150, 80, 5, 1), played(20, 80, 5 + 80 * HOPS, 2)
    both = heard(1000, former, latter, likely=0.08)
    passages = settle(both, align(both, manner=WANDERING))
    for passage, told in zip(passages, (former, latter), strict=True):
        assert (off((passage.segments, passage.frames), told) <= 1).sum() >= 55


def test_of_two_streams_in_one_leak_each_is_found() -> None:
    one, other = signs(200, bytes([1]) * 32), signs(200, bytes([2]) * 32)
    told = played(10, 150, 0, 5), played(40, 150, 4, 6)
    cells = sum(
        made_up(900, [where], recording, BITS, seed=seed, likely=0.05).cells.astype(int) // 2
        for seed, (where, recording) in enumerate(zip(told, (one, other), strict=True))
    )
    listening = made_up(900, [], one, BITS)
    listening.cells[:] = cells
    for where, recording in zip(told, (one, other), strict=True):
        (passage,) = align(Correlator(listening, recording), manner=WANDERING)
        assert (off((passage.segments, passage.frames), where) <= 2).mean() > 0.9


@seldom
@given(seeds)
def test_the_more_is_searched_the_surer_it_has_to_be(seed: int) -> None:
    both = heard(900, played(40, 120, 3, seed), seed=seed, likely=0.08)
    fewer, more = (likeliest(both, 0, 900, trials, 1e-300) for trials in (1, 100))
    assert fewer is not None
    assert more is not None
    assert more.log_chance == pytest.approx(fewer.log_chance + log(100), abs=1e-3)
    assert (more.segment, more.frame) == (fewer.segment, fewer.frame)


@pytest.mark.parametrize(("first", "last"), [(0, 0), (5, 5), (100, 90)])
def test_where_nothing_is_nothing_is_found(first: int, last: int) -> None:
    assert likeliest(heard(300), first, last, 1, 1e-4) is None


def test_silence_says_nothing() -> None:
    silent = heard(300)
    silent.listening.cells[:] = 0
    assert find(silent, 0, 300, 1, 1e-2) is None
    assert align(silent, manner=WANDERING) == []
