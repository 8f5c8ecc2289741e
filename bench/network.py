"""Networks for tests: each host in a network namespace of its own, at the end of a link as bad as is asked for.

The link is a pair of TUN devices with this program between them, which loses, delays and holds back packets both ways
as ``tc netem`` does, on kernels that have no netem as well. It needs root.
"""

import asyncio
import fcntl
import os
import random
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_TUN = Path("/dev/net/tun")
_TUNSETIFF = 0x400454CA
_TUN_WITHOUT_HEADER = 0x1001
_MOST_BYTES = 65_535
_QUEUE_S = 0.3
_BURST_EVERY_S = 4.0


@dataclass(frozen=True)
class Conditions:
    """How bad a link is, either way.

    Attributes:
        loss: the share of packets that are lost, each by chance, 0 to 1.
        burst_s: every four seconds nothing comes through for so long, in seconds.
        jitter_s: packets take up to that much longer, each by chance, and may overtake each other; in seconds.
        rate: bits per second, IP headers counted; a queue holds 0.3 s of it. 0 for no limit.
    """

    loss: float = 0.0
    burst_s: float = 0.0
    jitter_s: float = 0.0
    rate: int = 0


@dataclass
class _Way:
    """One direction of a link."""

    conditions: Conditions
    chance: random.Random = field(default_factory=random.Random)
    free_at: float = 0.0

    def delay(self, size: int, now: float) -> float | None:
        """Return after how many seconds a packet of ``size`` bytes arrives; None if it never does."""
        is_in_burst = now % _BURST_EVERY_S < self.conditions.burst_s
        if is_in_burst or self.chance.random() < self.conditions.loss:
            return None
        wait = 0.0
        if self.conditions.rate:
            start = max(now, self.free_at)
            if start - now > _QUEUE_S:
                return None
            self.free_at = start + 8 * size / self.conditions.rate
            wait = self.free_at - now
        return wait + self.chance.uniform(0, self.conditions.jitter_s)


class Host:
    """A host at the end of a link.

    Attributes:
        namespace: its network namespace.
    """

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self.ways = (_Way(Conditions()), _Way(Conditions()))

    def suffer(self, conditions: Conditions) -> None:
        """Let the link be so bad from now on, in both directions."""
        for way in self.ways:
            way.conditions = conditions

    def wrapper(self, program: str, folder: Path) -> Path:
        """Write a program that runs ``program`` on this host."""
        path = folder / f"{Path(program).name}-{self.namespace}"
        path.write_text(f'#!/bin/sh\nexec ip netns exec {self.namespace} {program} "$@"\n')
        path.chmod(0o700)
        return path


def possible() -> bool:
    """Tell whether this process may make networks."""
    return os.geteuid() == 0 and _TUN.exists() and _ran("ip", "-V")


@contextmanager
def network(hosts: int) -> Iterator[tuple[str, list[Host]]]:
    """Make hosts that reach this one; give the address at which they do, and the hosts."""
    prefix = f"10.{random.randrange(64, 128)}.{random.randrange(256)}"
    here = f"{prefix}.1"
    mark = f"em{os.getpid() % 100_000:05d}"
    with ExitStack() as stack:
        _run("ip", "address", "add", f"{here}/32", "dev", "lo")
        stack.callback(_run, "ip", "address", "del", f"{here}/32", "dev", "lo")
        made = [
            stack.enter_context(_host(f"{mark}{i}", here, (f"{prefix}.{4 * i + 9}", f"{prefix}.{4 * i + 10}")))
            for i in range(hosts)
        ]
        yield here, made


@contextmanager
def _host(name: str, here: str, ends: tuple[str, str]) -> Iterator[Host]:
    host = Host(name)
    near, far = f"{name}n", f"{name}f"
    with ExitStack() as stack:
        _run("ip", "netns", "add", name)
        stack.callback(_run, "ip", "netns", "del", name)
        files = [_tun(device) for device in (near, far)]
        for file in files:
            stack.callback(os.close, file)
        _run("ip", "link", "set", far, "netns", name)
        _run("ip", "address", "add", ends[0], "peer", ends[1], "dev", near)
        _run("ip", "link", "set", near, "up")
        _run("ip", "-n", name, "link", "set", "lo", "up")
        _run("ip", "-n", name, "address", "add", ends[1], "peer", ends[0], "dev", far)
        _run("ip", "-n", name, "link", "set", far, "up")
        _run("ip", "-n", name, "route", "add", here, "dev", far)
        stack.enter_context(_passing(host, files))
        yield host


@contextmanager
def _passing(host: Host, files: list[int]) -> Iterator[None]:
    """Pass packets on, in a thread of its own, so that a busy program does not make the link worse."""
    loop = asyncio.new_event_loop()
    for way, source, sink in zip(host.ways, files, reversed(files), strict=True):
        loop.add_reader(source, _pass_on, loop, way, source, sink)
    thread = threading.Thread(target=loop.run_forever, name=f"link of {host.namespace}")
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _pass_on(loop: asyncio.AbstractEventLoop, way: _Way, source: int, sink: int) -> None:
    packet = os.read(source, _MOST_BYTES)
    delay = way.delay(len(packet), loop.time())
    if delay == 0:
        os.write(sink, packet)
    elif delay is not None:
        loop.call_later(delay, os.write, sink, packet)


def _tun(name: str) -> int:
    file = os.open(_TUN, os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(file, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _TUN_WITHOUT_HEADER))
    return file


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def _ran(*command: str) -> bool:
    try:
        _run(*command)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True
