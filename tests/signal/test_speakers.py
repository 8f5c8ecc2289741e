"""Leaks of calls of two, made up: each speaker's segments at their places, one after the other or both at once."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.signal.scenes import HOPS, KEY, OTHER_KEY, Floats, codeword, line, made_up, signs

from earmark.signal.alignment import align
from earmark.signal.correlation import Correlator
from earmark.signal.listening import Listening
from earmark.signal.speakers import Together, time_lines
from earmark.signal.threads import Alone, Speaker, ahead, clocks

SEGMENTS, TURN = 400, 40
STREAMS = signs(SEGMENTS, KEY), signs(SEGMENTS, OTHER_KEY)
BITS = codeword(SEGMENTS)
SEGMENT_S = 0.08
CLEAR = 0.2
LATER = 7
"""The second speaker's clock began so many segments later than the first one's."""

few = settings(max_examples=5, deadline=None, derandomize=True)
seeds = st.integers(0, 2**31)
Piece = tuple[int, int] | None
"""From which segment of the call to which; None for somebody who is not in it."""


def heard(*pieces: Piece, strange: int = 60, seed: int = 0) -> Listening:
    """Return a leak of pieces of a call in which two speak by turns."""
    told: list[list[tuple[np.ndarray, np.ndarray]]] = [[], []]
    frame = 0
    for piece in pieces:
        first, last = piece or (0, 0)
        for segment in range(first, last):
            who = segment // TURN % 2
            places = np.array([segment - LATER * who])
            told[who].append((places, line(places, frame + HOPS * (segment - first))))
        frame += HOPS * (last - first if piece else strange)
    both = [
        made_up(frame + HOPS, parts, RECORDING, BITS, seed=seed, likely=CLEAR)
        for parts, RECORDING in zip(told, STREAMS, strict=True)
    ]
    noise = made_up(frame + HOPS, [], STREAMS[0], BITS, seed=seed, likely=CLEAR)
    cells = both[0].cells.astype(int) + both[1].cells - noise.cells
    return replace(noise, cells=np.clip(cells, -127, 127).astype(np.int8))


def speakers(listening: Listening, streams: Sequence[Floats] = STREAMS) -> list[Speaker]:
    correlators = [Correlator(listening, stream) for stream in streams]
    return [Speaker(one, align(one)) for one in correlators]


def told(*pieces: Piece, seed: int = 0) -> Together:
    return time_lines(speakers(heard(*pieces, seed=seed)))


def states(together: Together) -> set[str]:
    return {one.state for stretches in together.lines for one in stretches}


@few
@given(first=st.integers(10, 100), seed=seeds)
def test_a_whole_leak_has_no_edit_and_each_is_heard_in_their_turns(first: int, seed: int) -> None:
    together = told((first, first + 240), seed=seed)
    assert (together.edits, states(together)) == ((), {"genuine"})
    for who, stretches in enumerate(together.lines):
        for one in stretches:
            middle = first + (one.leak_start_s + one.leak_end_s) / 2 / SEGMENT_S
            assert int(middle) // TURN % 2 == who
            assert abs((one.recording_start_s or 0) - (one.leak_start_s + (first - LATER * who) * SEGMENT_S)) < 0.15


def test_clocks_of_a_long_conversation_take_no_more_than_its_turns() -> None:
    """Every turn of one with every turn of the other, and not all of those with each other."""
    one = Alone.of(speakers(heard((10, 250)))[0])
    turns = [(20.0 * number, 50 * number, 1.0) for number in range(400)]
    later = [(shift + 0.4, at, worth) for shift, at, worth in turns]
    assert ahead(later, turns, one) == pytest.approx(0.4, abs=0.01)


def test_clocks_are_told_from_what_both_say() -> None:
    everybody = [Alone.of(one) for one in speakers(heard((10, 250)))]
    assert np.allclose(clocks(everybody), [0, -LATER * SEGMENT_S], atol=0.05)


@few
@given(at=st.integers(90, 150), missing=st.integers(10, 90), seed=seeds)
def test_a_cut_is_one_edit_whoever_speaks(at: int, missing: int, seed: int) -> None:
    together = told((10, at), (at + missing, at + missing + 140), seed=seed)
    (edit,) = together.edits
    assert abs(edit - (at - 10) * SEGMENT_S) < 0.5
    (cut,) = [one for stretches in together.lines for one in stretches if one.state == "cut here"]
    assert abs(cut.missing_s - missing * SEGMENT_S) < 0.2


def test_what_was_moved_was_moved_for_all_who_speak_in_it() -> None:
    together = told((10, 110), (300, 370), (110, 250))
    assert np.allclose(together.edits, [100 * SEGMENT_S, 170 * SEGMENT_S], atol=0.3)
    moved = [{one.state for one in stretches if one.state == "moved"} for stretches in together.lines]
    assert moved == [{"moved"}, {"moved"}]
    assert "cut here" not in states(together)


def test_what_nobody_said_is_told_of_once() -> None:
    together = told((10, 150), None, (150, 290))
    assert np.allclose(together.edits, [140 * SEGMENT_S, 200 * SEGMENT_S], atol=0.5)
    strange = [one for stretches in together.lines for one in stretches if one.state == "not from this recording"]
    assert len(strange) == 1
