"""What was decided at the door is put on record, however often that fails before."""

from hypothesis import given
from hypothesis import strategies as st
from tests.call.scripts import HOST, begun

from earmark.call import messages
from earmark.call.events import Do, Done, EndCall, Failed, RecordEntry, RecordLeave, RecordLock, RecordRemoval, Tick
from earmark.call.insisting import LONGEST_PAUSE_S, Decision, Insistence
from earmark.call.outbox import Outbox
from earmark.call.replies import Error

FULL = ("the disk is full", "Make room.")


class Vault:
    """Takes what it is asked to put on record, or fails."""

    def __init__(self) -> None:
        self.out = Outbox()
        self.troubles: list[Decision] = []
        self.insistence = Insistence(self.out, lambda decision, _why: self.troubles.append(decision))
        self.recorded: list[Decision] = []
        self.locked: bool | None = None

    def asked(self) -> list[Do]:
        return [command for command in self.out.take() if isinstance(command, Do)]

    def answer(self, asked: Do, *, well: bool, passing: bool = True) -> None:
        if not well:
            self.out.answered(Failed(asked.number, *FULL, passing))
            return
        self.recorded.append(asked.request)  # type: ignore[arg-type]
        if isinstance(asked.request, RecordLock):
            self.locked = asked.request.locked
        self.out.answered(Done(asked.number))

    def later(self) -> list[Do]:
        self.out.now += LONGEST_PAUSE_S
        self.insistence.proceed()
        return self.asked()


@given(st.lists(st.booleans(), max_size=12))
def test_a_decision_is_asked_for_until_it_is_on_record_and_then_no_more(answers: list[bool]) -> None:
    vault = Vault()
    vault.insistence.record(RecordRemoval("anna"))
    asked = vault.asked()
    for well in [*answers, True]:
        if vault.recorded:
            assert (asked, vault.insistence.settled) == ([], True)
        else:
            assert [one.request for one in asked] == [RecordRemoval("anna")]
            assert not vault.insistence.settled
            assert vault.later() == []  # while nobody knows what came of it
            vault.answer(asked[0], well=well)
        asked = vault.later()
    assert vault.recorded == [RecordRemoval("anna")]
    assert len(vault.troubles) == (0 if [*answers, True][0] else 1)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=12))
def test_the_last_word_counts(steps: list[tuple[bool, bool]]) -> None:
    vault = Vault()
    waiting: list[Do] = []
    for locked, well in steps:
        vault.insistence.record(RecordLock(locked))
        waiting += vault.asked()
        if waiting:
            vault.answer(waiting.pop(0), well=well)
            waiting += vault.asked()
        assert len(waiting) <= 1
    while not vault.insistence.settled:
        waiting = waiting or vault.later()
        vault.answer(waiting.pop(0), well=True)
        waiting += vault.asked()
    assert vault.locked == steps[-1][0]


def test_pauses_grow_and_end_when_there_is_no_time_left() -> None:
    vault = Vault()
    vault.insistence.record(EndCall())
    vault.answer(vault.asked()[0], well=False)
    tries = 0
    for _ in range(100):
        vault.out.now += 1.0
        vault.insistence.proceed()
        for asked in vault.asked():
            tries += 1
            vault.answer(asked, well=False)
    assert 3 <= tries < 12
    vault.insistence.proceed(now=True)
    assert [one.request for one in vault.asked()] == [EndCall()]


def test_what_can_never_be_done_is_told_and_given_up() -> None:
    vault = Vault()
    vault.insistence.record(RecordLeave("anna"))
    vault.answer(vault.asked()[0], well=False, passing=False)
    assert vault.troubles == [RecordLeave("anna")]
    assert vault.insistence.settled
    assert vault.later() == []


def test_what_does_not_hold_any_more_is_not_tried_again() -> None:
    vault = Vault()
    vault.insistence.record(RecordLeave("anna"))
    (asked,) = vault.asked()
    vault.insistence.withdraw(RecordLeave("anna"))
    vault.answer(asked, well=False)
    assert (vault.later(), vault.troubles) == ([], [])


def test_hosts_are_told_what_could_not_be_put_on_record_and_nobody_else_is() -> None:
    script = begun("anna", "ben")
    script.answering = False
    script.say(HOST, messages.Remove(member="anna"))
    (number,) = (number for number, asked in script.open.items() if isinstance(asked, RecordRemoval))
    del script.open[number]
    script.play(Failed(number, *FULL, passing=True))
    assert [error.about for error in script.heard(HOST, Error)] == ["remove"]
    assert FULL[0] in script.heard(HOST, Error)[0].message
    assert not script.heard("ben", Error)
    script.now += LONGEST_PAUSE_S
    script.play(Tick())
    assert [asked for asked in script.open.values() if isinstance(asked, RecordRemoval)] == [RecordRemoval("anna")]
    assert not script.room.settled


def test_a_removal_that_waits_is_put_on_record_before_the_end_after_which_nothing_is() -> None:
    script = begun("anna")
    script.answering = False
    script.say(HOST, messages.Remove(member="anna"))
    (number,) = (number for number, asked in script.open.items() if isinstance(asked, RecordRemoval))
    del script.open[number]
    script.play(Failed(number, *FULL, passing=True))
    script.say(HOST, messages.End())
    asked = list(script.open.values())
    assert asked.index(RecordRemoval("anna")) < asked.index(EndCall())


def test_who_left_and_comes_in_again_is_not_put_on_record_as_gone() -> None:
    script = begun("anna")
    script.answering = False
    script.say("anna", messages.Leave())
    (number,) = (number for number, asked in script.open.items() if isinstance(asked, RecordLeave))
    del script.open[number]
    script.play(Failed(number, *FULL, passing=True))
    script.answering = True
    script.enter("anna")
    before = len(script.asked)
    script.now += LONGEST_PAUSE_S
    script.play(Tick())
    assert RecordEntry("anna") in script.asked[:before]
    assert RecordLeave("anna") not in script.asked[before:]
