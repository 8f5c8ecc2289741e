"""What stands in front of several servers of one vault: passes connections on, to the server that is asked for by name,
or to any that takes them.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

MOST_HEAD = 2**16


@dataclass
class Balancer:
    """A proxy.

    Attributes:
        address: the page's, for people.
        servers: ports by name.
        first: the server that is tried first where a request asks for none; then the others.
        passed: to which server each connection was passed on.
    """

    address: str
    servers: dict[str, int] = field(default_factory=dict)
    first: str = ""
    passed: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection on, both ways, until either end closes it."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            found = await self._find(asked(head))
            if found is not None:
                answers, requests = found
                requests.write(head)
                await asyncio.gather(pump(reader, requests), pump(answers, writer))
        writer.close()

    async def _find(self, first: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        first = first or self.first
        for name in sorted(self.servers, key=lambda name: name != first):
            with suppress(ConnectionError):
                connection = await asyncio.open_connection("127.0.0.1", self.servers[name])
                self.passed.append(name)
                return connection
        return None


def asked(head: bytes) -> str:
    """Return the server that a request's query names; empty where it names none."""
    target = head.split(b" ", 2)[1].decode("ascii", "replace")
    return parse_qs(urlsplit(target).query).get("server", [""])[0]


async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Pass on what comes, until nothing more does."""
    with suppress(ConnectionError):
        while data := await source.read(2**16):
            target.write(data)
            await target.drain()
    target.close()


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@asynccontextmanager
async def balancing() -> AsyncIterator[Balancer]:
    """Give a proxy on a port of its own, that has no servers yet."""
    balancer = Balancer("")
    server = await asyncio.start_server(balancer.serve, "127.0.0.1", 0, limit=MOST_HEAD)
    balancer.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    try:
        yield balancer
    finally:
        server.close()
