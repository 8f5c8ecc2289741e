"""A room's door: who comes in, by what, and who has to go.

Coming in goes from a hello to a notice, from consent to that on record, from there to the lobby or, for hosts and those
who come back, in at once; and being in counts from when that is on record.
"""

from collections.abc import Callable, Sequence

from earmark.call.entry import barred, refusal
from earmark.call.events import (
    Connected,
    CutOff,
    EndCall,
    Failed,
    RecordConsent,
    RecordEntry,
    RecordExit,
    RecordLeave,
    RecordLock,
    RecordRemoval,
)
from earmark.call.insisting import Decision, Insistence
from earmark.call.keying import Keying
from earmark.call.messages import Consent
from earmark.call.notice import NOTICE, NOTICE_SHA256
from earmark.call.outbox import Outbox
from earmark.call.receipts import Expected, check_receipt
from earmark.call.replies import Challenge, Ended, EndedFor, IceServer, Lobby, Me, Reply
from earmark.call.seats import Seat, Seats, Stage
from earmark.call.setting import Before, Setting
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
    "unrecorded": "It could not be put on record that you agree and come in. Enter again.",
}

UNRECORDED: dict[type[Decision], tuple[str, str]] = {
    RecordRemoval: ("remove", "That somebody is removed"),
    RecordLock: ("lock", "Whether the call is locked"),
    RecordLeave: ("leave", "That somebody has left"),
    EndCall: ("end", "That the call is over"),
}
"""What hosts are told, and about which message, where a decision cannot be put on record."""


class Door:
    """Lets people in, and sends them away.

    Args:
        setting: what does not change.
        randomness: gives that many bytes.
        before: what is on record.
        out: where messages and requests go.
        seats: who is there.
        keying: the members' group.
        speaking: the streams.
        telling: what people are told of one another.
    """

    def __init__(
        self,
        setting: Setting,
        randomness: Callable[[int], bytes],
        before: Before,
        *,
        out: Outbox,
        seats: Seats,
        keying: Keying,
        speaking: Speaking,
        telling: Telling,
    ) -> None:
        self._setting, self._randomness = setting, randomness
        self._out, self._seats = out, seats
        self._keying, self._speaking, self._telling = keying, speaking, telling
        self._locked = before.locked
        self._over: EndedFor | None = None
        self._removed = set(before.removed)
        self._expected_back = set(before.expected_back)
        self._insistence = Insistence(out, self._tell_hosts_unrecorded)

    @property
    def locked(self) -> bool:
        """Whether nobody else is let in."""
        return self._locked

    @property
    def over(self) -> bool:
        """Whether the call is, for everybody."""
        return self._over is not None

    @property
    def settled(self) -> bool:
        """Whether all that was decided here is on record."""
        return self._insistence.settled

    def proceed(self) -> None:
        """Go on putting on record what was decided and is not there yet."""
        self._insistence.proceed()

    # --- coming in

    def connected(self, event: Connected) -> None:
        """Show somebody with an invitation the notice, or say why they may not enter."""
        invited = event.invited
        if self.over:
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
            self.dismiss(old, ended("replaced"))
        self._seats.take(seat)
        self._out.send(seat, self._challenge(seat, event.ice_servers))

    def consent(self, seat: Seat, message: Consent) -> None:
        """Take somebody's signature, and put it on record."""
        expected = Expected(self._setting.call.id, seat.member, NOTICE_SHA256, seat.ledger_root, seat.challenge)
        try:
            nonce = check_receipt(message.receipt, message.signature, seat.device, expected)
        except CallError as error:
            self.dismiss(seat, refusal("protocol", f"{error}. {error.hint}"))
            return
        seat.stage, seat.key_package = Stage.CONSENTING, message.key_package
        request = RecordConsent(seat.member, nonce, message.receipt, message.signature, seat.device)
        self._out.ask(request, lambda _none: self._consented(seat), lambda why: self._unrecorded(seat, why))

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

    def _consented(self, seat: Seat) -> None:
        if seat.stage is not Stage.CONSENTING:
            return
        for other in self._seats.of(seat.member):
            self.dismiss(other, ended("replaced"))
        if seat.member in self._removed:
            self.dismiss(seat, refusal("host"))
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
        self._insistence.withdraw(RecordLeave(seat.member))
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

    def _unrecorded(self, seat: Seat, why: Failed) -> None:
        """Let nobody in whose entry could not be put on record; whoever comes again may have more luck."""
        if seat.stage is not Stage.GONE:
            never = refusal("protocol", f"{why.message}. {why.hint}".strip())
            self.dismiss(seat, ended("unrecorded") if why.passing else never)

    # --- going

    def dismiss(self, seat: Seat, last_word: Reply) -> None:
        """Say a last word to somebody, and cut them off."""
        self._out.refuse(seat.connection, last_word)
        self.leave(seat)

    def go(self, seat: Seat) -> None:
        """Let somebody leave who wants to."""
        self._expected_back.discard(seat.member)
        self._out.close(seat)
        self.leave(seat)
        self._insistence.record(RecordLeave(seat.member))

    def leave(self, seat: Seat) -> None:
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

    def finish(self, how: EndedFor) -> None:
        """Send everybody away; nothing happens here after that."""
        self._insistence.proceed(now=True)  # what waits, before the end: after that nothing is put on record any more
        if self._over is None:
            self._over = how
            for seat in self._seats.all():
                self.dismiss(seat, ended(how))
            if how == "ended":
                self._insistence.record(EndCall())

    # --- what hosts do

    def admit(self, member: str) -> None:
        """Let in somebody who waits.

        Raises:
            CallError: they do not wait, or there is no room for them.
        """
        self._admit(self._in_lobby(member))

    def refuse(self, member: str) -> None:
        """Turn away somebody who waits.

        Raises:
            CallError: they do not wait.
        """
        self.dismiss(self._in_lobby(member), refusal("host"))

    def remove(self, host: Seat, member: str) -> None:
        """Send somebody away for good.

        Raises:
            CallError: it is the host themselves.
        """
        if member == host.member:
            raise CallError("hosts cannot remove themselves", "Leave, or end the call.")
        self._removed.add(member)
        self._expected_back.discard(member)
        for seat in [seat for seat in self._seats.all() if seat.member == member]:
            self.dismiss(seat, ended("removed") if seat.stage is Stage.INSIDE else refusal("host"))
        self._insistence.record(RecordRemoval(member))

    def lock(self, locked: bool) -> None:
        """Let nobody else come, or let them again."""
        if locked != self._locked:
            self._locked = locked
            self._insistence.record(RecordLock(locked))

    def _tell_hosts_unrecorded(self, decision: Decision, why: Failed) -> None:
        about, what = UNRECORDED[type(decision)]
        hint = "It holds here, and is tried again until it is on record." if why.passing else why.hint
        for seat in self._seats.all(Stage.INSIDE):
            if seat.invited.host:
                self._out.error(seat, about, f"{what} could not be put on record: {why.message}", hint)

    def _in_lobby(self, member: str) -> Seat:
        waiting = self._seats.of(member, [Stage.LOBBY])
        if not waiting:
            raise CallError("they are not in the lobby", "They may have left.")
        return waiting[0]

    def _is_full(self) -> bool:
        taken = self._seats.all(Stage.ENTERING, Stage.INSIDE)
        return len(taken) >= self._setting.call.rules.max_members


def ended(how: EndedFor) -> Ended:
    """Return the message that says why a call is over for somebody."""
    return Ended(reason=how, hint=ENDINGS[how])
