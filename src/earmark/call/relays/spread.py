"""Several relays as one: every room is carried by one of them, and new rooms go to the one that has least to do."""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from earmark.call.relays.base import Health, Relay
from earmark.errors import RelayError

RETRY_S = 5.0

log = logging.getLogger(__name__)


class SpreadRelay:
    """A relay of several; see `earmark.call.relays.base.Relay` for what it does.

    It runs while any of them does and none that does not was carrying a room. `start` takes such rooms away from where
    they were, so that their streams, published again, go to another; whoever has ended is tried again now and then.

    Args:
        relays: those that carry the rooms.
    """

    def __init__(self, relays: Sequence[Relay]) -> None:
        self._relays = relays
        self._places: dict[str, Relay] = {}
        self._homeless: set[str] = set()
        self._starting = asyncio.Lock()
        self._keeper: asyncio.Task[None] | None = None

    async def start(self) -> AbstractSet[str]:
        """Start those that do not run, where none does; take rooms away from those that have ended.

        Returns:
            These rooms; all others go on where they are.
        """
        self._homeless |= {room for room, relay in self._places.items() if not relay.health().running}
        self._places = {room: relay for room, relay in self._places.items() if relay.health().running}
        if not self._running():
            await self._start_others()
        if not self._running():
            health = self._relays[0].health()
            raise RelayError(f"None of {len(self._relays)} relays runs: {health.problem}", health.hint)
        self._keeper = self._keeper or asyncio.create_task(self._keep_trying())
        homeless, self._homeless = self._homeless, set()
        return homeless

    async def stop(self) -> None:
        """Close every room, and all relays."""
        keeper, self._keeper = self._keeper, None
        if keeper:
            keeper.cancel()
            await asyncio.wait([keeper])
        self._places.clear()
        await asyncio.gather(*(relay.stop() for relay in self._relays))

    def health(self) -> Health:
        """Count what all carry together."""
        each = [relay.health() for relay in self._relays]
        away = [relay.health() for relay in list(self._places.values()) if not relay.health().running]
        streams, listeners = sum(one.streams for one in each), sum(one.listeners for one in each)
        if any(one.running for one in each) and not away:
            return Health(running=True, streams=streams, listeners=listeners)
        worst = away[0] if away else each[0]
        return Health(running=False, streams=streams, listeners=listeners, problem=worst.problem, hint=worst.hint)

    async def publish(self, room: str, stream: int, member: str, offer: str) -> str:
        """Take a stream from its speaker."""
        if room not in self._places:
            self._places[room] = self._idlest()
        return await self._places[room].publish(room, stream, member, offer)

    async def subscribe(self, room: str, stream: int, member: str) -> str:
        """Offer a stream to a listener."""
        return await self._place(room).subscribe(room, stream, member)

    async def answer(self, room: str, stream: int, member: str, answer: str) -> None:
        """Let a stream flow to a listener."""
        await self._place(room).answer(room, stream, member, answer)

    async def close_stream(self, room: str, stream: int) -> None:
        """End a stream."""
        if room in self._places:
            await self._places[room].close_stream(room, stream)

    async def drop_member(self, room: str, member: str) -> None:
        """Cut somebody off."""
        if room in self._places:
            await self._places[room].drop_member(room, member)

    async def close_room(self, room: str) -> None:
        """End every stream of a room."""
        relay = self._places.pop(room, None)
        if relay:
            await relay.close_room(room)

    def _place(self, room: str) -> Relay:
        """Return what carries a room; where nothing does, any can say why not."""
        return self._places.get(room) or next(iter(self._running()), self._relays[0])

    def _running(self) -> list[Relay]:
        return [relay for relay in self._relays if relay.health().running]

    def _idlest(self) -> Relay:
        rooms = Counter(map(id, self._places.values()))

        def load(relay: Relay) -> int:
            health = relay.health()
            return health.streams + health.listeners + rooms[id(relay)]

        return min(self._running() or self._relays, key=load)

    async def _keep_trying(self) -> None:
        while True:
            await asyncio.sleep(RETRY_S)
            await self._start_others()

    async def _start_others(self) -> None:
        """Start those that do not run and carry nothing, all at once."""
        async with self._starting:
            running, places = self._running(), list(self._places.values())
            others = [relay for relay in self._relays if relay not in running and relay not in places]
            for failure in await asyncio.gather(*(relay.start() for relay in others), return_exceptions=True):
                if isinstance(failure, RelayError):
                    log.warning("one of %d relays does not start: %s", len(self._relays), failure)
                elif isinstance(failure, BaseException):
                    raise failure
