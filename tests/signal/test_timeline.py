from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.signal.scenes import HOPS, Floats, Ints, codeword, line, made_up, signs

from earmark.signal.alignment import align
from earmark.signal.correlation import Correlator
from earmark.signal.listening import Listening
from earmark.signal.timeline import TimeLine, time_line

SEGMENTS = 500
RECORDING = signs(SEGMENTS)
BITS = codeword(SEGMENTS)
SEGMENT_S = 0.08
NEAR_S = 0.25
NEAR_BY_MARK_S = 0.5  # what is promised of edges that the mark alone has to tell
CLEAR = 0.2

few = settings(max_examples=6, deadline=None, derandomize=True)
seeds = st.integers(0, 2**31)


def told(listening: Listening, recording: Floats = RECORDING) -> TimeLine:
    correlator = Correlator(listening, recording)
    return time_line(correlator, align(correlator))


def spliced(*pieces: tuple[int, int], gap: int = 0, seed: int = 0) -> Listening:
    """Return a leak of pieces of the recording, (first segment, segment after the last), ``gap`` frames apart."""
    parts: list[tuple[Ints, Ints]] = []
    frame = 0
    for first, last in pieces:
        segments = np.arange(first, last)
        parts.append((segments, line(segments, frame)))
        frame += HOPS * (last - first) + gap
    return made_up(frame - gap + HOPS, parts, RECORDING, BITS, seed=seed, likely=CLEAR)


def states(leak: TimeLine) -> list[str]:
    return [one.state for one in leak.stretches]


def whole(leak: TimeLine, seconds: float) -> bool:
    """Tell whether the stretches follow each other from the leak's start to its end."""
    ends = [0.0, *(one.leak_end_s for one in leak.stretches)]
    return [one.leak_start_s for one in leak.stretches] == ends[:-1] and abs(ends[-1] - seconds) < 1e-9


@few
@given(first=st.integers(0, 200), length=st.integers(60, 290), seed=seeds)
def test_an_untouched_leak_has_no_edit(first: int, length: int, seed: int) -> None:
    leak = told(spliced((first, first + length), seed=seed))
    assert states(leak) == ["genuine"]
    assert not leak.edits
    (one,) = leak.stretches
    assert one.recording_start_s is not None
    assert abs(one.recording_start_s - first * SEGMENT_S) < 0.1
    assert one.missing_s == 0


@few
@given(before=st.integers(40, 120), cut=st.integers(4, 120), after=st.integers(40, 120), seed=seeds)
def test_a_cut_is_found_where_it_was_made(before: int, cut: int, after: int, seed: int) -> None:
    listening = spliced((30, 30 + before), (30 + before + cut, 30 + before + cut + after), seed=seed)
    leak = told(listening)
    assert states(leak) == ["genuine", "cut here", "genuine"]
    assert whole(leak, listening.seconds)
    here = leak.stretches[1]
    assert here.leak_start_s == here.leak_end_s
    assert abs(here.leak_start_s - before * SEGMENT_S) < NEAR_S
    assert abs(here.missing_s - cut * SEGMENT_S) < NEAR_S
    assert len(leak.edits) == 1


@few
@given(length=st.integers(40, 80), seed=seeds)
def test_what_comes_out_of_order_was_moved(length: int, seed: int) -> None:
    leak = told(spliced((20, 120), (300, 300 + length), (120, 220), seed=seed))
    assert states(leak) == ["genuine", "moved", "genuine"]
    moved = leak.stretches[1]
    assert abs(moved.leak_start_s - 100 * SEGMENT_S) < NEAR_S
    assert abs((moved.recording_start_s or 0) - 300 * SEGMENT_S) < NEAR_S
    assert len(leak.edits) == 2
    assert not any(one.missing_s for one in leak.stretches)


@few
@given(length=st.integers(25, 200), replaced=st.booleans(), seed=seeds)
def test_what_is_of_nothing_known_is_foreign(length: int, replaced: bool, seed: int) -> None:
    again = 120 + (length if replaced else 0)
    leak = told(spliced((20, 120), (again, again + 100), gap=HOPS * length, seed=seed))
    assert states(leak) == ["genuine", "not from this recording", "genuine"]
    foreign = leak.stretches[1]
    assert abs(foreign.leak_start_s - 100 * SEGMENT_S) < NEAR_BY_MARK_S
    assert abs(foreign.leak_end_s - (100 + length) * SEGMENT_S) < NEAR_BY_MARK_S
    assert abs(foreign.missing_s - (length * SEGMENT_S if replaced else 0)) < NEAR_BY_MARK_S
    assert foreign.recording_start_s is None


@few
@given(start=st.integers(30, 60), length=st.integers(25, 40), seed=seeds)
def test_of_silence_nothing_can_be_said(start: int, length: int, seed: int) -> None:
    listening = spliced((0, 140), seed=seed)
    cells = listening.cells.copy()
    cells[HOPS * start : HOPS * (start + length)] = 0
    leak = told(replace(listening, cells=cells))
    assert states(leak) == ["genuine", "too degraded to say", "genuine"]
    assert abs(leak.stretches[1].leak_start_s - start * SEGMENT_S) < 0.5
    assert not leak.edits


def test_a_cut_in_silence_is_found_somewhere_in_it() -> None:
    listening = spliced((20, 120), (160, 260))
    cells = listening.cells.copy()
    cells[HOPS * 85 : HOPS * 115] = 0
    leak = told(replace(listening, cells=cells))
    assert states(leak) == ["genuine", "too degraded to say", "cut here", "too degraded to say", "genuine"]
    (edit,) = leak.edits
    assert 85 * SEGMENT_S - 0.1 < edit < 115 * SEGMENT_S + 0.1


def test_a_sentence_too_short_for_the_alignment_is_found_again() -> None:
    leak = told(spliced((20, 120), (200, 214), (120, 220)))
    assert states(leak) == ["genuine", "moved", "genuine"]


def test_two_short_sentences_that_changed_places_are_both_found_again() -> None:
    leak = told(spliced((20, 120), (140, 160), (120, 140), (160, 260)))
    assert "not from this recording" not in states(leak)
    assert states(leak).count("moved") == 1
    assert len(leak.edits) == 3
    for edit, segments in zip(leak.edits, (100, 120, 140), strict=True):
        assert abs(edit - segments * SEGMENT_S) < NEAR_BY_MARK_S


@few
@given(length=st.integers(5, 9), seed=seeds)
def test_a_word_that_may_have_been_said_elsewhere_is_not_called_foreign(length: int, seed: int) -> None:
    leak = told(spliced((20, 120), (300, 300 + length), (120 + length, 220), seed=seed))
    assert "not from this recording" not in states(leak)


def test_speed_is_told() -> None:
    segments = np.arange(20, 200)
    leak = told(made_up(HOPS * 185, [(segments, line(segments, 0, ppm=6000))], RECORDING, BITS))
    assert abs((leak.stretches[0].speed or 0) - 1 / 1.006) < 1e-3


def test_nothing_heard_has_no_time_line() -> None:
    assert told(made_up(0, [], RECORDING, BITS)) == TimeLine((), ())


def test_without_a_passage_all_is_foreign() -> None:
    leak = told(made_up(HOPS * 50, [], RECORDING, BITS))
    assert states(leak) == ["not from this recording"]


@few
@given(seed=seeds, loud=st.integers(0, 127), frames=st.integers(1, 900))
def test_whatever_is_heard_the_stretches_cover_it(seed: int, loud: int, frames: int) -> None:
    rng = np.random.default_rng(seed)
    listening = spliced((20, 120), (100, 160), (30, 40), seed=seed)
    cells = listening.cells.copy()
    where = rng.integers(len(cells), size=frames)
    cells[where] = rng.integers(-loud, loud + 1, (frames, 72))
    leak = told(replace(listening, cells=cells))
    assert whole(leak, listening.seconds)
    assert list(leak.edits) == sorted(leak.edits)
