"""The relay's UDP ports, shared by all its connections: ICE as a lite agent has it (RFC 8445 section 2.5).

Browsers knock at the relay's ports with a password that only they were given; the relay answers, and remembers where
they knocked from. It asks nobody itself: it sends to no address that has not proved to know a password, needs no server
that tells it its own address, and never looks at the candidates of browsers, so nobody can make it send anywhere.
"""

import asyncio
import secrets
import socket
import struct
from collections.abc import Callable, Sequence
from typing import cast

from aioice import stun
from aioice.ice import get_host_addresses

from earmark.errors import RelayError

Address = tuple[str, int] | tuple[str, int, int, int]

_LONGEST = 1_500  # bytes of a datagram: no browser sends more, and SRTP gives up for good on some thousands
_WAITING = 256  # datagrams of one browser that wait for the event loop
_UNSENT = 1 << 20  # bytes that wait for the network card
_BUFFER = 1 << 21  # bytes the system is asked to hold for us
_ORIGINS = 16  # addresses that one browser may knock from
_GONE = 6.0  # seconds of silence after which another browser may have an address


def host_addresses() -> list[str]:
    """List this machine's own addresses, the loopback last."""
    return [*get_host_addresses(use_ipv4=True, use_ipv6=True), "127.0.0.1"]


class Path:
    """The way to one browser, named by its ICE user name; the parts of RTCIceTransport that DTLS asks for.

    Attributes:
        username: what the browser names when it knocks.
        password: what it has to know.
        heard: when something valid last came from it, in seconds of the event loop's clock.
        closed: whether it is closed.
    """

    role = "controlled"

    def __init__(self, forget: Callable[["Path"], None]) -> None:
        self.username = secrets.token_hex(8)
        self.password = secrets.token_hex(16)
        self.origins: dict[tuple[_Port, Address], None] = {}
        self.heard = asyncio.get_running_loop().time()
        self._forget = forget
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue(_WAITING)
        self._selected: tuple[_Port, Address] | None = None
        self.closed = False

    def __repr__(self) -> str:
        return f"Path({self.username})"

    def knocked(self, port: "_Port", address: Address, *, nominated: bool) -> None:
        """Send to this address from now on if the browser chose it, or if there is no other yet."""
        self.heard = asyncio.get_running_loop().time()
        if nominated or self._selected is None:
            self._selected = (port, address)

    def deliver(self, data: bytes) -> None:
        """Take a datagram; dropped when it is too long, or too many wait already."""
        self.heard = asyncio.get_running_loop().time()
        if len(data) <= _LONGEST and not self._queue.full():
            self._queue.put_nowait(data)

    def close(self) -> None:
        """Take and send nothing any more, and wake who waits for a datagram."""
        if self.closed:
            return
        self.closed = True
        self._selected = None
        self._forget(self)
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(None)

    async def _recv(self) -> bytes:
        data = None if self.closed and self._queue.empty() else await self._queue.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        if self._selected is None:
            raise ConnectionError
        port, address = self._selected
        port.send(data, address)


class Ports:
    """One UDP port on each of the relay's addresses.

    Args:
        addresses: what to listen on and to tell browsers; all of this machine's where there are none.
        port: number of the UDP port, 0 for any that is free.
    """

    def __init__(self, addresses: Sequence[str] = (), port: int = 0) -> None:
        self._addresses = list(addresses)
        self._number = port
        self._open: list[_Port] = []
        self._paths: dict[str, Path] = {}

    @property
    def candidates(self) -> list[tuple[str, int]]:
        """Addresses and ports to tell browsers."""
        return [port.name for port in self._open]

    async def open(self) -> None:
        """Open the ports.

        Raises:
            RelayError: none of the addresses is this machine's, or the port is taken.
        """
        problem: OSError | None = None
        for address in self._addresses or host_addresses():
            try:
                self._open.append(await _listen(self, address, self._number))
            except OSError as error:
                problem = error
        if not self._open:
            raise RelayError(
                f"The relay cannot listen on UDP: {problem}.", "Choose another port, or an address of this machine."
            ) from problem

    def close(self) -> None:
        """Close all paths and ports."""
        for path in list(self._paths.values()):
            path.close()
        for port in self._open:
            port.close()
        self._open.clear()

    def path(self) -> Path:
        """Make a way for one more browser."""
        path = Path(self._forget)
        self._paths[path.username] = path
        return path

    def check(self, data: bytes, port: "_Port", address: Address) -> None:
        """Answer a browser that knocks, if it knows the password; say nothing otherwise."""
        request = _parsed(data)
        path = self._named(request) if request else None
        if request is None or path is None or not request.check_message_integrity(path.password.encode()):
            return
        if not _admit(path, port, address):
            return
        port.send(_response(request, path, address), address)
        path.knocked(port, address, nominated="USE-CANDIDATE" in request.attributes)

    def _named(self, request: stun.Message) -> Path | None:
        return self._paths.get(str(request.attributes.get("USERNAME", "")).partition(":")[0])

    def _forget(self, path: Path) -> None:
        self._paths.pop(path.username, None)
        for port, address in path.origins:
            port.browsers.pop(address, None)


class _Port(asyncio.DatagramProtocol):
    """One open port, and which browser sends from where."""

    def __init__(self, ports: Ports) -> None:
        self.browsers: dict[Address, Path] = {}
        self._ports = ports
        self._transport: asyncio.DatagramTransport | None = None

    @property
    def name(self) -> tuple[str, int]:
        assert self._transport is not None  # noqa: S101 -- it is made with one
        host, number = self._transport.get_extra_info("sockname")[:2]
        return host, number

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Address) -> None:
        if data[:1] < b"\x04":  # RFC 7983: what begins so is STUN, or nothing
            self._ports.check(data, self, addr)
        elif addr in self.browsers:
            self.browsers[addr].deliver(data)

    def error_received(self, exc: Exception) -> None:
        """Go on: a browser that is gone is noticed by its silence."""

    def send(self, data: bytes, address: Address) -> None:
        """Send, or drop what the network cannot take."""
        if self._transport and cast("asyncio.WriteTransport", self._transport).get_write_buffer_size() < _UNSENT:
            self._transport.sendto(data, address)

    def close(self) -> None:
        if self._transport:
            self._transport.abort()
            self._transport = None


async def _listen(ports: Ports, address: str, number: int) -> _Port:
    loop = asyncio.get_running_loop()
    transport, port = await loop.create_datagram_endpoint(lambda: _Port(ports), local_addr=(address, number))
    for buffer in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, buffer, _BUFFER)
    return port


def _parsed(data: bytes) -> stun.Message | None:
    try:
        message = stun.parse_message(data)
    except (ValueError, struct.error):
        return None
    asks = message.message_class == stun.Class.REQUEST and message.message_method == stun.Method.BINDING
    return message if asks else None


def _admit(path: Path, port: _Port, address: Address) -> bool:
    """Let datagrams from an address in, unless it is another browser's or one of too many."""
    owner = port.browsers.get(address)
    if owner is path:
        return True
    if len(path.origins) >= _ORIGINS or (owner and asyncio.get_running_loop().time() - owner.heard < _GONE):
        return False
    if owner:
        owner.origins.pop((port, address), None)
    path.origins[port, address] = None
    port.browsers[address] = path
    return True


def _response(request: stun.Message, path: Path, address: Address) -> bytes:
    response = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, request.transaction_id)
    response.attributes["XOR-MAPPED-ADDRESS"] = address[:2]
    response.add_message_integrity(path.password.encode())
    return bytes(response)
