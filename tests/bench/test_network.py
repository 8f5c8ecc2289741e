"""That links of the benchmarks' networks are as bad as is asked for, told by packets that go through them."""

import socket
import statistics
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from time import monotonic

import pytest

from bench.network import Conditions, Host, network, possible

pytestmark = pytest.mark.skipif(not possible(), reason="networks need root, /dev/net/tun and the program ip")

QUIET_S = 2.0
"""Where nothing has come for so long once all was sent, nothing will."""

SENDER = """
import socket, struct, sys, time
here, port, count, size, gap = sys.argv[1], *map(int, sys.argv[2:5]), float(sys.argv[5])
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in range(count):
    out.sendto(struct.pack("!Id", number, time.monotonic()).ljust(size, b"."), (here, port))
    time.sleep(gap)
"""


@dataclass(frozen=True)
class Came:
    """A packet that came: its number, and when it was sent and received by the clock that all hosts have."""

    number: int
    sent: float
    received: float

    @property
    def late(self) -> float:
        return self.received - self.sent


@pytest.fixture(scope="module")
def link() -> Iterator[tuple[str, Host]]:
    with network(1) as (here, hosts):
        yield here, hosts[0]


def sent(link: tuple[str, Host], conditions: Conditions, count: int, size: int = 100, gap: float = 0.002) -> list[Came]:
    """Send so many packets from the host, with pauses, and return those that came, in the order in which they did."""
    here, host = link
    host.suffer(conditions)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind((here, 0))
        ear.settimeout(QUIET_S)
        told = [here, *map(str, (ear.getsockname()[1], count, size, gap))]
        command = ["ip", "netns", "exec", host.namespace, sys.executable, "-c", SENDER, *told]
        with subprocess.Popen(command) as sender:
            return list(received(ear, sender))


def received(ear: socket.socket, sender: subprocess.Popen[bytes]) -> Iterator[Came]:
    while True:
        over = sender.poll() is not None
        try:
            data = ear.recv(2048)
        except TimeoutError:
            if over:
                return
            continue
        number, at = struct.unpack("!Id", data[:12])
        yield Came(number, at, monotonic())


def test_a_good_link_loses_nothing_and_keeps_the_order(link: tuple[str, Host]) -> None:
    numbers = [one.number for one in sent(link, Conditions(), 500)]
    assert numbers == list(range(500))


def test_as_many_packets_are_lost_as_is_asked_for(link: tuple[str, Host]) -> None:
    share = 1 - len(sent(link, Conditions(loss=0.1), 2000)) / 2000
    assert 0.06 < share < 0.14  # six standard deviations


def test_bursts_are_as_long_as_is_asked_for(link: tuple[str, Host]) -> None:
    came = sent(link, Conditions(burst_s=0.4), 1000, gap=0.01)
    gaps = [(late.sent - early.sent, late.number - early.number) for early, late in pairwise(came)]
    bursts = [seconds for seconds, packets in gaps if packets > 1]
    assert 1 <= len(bursts) <= 1 + (came[-1].sent - came[0].sent) / 4
    assert 0.2 < statistics.median(bursts) < 0.8


def test_packets_are_late_by_chance_and_overtake_each_other(link: tuple[str, Host]) -> None:
    steady, jittery = (sent(link, Conditions(jitter_s=jitter), 1000) for jitter in (0.0, 0.2))
    assert len(jittery) == 1000
    assert [one.number for one in jittery] != list(range(1000))
    deciles = statistics.quantiles([one.late for one in jittery], n=10)
    usual = statistics.median(one.late for one in steady)
    assert deciles[4] - usual > 0.07
    assert deciles[8] - deciles[0] > 0.12


def test_no_more_comes_through_than_the_rate(link: tuple[str, Host]) -> None:
    rate, size, header = 400_000, 500, 28
    came = sent(link, Conditions(rate=rate), 1000, size, gap=0.005)  # twice as much as there is room for
    bits = 8 * (size + header) * (len(came) - 1)
    lasted = came[-1].received - came[0].received
    assert 0.7 * rate < bits / lasted < 1.1 * rate
    assert max(one.late for one in came) > 0.2  # in the queue
    assert len(came) < 900
