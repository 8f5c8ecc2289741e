"""What one process of each relay carries: CPU time for each frame passed on, what is lost, and how long it takes.

A second process plays the browsers: speakers send a payload of 200 bytes every 20 ms, listeners are counted and timed
without being decrypted. Run `python -m bench.relays`; it needs no recordings, and Janus only for Janus.
"""

import argparse
import asyncio
import json
import os
import random
import resource
import shutil
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, cast

from bench.callers import Caller
from bench.tables import table
from earmark.call.relays.base import Relay
from earmark.call.relays.builtin import BuiltinRelay
from earmark.call.relays.janus import JanusRelay
from earmark.call.relays.janus_process import JanusProcess

ABOUT = (
    "A speaker sends 50 frames of 200 bytes a second, each of which goes to every listener of the stream; a room of\n"
    "50 in which four speak is 4 × 49. Further rooms are the same streams with more frames. More are tried until one\n"
    "frame in a hundred is lost, or speakers cannot send as fast any more; a second process plays the browsers on\n"
    "the same cores. CPU time is that of the relay's process alone, and what one core carries follows from it. The\n"
    "built-in relay ends where its one thread does, and drops what waits too long for it; Janus has a thread for\n"
    "each connection, and ends where they leave none of the cores to those who speak and listen.\n"
    "Rooms of four are real ones, with four streams each, of which every one has a speaker and three listeners."
)
HEAD = (
    "relay",
    "streams × listeners",
    "as many frames as of rooms",
    "frames passed on a second",
    "lost",
    "delay median / 99 %, ms",
    "CPU per frame, µs",
    "one core carries (stream, listener) pairs",
)
ROOMS_HEAD = (
    "relay",
    "rooms of four",
    "connections",
    "frames passed on a second",
    "lost",
    "delay median / 99 %, ms",
    "CPU per frame, µs",
    "of one core",
)
SIZES = ((4, 3), (4, 49))
ROOMS = (1, 2, 4, 8, 16)  # as many frames as so many rooms of the largest size send
OWN_ROOMS = (1, 4, 8, 16, 24, 32, 48, 64, 96)  # rooms of the smallest size, all of their own
AT_ONCE = 8  # rooms that are set up side by side
MOST_FILES = 16_384  # each connection of a browser has a socket
MOST_LOST = 0.01
LONGER = 1.1  # than it should have taken to send all
FRAMES = 50  # a second
SECONDS = 10.0  # that a load lasts
SIZE = 200  # bytes of a payload
_HEADER = 12  # bytes before it
_ROOM = "bench"
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Load:
    """What the callers saw.

    Attributes:
        sent: frames that should have come to listeners.
        came: those that did.
        delays_ms: of each that came.
        seconds: how long they were sent.
    """

    sent: int
    came: int
    delays_ms: list[float]
    seconds: float


@dataclass(frozen=True)
class Carried:
    """One measurement: the load, how many seconds it was to last, and the relay's CPU seconds."""

    relay: str
    size: tuple[int, int]
    rooms: int
    load: Load
    seconds: float
    cpu_s: float

    @property
    def lost(self) -> float:
        """Which part of the frames did not come."""
        return 1 - self.load.came / self.load.sent

    @property
    def broken(self) -> bool:
        """Whether the relay, or those who speak, did not keep up."""
        return self.lost > MOST_LOST or self.load.seconds > self.seconds * LONGER

    @property
    def row(self) -> tuple[str, ...]:
        """The measurement as the table shows it."""
        size = f"{self.size[0]} × {self.size[1]}"
        return (self.relay, size, str(self.rooms), *self._passed, f"{1 / self._per_frame_s / FRAMES:,.0f}")

    @property
    def rooms_row(self) -> tuple[str, ...]:
        """The same of rooms of their own."""
        connections = self.rooms * self.size[0] * (1 + self.size[1])
        return (
            self.relay,
            str(self.rooms),
            f"{connections:,}",
            *self._passed,
            f"{self.cpu_s / self.load.seconds:.0%}",
        )

    @property
    def _per_frame_s(self) -> float:
        return self.cpu_s / max(1, self.load.came)

    @property
    def _passed(self) -> tuple[str, ...]:
        cuts = statistics.quantiles(self.load.delays_ms, n=100)
        return (
            f"{self.load.came / self.load.seconds:,.0f}",
            f"{self.lost:.2%}",
            f"{statistics.median(self.load.delays_ms):.1f} / {cuts[98]:.1f}",
            f"{self._per_frame_s * 1e6:.0f}",
        )


class _Ear(Caller):
    """A listener that counts and times packets without decrypting them, but for the first.

    Relays number packets anew, so the first says by its payload which one it is; from then on numbers in the clear do.
    """

    def __init__(self, sent_at: dict[int, float]) -> None:
        super().__init__(self._begin)
        self.delays: list[float] = []
        self._sent_at = sent_at
        self._shift: int | None = None

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Count RTP, and treat all else as callers do."""
        if self._shift is not None and len(data) > SIZE and 127 < data[0] < 192:
            self._count(int.from_bytes(data[2:4]) - self._shift & 0xFFFF)
        else:
            super().datagram_received(data, addr)

    def _begin(self, packet: bytes) -> None:
        number = int.from_bytes(packet[_HEADER : _HEADER + 4])
        self._shift = int.from_bytes(packet[2:4]) - number & 0xFFFF
        self._count(number)

    def _count(self, number: int) -> None:
        self.delays.append((time.perf_counter() - self._sent_at[number]) * 1000)


_Group = tuple[Caller, dict[int, float], list[_Ear]]
"""A speaker, when each of their frames was sent, and who listens."""


class _Asked:
    """The relay as the callers' process sees it: each question is a line out, each answer a line in."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._line = asyncio.Lock()

    async def publish(self, *arguments: object) -> str:
        return await self._ask("publish", arguments)

    async def subscribe(self, *arguments: object) -> str:
        return await self._ask("subscribe", arguments)

    async def answer(self, *arguments: object) -> str:
        return await self._ask("answer", arguments)

    async def _ask(self, what: str, arguments: Sequence[object]) -> str:
        async with self._line:
            print(json.dumps([what, *arguments]), flush=True)
            reply: str = json.loads(await self._reader.readline())
            return reply


async def play(streams: int, listeners: int, seconds: float, rooms: int, *, own: bool = False) -> None:
    """Play the browsers, and print what they saw as the last line.

    Args:
        streams: of a room.
        listeners: of each stream.
        seconds: for which they speak.
        rooms: how many rooms of their own there are, or as many frames as of how many rooms go through one.
        own: which of both.
    """
    resource.setrlimit(resource.RLIMIT_NOFILE, (MOST_FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    reader = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    relay = cast("Relay", _Asked(reader))
    async with AsyncExitStack() as stack:
        groups = await _rooms(stack, relay, (streams, listeners), rooms if own else 1)
        frames = 1 if own else rooms
        await asyncio.sleep(0.5)
        print(json.dumps(["begin"]), flush=True)
        started = time.perf_counter()
        await asyncio.gather(*(_speak(speaker, sent_at, seconds, frames) for speaker, sent_at, _ in groups))
        took = time.perf_counter() - started
        await asyncio.sleep(0.5)
        ears = [ear for _, _, group in groups for ear in group]
        sent = sum(len(sent_at) * len(group) for _, sent_at, group in groups)
        print(json.dumps(["end", sent, [round(delay, 2) for ear in ears for delay in ear.delays], took]), flush=True)


async def _rooms(stack: AsyncExitStack, relay: Relay, size: tuple[int, int], rooms: int) -> list[_Group]:
    """Set up rooms, some side by side."""
    room_for = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> list[_Group]:
        async with room_for:
            room = f"{_ROOM} {number}"
            return [await _group(stack, relay, room, stream, size[1]) for stream in range(size[0])]

    return [group for room in await asyncio.gather(*map(one, range(rooms))) for group in room]


async def _group(stack: AsyncExitStack, relay: Relay, room: str, stream: int, listeners: int) -> _Group:
    sent_at: dict[int, float] = {}
    speaker = await stack.enter_async_context(Caller())
    await speaker.speak(relay, room, stream, f"speaker {stream}")
    ears = [await stack.enter_async_context(_Ear(sent_at)) for _ in range(listeners)]
    for number, ear in enumerate(ears):
        await ear.listen(relay, room, stream, f"listener {number}")
    return speaker, sent_at, ears


async def _speak(speaker: Caller, sent_at: dict[int, float], seconds: float, frames: int) -> None:
    started = time.perf_counter() + random.random() / FRAMES  # not all at one moment
    for number in range(int(seconds * FRAMES * frames)):
        await asyncio.sleep(max(0.0, started + number / FRAMES / frames - time.perf_counter()))
        sent_at[number] = time.perf_counter()
        await speaker.send(number.to_bytes(4) + bytes(SIZE - 4), number)


async def measure(name: str, size: tuple[int, int], seconds: float, rooms: int = 1, *, own: bool = False) -> Carried:
    """Put a load on a relay of its own: so many rooms of that size (own), or as many frames as these send."""
    process = JanusProcess()
    relay: Relay = BuiltinRelay(packets_s=inf) if name == "built-in" else JanusRelay(process)
    await relay.start()
    pid = os.getpid() if name == "built-in" else cast("Any", process)._process.pid
    try:
        load, cpu_s = await _under_load(relay, pid, size, seconds, rooms, own=own)
    finally:
        await relay.stop()
    return Carried(name, size, rooms, load, seconds, cpu_s)


async def _under_load(
    relay: Relay, pid: int, size: tuple[int, int], seconds: float, rooms: int, *, own: bool
) -> tuple[Load, float]:
    callers = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.relays",
        *("--play", *map(str, size), "--seconds", str(seconds), "--rooms", str(rooms)),
        *(["--own"] if own else []),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 26,
    )
    assert callers.stdin is not None  # noqa: S101 -- both were asked for
    assert callers.stdout is not None  # noqa: S101
    before = 0.0
    async for line in callers.stdout:
        what, *arguments = json.loads(line)
        if what == "begin":
            before = _cpu_s(pid)
        elif what == "end":
            used = _cpu_s(pid) - before
            await callers.wait()
            sent, delays, took = arguments
            return Load(sent, len(delays), delays, took), used
        else:
            reply = await getattr(relay, what)(*arguments)
            callers.stdin.write(json.dumps(reply).encode() + b"\n")
    raise ConnectionError("the callers ended before they were through")


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _installed() -> Iterator[str]:
    yield "built-in"
    if shutil.which("janus") is None:
        print("bench: Janus is not installed, so it is not measured", file=sys.stderr)
    else:
        yield "Janus"


def measured(seconds: float = SECONDS) -> Iterator[tuple[str, ...]]:
    """Yield a row for each relay that is installed and each size."""
    *smaller, largest = SIZES
    for name in _installed():
        for size, rooms in (*((one, 1) for one in smaller), *((largest, rooms) for rooms in ROOMS)):
            found = asyncio.run(measure(name, size, seconds, rooms))
            yield found.row
            if found.broken:
                break


def rooms_measured(seconds: float = SECONDS) -> Iterator[tuple[str, ...]]:
    """Yield a row for each relay that is installed and each number of rooms, until one is too many."""
    for name in _installed():
        for rooms in OWN_ROOMS:
            found = asyncio.run(measure(name, SIZES[0], seconds, rooms, own=True))
            yield found.rooms_row
            if found.broken:
                break


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="bench.relays", description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long each load lasts")
    parser.add_argument("--rooms", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--own", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--play", nargs=2, type=int, metavar=("STREAMS", "LISTENERS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.play:
        streams, listeners = options.play
        asyncio.run(play(streams, listeners, options.seconds, options.rooms, own=options.own))
        return
    print(ABOUT, "", table(HEAD, measured(options.seconds)), "", sep="\n")
    print(table(ROOMS_HEAD, rooms_measured(options.seconds)))


if __name__ == "__main__":
    main()
