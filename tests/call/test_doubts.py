"""What listeners heard, compared: honest speakers are never doubted, and those whose sound tells nobody apart are."""

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from earmark.call.doubts import ALIKE_FRAMES, BROKEN_FRAMES, DOUBTS, REMEMBERED, Comparison, Doubts, Frames, compare
from earmark.call.wire import SEGMENT_FRAMES

BITS = {"anna": 0, "ben": 0, "chloe": 1, "dora": 1, "emil": 1}


def tag(frame: int, variant: int) -> bytes:
    return b"%07d%d" % (frame, variant)


def heard(variant: int, missing: Sequence[int] = ()) -> Frames:
    """What somebody says who holds a variant and missed some frames."""
    return [None if frame in missing else tag(frame, variant) for frame in range(SEGMENT_FRAMES)]


losses = st.lists(st.integers(0, SEGMENT_FRAMES - 1), max_size=SEGMENT_FRAMES)
listeners = st.dictionaries(st.sampled_from(sorted(BITS)), losses)


@given(listeners)
def test_nothing_is_wrong_with_an_honest_speaker_whatever_is_lost(lost: Mapping[str, Sequence[int]]) -> None:
    answers = {listener: heard(BITS[listener], missing) for listener, missing in lost.items()}
    assert compare(answers, BITS) == Comparison()


@given(listeners)
def test_frames_that_are_the_same_in_both_variants_are_counted(lost: Mapping[str, Sequence[int]]) -> None:
    answers = {listener: heard(0, missing) for listener, missing in lost.items()}
    came = [
        {BITS[listener] for listener, missing in lost.items() if frame not in missing}
        for frame in range(SEGMENT_FRAMES)
    ]
    assert compare(answers, BITS) == Comparison(alike=sum(bits == {0, 1} for bits in came))


def test_one_who_lies_hides_nothing_from_three() -> None:
    honest = {listener: heard(0) for listener in ("anna", "ben", "chloe", "emil")}
    found = compare(honest | {"dora": [b"a lie...."[:8]] * SEGMENT_FRAMES}, BITS)
    assert found.alike == SEGMENT_FRAMES
    assert found.unlike == SEGMENT_FRAMES


def test_one_alone_makes_nobody_look_unmarked() -> None:
    answers = {"anna": heard(0), "ben": heard(0), "chloe": heard(1), "dora": heard(1), "emil": heard(0)}
    assert compare(answers, BITS).alike == 0


def test_a_variant_that_cannot_be_opened_is_noticed() -> None:
    shut: Frames = [b""] * SEGMENT_FRAMES
    answers = {"anna": heard(0), "ben": heard(0), "chloe": shut, "dora": shut, "emil": heard(1)}
    assert compare(answers, BITS) == Comparison(unopened=SEGMENT_FRAMES)
    assert compare(answers | {"dora": heard(1)}, BITS) == Comparison()
    assert compare({"anna": shut, "chloe": shut}, BITS) == Comparison(unopened=SEGMENT_FRAMES)


def test_who_holds_nothing_does_not_count() -> None:
    assert compare({"anna": heard(0), "zoe": heard(0)}, BITS) == Comparison()
    assert compare({}, BITS) == Comparison()


def test_a_doubt_is_raised_once_and_stays() -> None:
    doubts = Doubts()
    assert doubts.add(Comparison(alike=ALIKE_FRAMES - 1)) == []
    assert doubts.add(Comparison(alike=1, unopened=BROKEN_FRAMES)) == ["alike", "unopened"]
    assert doubts.add(Comparison(alike=ALIKE_FRAMES, unlike=BROKEN_FRAMES)) == ["unlike"]
    for _ in range(2 * REMEMBERED):
        assert doubts.add(Comparison()) == []
    assert doubts.raised == DOUBTS


def test_what_was_long_ago_is_forgotten() -> None:
    doubts = Doubts()
    for _ in range(5):
        assert doubts.add(Comparison(alike=ALIKE_FRAMES - 1)) == []
        for _ in range(REMEMBERED):
            assert doubts.add(Comparison()) == []
