"""Speakers who keep what they say: off by default, shown while on, and nothing is taken that should not be."""

import pytest
from tests.call.scripts import HOST, Script, begun

from earmark.call import messages
from earmark.call.events import Failed, KeepSpeech, RecordSpeech
from earmark.call.keeping import SLACK_PIECES
from earmark.call.replies import Error, Keeping, Roster

SIGNATURE = bytes(64)


def keep(script: Script, name: str, stream: int, *, kept: bool = True) -> None:
    script.say(name, messages.Keep(stream=stream, kept=kept))


def piece(script: Script, name: str, stream: int, number: int) -> None:
    script.say(name, messages.Speech(stream=stream, number=number, sealed=b"sealed", signature=SIGNATURE))


def shown(script: Script, to: str) -> set[str]:
    return {line.id for line in script.heard(to, Roster)[-1].members if line.keeping}


def taken(script: Script) -> list[int]:
    return [one.number for one in script.asked if isinstance(one, RecordSpeech)]


def errors(script: Script, name: str) -> list[str]:
    return [one.message for one in script.heard(name, Error)]


def test_nothing_is_kept_unless_the_speaker_says_so() -> None:
    script = begun("anna", "ben")
    stream = script.speak("anna")
    assert shown(script, "ben") == set()
    piece(script, "anna", stream, 0)
    assert taken(script) == []
    assert errors(script, "anna") == ["what you say is not kept"]


def test_everybody_is_shown_before_anything_is_taken() -> None:
    script = begun("anna", "ben")
    stream = script.speak("anna")
    script.answering = False
    keep(script, "anna", stream)
    piece(script, "anna", stream, 0)
    assert taken(script) == []
    (number,) = [number for number, one in script.open.items() if isinstance(one, KeepSpeech)]
    script.play(script.answer(number))
    assert [shown(script, name) for name in (HOST, "anna", "ben")] == [{"anna"}] * 3
    assert script.heard("anna", Keeping) == [Keeping(stream=stream, key=bytes([stream]) * 32, next=0)]
    assert script.heard("ben", Keeping) == []
    piece(script, "anna", stream, 0)
    assert taken(script) == [0]


def test_it_ends_when_the_speaker_says_so() -> None:
    script = begun("anna", "ben")
    stream = script.speak("anna")
    keep(script, "anna", stream)
    piece(script, "anna", stream, 0)
    keep(script, "anna", stream, kept=False)
    assert shown(script, "ben") == set()
    piece(script, "anna", stream, 1)
    assert taken(script) == [0]


def test_a_new_stream_is_not_kept() -> None:
    script = begun("anna", "ben")
    keep(script, "anna", script.speak("anna"))
    stream = script.speak("anna")
    assert shown(script, "ben") == set()
    piece(script, "anna", stream, 0)
    assert taken(script) == []


def test_nobody_keeps_what_others_say() -> None:
    script = begun("anna", "ben")
    stream = script.speak("anna")
    keep(script, "anna", stream)
    keep(script, "ben", stream)
    keep(script, "ben", stream, kept=False)
    piece(script, "ben", stream, 0)
    assert taken(script) == []
    assert errors(script, "ben") == [f"you have no stream {stream}"] * 3
    assert shown(script, "ben") == {"anna"}


@pytest.mark.parametrize("number", [0, 2, 49_999])
def test_pieces_come_once_and_in_order(number: int) -> None:
    script = begun("anna")
    stream = script.speak("anna")
    keep(script, "anna", stream)
    piece(script, "anna", stream, 0)
    piece(script, "anna", stream, number)
    assert taken(script) == [0]
    assert errors(script, "anna") == [f"piece {number} of what you say is not the next one"]
    piece(script, "anna", stream, 1)
    assert taken(script) == [0, 1]


def test_pieces_come_no_faster_than_they_are_said() -> None:
    script = begun("anna")
    stream = script.speak("anna")
    keep(script, "anna", stream)
    for _ in range(100):
        piece(script, "anna", stream, len(taken(script)))
    assert taken(script) == list(range(SLACK_PIECES + 1))
    script.now += 60
    for _ in range(100):
        piece(script, "anna", stream, len(taken(script)))
    assert SLACK_PIECES + 1 < len(taken(script)) < 100


def test_who_cannot_be_kept_is_told_and_nobody_is_shown_otherwise() -> None:
    script = begun("anna", "ben")
    stream = script.speak("anna")
    script.answering = False
    keep(script, "anna", stream)
    script.play(Failed(next(iter(script.open)), "the disk is full", "Free some."))
    assert shown(script, "ben") == set()
    assert "the disk is full" in errors(script, "anna")[0]


def test_a_vault_that_gives_up_ends_it() -> None:
    script = begun("anna", "ben")
    stream = script.speak("anna")
    keep(script, "anna", stream)
    script.answering = False
    piece(script, "anna", stream, 0)
    (number,) = [number for number, one in script.open.items() if isinstance(one, RecordSpeech)]
    script.play(Failed(number, "the disk is full", "Free some."))
    assert shown(script, "ben") == set()
    assert "what you say is not kept: the disk is full" in errors(script, "anna")


def test_what_is_under_way_when_a_stream_ends_is_no_error() -> None:
    script = begun("anna", "ben")
    stream = script.speak("anna")
    script.answering = False
    keep(script, "anna", stream)
    script.say("anna", messages.Close(stream=stream))
    for number in list(script.open):
        script.play(script.answer(number))
    assert shown(script, "ben") == set()
