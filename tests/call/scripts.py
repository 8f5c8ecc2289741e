"""A room, and the world around it as a script of events: people who come and say things, requests that are answered."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.members import Member

from earmark.call import messages
from earmark.call.doubts import Comparison
from earmark.call.events import (
    Close,
    Command,
    Compare,
    Connected,
    Deal,
    Disconnected,
    Do,
    Done,
    Event,
    Invited,
    KeepSpeech,
    OpenStream,
    Publish,
    Received,
    Request,
    Send,
    Subscribe,
)
from earmark.call.notice import NOTICE_SHA256
from earmark.call.replies import CallFacts, Challenge, Change, Reply, Rules
from earmark.call.room import Room
from earmark.call.setting import NOTHING, Before, Setting
from earmark.call.wire import SEGMENT_FRAMES, encode

CALL_ID, ROOT = "call-1", "cd" * 32
HOST = "hana"


def counting() -> Any:
    """Return chance that never gives the same twice, and is no chance."""
    given = iter(range(1, 2**40))
    return lambda count: next(given).to_bytes(count, "big")


def new_room(before: Before = NOTHING, **rules: Any) -> Room:
    facts = CallFacts(id=CALL_ID, title="Board", classification="secret", rules=Rules(**rules), hosts=["Hana"])
    setting = Setting(call=facts, dealer_key=bytes(32), segment_ms=240, slot_ms=30, depth=0.36)
    return Room(setting, counting(), before)


def receipt_of(member: Member, asked: Challenge, **changes: Any) -> messages.Consent:
    stated = {"notice_sha256": NOTICE_SHA256, "ledger_root": ROOT, "challenge": encode(asked.challenge)}
    receipt = member.receipt(CALL_ID, **stated | changes)
    signature = member.device.sign(receipt.encode())
    package = b"package of " + member.id.encode()
    return messages.Consent(receipt=receipt, signature=signature, key_package=package)


def heard(stream: int, position: int) -> messages.Heard:
    return messages.Heard(stream=stream, position=position, newest=position, frames=[None] * SEGMENT_FRAMES)


@dataclass
class Script:
    """Plays events to a room, and notes what it wants done.

    Attributes:
        room: it.
        answering: whether requests are answered at once, and changes of the group committed.
        now: the time in seconds.
        told: what was said to each connection.
        asked: what was asked for, in order.
        dealt: the keys that were dealt.
        closed: connections that were closed by the room.
    """

    room: Room
    answering: bool = True
    now: float = 0.0
    told: dict[int, list[Reply]] = field(default_factory=lambda: defaultdict(list))
    asked: list[Request] = field(default_factory=list)
    open: dict[int, Request] = field(default_factory=dict)
    dealt: list[Deal] = field(default_factory=list)
    closed: set[int] = field(default_factory=set)
    connections: dict[str, int] = field(default_factory=dict)
    _last: int = 0
    _streams: int = -1

    def play(self, event: Event) -> list[Command]:
        """Give the room an event; return its commands, and those that followed from answers."""
        commands = self.room.handle(event, self.now)
        follow = [self._note(command) for command in commands]
        return commands + [more for events in follow for each in events for more in self.play(each)]

    def _note(self, command: Command) -> list[Event]:
        match command:
            case Send(connection, message):
                self.told[connection].append(message)
                return self._committed(connection, message)
            case Close(connection):
                self.closed.add(connection)
            case Deal():
                self.dealt.append(command)
            case Do(request, number):
                self.asked.append(request)
                if number:
                    self.open[number] = request
                    return [self.answer(number)] if self.answering else []
        return []

    def answer(self, number: int) -> Done:
        """Return the answer to a request, as the vault and the relay give it."""
        request = self.open.pop(number)
        match request:
            case OpenStream():
                self._streams += 1
                return Done(number, self._streams)
            case Publish(stream=stream):
                return Done(number, f"answer {stream}")
            case Subscribe(stream=stream):
                return Done(number, f"offer {stream}")
            case KeepSpeech(stream=stream):
                return Done(number, (bytes([stream % 256]) * 32, 0))
            case Compare():
                return Done(number, Comparison())
            case _:
                return Done(number)

    def _committed(self, connection: int, message: Reply) -> list[Event]:
        if not (self.answering and isinstance(message, Change)):
            return []
        return [Received(connection, commit_of(message))]

    # --- what people do

    def come(self, name: str, *, host: bool = False, known: bool = False, **more: Any) -> int:
        """Say hello; return the connection."""
        self._last += 1
        self.connections[name] = self._last
        member, device = Member(name), more.pop("device", None)
        facts = {"version": 1, "token": "t", "device": encode(member.public_key), "encoded_transform": True}
        hello = messages.parse(json.dumps({"type": "hello", "user_agent": "test", **facts, **more}))
        assert isinstance(hello, messages.Hello)
        invited = Invited(name, name.title(), host, device, known)
        self.play(Connected(self._last, hello, invited, ROOT))
        return self._last

    def sign(self, name: str, **changes: Any) -> None:
        """Answer the challenge."""
        challenge = self.heard(name, Challenge)[-1]
        self.say(name, receipt_of(Member(name), challenge, **changes))

    def say(self, name: str, message: messages.Incoming) -> list[Command]:
        """Say something."""
        return self.play(Received(self.connections[name], message))

    def enter(self, name: str, **more: Any) -> int:
        """Come, sign, and be let in: by oneself if a host, else by the host."""
        connection = self.come(name, **more)
        self.sign(name)
        if not more.get("host"):
            self.say(HOST, messages.Admit(member=name))
        return connection

    def speak(self, name: str) -> int:
        """Open a stream; return its number."""
        self.say(name, messages.Open(sealed=b"sealed"))
        return self._streams

    def go(self, name: str) -> list[Command]:
        """Lose the connection."""
        return self.play(Disconnected(self.connections[name]))

    def heard(self, name: str, kind: type[Any]) -> list[Any]:
        """Return the messages of a kind that somebody's newest connection was told."""
        return [one for one in self.told[self.connections[name]] if isinstance(one, kind)]


def commit_of(change: Change) -> messages.Commit:
    """Return the commit that a change asks for."""
    adds = [one.member for one in change.adds]
    return messages.Commit(
        epoch=change.epoch, commit=b"c", welcome=b"w" if adds else None, adds=adds, removes=change.removes
    )


def begun(*people: str, **rules: Any) -> Script:
    """Return a call that the host and ``people`` are in."""
    script = Script(new_room(**rules))
    script.enter(HOST, host=True)
    for name in people:
        script.enter(name)
    return script
