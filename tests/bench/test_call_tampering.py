import numpy as np
import pytest
from tests.api.voices import speech

from bench import call_forgery, call_tampering, corpus
from bench.call_forgery import CALL_S, KINDS, CallForger, CallForgery, HeldCall, held_call
from bench.call_tampering import SPEAKERS, Told, judged, truths, wrong
from earmark.api.timelines import StretchTimes
from earmark.signal.calls import RATE


@pytest.fixture(scope="module")
def call() -> HeldCall:
    """A call of made-up voices."""
    with pytest.MonkeyPatch.context() as patched:
        voices = {name: speech(20, rate=RATE, seed=number)[0] for number, name in enumerate(call_forgery.SPEAKERS)}
        patched.setattr(corpus, "load", lambda name, _rate: voices[name])
        return held_call(np.random.default_rng(5))


def forged(call: HeldCall, kind: int) -> CallForgery:
    return KINDS[kind](CallForger(call, np.random.default_rng(kind)))


@pytest.mark.parametrize("kind", range(len(KINDS)))
def test_a_forgery_is_what_it_says(call: HeldCall, kind: int) -> None:
    forgery = forged(call, kind)
    assert forgery.voices.shape[1] == forgery.ends[-1]
    assert len(forgery.joints) == len(forgery.pieces) - 1
    starts = (0, *forgery.ends)
    for number, piece in enumerate(forgery.pieces):
        if piece is None:
            assert np.abs(forgery.voices[:2, starts[number] : starts[number + 1]]).max() == 0
            continue
        assert piece[1] - piece[0] == starts[number + 1] - starts[number]
        middle = (starts[number] + starts[number + 1]) // 2
        at, said = forgery.at(middle / RATE)
        assert (at, round((said or 0) * RATE)) == (number, piece[0] + middle - starts[number])
        assert np.array_equal(forgery.voices[:2, middle], call.heard[:2, round((said or 0) * RATE)])


@pytest.mark.parametrize("kind", range(len(KINDS)))
def test_what_is_true_of_a_leak_is_what_was_said_there(call: HeldCall, kind: int) -> None:
    forgery = forged(call, kind)
    for one in truths(forgery):
        middle = (one.start_s + one.end_s) / 2
        assert forgery.at(middle)[1] == pytest.approx(one.said_s + middle - one.start_s, abs=1 / RATE)


def genuine(start: float, end: float, said: float) -> StretchTimes:
    return StretchTimes("genuine", start, end, said, said + end - start, 1.0, 0.0, None, SPEAKERS[0])


def test_what_is_right_and_what_is_wrong(call: HeldCall) -> None:
    forgery = forged(call, 0)
    (joint,), (_, after) = forgery.joints, forgery.pieces
    assert after is not None
    end = len(forgery.sound) / RATE
    line = [genuine(0, joint, 0.1), genuine(joint, end, after[0] / RATE)]
    assert not any(wrong(one, forgery) for one in line)
    assert wrong(genuine(0, end, 0.0), forgery) == (after[0] / RATE - joint > call_tampering.OFF_S)
    assert wrong(genuine(0, joint, 2.0), forgery)
    found = judged(forgery, Told(line, [joint + 0.1]), with_original=True)
    assert (found.found, found.strictly, found.false_edits) == (True, True, 0)
    far = judged(forgery, Told((), [joint + 8, joint + 8.5]), with_original=True)
    assert (far.found, far.false_edits) == (False, 1)


def test_what_is_untouched_has_no_joint(call: HeldCall) -> None:
    forgery = forged(call, len(KINDS) - 1)
    assert (forgery.kind, forgery.joints) == ("untouched", [])
    assert len(forgery.sound) == round(CALL_S * RATE)
