"""One call's room in the VideoRoom plugin of Janus: a handle for each stream, and for each listener of it."""

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from earmark.call.relays import sdp
from earmark.call.relays.janus_api import JanusRefusalError, JanusSession, Reply
from earmark.errors import RelayError

_SETTLED_SECONDS = 15.0
_ID_EXISTS = 436
_TAKEN_SECONDS = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Janus says that a handle is let go a moment before the number that it had in the room is free again."""
_OPTIONS: Mapping[str, Any] = {
    "permanent": False,
    "is_private": True,
    "publishers": 1_000,
    "audiocodec": "opus",
    "opus_fec": False,
    "opus_dtx": False,
    "audiolevel_ext": False,  # would tell Janus who speaks how loudly
    "audiolevel_event": False,
    "transport_wide_cc_ext": False,
    "record": False,
    "lock_record": True,
    "notify_joining": False,
    "require_e2ee": True,
}


def described(reply: Reply) -> str:
    """Return the session description that has to come with an answer.

    Raises:
        RelayError: none did; browsers are never sent an empty one.
    """
    if not reply.sdp:
        raise RelayError("Janus answers without a session description.", "Leave the call and join it again.")
    return reply.sdp


@dataclass
class _Published:
    """One stream: its speaker, who hears it, and whether it came about or never will."""

    member: str
    handle: int
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    listeners: dict[str, int] = field(default_factory=dict)
    offered: set[str] = field(default_factory=set)


class JanusRoom:
    """A room, made when its first stream is published. One thing happens in it at a time.

    Args:
        session: where.
        manager: the handle that makes and destroys rooms.
    """

    def __init__(self, session: JanusSession, manager: int) -> None:
        self._session = session
        self._manager = manager
        self._number = _number()
        self._secret = secrets.token_urlsafe(24)
        self._streams: dict[int, _Published] = {}
        self._lock = asyncio.Lock()
        self._drops: Counter[str] = Counter()
        self._made = False
        self._closed = False

    def count(self) -> tuple[int, int]:
        """Count streams, and (listener, stream) connections."""
        return len(self._streams), sum(len(published.listeners) for published in list(self._streams.values()))

    async def publish(self, stream: int, member: str, offer: str) -> str:
        """Take a stream from its speaker; gives the answer."""
        if sdp.parse(offer).direction not in ("sendonly", "sendrecv"):
            raise RelayError("The offer sends nothing.", "The call page of this version makes offers that fit.")
        async with self._turn(member):
            await self._make()
            await self._close(stream)
            for seconds in _TAKEN_SECONDS:
                try:
                    return await self._published(stream, member, offer)
                except JanusRefusalError as error:
                    if error.code != _ID_EXISTS:
                        raise
                await asyncio.sleep(seconds)
            return await self._published(stream, member, offer)

    async def subscribe(self, stream: int, member: str) -> str:
        """Offer a stream to a listener; gives the offer."""
        async with self._turn(member, after=self._settled(stream)):
            published = self._streams.get(stream)
            if published is None:
                raise RelayError(f"Stream {stream} is not there to be heard.", "Its speaker may have just left.")
            await self._drop(published, member)
            published.listeners[member] = handle = await self._session.attach()
            published.offered.add(member)
            feed = [{"feed": stream + 1}]
            body = {"request": "join", "ptype": "subscriber", "room": self._number, "streams": feed}
            try:
                return described(await self._session.request(handle, {**body, "autoupdate": False}))
            except RelayError:
                await self._drop(published, member)
                raise

    async def answer(self, stream: int, member: str, answer: str) -> None:
        """Let a stream flow to a listener."""
        remote = sdp.parse(answer)
        async with self._turn(member):
            published = self._streams.get(stream)
            if published is None or member not in published.offered:
                raise RelayError(f"Stream {stream} was not offered to {member}.", "Subscribe to it first.")
            if remote.direction not in ("recvonly", "sendrecv"):
                raise RelayError("The answer does not take the stream that was offered.", "Subscribe to it again.")
            published.offered.discard(member)
            handle = published.listeners[member]
            await self._session.request(handle, {"request": "start"}, kind="answer", sdp=answer)
            await self._session.all_candidates_sent(handle)

    async def close_stream(self, stream: int) -> None:
        """End a stream."""
        async with self._lock:
            await self._close(stream)

    async def drop_member(self, member: str) -> None:
        """Cut somebody off; what they asked for before and have not got yet, they do not get."""
        self._drops[member] += 1
        async with self._lock:
            cuts = [
                self._close(stream) if published.member == member else self._drop(published, member)
                for stream, published in self._streams.items()
            ]
            failed = [one for one in await asyncio.gather(*cuts, return_exceptions=True) if isinstance(one, Exception)]
        if failed:  # after all of them: nothing of whoever is cut off is left for another's sake
            raise failed[0]

    async def close(self) -> None:
        """End every stream, and the room."""
        async with self._lock:
            self._closed = True
            for stream in list(self._streams):
                await self._close(stream)
            if self._made and self._session.open:
                await self._session.request(self._manager, {"request": "destroy", **self._named()})

    def arrived(self, handle: int) -> None:
        """Take note that a stream came about."""
        for published in self._streams.values():
            if published.handle == handle:
                published.settled.set()

    async def ended(self, handle: int) -> None:
        """Let go of a connection that ended by itself."""
        async with self._lock:
            for stream, published in list(self._streams.items()):
                gone = [member for member, own in published.listeners.items() if own == handle]
                if published.handle == handle:
                    await self._close(stream)
                elif gone:
                    await self._drop(published, gone[0])

    @asynccontextmanager
    async def _turn(self, member: str, after: Awaitable[None] | None = None) -> AsyncIterator[None]:
        """Wait for one's turn, and for something before it, unless one is dropped meanwhile."""
        drops = self._drops[member]
        if after is not None:
            await after
        async with self._lock:
            if self._drops[member] != drops:
                raise RelayError(f"{member} has left.", "They may join again.")
            yield

    async def _settled(self, stream: int) -> None:
        """Wait for a stream to come about: before, Janus knows of no such feed."""
        try:
            async with asyncio.timeout(_SETTLED_SECONDS):
                while (published := self._streams.get(stream)) and not published.settled.is_set():
                    await published.settled.wait()  # or another has taken its place
        except TimeoutError:
            raise RelayError(f"Stream {stream} has not begun.", "Its speaker's network may block UDP.") from None

    async def _published(self, stream: int, member: str, offer: str) -> str:
        handle = await self._session.attach()
        self._streams[stream] = _Published(member, handle)
        body = {"request": "joinandconfigure", "ptype": "publisher", "room": self._number, "id": stream + 1}
        try:
            reply = await self._session.request(handle, body, kind="offer", sdp=offer)
            await self._session.all_candidates_sent(handle)
            return described(reply)
        except RelayError:
            await self._close(stream)
            raise

    async def _make(self) -> None:
        if self._closed:
            raise RelayError("The call has ended.")
        if not self._made:
            try:
                await self._session.request(self._manager, {"request": "create", **self._named(), **_OPTIONS})
            except BaseException:
                self._number = _number()  # Janus may have made the room all the same
                raise
            self._made = True

    def _named(self) -> dict[str, Any]:
        return {"room": self._number, "secret": self._secret}

    async def _close(self, stream: int) -> None:
        published = self._streams.pop(stream, None)
        if published:
            published.settled.set()
            await self._session.detach(published.handle, *published.listeners.values())

    async def _drop(self, published: _Published, member: str) -> None:
        published.offered.discard(member)
        handle = published.listeners.pop(member, None)
        if handle is not None:
            await self._session.detach(handle)


def _number() -> int:
    return 1 + secrets.randbelow(2**50)
