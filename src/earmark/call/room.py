"""A call's room: a state machine with no input, output, clock or chance of its own.

It is given events, each with the time, and answers with commands (`earmark.call.events`). These hold at any time:

* nobody who has not signed, and been let in by a host (or is one), is sent a stream, a key, or a word of the group;
* nobody is dealt keys of their own stream, and nobody who has gone is dealt any;
* the group's epochs are taken in order, one commit each.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from earmark.call import messages
from earmark.call.entry import barred, refusal
from earmark.call.events import (
    Command,
    Connected,
    CutOff,
    Disconnected,
    Done,
    EndCall,
    Event,
    Failed,
    Received,
    RecordConsent,
    RecordEntry,
    RecordExit,
    RecordLeave,
    RecordLock,
    RecordRemoval,
    RelayRestarted,
    Stop,
    Tick,
)
from earmark.call.keeping import Keeping
from earmark.call.keying import Keying
from earmark.call.messages import Consent, Incoming
from earmark.call.notice import NOTICE, NOTICE_SHA256
from earmark.call.outbox import Outbox
from earmark.call.receipts import Expected, check_receipt
from earmark.call.replies import (
    Admitted,
    CallFacts,
    Challenge,
    Ended,
    EndedFor,
    IceServer,
    Lobby,
    Me,
    Reply,
    Roster,
    Rules,
)
from earmark.call.sampling import Sampling
from earmark.call.seats import Seat, Seats, Stage
from earmark.call.speaking import Speaking
from earmark.call.telling import Telling
from earmark.errors import CallError

CHALLENGE_BYTES = 32
MOST_UNSIGNED = 4
"""So many windows of one person may show the notice at once; of more, the oldest are closed."""

ENDINGS: dict[EndedFor, str] = {
    "ended": "The call is over.",
    "removed": "The host has removed you from the call.",
    "replaced": "You are in the call in another window.",
    "silent": "Your browser did not answer in time. Enter again.",
    "stopped": "The server stops. Come again when the host says so.",
}


@dataclass(frozen=True)
class Setting:
    """What does not change while a call lasts.

    Attributes:
        call: for those who come.
        dealer_key: to which speakers seal the secrets of their streams, 32 bytes.
        segment_ms: length of a segment in milliseconds.
        slot_ms: length of a pattern's time slots in milliseconds.
        depth: how strongly streams are marked.
    """

    call: CallFacts
    dealer_key: bytes
    segment_ms: int
    slot_ms: int
    depth: float


@dataclass(frozen=True)
class Before:
    """What is on record of a call that was held before, by a server that has ended.

    Attributes:
        locked: whether it is locked.
        removed: whom a host has removed.
        expected_back: who was inside, and has not left by their own will.
    """

    locked: bool = False
    removed: frozenset[str] = frozenset()
    expected_back: frozenset[str] = frozenset()


NOTHING = Before()


@dataclass(frozen=True)
class Headcount:
    """How many are waiting to be let in, are inside, and speak in a call."""

    lobby: int
    inside: int
    streams: int


class Room:
    """One call.

    Args:
        setting: what does not change.
        randomness: gives that many bytes.
        before: what is on record.
    """

    def __init__(self, setting: Setting, randomness: Callable[[int], bytes], before: Before = NOTHING) -> None:
        self._setting = setting
        self._randomness = randomness
        self._out = Outbox()
        self._seats = Seats()
        self._keying = Keying(self._out, self._seats, self._let_in, self._give_up)
        self._speaking = Speaking(
            self._out,
            self._seats,
            segment_ms=setting.segment_ms,
            slot_ms=setting.slot_ms,
            depth=setting.depth,
        )
        self._keeping = Keeping(self._out, self._speaking)
        self._sampling = Sampling(self._out, self._seats, self._speaking, randomness, setting.segment_ms)
        self._locked = before.locked
        self._over: EndedFor | None = None
        self._removed = set(before.removed)
        self._expected_back = set(before.expected_back)
        self._telling = Telling(self._out, self._seats, self._speaking, self._keying)

    @property
    def over(self) -> bool:
        """Whether nothing will happen here any more."""
        return self._over is not None

    @property
    def headcount(self) -> Headcount:
        """How many there are now."""
        lobby, inside = (len(self._seats.all(stage)) for stage in (Stage.LOBBY, Stage.INSIDE))
        return Headcount(lobby, inside, len(self._speaking.open_now()))

    @property
    def rules(self) -> Rules:
        """What the call demands of those who come."""
        return self._setting.call.rules

    @property
    def empty(self) -> bool:
        """Whether nobody is here, not even in the lobby."""
        return not self._seats.all()

    def handle(self, event: Event, now: float) -> list[Command]:
        """Take an event, and return what is to be done, in order.

        Args:
            event: what has happened.
            now: when, in seconds of a clock that never goes back.
        """
        self._out.now = now
        match event:
            case Connected():
                self._connected(event)
            case Received(connection, message):
                self._received(self._seats.at(connection), message)
            case Disconnected(connection):
                self._lost(self._seats.at(connection))
            case Done() | Failed():
                self._out.answered(event)
            case RelayRestarted():
                self._speaking.republish()
            case Stop():
                self._finish("stopped")
            case Tick():
                pass
        self._keying.proceed()
        self._speaking.proceed()
        self._sampling.proceed()
        self._telling.tell_inside(self._roster())
        if self._over is None:
            self._telling.tell_hosts()
        return self._out.take()

    # --- coming

    def _connected(self, event: Connected) -> None:
        invited = event.invited
        if self._over is not None:
            self._out.refuse(event.connection, refusal("ended"))
            return
        refused = barred(
            event,
            self._setting.call.rules,
            removed=invited.member in self._removed,
            expected_back=invited.member in self._expected_back,
            locked=self._locked,
            full=self._is_full(),
        )
        if refused is not None:
            self._out.refuse(event.connection, refused)
            return
        challenge = self._randomness(CHALLENGE_BYTES)
        seat = Seat(event.connection, invited, event.hello.device, challenge, event.ledger_root)
        for old in self._seats.of(invited.member, [Stage.CHALLENGED])[: 1 - MOST_UNSIGNED]:
            self._dismiss(old, _ended("replaced"))
        self._seats.take(seat)
        self._out.send(seat, self._challenge(seat, event.ice_servers))

    def _challenge(self, seat: Seat, ice_servers: Sequence[IceServer]) -> Challenge:
        return Challenge(
            call=self._setting.call,
            member=Me(id=seat.member, name=seat.invited.name, host=seat.invited.host),
            notice=NOTICE,
            ledger_root=seat.ledger_root,
            dealer_key=self._setting.dealer_key,
            challenge=seat.challenge,
            ice_servers=list(ice_servers),
        )

    def _consent(self, seat: Seat, message: Consent) -> None:
        expected = Expected(self._setting.call.id, seat.member, NOTICE_SHA256, seat.ledger_root, seat.challenge)
        try:
            nonce = check_receipt(message.receipt, message.signature, seat.device, expected)
        except CallError as error:
            self._dismiss(seat, refusal("protocol", f"{error}. {error.hint}"))
            return
        seat.stage, seat.key_package = Stage.CONSENTING, message.key_package
        request = RecordConsent(seat.member, nonce, message.receipt, message.signature, seat.device)
        self._out.ask(request, lambda _none: self._consented(seat), lambda why: self._unrecorded(seat, why))

    def _consented(self, seat: Seat) -> None:
        if seat.stage is not Stage.CONSENTING:
            return
        for other in self._seats.of(seat.member):
            self._dismiss(other, _ended("replaced"))
        if seat.member in self._removed:
            self._dismiss(seat, refusal("host"))
        elif (seat.invited.host or seat.member in self._expected_back) and not self._is_full():
            self._admit(seat)
        else:
            seat.stage = Stage.LOBBY
            self._out.send(seat, Lobby())
            self._telling.waiting_changed()

    def _admit(self, seat: Seat) -> None:
        if self._is_full():
            raise CallError("as many people as the rules allow are in the call", "Somebody has to leave first.")
        seat.stage = Stage.ENTERING
        request = RecordEntry(seat.member)
        self._out.ask(request, lambda _none: self._entered(seat), lambda why: self._unrecorded(seat, why))
        self._telling.waiting_changed()

    def _entered(self, seat: Seat) -> None:
        if seat.stage is not Stage.ENTERING:
            return
        seat.stage = Stage.INSIDE
        self._expected_back.add(seat.member)
        self._keying.enter(seat)
        self._speaking.enter(seat)
        if seat.invited.host:
            self._telling.tell_waiting(seat)

    def _let_in(self, seat: Seat, founds: bool) -> None:
        inside = self._roster().members
        self._out.send(
            seat,
            Admitted(
                group="create" if founds else "wait",
                members=inside,
                streams=self._speaking.open_now(),
                epoch=self._keying.epoch,
            ),
        )

    def _unrecorded(self, seat: Seat, why: Failed) -> None:
        """Let nobody in whose entry could not be put on record."""
        if seat.stage is not Stage.GONE:
            self._dismiss(seat, refusal("protocol", f"{why.message}. {why.hint}".strip()))

    # --- going

    def _lost(self, seat: Seat | None) -> None:
        if seat is not None:
            self._leave(seat)

    def _give_up(self, seat: Seat, silent: bool) -> None:
        self._dismiss(seat, _ended("silent") if silent else refusal("protocol"))

    def _dismiss(self, seat: Seat, last_word: Reply) -> None:
        self._out.refuse(seat.connection, last_word)
        self._leave(seat)

    def _go(self, seat: Seat) -> None:
        """Let somebody leave who wants to."""
        self._expected_back.discard(seat.member)
        self._out.close(seat)
        self._leave(seat)
        self._out.do(RecordLeave(seat.member))

    def _leave(self, seat: Seat) -> None:
        """Cut somebody off at once, wherever they were."""
        stage = seat.stage
        self._seats.leave(seat)
        if stage in {Stage.ENTERING, Stage.INSIDE}:
            self._out.do(CutOff(seat.member))
            self._speaking.leave(seat.member)
            self._keying.leave(seat.member)
            self._out.do(RecordExit(seat.member))
        if stage is Stage.LOBBY:
            self._telling.waiting_changed()

    def _finish(self, how: EndedFor) -> None:
        """Send everybody away; nothing happens here after that."""
        if self._over is None:
            self._over = how
            for seat in self._seats.all():
                self._dismiss(seat, _ended(how))
            if how == "ended":
                self._out.do(EndCall())

    # --- messages

    def _received(self, seat: Seat | None, message: Incoming) -> None:
        if seat is None:  # closed already
            return
        try:
            self._obey(seat, message)
        except CallError as error:
            self._out.error(seat, message.type, str(error), error.hint)

    def _obey(self, seat: Seat, message: Incoming) -> None:
        match message:
            case Consent() if seat.stage is Stage.CHALLENGED:
                self._consent(seat, message)
            case messages.Leave():
                self._go(seat)
            case _ if seat.stage is Stage.INSIDE:
                self._obey_inside(seat, message)
            case _:
                raise CallError(f"“{message.type}” cannot be said now", "Reload the page.")

    def _obey_inside(self, seat: Seat, message: Incoming) -> None:
        match message:
            case messages.Commit():
                self._keying.commit(seat, message)
            case messages.Heard():
                self._sampling.heard(seat, message)
            case messages.Mute(muted=muted):
                seat.muted = muted
            case messages.Keep():
                self._keeping.keep(seat, message)
            case messages.Speech():
                self._keeping.take(seat, message)
            case (
                messages.Open()
                | messages.Publish()
                | messages.Subscribe()
                | messages.Answer()
                | messages.At()
                | messages.Close()
                | messages.Loss()
            ):
                self._obey_about_sound(seat, message)
            case _ if seat.invited.host:
                self._obey_host(seat, message)
            case _:
                raise CallError("only hosts can do that")

    def _obey_about_sound(self, seat: Seat, message: Incoming) -> None:
        match message:
            case messages.Open():
                self._require_voice(seat)
                self._speaking.open(seat, message)
            case messages.Publish():
                self._speaking.publish(seat, message)
            case messages.Subscribe(stream=stream):
                self._speaking.subscribe(seat, stream)
            case messages.Answer():
                self._speaking.answer(seat, message)
            case messages.At():
                self._speaking.report(seat, message)
            case messages.Close(stream=stream):
                self._speaking.close(seat, stream)
            case messages.Loss():
                self._speaking.lose(seat, message)

    def _obey_host(self, host: Seat, message: Incoming) -> None:
        match message:
            case messages.Admit(member=member):
                self._admit(self._in_lobby(member))
            case messages.Refuse(member=member):
                self._dismiss(self._in_lobby(member), refusal("host"))
            case messages.Remove(member=member):
                self._remove(host, member)
            case messages.Lock(locked=locked):
                self._lock(locked)
            case messages.End():
                self._finish("ended")
            case _:
                raise CallError(f"“{message.type}” cannot be said now", "Reload the page.")

    def _require_voice(self, seat: Seat) -> None:
        if self._setting.call.rules.listen_only and not seat.invited.host:
            raise CallError("only hosts speak in this call")

    def _in_lobby(self, member: str) -> Seat:
        waiting = self._seats.of(member, [Stage.LOBBY])
        if not waiting:
            raise CallError("they are not in the lobby", "They may have left.")
        return waiting[0]

    def _lock(self, locked: bool) -> None:
        if locked != self._locked:
            self._locked = locked
            self._out.do(RecordLock(locked))

    def _remove(self, host: Seat, member: str) -> None:
        if member == host.member:
            raise CallError("hosts cannot remove themselves", "Leave, or end the call.")
        self._removed.add(member)
        self._expected_back.discard(member)
        for seat in [seat for seat in self._seats.all() if seat.member == member]:
            self._dismiss(seat, _ended("removed") if seat.stage is Stage.INSIDE else refusal("host"))
        self._out.do(RecordRemoval(member))

    def _is_full(self) -> bool:
        taken = self._seats.all(Stage.ENTERING, Stage.INSIDE)
        return len(taken) >= self._setting.call.rules.max_members

    def _roster(self) -> Roster:
        return self._telling.roster(locked=self._locked)


def _ended(how: EndedFor) -> Ended:
    return Ended(reason=how, hint=ENDINGS[how])
