"""The relay for real use: Janus, its VideoRoom plugin, told over its WebSocket API what to pass to whom."""

import asyncio
import contextlib
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Protocol

from earmark.call.relays.base import Health
from earmark.call.relays.janus_api import JanusSession
from earmark.call.relays.janus_process import Endpoint, JanusProcess
from earmark.call.relays.janus_room import JanusRoom
from earmark.errors import RelayError

_AGAIN = "It has to be started again."


class JanusServer(Protocol):
    """A Janus that can be asked: one of our own, or one that runs already."""

    async def start(self) -> Endpoint:
        """Get it ready, and tell where it is."""

    async def stop(self) -> None:
        """End it, if it is our own."""

    def last_words(self) -> str:
        """Say what is known of its end; empty if nothing is."""


@dataclass(frozen=True)
class RunningJanus:
    """A Janus that somebody else keeps running."""

    endpoint: Endpoint

    async def start(self) -> Endpoint:
        """Tell where it is."""
        return self.endpoint

    async def stop(self) -> None:
        """Leave it running."""

    def last_words(self) -> str:
        """Nothing is known."""
        return ""


class JanusRelay:
    """A relay on Janus; see `earmark.call.relays.base.Relay` for what it does.

    Args:
        server: the Janus; one of our own where none is given.
    """

    def __init__(self, server: JanusServer | None = None) -> None:
        self._server = server or JanusProcess()
        self._session: JanusSession | None = None
        self._manager = 0
        self._lost: set[int] = set()
        self._rooms: dict[str, JanusRoom] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Start Janus, or find the one that runs."""
        if self._session and self._session.open:
            return
        if self._session:
            self._lost.add(self._session.number)
        await self.stop()
        session = JanusSession(await self._server.start(), self._happened)
        try:
            await session.start()
            for lost in self._lost:  # Janus keeps it for a while, and what it carries would reach whom nobody can drop
                await session.end(lost)
            self._manager = await session.attach()
        except BaseException:
            await session.stop()
            await self._server.stop()
            raise
        self._lost.clear()
        self._session = session  # not before: rooms made meanwhile would ask handles of the one that has ended

    async def stop(self) -> None:
        """Close every room; end Janus if it is our own."""
        session, self._session = self._session, None
        self._rooms.clear()
        if session:
            await session.stop()
            await self._server.stop()
        await asyncio.gather(*self._tasks)

    def health(self) -> Health:
        """Count streams and listeners, and tell whether Janus is there."""
        if self._session is None:
            return Health(running=False, streams=0, listeners=0, problem="The relay is not started.")
        if not self._session.open:
            problem = f"Janus is gone. {self._server.last_words()}".strip()
            return Health(running=False, streams=0, listeners=0, problem=problem, hint=_AGAIN)
        counts = [room.count() for room in list(self._rooms.values())]
        return Health(running=True, streams=sum(count[0] for count in counts), listeners=sum(c[1] for c in counts))

    async def publish(self, room: str, stream: int, member: str, offer: str) -> str:
        """Take a stream from its speaker."""
        session = self._running()
        found = self._rooms.setdefault(room, JanusRoom(session, self._manager))
        return await found.publish(stream, member, offer)

    async def subscribe(self, room: str, stream: int, member: str) -> str:
        """Offer a stream to a listener."""
        return await self._room(room).subscribe(stream, member)

    async def answer(self, room: str, stream: int, member: str, answer: str) -> None:
        """Let a stream flow to a listener."""
        await self._room(room).answer(stream, member, answer)

    async def close_stream(self, room: str, stream: int) -> None:
        """End a stream."""
        if room in self._rooms:
            await self._rooms[room].close_stream(stream)

    async def drop_member(self, room: str, member: str) -> None:
        """Cut somebody off."""
        if room in self._rooms:
            await self._rooms[room].drop_member(member)

    async def close_room(self, room: str) -> None:
        """End every stream of a room."""
        found = self._rooms.pop(room, None)
        if found:
            await found.close()

    def _room(self, room: str) -> JanusRoom:
        self._running()
        if room not in self._rooms:
            raise RelayError("Nobody speaks in this call.", "The speaker may have just left.")
        return self._rooms[room]

    def _running(self) -> JanusSession:
        if self._session is None or not self._session.open:
            raise RelayError("Janus does not run.", _AGAIN)
        return self._session

    def _happened(self, handle: int, event: str) -> None:
        for room in self._rooms.values():
            if event == "webrtcup":
                room.arrived(handle)
            else:
                self._spawn(room.ended(handle))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(_unless_gone(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _unless_gone(work: Coroutine[None, None, None]) -> None:
    """Janus that goes away meanwhile has closed everything itself."""
    with contextlib.suppress(RelayError):
        await work
