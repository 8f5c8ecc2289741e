"""All calls of a server: who says hello is shown to the right one."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from itertools import count

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from earmark.call.dealer import Dealer
from earmark.call.entry import refusal
from earmark.call.events import Connected, Invited, RelayRestarted
from earmark.call.invitations import token_hash
from earmark.call.messages import Hello
from earmark.call.relays.base import Relay
from earmark.call.replies import CallFacts, Elsewhere, IceServer, RefusedFor, Rules
from earmark.call.room import Room
from earmark.call.setting import Before, Setting
from earmark.errors import ElsewhereError, RelayError, VaultError
from earmark.keys import SECRET_BYTES
from earmark.records.calls.entries import CallRecord, Invitation
from earmark.server.doorkeeper import Doorkeeper
from earmark.server.lines import Line
from earmark.server.live import LiveCall
from earmark.server.metrics import Census, Metrics
from earmark.server.register import Register
from earmark.server.turns import Turns

RELAY_S = 0.5
HOLDING_S = 1.0
ASKING_S = 5.0
PARTED_S = 15.0
"""How long a server goes on with its calls that cannot tell whether another has taken them."""

log = logging.getLogger(__name__)


class House:
    """The calls that are going on.

    Args:
        register: the vault.
        relay: forwards the sound of all calls.
        clock: gives seconds that never go back.
        randomness: gives that many bytes fit for keys.
        ice_servers: gives what a browser is told of servers that help to find a way through.
        metrics: counts what happens; nobody else asks for them if none are given.
        name: what a proxy in front of several servers of one vault calls this one; may be empty.
    """

    def __init__(
        self,
        register: Register,
        relay: Relay,
        *,
        clock: Callable[[], float],
        randomness: Callable[[int], bytes],
        ice_servers: Callable[[], tuple[IceServer, ...]] = tuple,
        metrics: Metrics | None = None,
        name: str = "",
    ) -> None:
        self.register = register
        self.metrics = metrics or Metrics()
        self.metrics.watch(self.census, relay.health)
        self._relay, self._clock, self._randomness = relay, clock, randomness
        self._ice_servers = ice_servers
        self._calls: dict[str, LiveCall] = {}
        self._doors = Turns()
        self.door = Doorkeeper(clock)
        self._numbers = count(1)
        self._stopped = False
        self._name = name
        self._keepers: list[asyncio.Task[None]] = []

    def new_line(self, address: str) -> Line:
        """Return a line for a new connection."""
        self.metrics.connections.inc()
        return Line(next(self._numbers), address)

    def census(self) -> Census:
        """Count who is in the calls that are going on."""
        going_on = [call.headcount for call in list(self._calls.values()) if not call.over]
        return Census(
            calls=len(going_on),
            lobby=sum(one.lobby for one in going_on),
            inside=sum(one.inside for one in going_on),
            streams=sum(one.streams for one in going_on),
        )

    def problem(self) -> str:
        """Return what is wrong with the relay, in one sentence; empty while it forwards."""
        health = self._relay.health()
        return "" if health.running else health.problem or "the relay does not run"

    async def start(self) -> None:
        """Get ready."""
        await self._relay.start()
        self._keepers = [asyncio.create_task(keeping) for keeping in (self._keep_relay(), self._keep_calls())]

    async def stop(self) -> None:
        """Send everybody away, put all on record, and end."""
        self._stopped = True
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        await for_each(lambda call_id: self._calls[call_id].stop(), list(self._calls))
        await self._relay.stop()
        await self.register.close()

    async def _keep_relay(self) -> None:
        """Start the relay again whenever it has ended, and have the streams that it carried handed to it once more."""
        while True:
            await asyncio.sleep(RELAY_S)
            health = self._relay.health()
            if health.running:
                continue
            log.warning("the relay is started again: %s", health.problem)
            try:
                ended = await self._relay.start()
            except RelayError as error:
                log.warning("the relay does not start: %s", error)
                continue
            except Exception:
                log.exception("the relay does not start")  # and is started again, whatever that was
                continue
            for call_id, call in self._calls.items():
                if ended is None or call_id in ended:
                    self._tell_of_relay(call_id, call)

    def _tell_of_relay(self, call_id: str, call: LiveCall) -> None:
        try:
            call.feed(RelayRestarted())
        except Exception:
            log.exception("call %s: is not told that the relay was started again", call_id)

    async def _keep_calls(self) -> None:
        """Let go of calls that another server has taken, and of all where nobody can tell for too long."""
        sure, failed = self._clock(), 0
        while True:
            await asyncio.sleep(HOLDING_S)
            try:
                async with asyncio.timeout(ASKING_S):
                    taken = await self.register.taken()
                sure, failed = self._clock(), 0
            except Exception as error:
                if isinstance(error, VaultError | TimeoutError):
                    log.warning("nobody knows who holds the calls: %s", error or "the database does not answer")
                else:
                    log.exception("nobody knows who holds the calls")  # and it is asked again, whatever that was
                failed += 1  # once may be this machine's fault, which has been asleep
                taken = list(self._calls) if failed > 1 and self._clock() - sure >= PARTED_S else []
            await for_each(self._let_go, [call_id for call_id in taken if call_id in self._calls])
            done = [call_id for call_id, call in self._calls.items() if call.over and call.settled]
            await for_each(self._clear, done)

    async def _let_go(self, call_id: str) -> None:
        log.warning("call %s: held by another server, or nobody can tell", call_id)
        async with self._doors.of(call_id):  # who comes again meanwhile waits: their room at the relay is this one
            call = self._calls.pop(call_id, None)
            if call is not None:
                await call.stop()

    async def _clear(self, call_id: str) -> None:
        """Forget a call that is over, its keys among the rest, as soon as all of it is on record."""
        await self._calls[call_id].stop()
        self._calls.pop(call_id, None)

    async def welcome(self, line: Line, hello: Hello) -> LiveCall | None:
        """Show somebody who says hello to their call; return that, or None where they are sent away."""
        invitation = await self.register.invitation(token_hash(hello.token))
        if invitation is None:
            self.door.failed(line.address)
            self._turn_away(line, "invitation")
            return None
        if not self.door.welcomes((invitation.call_id, invitation.listener_id)):
            line.break_off()  # the page comes again by itself
            return None
        try:
            call = await self._call(invitation.call_id)
        except ElsewhereError as error:
            self._send_on(line, error.server)
            return None
        if call is None:
            self._over(line)
            return None
        invited, root = await self._invited(invitation, hello, call.rules), await self.register.ledger_root()
        if self._stopped or self._calls.get(invitation.call_id) is not call:
            line.break_off()  # the page comes again by itself, to whoever holds the call by then
            return None
        event = Connected(line.number, hello, invited, root, self._ice_servers())
        call.connected(line, event)
        return call

    async def _invited(self, invitation: Invitation, hello: Hello, rules: Rules) -> Invited:
        known = rules.known_devices_only and await self.register.knows_device(invitation.listener_id, hello.device)
        name = invitation.name or invitation.listener_id
        return Invited(invitation.listener_id, name, invitation.host, invitation.device, known)

    async def _call(self, call_id: str) -> LiveCall | None:
        """Return a call, brought to life if need be; None if it is over.

        Raises:
            ElsewhereError: another server holds it.
        """
        async with self._doors.of(call_id):
            if call_id not in self._calls:
                record = await self.register.take(call_id, self._name)
                if record.ended_at is None and not self._stopped:
                    self._calls[call_id] = self._alive(record)
            return self._calls.get(call_id)

    def _alive(self, record: CallRecord) -> LiveCall:
        recording = record.recording
        key = X25519PrivateKey.from_private_bytes(self._randomness(SECRET_BYTES))
        dealer = Dealer(recording.id, recording.coalition, recording.detector, key)
        setting = Setting(
            call=facts(record),
            dealer_key=dealer.public_key,
            segment_ms=recording.segment_ms,
            slot_ms=recording.slot_ms,
            depth=recording.depth,
        )
        room = Room(setting, self._randomness, before(record))
        log.info("call %s: open", recording.id)
        return LiveCall(
            recording.id,
            room,
            dealer,
            register=self.register,
            relay=self._relay,
            clock=self._clock,
            metrics=self.metrics,
        )

    def _send_on(self, line: Line, server: str) -> None:
        self.metrics.refused.labels("elsewhere").inc()
        line.say(Elsewhere(server=server).model_dump_json())
        line.close()

    def _over(self, line: Line) -> None:
        """Tell somebody that their call is over; where only this server stops, their page is to come again."""
        if self._stopped:
            line.break_off()
        else:
            self._turn_away(line, "ended")

    def _turn_away(self, line: Line, reason: RefusedFor) -> None:
        self.metrics.refused.labels(reason).inc()
        line.say(refusal(reason).model_dump_json())
        line.close()


async def for_each(work: Callable[[str], Awaitable[None]], calls: Sequence[str]) -> None:
    """Let go of calls, all at once; what fails for one is no reason to leave the others, or what comes after."""
    for call_id, failed in zip(calls, await asyncio.gather(*map(work, calls), return_exceptions=True), strict=True):
        if isinstance(failed, Exception):
            log.error("call %s: could not be let go of", call_id, exc_info=failed)


def facts(record: CallRecord) -> CallFacts:
    """Return what those who come are told of a call."""
    return CallFacts(
        id=record.recording.id,
        title=record.recording.title,
        classification=record.recording.classification,
        rules=Rules.kept(record.rules),
        hosts=[person.listener.name or person.listener.id for person in record.people if person.host],
    )


def before(record: CallRecord) -> Before:
    """Return what is on record of a call's room."""
    return Before(
        locked=record.locked,
        removed=frozenset(person.listener.id for person in record.people if person.removed_at is not None),
        expected_back=frozenset(person.listener.id for person in record.people if person.expected_back),
    )
