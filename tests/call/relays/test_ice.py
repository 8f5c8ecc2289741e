import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aioice import stun
from hypothesis import given
from hypothesis import strategies as st

from earmark.call.relays.ice import Path, Ports, host_addresses
from earmark.errors import RelayError

_HOST = "127.0.0.1"


class _Browser(asyncio.DatagramProtocol):
    """Knocks, and keeps what comes back."""

    def __init__(self) -> None:
        self.came: asyncio.Queue[bytes] = asyncio.Queue()

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:  # noqa: ARG002
        self.came.put_nowait(data)

    def knock(self, username: str, password: str, *, nominate: bool = True) -> None:
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{username}:browser"
        if nominate:
            request.attributes["USE-CANDIDATE"] = None
        request.add_message_integrity(password.encode())
        self.transport.sendto(bytes(request))

    async def nothing(self) -> bool:
        await asyncio.sleep(0.1)
        return self.came.empty()


@asynccontextmanager
async def _browser(ports: Ports) -> AsyncIterator[_Browser]:
    loop = asyncio.get_running_loop()
    transport, browser = await loop.create_datagram_endpoint(_Browser, remote_addr=ports.candidates[0])
    try:
        yield browser
    finally:
        transport.close()


def _with_ports(play: Callable[[Ports, Path, _Browser], Awaitable[None]]) -> None:
    async def run() -> None:
        ports = Ports([_HOST])
        await ports.open()
        try:
            async with _browser(ports) as browser, asyncio.timeout(10):
                await play(ports, ports.path(), browser)
        finally:
            ports.close()

    asyncio.run(run())


def test_who_knows_the_password_is_answered_and_told_where_they_came_from() -> None:
    async def play(_ports: Ports, path: Path, browser: _Browser) -> None:
        browser.knock(path.username, path.password)
        response = stun.parse_message(await browser.came.get())
        assert response.message_class == stun.Class.RESPONSE
        assert response.check_message_integrity(path.password.encode())
        assert response.attributes["XOR-MAPPED-ADDRESS"] == browser.transport.get_extra_info("sockname")

    _with_ports(play)


def test_who_does_not_is_not_answered_and_their_datagrams_go_nowhere() -> None:
    async def play(_ports: Ports, path: Path, browser: _Browser) -> None:
        browser.knock(path.username, "guessed" * 4)
        browser.knock("somebody", path.password)
        browser.transport.sendto(b"\x80 not let in")
        assert await browser.nothing()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(path._recv(), 0.1)
        with pytest.raises(ConnectionError):
            await path._send(b"to whom?")

    _with_ports(play)


@given(st.binary(max_size=200))
def test_no_datagram_from_a_stranger_is_ever_answered(data: bytes) -> None:
    async def play() -> None:
        ports = Ports([_HOST])
        await ports.open()
        ports.path()
        [port] = ports._open
        sent: list[bytes] = []
        port.send = lambda data, address: sent.append(data)  # type: ignore[method-assign] # noqa: ARG005
        port.datagram_received(data, ("192.0.2.9", 9))
        port.datagram_received(b"\x00\x01" + data, ("192.0.2.9", 9))
        ports.close()
        assert sent == []

    asyncio.run(play())


def test_datagrams_go_both_ways_until_the_path_is_closed() -> None:
    async def play(_ports: Ports, path: Path, browser: _Browser) -> None:
        browser.knock(path.username, path.password)
        await browser.came.get()
        browser.transport.sendto(b"\x80 there")
        assert await path._recv() == b"\x80 there"
        await path._send(b"\x80 back")
        assert await browser.came.get() == b"\x80 back"
        path.close()
        with pytest.raises(ConnectionError):
            await path._send(b"\x80 too late")
        with pytest.raises(ConnectionError):
            await path._recv()
        browser.knock(path.username, path.password)
        assert await browser.nothing()

    _with_ports(play)


def test_closing_wakes_who_waits() -> None:
    async def play(_ports: Ports, path: Path, _browser: _Browser) -> None:
        waiting = asyncio.create_task(path._recv())
        await asyncio.sleep(0)
        path.close()
        path.close()
        with pytest.raises(ConnectionError):
            await waiting

    _with_ports(play)


def test_sends_where_the_browser_chose_to_be_reached() -> None:
    async def play(ports: Ports, path: Path, first: _Browser) -> None:
        async with _browser(ports) as second:
            first.knock(path.username, path.password, nominate=False)
            await first.came.get()
            await path._send(b"\x80 only way so far")
            assert await first.came.get() == b"\x80 only way so far"
            second.knock(path.username, path.password)
            await second.came.get()
            await path._send(b"\x80 chosen")
            assert await second.came.get() == b"\x80 chosen"
            assert await first.nothing()

    _with_ports(play)


def test_nobody_takes_the_address_of_a_browser_that_is_there() -> None:
    async def play(ports: Ports, path: Path, browser: _Browser) -> None:
        other = ports.path()
        browser.knock(path.username, path.password)
        await browser.came.get()
        browser.knock(other.username, other.password)  # as if from a forged address
        assert await browser.nothing()
        path.close()
        browser.knock(other.username, other.password)
        await browser.came.get()

    _with_ports(play)


def test_an_address_is_free_again_after_a_while_of_silence() -> None:
    async def play(ports: Ports, path: Path, browser: _Browser) -> None:
        other = ports.path()
        browser.knock(path.username, path.password)
        await browser.came.get()
        path.heard -= 60
        browser.knock(other.username, other.password)
        await browser.came.get()
        browser.transport.sendto(b"\x80 whose?")
        assert await other._recv() == b"\x80 whose?"

    _with_ports(play)


def test_holds_only_so_much_that_nobody_fetches() -> None:
    async def play(_ports: Ports, path: Path, _browser: _Browser) -> None:
        for _ in range(10_000):
            path.deliver(b"\x80")
        assert path._queue.qsize() < 1_000

    _with_ports(play)


def test_a_browser_has_only_so_many_addresses() -> None:
    async def play(ports: Ports, path: Path, _browser: _Browser) -> None:
        [port] = ports._open
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes={"USERNAME": f"{path.username}:b"})
        request.add_message_integrity(path.password.encode())
        for number in range(100):
            ports.check(bytes(request), port, (_HOST, 40_000 + number))
        assert len(port.browsers) == len(path.origins) < 20
        path.close()
        assert port.browsers == {}

    _with_ports(play)


def test_offers_this_machines_own_addresses_and_the_loopback_last() -> None:
    assert host_addresses()[-1] == _HOST
    assert len(set(host_addresses())) == len(host_addresses())


def test_a_port_that_is_taken_says_so() -> None:
    async def play(ports: Ports, _path: Path, _browser: _Browser) -> None:
        with pytest.raises(RelayError, match="UDP") as caught:
            await Ports([_HOST], ports.candidates[0][1]).open()
        assert caught.value.hint

    _with_ports(play)


def test_the_password_is_in_no_repr() -> None:
    async def play(_ports: Ports, path: Path, _browser: _Browser) -> None:
        assert path.password not in repr(path)

    _with_ports(play)
