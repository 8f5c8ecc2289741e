"""The relay that needs nothing but Earmark: forwards RTP of one process, without decoding (it could not)."""

import asyncio
import contextlib
import secrets
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field

from aiortc import RTCCertificate
from OpenSSL import SSL

from earmark.call.relays import sdp
from earmark.call.relays.base import Health
from earmark.call.relays.budget import PACKETS_S, Budget
from earmark.call.relays.dtls import Link
from earmark.call.relays.ice import Path, Ports
from earmark.call.relays.rtp import Stream
from earmark.errors import RelayError

_SILENCE = 30.0  # seconds after which a browser that says nothing is gone (RFC 7675 section 5.1)
_REPORTS = 1.0  # seconds between reports to speakers
_MOST = 4_000  # connections of one relay


@dataclass
class _Published:
    """One stream: its speaker, and who hears it."""

    speaker: Link
    stream: Stream
    listeners: dict[str, Link] = field(default_factory=dict)

    def links(self) -> list[Link]:
        return [self.speaker, *self.listeners.values()]


class BuiltinRelay:
    """A relay in this process; see `earmark.call.relays.base.Relay` for what it does.

    Args:
        addresses: addresses of this machine that browsers can reach; all where none are given.
        port: UDP port on each of them; 0 takes one that is free.
        packets_s: how many packets of a stream are forwarded a second, at most; the rest are dropped.
    """

    def __init__(self, addresses: Sequence[str] = (), port: int = 0, packets_s: float = PACKETS_S) -> None:
        self._addresses = list(addresses)
        self._packets_s = packets_s
        self._port = port
        self._ports: Ports | None = None
        self._certificate: RTCCertificate | None = None
        self._rooms: dict[str, dict[int, _Published]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._keeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the UDP ports; whoever was connected before has to come again.

        Raises:
            RelayError: this process may not have what DTLS needs.
        """
        if self._ports is None:
            _require_callbacks()
            ports = Ports(self._addresses, self._port)
            await ports.open()
            self._certificate = RTCCertificate.generateCertificate()
            self._ports = ports
            self._keeper = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Close every connection and the UDP ports."""
        if self._ports is None:
            return
        if self._keeper:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        for room in list(self._rooms):
            await self.close_room(room)
        self._ports.close()
        self._ports = None
        await asyncio.gather(*self._tasks)

    def health(self) -> Health:
        """Count streams and listeners."""
        streams = [published for room in list(self._rooms.values()) for published in list(room.values())]
        listeners = sum(len(published.listeners) for published in streams)
        if self._ports is None:
            return Health(running=False, streams=0, listeners=0, problem="The relay is not started.")
        return Health(running=True, streams=len(streams), listeners=listeners)

    async def publish(self, room: str, stream: int, member: str, offer: str) -> str:
        """Take a stream from its speaker."""
        remote = _sending(sdp.parse(offer))
        path = self._path()
        published = self._publication(path, member)
        streams = self._rooms.setdefault(room, {})
        before = streams.pop(stream, None)
        streams[stream] = published
        await _close(before)
        self._spawn(published.speaker.connect(remote))
        setup = "active" if remote.setup == "passive" else "passive"
        return sdp.write(
            self._local(path), mid=remote.mid, direction="recvonly", setup=setup, payload_type=remote.payload_type
        )

    async def subscribe(self, room: str, stream: int, member: str) -> str:
        """Offer a stream to a listener."""
        _, certificate = self._running()
        published = self._rooms.get(room, {}).get(stream)
        if published is None:
            raise RelayError(f"Stream {stream} is not there to be heard.", "Its speaker may have just left.")
        path = self._path()
        before = published.listeners.pop(member, None)
        published.listeners[member] = Link(path, certificate, member)
        if before:
            await before.close()
        return sdp.write(
            self._local(path),
            mid="0",
            direction="sendonly",
            setup="actpass",
            payload_type=sdp.PAYLOAD_TYPE,
            ssrc=published.stream.ssrc,
        )

    async def answer(self, room: str, stream: int, member: str, answer: str) -> None:
        """Let a stream flow to a listener."""
        self._running()
        published = self._rooms.get(room, {}).get(stream)
        link = published.listeners.get(member) if published else None
        if link is None or link.answered:
            raise RelayError(f"Stream {stream} was not offered to {member}.", "Subscribe to it first.")
        remote = sdp.parse(answer)
        if remote.direction not in ("recvonly", "sendrecv") or remote.payload_type != sdp.PAYLOAD_TYPE:
            raise RelayError("The answer does not take the stream that was offered.", "Subscribe to it again.")
        link.answered = True
        self._spawn(link.connect(remote))

    async def close_stream(self, room: str, stream: int) -> None:
        """End a stream."""
        published = self._rooms.get(room, {}).pop(stream, None)
        if not self._rooms.get(room, True):
            del self._rooms[room]
        await _close(published)

    async def drop_member(self, room: str, member: str) -> None:
        """Cut somebody off."""
        for stream, published in list(self._rooms.get(room, {}).items()):
            if published.speaker.member == member:
                await self.close_stream(room, stream)
            elif link := published.listeners.pop(member, None):
                await link.close()

    async def close_room(self, room: str) -> None:
        """End every stream of a room."""
        for stream in list(self._rooms.get(room, {})):
            await self.close_stream(room, stream)

    def _publication(self, path: Path, member: str) -> _Published:
        stream, budget = Stream(secrets.randbits(32), sdp.PAYLOAD_TYPE), Budget(self._packets_s)

        async def forward(data: bytes) -> None:
            packet = stream.forward(data) if budget.spend() else None
            if packet:
                await _send(packet, published)

        async def report(data: bytes) -> None:
            packet = stream.sender_report(data) if budget.spend() else None
            if packet:
                await _send(packet, published)

        speaker = Link(path, self._running()[1], member, on_rtp=forward, on_rtcp=report)
        published = _Published(speaker, stream)
        return published

    def _path(self) -> Path:
        health = self.health()
        ports, _ = self._running()
        if health.streams + health.listeners >= _MOST:
            raise RelayError("The relay is full.", "Wait until others have left, or run another server.")
        return ports.path()

    def _local(self, path: Path) -> sdp.Local:
        ports, certificate = self._running()
        digests = {fingerprint.algorithm: fingerprint.value for fingerprint in certificate.getFingerprints()}
        return sdp.Local(path.username, path.password, digests["sha-256"], ports.candidates)

    def _running(self) -> tuple[Ports, RTCCertificate]:
        if self._ports is None or self._certificate is None:
            raise RelayError("The relay is not started.", "Start it before anybody speaks.")
        return self._ports, self._certificate

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _keep(self) -> None:
        """Send reports, and let go of who is gone."""
        while True:
            await asyncio.sleep(_REPORTS)
            for room, streams in list(self._rooms.items()):
                for stream, published in list(streams.items()):
                    await self._look_after(room, stream, published)

    async def _look_after(self, room: str, stream: int, published: _Published) -> None:
        report = published.stream.receiver_report()
        if report:
            await published.speaker.send(report)
        if _gone(published.speaker):
            await self.close_stream(room, stream)
        for member, link in list(published.listeners.items()):
            if _gone(link):
                published.listeners.pop(member, None)
                await link.close()


def _gone(link: Link) -> bool:
    return link.path.closed or asyncio.get_running_loop().time() - link.path.heard > _SILENCE


async def _close(published: _Published | None) -> None:
    for link in published.links() if published else ():
        await link.close()


async def _send(packet: bytes, published: _Published) -> None:
    for link in tuple(published.listeners.values()):
        await link.send(packet)


def _sending(remote: sdp.Remote) -> sdp.Remote:
    if remote.direction not in ("sendonly", "sendrecv"):
        raise RelayError("The offer sends nothing.", "The call page of this version makes offers that fit.")
    return remote


def _require_callbacks() -> None:
    """See that OpenSSL may call us to check a browser's certificate, for which memory is both written and run."""
    try:
        SSL.Context(SSL.DTLS_METHOD).set_verify(SSL.VERIFY_PEER, lambda *_: False)
    except MemoryError as error:
        raise RelayError(
            "This process may not run memory that it has written, which the built-in relay needs.",
            "Choose relay = “janus”, or allow it (systemd: MemoryDenyWriteExecute=no).",
        ) from error
