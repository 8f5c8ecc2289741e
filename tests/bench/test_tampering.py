import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from tests.api.voices import speech

from bench.forgery import KINDS, LEAK_S, RATE, Floats, Forger, Forgery, Material, forger
from bench.tampering import SHARES, Outcome, Told, false_edits, jobs, judged, read, stated, truths, wrong
from earmark.signal.stretches import Stretch
from earmark.signal.timeline import TimeLine


def sound(seconds: float, seed: int) -> Floats:
    spoken: Floats = speech(seconds, seed=seed)[0]
    return spoken


MATERIAL = Material(sound(60, 1), sound(60, 1), ((0, 60 * RATE),), sound(30, 2), sound(20, 3))
LEAK = RATE * round(LEAK_S)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_forgery_is_what_it_says(kind: Callable[[Forger], Forgery], seed: int) -> None:
    one, again = (kind(forger(MATERIAL, seed)) for _ in range(2))
    assert np.array_equal(one.sound, again.sound)
    assert one.joints == sorted(one.joints)
    for joint, (start, end) in zip(one.joints, one.places, strict=True):
        assert 0 < start <= joint <= end < len(one.sound) / RATE
    for piece in one.pieces:
        if piece.said is not None and not piece.displaced:
            assert np.array_equal(piece.sound, MATERIAL.copy[piece.said : piece.said + len(piece.sound)])


def test_what_is_untouched_has_no_joint() -> None:
    forgery = forger(MATERIAL, 3).untouched()
    assert not forgery.joints
    assert not forgery.places
    assert np.abs(forgery.sound[100:-100] - forger(MATERIAL, 3).sound[100:-100]).max() == 0


def cut() -> tuple[Forgery, float, float, float]:
    """Return a leak that was cut, when, and what was said before and after."""
    forgery = forger(MATERIAL, 5).cut()
    (joint,) = forgery.joints
    return forgery, joint, forgery.at(0)[1] or 0, forgery.at(joint + 0.001)[1] or 0


def outcome(forgery: Forgery, *stretches: Stretch, edits: tuple[float, ...]) -> Outcome:
    return judged(forgery, "clean", Told(TimeLine(stretches, edits)), with_original=True)


def test_what_is_right_counts_as_found() -> None:
    forgery, joint, start, after = cut()
    end = len(forgery.sound) / RATE
    line = (
        Stretch("genuine", 0, joint, start, start + joint),
        Stretch("cut here", joint, joint, start + joint, after),
        Stretch("genuine", joint, end, after, after + end - joint),
    )
    result = outcome(forgery, *line, edits=(joint + 0.2,))
    assert (result.found, result.strictly, result.false_edits) == (True, True, 0)
    assert dict(result.statements) == {("genuine", False): 2, ("cut here", False): 1}
    assert {one.wrong for one in stated([])} == set()


def test_what_is_wrong_counts_as_wrong() -> None:
    forgery, joint, start, _ = cut()
    end = len(forgery.sound) / RATE
    assert wrong(Stretch("genuine", 0, end, start, start + end), forgery)
    assert wrong(Stretch("not from this recording", 1, 2), forgery)
    assert wrong(Stretch("moved", 0, joint, start, start + joint), forgery)
    far = joint + 4 if joint < 20 else joint - 4
    assert wrong(Stretch("cut here", far, far), forgery)
    assert not outcome(forgery, edits=(far,)).found


@pytest.mark.parametrize("kind", (*KINDS, Forger.untouched))
def test_what_is_true_of_a_leak_is_what_its_copy_has_there(kind: Callable[[Forger], Forgery]) -> None:
    forgery = kind(forger(MATERIAL, 7))
    marked = sum(len(piece.sound) for piece in forgery.pieces if piece.said is not None and piece.marked)
    assert sum(one.end_s - one.start_s for one in truths(forgery)) == pytest.approx(marked / RATE)
    for one in truths(forgery):
        middle = (one.start_s + one.end_s) / 2
        assert forgery.at(middle)[1] == pytest.approx(one.said_s + middle - one.start_s, abs=1 / RATE)


def test_false_edits_close_together_are_one() -> None:
    assert false_edits([1.0, 1.5, 5.0, 9.9], [(9.0, 9.5)]) == 2
    assert false_edits([], []) == 0


def test_what_was_measured_is_kept(tmp_path: Path) -> None:
    forgery, joint, start, after = cut()
    result = outcome(forgery, Stretch("genuine", 0, joint, start, after), edits=(joint,))
    kept = tmp_path / "kept.jsonl"
    kept.write_text(json.dumps(["clean", 5, [asdict(result)]]) + "\n")
    assert dict(read(kept)) == {("clean", 5): [result]}
    assert not list(read(tmp_path / "none"))


def test_fewer_clips_are_some_of_those_of_more() -> None:
    assert set(jobs(2)) < set(jobs(3))
    assert len(set(jobs(3))) == len(jobs(3)) == 3 * sum(SHARES.values())
