"""A call that is going on: its room with hands and feet.

Events go into the room as they happen, all in one event loop, and its commands are carried out in order: words to
browsers at once, entries in the vault one after another, what concerns the relay member by member, and keys whenever
nothing else is to be done, so that dealing to many never keeps anybody waiting.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from earmark.call.dealer import Dealer
from earmark.call.doubts import Comparison, compare
from earmark.call.events import (
    Close,
    Command,
    Compare,
    Connected,
    CutOff,
    Deal,
    Disconnected,
    Do,
    Done,
    EndCall,
    EndStream,
    Event,
    Failed,
    KeepSpeech,
    OpenBlock,
    OpenStream,
    Publish,
    Received,
    RecordConsent,
    RecordDoubt,
    RecordEntry,
    RecordExit,
    RecordLeave,
    RecordLock,
    RecordProgress,
    RecordRemoval,
    RecordSpeech,
    Request,
    Send,
    Stop,
    Subscribe,
    TakeAnswer,
    Tick,
)
from earmark.call.insisting import Decision
from earmark.call.messages import Incoming
from earmark.call.relays.base import Relay
from earmark.call.replies import Keys, Refused, Rules
from earmark.call.room import Headcount, Room
from earmark.call.schedule import mark_key
from earmark.errors import CallError, EarmarkError, ElsewhereError, RelayError, VaultError
from earmark.records.calls.pieces import Piece
from earmark.server.lines import Line
from earmark.server.metrics import Metrics
from earmark.server.register import Register
from earmark.server.turns import Turns

TICK_S = 1.0
STOPPING_S = 10.0

log = logging.getLogger(__name__)


class LiveCall:
    """One call that is going on.

    Args:
        call_id: the call's.
        room: decides what happens.
        dealer: of this call.
        register: the vault.
        relay: forwards the sound.
        clock: gives seconds that never go back.
        metrics: counts what happens.
    """

    def __init__(
        self,
        call_id: str,
        room: Room,
        dealer: Dealer,
        *,
        register: Register,
        relay: Relay,
        clock: Callable[[], float],
        metrics: Metrics,
    ) -> None:
        self._id = call_id
        self._metrics = metrics
        self._room, self._dealer = room, dealer
        self._register, self._relay, self._clock = register, relay, clock
        self._lines: dict[int, Line] = {}
        self._deals: asyncio.Queue[Deal] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._flows: dict[str, set[asyncio.Task[None]]] = defaultdict(set)
        self._cut: dict[str, set[asyncio.Task[None]]] = defaultdict(set)
        self._turns = Turns()
        self._always = [asyncio.create_task(self._tick()), asyncio.create_task(self._keep_dealing())]

    @property
    def over(self) -> bool:
        """Whether nobody can enter any more."""
        return self._room.over

    @property
    def settled(self) -> bool:
        """Whether all that was decided in it is on record."""
        return self._room.settled

    @property
    def headcount(self) -> Headcount:
        """How many are in it now."""
        return self._room.headcount

    @property
    def rules(self) -> Rules:
        """What the call demands of those who come."""
        return self._room.rules

    def connected(self, line: Line, event: Connected) -> None:
        """Let somebody with an invitation come."""
        self._lines[line.number] = line
        self.feed(event)

    def received(self, line: Line, message: Incoming) -> None:
        """Take a message."""
        if line.number in self._lines:
            self.feed(Received(line.number, message))

    def disconnected(self, line: Line) -> None:
        """Take note that a connection is gone."""
        if self._lines.pop(line.number, None) is not None:
            self.feed(Disconnected(line.number))

    async def stop(self) -> None:
        """Send everybody away, put all on record, and end; nothing is forwarded any more."""
        self.feed(Stop())
        for task in self._always:
            task.cancel()
        waiting = [*self._always, *self._tasks]
        if waiting:
            await asyncio.wait(waiting, timeout=STOPPING_S)
        with suppress(RelayError):  # which has ended, and with it all that it carried
            await self._relay.close_room(self._id)

    def feed(self, event: Event) -> None:
        """Let the room know what has happened, and do what it wants done."""
        for command in self._room.handle(event, self._clock()):
            self._carry_out(command)

    def _carry_out(self, command: Command) -> None:
        match command:
            case Send(connection, message):
                if isinstance(message, Refused):
                    self._metrics.refused.labels(message.reason).inc()
                if connection in self._lines:
                    self._lines[connection].say(message.model_dump_json())
            case Close(connection):
                line = self._lines.pop(connection, None)
                if line is not None:
                    line.close()
            case Deal():
                self._deals.put_nowait(command)
            case Do(request, number):
                self._begin(request, number)

    def _begin(self, request: Request, number: int) -> None:
        """Begin what a request asks for; what must hold from this moment on is done at once."""
        match request:
            case RecordExit(member):
                self._dealer.forget(member)
            case EndStream(stream):
                self._dealer.close_stream(stream)
            case RecordProgress(stream, positions):
                self._dealer.passed(stream, positions - 1)
            case CutOff(member):
                for task in self._flows.pop(member, set()):
                    task.cancel()
                    self._cut[member].add(task)
            case _:
                pass
        task = asyncio.create_task(self._answered(request, number))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if isinstance(request, Publish | Subscribe | TakeAnswer):
            flows = self._flows[request.member]
            flows.add(task)
            task.add_done_callback(flows.discard)

    async def _answered(self, request: Request, number: int) -> None:
        """Do what a request asks for, and let the room know."""
        try:
            value = await self._do(request)
        except EarmarkError as error:
            self._metrics.failures.labels(type(request).__name__).inc()
            log.warning("call %s: %s failed: %s", self._id, type(request).__name__, error)
            moved = isinstance(error, ElsewhereError) and not isinstance(request, Decision)
            passing = moved or isinstance(error, VaultError)  # who comes again where a call has moved is sent on
            answer: Done | Failed = Failed(number, str(error), error.hint, passing)
        except Exception:
            self._metrics.failures.labels(type(request).__name__).inc()
            log.exception("call %s: %s failed", self._id, type(request).__name__)
            lasts = isinstance(request, Decision)  # and must not be lost by what nobody foresaw
            answer = Failed(number, "the server has failed to do that", "Its log says more.", passing=lasts)
        else:
            answer = Done(number, value)
        if number:
            self.feed(answer)

    def _do(self, request: Request) -> Coroutine[None, None, object]:
        """Return what does a request; each kind has its method."""
        match request:
            case RecordConsent() | RecordEntry() | RecordExit() | EndCall():
                return self._do_with_people(request)
            case RecordLeave() | RecordRemoval() | RecordLock():
                return self._do_with_door(request)
            case OpenStream() | OpenBlock() | RecordProgress() | EndStream():
                return self._do_with_stream(request)
            case Publish() | Subscribe() | TakeAnswer() | CutOff():
                return self._do_with_relay(request)
            case Compare() | RecordDoubt():
                return self._do_with_doubts(request)
            case KeepSpeech() | RecordSpeech():
                return self._do_with_speech(request)

    async def _do_with_people(self, request: RecordConsent | RecordEntry | RecordExit | EndCall) -> None:
        match request:
            case RecordConsent(member, nonce, receipt, signature, device):
                await self._register.consent(
                    self._id, member, nonce=nonce, receipt=receipt, signature=signature, device=device
                )
            case RecordEntry(member):
                codes = await self._register.enter(self._id, member)
                self._dealer.know(codes.bias_seed, {member: codes.secrets[member]})
                log.info("call %s: %s enters", self._id, member)
            case RecordExit(member):
                await self._register.exit(self._id, member)
                self._dealer.forget(member)  # an entry that was being put on record may have made them known
                log.info("call %s: %s has gone", self._id, member)
            case EndCall():
                await self._register.end(self._id)
                with suppress(RelayError):  # which has ended, and with it all that it carried
                    await self._relay.close_room(self._id)
                log.info("call %s: over", self._id)

    async def _do_with_door(self, request: RecordLeave | RecordRemoval | RecordLock) -> None:
        match request:
            case RecordLeave(member):
                await self._register.dismiss(self._id, member)
            case RecordRemoval(member):
                await self._register.remove(self._id, member)
                log.info("call %s: %s is removed", self._id, member)
            case RecordLock(locked):
                await self._register.lock(self._id, locked)

    async def _do_with_stream(self, request: OpenStream | OpenBlock | RecordProgress | EndStream) -> int | None:
        match request:
            case OpenStream(member, sealed):
                return await self._open_stream(member, sealed)
            case OpenBlock(stream):
                self._dealer.open_block(stream, await self._register.open_block(self._id, stream))
            case RecordProgress(stream, positions):
                await self._register.progress(self._id, stream, positions)
            case EndStream(stream, member, positions):
                await self._register.close_stream(self._id, stream, positions)
                async with self._turns.of((member, None)):
                    await self._relay.close_stream(self._id, stream)
        return None

    async def _open_stream(self, member: str, sealed: bytes) -> int:
        secret = self._dealer.unseal(sealed, member)
        stream, block = await self._register.open_stream(self._id, member, mark_key(secret))
        self._dealer.open_stream(stream, member, secret)
        self._dealer.open_block(stream, block)
        log.info("call %s: %s speaks in stream %d", self._id, member, stream)
        return stream

    async def _do_with_relay(self, request: Publish | Subscribe | TakeAnswer | CutOff) -> str | None:
        match request:
            case Publish(stream, member, sdp):
                async with self._turns.of((member, None)):
                    return await self._relay.publish(self._id, stream, member, sdp)
            case Subscribe(stream, member):
                async with self._listening(member, stream):
                    return await self._relay.subscribe(self._id, stream, member)
            case TakeAnswer(stream, member, sdp):
                async with self._listening(member, stream):
                    await self._relay.answer(self._id, stream, member, sdp)
            case CutOff(member):
                async with self._turns.of((member, None)):
                    await self._end_flows(member)
                    await self._relay.drop_member(self._id, member)
        return None

    @asynccontextmanager
    async def _listening(self, member: str, stream: int) -> AsyncIterator[None]:
        """Wait for a listener's turn with one stream.

        That is after they were cut off, if they were. Nothing else waits for it: a stream may be long in coming, and
        its speaker may be waiting for what this member has still to say.
        """
        async with self._turns.of((member, None)):
            pass
        async with self._turns.of((member, stream)):
            yield

    async def _end_flows(self, member: str) -> None:
        """Wait until what was still under way for somebody is given up."""
        cut = self._cut.pop(member, None)
        if cut:
            await asyncio.wait(cut)

    async def _do_with_doubts(self, request: Compare | RecordDoubt) -> Comparison | None:
        match request:
            case Compare(stream, position, answers):
                return compare(answers, self._dealer.bits(stream, position, answers))
            case RecordDoubt(stream, member, doubt):
                log.warning("call %s: stream %d of %s is in doubt: %s", self._id, stream, member, doubt)
                await self._register.doubt(self._id, stream, doubt)
        return None

    async def _do_with_speech(self, request: KeepSpeech | RecordSpeech) -> tuple[bytes, int] | None:
        match request:
            case KeepSpeech(stream):
                keeping = await self._register.keep_speech(self._id, stream)
                log.info("call %s: stream %d is kept for the vault", self._id, stream)
                return keeping.public_key, keeping.pieces
            case RecordSpeech(stream, number, sealed, signature):
                await self._register.add_speech(self._id, stream, number, Piece(sealed, signature))
        return None

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            with self._going_on("a tick"):
                self.feed(Tick())

    async def _keep_dealing(self) -> None:
        while True:
            deal = await self._deals.get()
            with self._going_on("dealing keys"):
                self._deal(deal)
            await asyncio.sleep(0)

    @contextmanager
    def _going_on(self, what: str) -> Iterator[None]:
        """Let no failure that nobody foresaw end what has to go on."""
        try:
            yield
        except Exception:
            self._metrics.failures.labels(what).inc()
            log.exception("call %s: %s failed", self._id, what)

    def _deal(self, deal: Deal) -> None:
        """Deal and send keys, unless whom they are for has gone, or the stream is over."""
        line = self._lines.get(deal.connection)
        if line is None:
            return
        try:
            hand = self._dealer.deal(deal.stream, deal.member, deal.first, deal.count)
        except CallError as error:
            log.info("call %s: no keys for %s: %s", self._id, deal.member, error)
            return
        keys = Keys(stream=deal.stream, first=hand.first, bits=hand.bits, keys=hand.keys)
        line.say(keys.model_dump_json())
