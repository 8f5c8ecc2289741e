from dataclasses import replace
from itertools import combinations
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.signal.scenes import HOPS, Ints, codeword, line, made_up, signs

from earmark.keys import derive
from earmark.signal.correlation import Correlator
from earmark.signal.search import (
    CANDIDATES,
    FALSE_PASSAGE,
    SAME_LINE,
    Place,
    most_telling,
    promise,
    search,
    surest_lines,
)

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


def start_of(place: Place) -> int:
    """Return the frame at which the recording would have to start."""
    return place.frame - HOPS * place.segment


def test_searching_says_where_and_how_surely() -> None:
    place = search(heard(300, piece(70, 50, 4)), 0, 300)[0]
    assert start_of(place) == 4 - HOPS * 70
    assert 70 <= place.segment < 120
    assert place.sure


def test_a_recording_is_found_from_a_leak_that_begins_earlier() -> None:
    place = search(heard(700, piece(0, 80, 6 * 30 + 2)), 0, 700)[0]
    assert start_of(place) == 6 * 30 + 2


def test_the_more_recordings_are_searched_the_surer_it_has_to_be() -> None:
    both = heard(300, piece(70, 50, 4))
    fewer, more = (search(both, 0, 300, trials)[0] for trials in (10**40, 10**42))
    assert more.log_chance == pytest.approx(fewer.log_chance + log(100), abs=1e-3)
    assert search(both, 0, 300)[0].sure
    assert not fewer.sure


def test_unmarked_sound_before_a_passage_does_not_hide_it() -> None:
    place = search(heard(1300, piece(70, 50, 1050)), 0, 1300)[0]
    assert place.sure
    assert start_of(place) == 1050 - HOPS * 70


@pytest.mark.parametrize(("log_chance", "sure"), [(log(FALSE_PASSAGE), True), (log(FALSE_PASSAGE) + 1e-9, False)])
def test_what_is_sure(log_chance: float, *, sure: bool) -> None:
    assert Place(0, 0, log_chance).sure is sure


@seldom
@given(seeds, st.integers(110, 3000))
def test_without_a_sure_place_the_likeliest_are_told(seed: int, frames: int) -> None:
    places = search(heard(frames, seed=seed), 0, frames)
    assert len(places) == CANDIDATES
    assert not any(place.sure for place in places)
    chances = [place.log_chance for place in places]
    assert chances == sorted(chances)
    offsets = [start_of(place) for place in places]
    assert all(abs(one - other) > SAME_LINE for one, other in combinations(offsets, 2))


@seldom
@given(st.integers(0, 300), st.integers(0, 5), seeds)
def test_a_short_cut_is_among_the_likeliest(first: int, start: int, seed: int) -> None:
    places = search(heard(110, piece(first, 16, start), seed=seed), 0, 110, 10**9)
    assert start - HOPS * first in [start_of(place) for place in places]


@seldom
@given(st.integers(0, 300), seeds)
def test_no_frame_outside_is_looked_at(start: int, seed: int) -> None:
    both = heard(900, piece(70, 50, start), seed=seed)
    outside = both.listening.cells.copy()
    outside[400:800] = 0
    muted = Correlator(replace(both.listening, cells=outside), RECORDING)
    assert search(both, 800, 900) == search(muted, 800, 900)


@seldom
@given(st.integers(0, 1000), st.floats(0.5, 5), seeds)
def test_the_most_telling_seconds_are_those_that_say_most(start: int, seconds: float, seed: int) -> None:
    listening = made_up(2000, [], RECORDING, BITS, seed=seed)
    listening.cells[:start] //= 4
    listening.cells[start + 400 :] //= 4
    first, last = most_telling(listening, seconds)
    assert last - first == round(seconds / listening.hop_s)
    energy = (listening.cells.astype(float) ** 2).sum(axis=1)
    assert energy[first:last].sum() >= max(energy[at : at + last - first].sum() for at in range(0, 1600, 50))


@pytest.mark.parametrize("frames", [0, 1, 10])
def test_of_a_moment_all_is_told(frames: int) -> None:
    listening = made_up(frames, [], RECORDING, BITS)
    assert most_telling(listening, 4.0) == (0, frames)


@settings(deadline=None)
@given(st.integers(1, 8), st.integers(1, 30), seeds)
def test_the_surest_lines_are_the_highest_of_their_neighbourhoods(hops: int, lags: int, seed: int) -> None:
    odds = np.random.default_rng(seed).permutation(hops * lags).astype(np.float32).reshape(hops, lags)
    left = {(hops * lag - phase): (phase, lag) for phase in range(hops) for lag in range(lags)}
    expected: list[tuple[int, int]] = []
    while left and len(expected) < CANDIDATES:
        offset = max(left, key=lambda offset: odds[left[offset]])
        expected.append(left[offset])
        left = {other: place for other, place in left.items() if abs(other - offset) > SAME_LINE}
    assert surest_lines(odds) == expected


@pytest.mark.parametrize("allowed", [0.2, 0.5])
def test_unmarked_sound_is_found_no_oftener_than_allowed(allowed: float) -> None:
    trials = 300
    listening = made_up(300, [], RECORDING, BITS)
    keys = [derive(bytes(32), "earmark/1 test", number.to_bytes(4, "big")) for number in range(trials)]
    found = [search(Correlator(listening, signs(20, key)), 0, 300)[0].log_chance <= log(allowed) for key in keys]
    assert sum(found) <= trials * allowed + 5 * np.sqrt(trials * allowed)


@seldom
@given(seeds)
def test_what_is_promised_is_kept(seed: int) -> None:
    both = heard(300 * HOPS, piece(50, 300, 0), seed=seed)
    expected = promise(both.listening, 0, 300 * HOPS)
    segments = np.arange(50, 350)
    found = float(both.worth_along(line(segments, 0), segments).sum())
    assert found == pytest.approx(expected, rel=0.25)


@pytest.mark.parametrize(("first", "last"), [(0, 0), (0, 3), (5, 5), (100, 90)])
def test_of_nothing_nothing_is_promised(first: int, last: int) -> None:
    assert promise(heard(300).listening, first, last) == 0


def test_silence_promises_nothing() -> None:
    silent = replace(heard(300).listening, cells=np.zeros((300, 72), np.int8))
    assert promise(silent, 0, 300) == 0


@seldom
@given(st.integers(0, 2), st.sampled_from([2, 3]), seeds)
def test_with_a_stride_the_same_place_is_found_if_it_is_tried(start: int, stride: int, seed: int) -> None:
    both = heard(320, piece(70, 50, start * stride), seed=seed)
    place = search(both, 0, 320, stride=stride)[0]
    assert place.sure
    assert start_of(place) == start_of(search(both, 0, 320)[0]) == start * stride - HOPS * 70
