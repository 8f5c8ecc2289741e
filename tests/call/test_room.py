"""A call's room, told as scripts: what happens, and what it wants done about it."""

from collections import defaultdict
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from tests.call.scripts import HOST, Script, begun, heard, new_room, receipt_of
from tests.members import Member

from earmark.call import messages
from earmark.call.events import (
    Close,
    Command,
    CutOff,
    Deal,
    Disconnected,
    Do,
    EndCall,
    EndStream,
    Event,
    Failed,
    OpenBlock,
    OpenStream,
    Received,
    RecordConsent,
    RecordEntry,
    RecordExit,
    RecordLeave,
    RecordLock,
    RecordRemoval,
    RecordSpeech,
    Send,
    Stop,
    Subscribe,
    TakeAnswer,
    Tick,
)
from earmark.call.replies import (
    Accepted,
    Admitted,
    Challenge,
    Change,
    Closed,
    Committed,
    Ended,
    Error,
    Keeping,
    Loss,
    Offer,
    Opened,
    Published,
    Refused,
    Republish,
    Roster,
    Sample,
    Waiting,
    Welcome,
)
from earmark.call.schedule import BLOCK_POSITIONS
from earmark.call.setting import Before
from earmark.call.speaking import AGAIN_S
from earmark.call.wire import encode

INSIDE_ONLY = (
    Admitted, messages.Answer, Accepted, Change, Closed, Committed, Keeping, Offer, Opened, Roster, Sample, Waiting,
    Welcome,
)  # fmt: skip


def kinds(script: Script, name: str) -> list[str]:
    return [one.type for one in script.told[script.connections[name]]]


def refused(script: Script, name: str) -> str:
    """Return why somebody's newest connection was refused; it is closed then."""
    (why,) = script.heard(name, Refused)
    assert script.connections[name] in script.closed
    return str(why.reason)


# --- coming


def test_the_host_makes_the_group_and_lets_the_others_in() -> None:
    script = Script(new_room())
    script.enter(HOST, host=True)
    assert kinds(script, HOST) == ["challenge", "admitted", "waiting", "roster"]
    assert script.heard(HOST, Admitted)[0].group == "create"
    script.come("anna")
    assert kinds(script, "anna") == ["challenge"]
    script.sign("anna")
    assert kinds(script, "anna") == ["challenge", "lobby"]
    assert [one.id for one in script.heard(HOST, Waiting)[-1].members] == ["anna"]
    script.say(HOST, messages.Admit(member="anna"))
    assert script.heard("anna", Admitted)[0].group == "wait"
    assert script.heard("anna", Welcome)[0].epoch == 1
    assert [one.id for one in script.heard("anna", Roster)[-1].members] == [HOST, "anna"]
    assert script.heard(HOST, Waiting)[-1].members == []


def test_everything_is_on_record_before_it_counts() -> None:
    script = Script(new_room(), answering=False)
    script.come(HOST, host=True)
    script.sign(HOST)
    assert [type(one) for one in script.asked] == [RecordConsent]
    assert kinds(script, HOST) == ["challenge"]
    (number,) = script.open
    script.play(script.answer(number))
    assert [type(one) for one in script.asked] == [RecordConsent, RecordEntry]
    assert kinds(script, HOST) == ["challenge"]
    (number,) = script.open
    script.play(script.answer(number))
    assert "admitted" in kinds(script, HOST)


@pytest.mark.parametrize("step", [0, 1])
@pytest.mark.parametrize("passing", [False, True])
def test_who_cannot_be_put_on_record_is_not_let_in(step: int, passing: bool) -> None:
    script = Script(new_room(), answering=False)
    script.come(HOST, host=True)
    script.sign(HOST)
    for _ in range(step):
        script.play(script.answer(next(iter(script.open))))
    script.play(Failed(next(iter(script.open)), "the disk is full", "Free some.", passing))
    if passing:
        assert [one.reason for one in script.heard(HOST, Ended)] == ["unrecorded"]
    else:
        assert refused(script, HOST) == "protocol"
        assert "disk is full" in script.heard(HOST, Refused)[0].hint
    assert script.closed == {script.connections[HOST]}
    assert script.room.empty
    script.answering = True
    script.enter(HOST, host=True)
    assert "admitted" in kinds(script, HOST)


@pytest.mark.parametrize(
    "changes", [{"call": "call-2"}, {"notice_sha256": "00" * 32}, {"challenge": encode(bytes(32))}]
)
def test_a_receipt_for_something_else_does_not_let_in(changes: dict[str, Any]) -> None:
    script = begun()
    script.come("anna")
    script.sign("anna", **changes)
    assert refused(script, "anna") == "protocol"


def test_a_receipt_is_good_for_one_connection() -> None:
    script = begun()
    script.come("anna")
    (challenge,) = script.heard("anna", Challenge)
    old = receipt_of(Member("anna"), challenge)
    script.say("anna", old)
    script.go("anna")
    script.come("anna")
    script.say("anna", old)
    assert refused(script, "anna") == "protocol"


@pytest.mark.parametrize(
    ("hello", "rules", "reason"),
    [
        ({"device": b"d" * 32}, {}, "device"),
        ({"known": False}, {"known_devices_only": True}, "device"),
        ({"encoded_transform": False}, {}, "browser"),
        ({}, {"max_members": 2}, "full"),
    ],
)
def test_who_may_not_come(hello: dict[str, Any], rules: dict[str, Any], reason: str) -> None:
    script = begun(*(["ben"] if reason == "full" else []), **rules)
    script.come("anna", **hello)
    assert refused(script, "anna") == reason


def test_nothing_can_be_said_before_it_is_time() -> None:
    script = begun()
    script.come("anna")
    said = (
        messages.Open(sealed=b"s"),
        messages.Admit(member="anna"),
        messages.End(),
        heard(0, 0),
        messages.Subscribe(stream=0),
    )
    for message in said:
        script.say("anna", message)
        assert isinstance(script.told[script.connections["anna"]][-1], Error)
    script.sign("anna")
    for message in said:
        script.say("anna", message)
        assert isinstance(script.told[script.connections["anna"]][-1], Error)
    assert not script.room.over
    assert kinds(script, "anna").count("error") == 2 * len(said)


def test_a_locked_room_takes_nobody_new_but_those_who_come_back() -> None:
    script = begun("anna")
    script.say(HOST, messages.Lock(locked=True))
    script.come("ben")
    assert refused(script, "ben") == "locked"
    script.go("anna")
    script.come("anna")
    script.sign("anna")
    assert "admitted" in kinds(script, "anna")


def test_two_windows_with_one_invitation_are_one_member() -> None:
    script = begun("anna")
    first = script.connections["anna"]
    script.come("anna")
    assert first not in script.closed
    script.sign("anna")
    assert first in script.closed
    assert [one.reason for one in script.told[first] if isinstance(one, Ended)] == ["replaced"]
    assert [one.id for one in script.heard(HOST, Roster)[-1].members].count("anna") == 1


# --- hosts


@pytest.mark.parametrize(
    "message",
    [
        messages.Admit(member="ben"),
        messages.Refuse(member="ben"),
        messages.Remove(member="ben"),
        messages.Lock(locked=True),
        messages.End(),
    ],
    ids=lambda message: message.type,
)
def test_only_hosts_do_what_hosts_do(message: messages.Incoming) -> None:
    script = begun("anna", "ben")
    script.say("anna", message)
    assert kinds(script, "anna")[-1] == "error"
    assert not script.room.over
    assert script.connections["ben"] not in script.closed


def test_who_is_refused_may_come_again() -> None:
    script = begun()
    script.come("anna")
    script.sign("anna")
    script.say(HOST, messages.Refuse(member="anna"))
    assert refused(script, "anna") == "host"
    script.enter("anna")
    assert "admitted" in kinds(script, "anna")


def test_who_is_removed_is_cut_off_at_once_and_does_not_come_back() -> None:
    script = begun("anna", "ben")
    stream = script.speak("ben")
    dealt = len(script.dealt)
    commands = script.say(HOST, messages.Remove(member="anna"))
    requests = [one.request for one in commands if isinstance(one, Do)]
    assert requests.index(CutOff("anna")) < requests.index(RecordExit("anna"))
    assert script.heard("anna", Ended)[0].reason == "removed"
    change = [one for one in script.told[script.connections[HOST]] if isinstance(one, Change)][-1]
    assert change.removes == ["anna"]
    script.now += 1000
    script.say("ben", messages.At(stream=stream, position=BLOCK_POSITIONS - 1))
    assert "anna" not in {deal.member for deal in script.dealt[dealt:]}
    script.come("anna")
    assert refused(script, "anna") == "host"


def test_a_host_cannot_remove_themselves() -> None:
    script = begun("anna")
    script.say(HOST, messages.Remove(member=HOST))
    assert kinds(script, HOST)[-1] == "error"


def test_an_end_is_one_for_everybody_and_for_good() -> None:
    script = begun("anna")
    script.speak("anna")
    script.come("ben")
    script.say(HOST, messages.End())
    assert {script.connections[name] for name in (HOST, "anna", "ben")} <= script.closed
    assert script.asked[-1] == EndCall()
    assert [type(one) for one in script.asked].count(EndStream) == 1
    script.come("chloe")
    assert refused(script, "chloe") == "ended"


def test_a_server_that_stops_does_not_end_the_call() -> None:
    script = begun("anna")
    script.play(Stop())
    assert script.heard("anna", Ended)[0].reason == "stopped"
    assert EndCall() not in script.asked
    assert {one.member for one in script.asked if isinstance(one, RecordExit)} == {HOST, "anna"}


def test_what_hosts_decide_and_who_leaves_goes_on_record_once() -> None:
    script = begun("anna", "ben")
    for locked in (True, True, False):
        script.say(HOST, messages.Lock(locked=locked))
    script.say(HOST, messages.Remove(member="anna"))
    script.say("ben", messages.Leave())
    kept = [one for one in script.asked if isinstance(one, RecordLock | RecordRemoval | RecordLeave)]
    assert kept == [RecordLock(True), RecordLock(False), RecordRemoval("anna"), RecordLeave("ben")]


def test_a_room_goes_on_as_it_is_on_record() -> None:
    before = Before(locked=True, removed=frozenset({"anna"}), expected_back=frozenset({"ben"}))
    script = Script(new_room(before))
    script.enter(HOST, host=True)
    script.come("anna")
    assert refused(script, "anna") == "host"
    script.come("chloe")
    assert refused(script, "chloe") == "locked"
    script.come("ben")
    script.sign("ben")
    assert script.heard("ben", Admitted)


# --- streams


def test_a_stream_is_dealt_to_all_but_its_speaker() -> None:
    script = begun("anna", "ben")
    stream = script.speak("anna")
    assert {deal.member for deal in script.dealt} == {HOST, "ben"}
    for name in (HOST, "ben"):
        assert covered(script, name, stream) == range(BLOCK_POSITIONS)
        assert script.heard(name, Opened)[-1].member == "anna"
    assert script.dealt[0].count < script.dealt[-1].count  # the first are there at once


def covered(script: Script, name: str, stream: int) -> range:
    """Return the positions that somebody was dealt, which follow each other without a gap or overlap."""
    deals = [one for one in script.dealt if (one.member, one.stream) == (name, stream)]
    for one, other in pairwise(deals):
        assert one.first + one.count == other.first
    return range(deals[0].first, deals[-1].first + deals[-1].count)


def test_who_comes_late_is_dealt_nothing_from_before() -> None:
    script = begun("anna")
    stream = script.speak("anna")
    script.now += 60
    script.say("anna", messages.At(stream=stream, position=200))
    script.enter("ben")
    assert covered(script, "ben", stream).start == 200


def test_blocks_roll_over_long_before_keys_run_out() -> None:
    script = begun("anna")
    stream = script.speak("anna")
    for position in range(0, 10 * BLOCK_POSITIONS, 20):
        script.now = position * 0.24
        script.say("anna", messages.At(stream=stream, position=position))
        assert covered(script, HOST, stream).stop - position >= BLOCK_POSITIONS // 4 - 20
    assert sum(isinstance(one, OpenBlock) for one in script.asked) == 10


def test_a_speaker_cannot_run_ahead_of_the_clock_nor_back() -> None:
    script = begun("anna")
    stream = script.speak("anna")
    script.now += 10
    script.say("anna", messages.At(stream=stream, position=40))
    for position in (39, 4000):
        script.say("anna", messages.At(stream=stream, position=position))
        assert kinds(script, "anna")[-1] == "error"


def test_nobody_touches_the_stream_of_another() -> None:
    script = begun("anna", "ben")
    stream = script.speak("anna")
    said = (
        messages.Publish(stream=stream, offer=0, sdp="o"),
        messages.At(stream=stream, position=0),
        messages.Close(stream=stream),
    )
    for message in said:
        script.say("ben", message)
        assert kinds(script, "ben")[-1] == "error"
    for own in (messages.Subscribe(stream=stream), messages.Answer(stream=stream, offer=1, sdp="a")):
        script.say("anna", own)
        assert kinds(script, "anna")[-1] == "error"


def test_a_stream_is_offered_when_the_relay_has_it() -> None:
    script = begun("anna")
    stream = script.speak("anna")
    script.say(HOST, messages.Subscribe(stream=stream))
    assert script.heard(HOST, Offer) == []
    script.say("anna", messages.Publish(stream=stream, offer=7, sdp="offer"))
    (answer,) = script.heard("anna", Published)
    assert (answer.offer, answer.sdp) == (7, f"answer {stream}")
    assert script.heard(HOST, Offer)[0].sdp == f"offer {stream}"


def test_an_answer_to_an_offer_that_another_has_replaced_does_not_reach_the_relay() -> None:
    script = begun("anna")
    stream = script.speak("anna")
    script.say("anna", messages.Publish(stream=stream, offer=0, sdp="offer"))
    script.say(HOST, messages.Subscribe(stream=stream))
    script.say("anna", messages.Publish(stream=stream, offer=1, sdp="another"))
    first, second = (offer.offer for offer in script.heard(HOST, Offer))
    for offer, reaches in ((first, 0), (second, 1)):
        script.say(HOST, messages.Answer(stream=stream, offer=offer, sdp="taken"))
        assert sum(isinstance(one, TakeAnswer) for one in script.asked) == reaches


def test_a_stream_that_the_relay_could_not_offer_is_offered_again() -> None:
    script = begun("anna")
    stream = script.speak("anna")
    script.say("anna", messages.Publish(stream=stream, offer=0, sdp="offer"))
    script.answering = False
    script.say(HOST, messages.Subscribe(stream=stream))
    for tries in range(3):
        (number,) = (number for number, request in script.open.items() if isinstance(request, Subscribe))
        script.open.clear()
        script.play(Failed(number, "the relay is slow", ""))
        assert kinds(script, HOST).count("error") == tries
        script.play(Tick())
        assert not script.open
        script.now += AGAIN_S
        script.play(Tick())
    script.play(script.answer(next(iter(script.open))))
    script.now += AGAIN_S
    script.play(Tick())
    assert len(script.heard(HOST, Offer)) == 1
    assert not script.open


def test_a_stream_that_the_relay_did_not_take_is_handed_to_it_again_until_it_does() -> None:
    script = begun("anna")
    stream = script.speak("anna")
    script.answering = False
    for tries in range(1, 4):
        script.say("anna", messages.Publish(stream=stream, offer=tries, sdp="offer"))
        (number,) = script.open
        script.open.clear()
        script.play(Failed(number, "the relay is slow", ""))
        assert kinds(script, "anna").count("error") == tries
        script.play(Tick())
        assert len(script.heard("anna", Republish)) == tries - 1
        script.now += AGAIN_S
        script.play(Tick())
        assert script.heard("anna", Republish) == [Republish(stream=stream)] * tries
    script.answering = True
    script.say("anna", messages.Publish(stream=stream, offer=4, sdp="offer"))
    script.now += AGAIN_S
    script.play(Tick())
    assert len(script.heard("anna", Republish)) == 3
    assert [published.offer for published in script.heard("anna", Published)] == [4]


def test_a_stream_is_offered_again_to_whom_the_relay_does_not_take_the_answer_of() -> None:
    script = begun("anna")
    stream = script.speak("anna")
    script.say("anna", messages.Publish(stream=stream, offer=0, sdp="offer"))
    script.say(HOST, messages.Subscribe(stream=stream))
    script.answering = False
    script.say(HOST, messages.Answer(stream=stream, offer=1, sdp="taken"))
    (number,) = script.open
    script.open.clear()
    script.play(Failed(number, "the relay is slow", ""))
    assert kinds(script, HOST)[-1] == "error"
    script.answering = True
    script.play(Tick())
    assert len(script.heard(HOST, Offer)) == 1
    for _ in range(3):
        script.now += AGAIN_S
        script.play(Tick())
    assert [offer.offer for offer in script.heard(HOST, Offer)] == [1, 2]


def test_a_speaker_is_told_that_whoever_lost_packets_has_gone() -> None:
    script = begun("anna", "ben")
    stream = script.speak("anna")
    for listener, percent in ((HOST, 0), ("ben", 30)):
        script.say(listener, messages.Subscribe(stream=stream))
        script.say(listener, messages.Loss(stream=stream, percent=percent))
    assert script.heard("anna", Loss)[-1].most == 30
    script.go("ben")
    assert script.heard("anna", Loss)[-1].most == 0


def test_only_hosts_speak_where_the_rules_say_so() -> None:
    script = begun("anna", listen_only=True)
    script.say("anna", messages.Open(sealed=b"s"))
    assert kinds(script, "anna")[-1] == "error"
    script.speak(HOST)
    assert {deal.member for deal in script.dealt} == {"anna"}


def test_a_stream_ends_with_its_speaker() -> None:
    script = begun("anna")
    stream = script.speak("anna")
    script.go("anna")
    assert [one.stream for one in script.heard(HOST, Closed)] == [stream]
    assert any(isinstance(one, EndStream) and one.stream == stream for one in script.asked)


def test_a_stream_that_was_being_opened_ends_if_its_speaker_has_gone() -> None:
    script = begun("anna")
    script.answering = False
    script.say("anna", messages.Open(sealed=b"s"))
    (number,) = (number for number, request in script.open.items() if isinstance(request, OpenStream))
    script.go("anna")
    script.play(script.answer(number))
    assert EndStream(0, "anna", 0) in script.asked
    assert script.dealt == []


# --- anything, in any order

PEOPLE = ("anna", "ben", "chloe")


class AnyOrder(RuleBasedStateMachine):
    """Whatever happens in whatever order, what the room promises holds after each event."""

    def __init__(self) -> None:
        super().__init__()
        self.script = Script(new_room(max_members=3), answering=False)
        self.who: dict[int, str] = {}
        self.signed: set[int] = set()
        self.let_in: set[str] = {HOST}
        self.recorded: set[int] = set()
        self.removed: set[str] = set()
        self.speakers: dict[int, str] = {}
        self.ends: dict[tuple[int, int], int] = {}
        self.epochs: dict[int, int] = defaultdict(lambda: -1)
        self.changes: dict[int, Change] = {}
        self.shown: set[str] = set()

    def play(self, event: Event) -> None:
        before = set(self.script.closed)
        for command in self.script.room.handle(event, self.script.now):
            self.script._note(command)
            self.check(command, before)
            if isinstance(command, Close):
                before.add(command.connection)

    def check(self, command: Command, closed: set[int]) -> None:
        match command:
            case Send(connection, message):
                assert connection not in closed
                if isinstance(message, INSIDE_ONLY):
                    self.must_be_inside(connection)
                if isinstance(message, Opened):
                    self.speakers[message.stream] = message.member
                if isinstance(message, Roster):
                    self.shown = {line.id for line in message.members if line.keeping}
                if isinstance(message, Change):
                    self.changes[connection] = message
                if isinstance(message, Committed | Accepted):
                    assert message.epoch > self.epochs[connection]
                    self.epochs[connection] = message.epoch
            case Do(RecordSpeech(stream)):
                assert self.speakers[stream] in self.shown
            case Deal(connection, member, stream, first, count):
                assert connection not in closed
                assert self.who[connection] == member
                self.must_be_inside(connection)
                assert self.speakers.get(stream) != member
                assert count > 0
                assert first == self.ends.get((connection, stream), first)
                self.ends[connection, stream] = first + count

    def must_be_inside(self, connection: int) -> None:
        assert connection in self.signed
        assert connection in self.recorded
        assert self.who[connection] in self.let_in
        assert self.who[connection] not in self.removed

    @property
    def live(self) -> list[int]:
        return [one for one in self.who if one not in self.script.closed]

    def draw(self, data: st.DataObject) -> int:
        return data.draw(st.sampled_from(self.live))

    @initialize()
    def begin(self) -> None:
        """Have a host and two others inside, one of whom speaks: chance alone seldom comes so far."""
        for name in (HOST, "anna", "ben"):
            self.come(name)
            connection = self.script.connections[name]
            self.consent(connection)
            self.answer_all()
            if name != HOST:
                self.let_in.add(name)
                self.say(self.script.connections[HOST], messages.Admit(member=name))
                self.answer_all()
        self.say(self.script.connections["anna"], messages.Open(sealed=b"s"))
        self.answer_all()
        assert self.ends

    def answer_all(self) -> None:
        while self.script.open:
            self.give(min(self.script.open), fails=False)

    @rule(name=st.sampled_from([HOST, *PEOPLE]))
    def come(self, name: str) -> None:
        script, self.script.play = self.script, self.play  # type: ignore[method-assign, assignment]
        connection = script._last + 1
        self.who[connection] = name
        script.come(name, host=name == HOST)

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def sign(self, data: st.DataObject) -> None:
        self.consent(self.draw(data))

    def consent(self, connection: int) -> None:
        challenges = [one for one in self.script.told[connection] if isinstance(one, Challenge)]
        if challenges:
            self.signed.add(connection)
            self.say(connection, receipt_of(Member(self.who[connection]), challenges[0]))

    def say(self, connection: int, message: messages.Incoming) -> None:
        self.play(Received(connection, message))

    @precondition(lambda self: self.script.open)
    @rule(data=st.data(), fails=st.sampled_from([False, False, False, True]))
    def answer(self, data: st.DataObject, fails: bool) -> None:
        self.give(data.draw(st.sampled_from(sorted(self.script.open))), fails=fails)

    def give(self, number: int, *, fails: bool) -> None:
        request = self.script.open[number]
        done = self.script.answer(number)
        if fails:
            self.play(Failed(number, "no", ""))
            return
        if isinstance(request, RecordEntry):
            self.recorded |= {one for one, name in self.who.items() if name == request.member}
        if isinstance(request, OpenStream):
            self.speakers[self.script._streams] = request.member
        self.play(done)

    @precondition(lambda self: self.live)
    @rule(data=st.data(), member=st.sampled_from(PEOPLE), kind=st.sampled_from([messages.Admit, messages.Refuse]))
    def decide(self, data: st.DataObject, member: str, kind: Any) -> None:
        connection = self.draw(data)
        if self.is_host(connection) and kind is messages.Admit:
            self.let_in.add(member)
        self.say(connection, kind(member=member))

    def is_host(self, connection: int) -> bool:
        return self.who[connection] == HOST and any(isinstance(one, Admitted) for one in self.script.told[connection])

    @precondition(lambda self: self.live)
    @rule(data=st.data(), member=st.sampled_from(PEOPLE))
    def remove(self, data: st.DataObject, member: str) -> None:
        connection = self.draw(data)
        self.say(connection, messages.Remove(member=member))
        if self.is_host(connection) and connection not in self.script.closed:
            self.removed.add(member)

    @precondition(lambda self: self.live)
    @rule(data=st.data(), stream=st.integers(0, 3), position=st.integers(0, 3000), kind=st.integers(0, 6))
    def talk(self, data: st.DataObject, stream: int, position: int, kind: int) -> None:
        said: list[messages.Incoming] = [
            messages.Open(sealed=b"s"),
            messages.Publish(stream=stream, offer=0, sdp="o"),
            messages.Subscribe(stream=stream),
            messages.Answer(stream=stream, offer=1, sdp="a"),
            messages.At(stream=stream, position=position),
            messages.Close(stream=stream),
            heard(stream, position),
            messages.Keep(stream=stream, kept=position > 0),
            messages.Speech(stream=stream, number=position, sealed=b"s", signature=bytes(64)),
        ]
        self.say(self.draw(data), said[kind])

    @precondition(lambda self: self.changes)
    @rule(data=st.data())
    def commit(self, data: st.DataObject) -> None:
        connection = data.draw(st.sampled_from(sorted(self.changes)))
        change = self.changes[connection]
        adds = [one.member for one in change.adds]
        self.say(
            connection,
            messages.Commit(
                epoch=change.epoch, commit=b"c", welcome=b"w" if adds else None, adds=adds, removes=change.removes
            ),
        )

    @precondition(lambda self: self.live)
    @rule(data=st.data(), politely=st.booleans())
    def go(self, data: st.DataObject, politely: bool) -> None:
        connection = self.draw(data)
        if politely:
            self.say(connection, messages.Leave())
        self.play(Disconnected(connection))
        self.script.closed.add(connection)

    @rule(seconds=st.floats(0, 30))
    def wait(self, seconds: float) -> None:
        self.script.now += seconds
        self.play(Tick())


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=40, stateful_step_count=50, deadline=None)
