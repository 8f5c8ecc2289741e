"""A call's room: a state machine with no input, output, clock or chance of its own.

It is given events, each with the time, and answers with commands (`earmark.call.events`). These hold at any time:

* nobody who has not signed, and been let in by a host (or is one), is sent a stream, a key, or a word of the group;
* nobody is dealt keys of their own stream, and nobody who has gone is dealt any;
* the group's epochs are taken in order, one commit each.
"""

from collections.abc import Callable
from dataclasses import dataclass

from earmark.call import messages
from earmark.call.door import Door, ended
from earmark.call.entry import refusal
from earmark.call.events import (
    Command,
    Connected,
    Disconnected,
    Done,
    Event,
    Failed,
    Received,
    RelayRestarted,
    Stop,
    Tick,
)
from earmark.call.keeping import Keeping
from earmark.call.keying import Keying
from earmark.call.messages import Consent, Incoming
from earmark.call.outbox import Outbox
from earmark.call.replies import Admitted, Roster, Rules
from earmark.call.sampling import Sampling
from earmark.call.seats import Seat, Seats, Stage
from earmark.call.setting import NOTHING, Before, Setting
from earmark.call.speaking import Speaking
from earmark.call.telling import Telling
from earmark.errors import CallError


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
        self._telling = Telling(self._out, self._seats, self._speaking, self._keying)
        self._door = Door(
            setting,
            randomness,
            before,
            out=self._out,
            seats=self._seats,
            keying=self._keying,
            speaking=self._speaking,
            telling=self._telling,
        )

    @property
    def over(self) -> bool:
        """Whether nothing will happen here any more."""
        return self._door.over

    @property
    def settled(self) -> bool:
        """Whether all that was decided here is on record."""
        return self._door.settled

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
                self._door.connected(event)
            case Received(connection, message):
                self._received(self._seats.at(connection), message)
            case Disconnected(connection):
                seat = self._seats.at(connection)
                if seat is not None:
                    self._door.leave(seat)
            case Done() | Failed():
                self._out.answered(event)
            case RelayRestarted():
                self._speaking.republish()
            case Stop():
                self._door.finish("stopped")
            case Tick():
                self._door.proceed()
        self._keying.proceed()
        self._speaking.proceed()
        self._sampling.proceed()
        self._telling.tell_inside(self._roster())
        if not self._door.over:
            self._telling.tell_hosts()
        return self._out.take()

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

    def _give_up(self, seat: Seat, silent: bool) -> None:
        self._door.dismiss(seat, ended("silent") if silent else refusal("protocol"))

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
                self._door.consent(seat, message)
            case messages.Leave():
                self._door.go(seat)
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
                self._door.admit(member)
            case messages.Refuse(member=member):
                self._door.refuse(member)
            case messages.Remove(member=member):
                self._door.remove(host, member)
            case messages.Lock(locked=locked):
                self._door.lock(locked)
            case messages.End():
                self._door.finish("ended")
            case _:
                raise CallError(f"“{message.type}” cannot be said now", "Reload the page.")

    def _require_voice(self, seat: Seat) -> None:
        if self._setting.call.rules.listen_only and not seat.invited.host:
            raise CallError("only hosts speak in this call")

    def _roster(self) -> Roster:
        return self._telling.roster(locked=self._door.locked)
