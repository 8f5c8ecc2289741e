"""A crowd with invitations: how many joins a second a server's lobby takes, and what another call notices of it.

A real `earmark serve` is joined by real WebSockets, from an address of this machine's loopback each: hello, challenge,
receipt, lobby. Each joiner has an invitation of their own and a device that signs. Meanwhile a host of another call
mutes themselves again and again, and it is measured how soon that comes back in the list of who is there.
"""

import asyncio
import base64
import hashlib
import json
import os
import statistics
import struct
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from demo.callers import Server, serving

from earmark.records.protection.ways import InTheOpen
from earmark.records.vault import Vault

ABOUT = (
    "People come to the lobby of one `earmark serve` (SQLite), so many a second, each with an invitation and an\n"
    "address of their own; they share the server's cores. Refused are those who are told to come again later, as\n"
    "their page does by itself: 512 may be on their way in at once. A host of another call mutes themselves\n"
    "meanwhile, and waits until that is seen."
)
HEAD = (
    "joins a second",
    "who came",
    "in the lobby",
    "refused",
    "last one in after, s",
    "join median / 99 %, ms",
    "server's CPU per join, ms",
    "another call answers, median / slowest, ms",
)
RATES = (50, 100, 200, 400, 1000)
JOINERS = 1000
SECONDS = 5.0  # that a rate lasts, at the most
EACH_CALL = 250
PATIENCE_S = 60.0
PAUSE_S = 0.2  # between two signs of life of the other call
_TICKS = os.sysconf("SC_CLK_TCK")


class Wire:
    """A WebSocket with as little to it as can be, since those who measure share the server's cores."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, address: str, own: str) -> "Wire":
        """Connect from one of this machine's addresses.

        Raises:
            ConnectionRefusedError: the server does not want to talk now.
        """
        parts = urlsplit(address)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port, local_addr=(own, 0))
        head = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
        key = base64.b64encode(os.urandom(16)).decode()
        named = (f"Host: {parts.netloc}", f"Origin: {parts.scheme}://{parts.netloc}", f"Sec-WebSocket-Key: {key}")
        writer.write("\r\n".join(["GET /api/room HTTP/1.1", *head, *named, "", ""]).encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        wire = cls(reader, writer)
        if b" 101 " not in answer.split(b"\r\n", 1)[0]:
            await wire.close()
            raise ConnectionRefusedError
        return wire

    def say(self, kind: str, **facts: object) -> None:
        """Send a message."""
        text = json.dumps({"type": kind, **facts}).encode()
        length = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + struct.pack("!H", len(text))
        self._writer.write(b"\x81" + length + bytes(4) + text)

    async def hear(self, *kinds: str) -> dict[str, Any]:
        """Return the next message of one of these kinds; others are dropped.

        Raises:
            ConnectionRefusedError: the server has ended the connection.
        """
        while True:
            first, short = await self._reader.readexactly(2)
            size = {126: 2, 127: 8}.get(short, 0)
            length = int.from_bytes(await self._reader.readexactly(size)) if size else short
            body = await self._reader.readexactly(length)
            if first == 0x88:
                raise ConnectionRefusedError
            if first == 0x81 and (said := json.loads(body))["type"] in kinds:
                return dict(said)

    async def close(self) -> None:
        """Be gone."""
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()


@dataclass(frozen=True)
class Guest:
    """Somebody with an invitation, and a device."""

    id: str
    token: str
    device: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    async def join(self, wire: Wire) -> None:
        """Come in as far as the lobby; a host, into the call.

        Raises:
            ConnectionRefusedError: the server does not want that now.
        """
        key = _text(self.device.public_key().public_bytes_raw())
        wire.say("hello", version=1, token=self.token, device=key, encoded_transform=True, user_agent="bench")
        challenge = await wire.hear("challenge", "refused")
        if challenge["type"] == "refused":
            raise ConnectionRefusedError
        receipt = json.dumps(
            {
                "schema": "earmark.receipt/1",
                "call": challenge["call"]["id"],
                "member": self.id,
                "notice_sha256": hashlib.sha256(challenge["notice"].encode()).hexdigest(),
                "ledger_root": challenge["ledger_root"],
                "nonce": _text(os.urandom(32)),
                "challenge": challenge["challenge"],
            }
        )
        signature = _text(self.device.sign(receipt.encode()))
        wire.say("consent", receipt=receipt, signature=signature, key_package=_text(b"key package"))
        if (await wire.hear("lobby", "admitted", "refused"))["type"] == "refused":
            raise ConnectionRefusedError


@dataclass(frozen=True)
class Crowd:
    """What became of a crowd.

    Attributes:
        rate: how many came a second.
        took_s: of each who is in the lobby, how long that took.
        refused: how many were put off.
        last_s: from when the first came until the last was in.
        cpu_s: the server's, in that time.
        answers_s: how long each sign of life of the other call took.
    """

    rate: int
    took_s: Sequence[float]
    refused: int
    last_s: float
    cpu_s: float
    answers_s: Sequence[float]

    @property
    def row(self) -> tuple[str, ...]:
        """The crowd as the table shows it."""
        took = sorted(self.took_s) or [float("nan")]
        answers = self.answers_s or [float("nan")]
        return (
            f"{self.rate:,}",
            f"{len(self.took_s) + self.refused:,}",
            f"{len(self.took_s):,}",
            f"{self.refused:,}",
            f"{self.last_s:.1f}",
            f"{statistics.median(took) * 1e3:,.0f} / {took[int(0.99 * (len(took) - 1))] * 1e3:,.0f}",
            f"{self.cpu_s / max(1, len(self.took_s)) * 1e3:.1f}",
            f"{statistics.median(answers) * 1e3:,.0f} / {max(answers) * 1e3:,.0f}",
        )


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _own(number: int) -> str:
    """Return an address of the loopback that nobody else has."""
    return f"127.{1 + number // 62_500}.{number // 250 % 250}.{1 + number % 250}"


async def measure(rate: int, count: int) -> Crowd:
    """Send a crowd to a server of its own."""
    with TemporaryDirectory() as folder:
        Vault.init(Path(folder) / "vault", way=InTheOpen()).close()
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(serving(Path(folder) / "vault", Path(folder) / "log"))
            answers = await stack.enter_async_context(_another_call(server))
            guests = await asyncio.to_thread(_invited, server, count)
            crowd = await stack.enter_async_context(_crowd())
            answers.clear()
            before, started = _cpu_s(server.pid), time.perf_counter()
            became = await asyncio.gather(*(_come(server, guest, n, n / rate, crowd) for n, guest in enumerate(guests)))
            last, used = time.perf_counter() - started, _cpu_s(server.pid) - before
            took = [one for one in became if one is not None]
            return Crowd(rate, took, len(became) - len(took), last, used, list(answers))


def _invited(server: Server, count: int) -> list[Guest]:
    guests: list[Guest] = []
    for number in range(0, count, EACH_CALL):
        names = [f"guest-{one}" for one in range(number, min(count, number + EACH_CALL))]
        links = server.invite(f"call {number}", "host", names).links
        guests += [Guest(name, links[name].partition("#join=")[2]) for name in names]
    return guests


@asynccontextmanager
async def _crowd() -> AsyncIterator[list[Wire]]:
    """Keep whoever is added to the list until the end."""
    wires: list[Wire] = []
    try:
        yield wires
    finally:
        await asyncio.gather(*(wire.close() for wire in wires))


async def _come(server: Server, guest: Guest, number: int, after: float, crowd: list[Wire]) -> float | None:
    """Come after some seconds; return how long it took until in the lobby, None where one was put off."""
    await asyncio.sleep(after)
    began = time.perf_counter()
    with suppress(ConnectionError, asyncio.IncompleteReadError, TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            wire = await Wire.open(server.address, _own(number))
            crowd.append(wire)
            await guest.join(wire)
            return time.perf_counter() - began
    return None


@asynccontextmanager
async def _another_call(server: Server) -> AsyncIterator[list[float]]:
    """Hold a call; how long each sign of life of it takes is added to the list."""
    call = server.invite("another", "host", [])
    wire = await Wire.open(server.address, "127.0.0.1")
    await Guest("host", call.links["host"].partition("#join=")[2]).join(wire)
    answers: list[float] = []
    living = asyncio.create_task(_live(wire, answers))
    try:
        yield answers
    finally:
        living.cancel()
        await asyncio.wait([living])
        await wire.close()


async def _live(wire: Wire, answers: list[float]) -> None:
    muted = False
    while True:
        muted, began = not muted, time.perf_counter()
        wire.say("mute", muted=muted)
        while (await wire.hear("roster"))["members"][0]["muted"] != muted:
            pass
        answers.append(time.perf_counter() - began)
        await asyncio.sleep(PAUSE_S)


def measured() -> Iterator[tuple[str, ...]]:
    """Yield a row for each rate."""
    for rate in RATES:
        yield asyncio.run(measure(rate, min(JOINERS, int(rate * SECONDS)))).row
