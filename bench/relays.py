"""What one process of each relay carries: CPU time for each frame passed on, what is lost, and how long it takes.

A second process plays the browsers: speakers send a payload of 200 bytes every 20 ms, listeners are counted and timed
without being decrypted. Run `python -m bench.relays`; it needs no recordings, and Janus only for Janus.
"""

import argparse
import asyncio
import json
import os
import shutil
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
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
    "each connection, and ends where they leave none of the cores to those who speak and listen."
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
SIZES = ((4, 3), (4, 49))
ROOMS = (1, 2, 4, 8, 16)  # as many frames as so many rooms of the largest size send
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
    """One measurement: the load, and the relay's CPU seconds."""

    relay: str
    size: tuple[int, int]
    rooms: int
    load: Load
    cpu_s: float

    @property
    def lost(self) -> float:
        """Which part of the frames did not come."""
        return 1 - self.load.came / self.load.sent

    @property
    def row(self) -> tuple[str, ...]:
        """The measurement as the table shows it."""
        per_frame = self.cpu_s / max(1, self.load.came)
        cuts = statistics.quantiles(self.load.delays_ms, n=100)
        return (
            self.relay,
            f"{self.size[0]} × {self.size[1]}",
            str(self.rooms),
            f"{self.load.came / self.load.seconds:,.0f}",
            f"{self.lost:.2%}",
            f"{statistics.median(self.load.delays_ms):.1f} / {cuts[98]:.1f}",
            f"{per_frame * 1e6:.0f}",
            f"{1 / per_frame / FRAMES:,.0f}",
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


class _Asked:
    """The relay as the callers' process sees it: each question is a line out, each answer a line in."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    async def publish(self, *arguments: object) -> str:
        return await self._ask("publish", arguments)

    async def subscribe(self, *arguments: object) -> str:
        return await self._ask("subscribe", arguments)

    async def answer(self, *arguments: object) -> str:
        return await self._ask("answer", arguments)

    async def _ask(self, what: str, arguments: Sequence[object]) -> str:
        print(json.dumps([what, *arguments]), flush=True)
        reply: str = json.loads(await self._reader.readline())
        return reply


async def play(streams: int, listeners: int, seconds: float, rooms: int) -> None:
    """Play the browsers, and print what they saw as the last line."""
    reader = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    relay = cast("Relay", _Asked(reader))
    async with AsyncExitStack() as stack:
        groups = [await _group(stack, relay, stream, listeners) for stream in range(streams)]
        await asyncio.sleep(0.5)
        print(json.dumps(["begin"]), flush=True)
        started = time.perf_counter()
        await asyncio.gather(*(_speak(speaker, sent_at, seconds, rooms) for speaker, sent_at, _ in groups))
        took = time.perf_counter() - started
        await asyncio.sleep(0.5)
        ears = [ear for _, _, group in groups for ear in group]
        sent = sum(len(sent_at) * len(group) for _, sent_at, group in groups)
        print(json.dumps(["end", sent, [round(delay, 2) for ear in ears for delay in ear.delays], took]), flush=True)


async def _group(
    stack: AsyncExitStack, relay: Relay, stream: int, listeners: int
) -> tuple[Caller, dict[int, float], list[_Ear]]:
    sent_at: dict[int, float] = {}
    speaker = await stack.enter_async_context(Caller())
    await speaker.speak(relay, _ROOM, stream, f"speaker {stream}")
    ears = [await stack.enter_async_context(_Ear(sent_at)) for _ in range(listeners)]
    for number, ear in enumerate(ears):
        await ear.listen(relay, _ROOM, stream, f"listener {number}")
    return speaker, sent_at, ears


async def _speak(speaker: Caller, sent_at: dict[int, float], seconds: float, rooms: int) -> None:
    started = time.perf_counter()
    for number in range(int(seconds * FRAMES * rooms)):
        await asyncio.sleep(max(0.0, started + number / FRAMES / rooms - time.perf_counter()))
        sent_at[number] = time.perf_counter()
        await speaker.send(number.to_bytes(4) + bytes(SIZE - 4), number)


async def measure(name: str, size: tuple[int, int], seconds: float, rooms: int = 1) -> Carried:
    """Put a load on a relay of its own: as many frames as so many rooms of that size send."""
    process = JanusProcess()
    relay: Relay = BuiltinRelay() if name == "built-in" else JanusRelay(process)
    await relay.start()
    pid = os.getpid() if name == "built-in" else cast("Any", process)._process.pid
    try:
        load, cpu_s = await _under_load(relay, pid, size, seconds, rooms)
    finally:
        await relay.stop()
    return Carried(name, size, rooms, load, cpu_s)


async def _under_load(relay: Relay, pid: int, size: tuple[int, int], seconds: float, rooms: int) -> tuple[Load, float]:
    callers = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.relays",
        *("--play", *map(str, size), "--seconds", str(seconds), "--rooms", str(rooms)),
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


def measured(seconds: float = SECONDS) -> Iterator[tuple[str, ...]]:
    """Yield a row for each relay that is installed and each size."""
    for name in ("built-in", "Janus"):
        if name == "Janus" and shutil.which("janus") is None:
            print("bench: Janus is not installed, so it is not measured", file=sys.stderr)
            continue
        *smaller, largest = SIZES
        for size, rooms in (*((one, 1) for one in smaller), *((largest, rooms) for rooms in ROOMS)):
            found = asyncio.run(measure(name, size, seconds, rooms))
            yield found.row
            if found.lost > MOST_LOST or found.load.seconds > seconds * LONGER:
                break


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="bench.relays", description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long each load lasts")
    parser.add_argument("--rooms", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--play", nargs=2, type=int, metavar=("STREAMS", "LISTENERS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.play:
        streams, listeners = options.play
        asyncio.run(play(streams, listeners, options.seconds, options.rooms))
        return
    print(ABOUT, "", table(HEAD, measured(options.seconds)), sep="\n")


if __name__ == "__main__":
    main()
