"""Callers without a browser: the same ICE, DTLS and SRTP as a browser has, with payloads of their own making."""

import asyncio
import re
import secrets
import struct
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Self

from aioice import stun
from aiortc import RTCCertificate

from earmark.call.relays import sdp
from earmark.call.relays.base import Relay
from earmark.call.relays.dtls import Link
from earmark.call.relays.ice import Path

_CANDIDATE = re.compile(r"^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host", re.MULTILINE | re.IGNORECASE)
_CHECK_SECONDS = 2.0
_SETTLE_SECONDS = 0.05  # Janus drops the first DTLS packet when it comes sooner, and the next goes out after a second
_HEADER = struct.Struct("!BBHII")
_FRAME = 960


class Caller(asyncio.DatagramProtocol):
    """One end of one connection, with a UDP port of its own.

    Args:
        on_packet: is given each RTP packet that comes, decrypted.
    """

    def __init__(self, on_packet: Callable[[bytes], None] = lambda _: None) -> None:
        self.heard_from: set[tuple[str, int]] = set()
        self._on_packet = on_packet
        self._certificate = RTCCertificate.generateCertificate()
        self._username, self._password = secrets.token_hex(8), secrets.token_hex(16)
        self._path = _Way(self._write)
        self._link: Link | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._relay_at: tuple[str, int] = ("", 0)
        self._ssrc = secrets.randbits(32)
        self._answered = asyncio.Event()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=("0.0.0.0", 0))  # noqa: S104 -- the relay's may be any
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.vanish()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        """Keep the port that was opened."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer what knocks, and pass on what is no STUN."""
        self.heard_from.add(addr)
        if data[0] > 3:
            self._path.deliver(data)
            return
        message = stun.parse_message(data)
        if message.message_class == stun.Class.REQUEST:
            self._respond(message, addr)
        elif message.message_class == stun.Class.RESPONSE:
            self._answered.set()

    def vanish(self) -> None:
        """Be gone without a word, as a machine is that loses its network."""
        for task in self._tasks:
            task.cancel()
        self._path.close()
        if self._transport:
            self._transport.close()

    async def speak(self, relay: Relay, room: str, stream: int, member: str) -> None:
        """Publish a stream."""
        answer = await relay.publish(room, stream, member, self.description("sendonly", "actpass"))
        await self._connect(answer, sdp.parse(answer))

    async def listen(self, relay: Relay, room: str, stream: int, member: str) -> None:
        """Subscribe to a stream."""
        offer = await relay.subscribe(room, stream, member)
        await relay.answer(room, stream, member, self.description("recvonly", "active"))
        await self._connect(offer, replace(sdp.parse(offer), setup="passive"))

    async def send(self, payload: bytes, number: int) -> None:
        """Send one frame of 20 ms."""
        assert self._link is not None  # noqa: S101 -- it speaks already
        header = _HEADER.pack(0x80, sdp.PAYLOAD_TYPE, number & 0xFFFF, number * _FRAME & 0xFFFFFFFF, self._ssrc)
        await self._link.send(header + payload)

    def description(self, direction: str, setup: str) -> str:
        """Write a session description as a browser does."""
        digests = {digest.algorithm: digest.value for digest in self._certificate.getFingerprints()}
        assert self._transport is not None  # noqa: S101 -- it was opened
        port = self._transport.get_extra_info("sockname")[1]
        local = sdp.Local(self._username, self._password, digests["sha-256"], [("127.0.0.1", port)])
        text = sdp.write(
            local, mid="0", direction=direction, setup=setup, payload_type=sdp.PAYLOAD_TYPE, ssrc=self._ssrc
        )
        return text.replace("a=ice-lite\r\n", "")

    async def _connect(self, description: str, remote: sdp.Remote) -> None:
        self._relay_at = _first_candidate(description)
        remote_username, remote_password = (_line(description, name) for name in ("ice-ufrag", "ice-pwd"))
        self._tasks.append(asyncio.create_task(self._knock(remote_username, remote_password)))
        await self._answered.wait()
        await asyncio.sleep(_SETTLE_SECONDS)
        self._link = Link(self._path, self._certificate, "", on_rtp=self._take)
        await self._link.connect(remote)
        if self._link.state != "connected":
            raise ConnectionError(f"no connection with the relay: {self._link.state}")

    async def _knock(self, username: str, password: str) -> None:
        while True:
            request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
            request.attributes["USERNAME"] = f"{username}:{self._username}"
            request.attributes["PRIORITY"] = 1
            request.attributes["ICE-CONTROLLING"] = 1
            request.attributes["USE-CANDIDATE"] = None
            request.add_message_integrity(password.encode())
            self._write(bytes(request))
            await asyncio.sleep(_CHECK_SECONDS)

    def _respond(self, request: stun.Message, address: tuple[str, int]) -> None:
        response = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, request.transaction_id)
        response.attributes["XOR-MAPPED-ADDRESS"] = address
        response.add_message_integrity(self._password.encode())
        if self._transport:
            self._transport.sendto(bytes(response), address)

    async def _take(self, packet: bytes) -> None:
        self._on_packet(packet)

    def _write(self, data: bytes) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.sendto(data, self._relay_at)


class _Way(Path):
    """A path that leads to the relay."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        super().__init__(lambda _: None)
        self._write = write

    async def _send(self, data: bytes) -> None:
        self._write(data)


def _first_candidate(description: str) -> tuple[str, int]:
    for host, port in _CANDIDATE.findall(description):
        if ":" not in host:
            return host, int(port)
    raise ConnectionError("the relay names no address")


def _line(description: str, name: str) -> str:
    match = re.search(rf"^a={name}:(\S+)", description, re.MULTILINE)
    assert match is not None  # noqa: S101 -- every relay has one
    return match[1]
