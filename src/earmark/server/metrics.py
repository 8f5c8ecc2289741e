"""What a server is doing, as numbers that Prometheus collects. There is no name, id or title in them.

They are served at an address of their own, so that a proxy which makes the page public does not publish them too.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from earmark.call.relays.base import Health
from earmark.errors import UsageError

VAULT_BUCKETS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


@dataclass(frozen=True)
class Census:
    """How many there are in the calls that are going on."""

    calls: int
    lobby: int
    inside: int
    streams: int


class Metrics:
    """Counts what happens."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.connections = Counter("earmark_connections", "Browsers that have connected.", registry=self.registry)
        self.refused = Counter("earmark_refused", "Those who were not let in.", ["reason"], registry=self.registry)
        self.failures = Counter("earmark_failures", "What could not be done.", ["request"], registry=self.registry)
        self.vault = Histogram(
            "earmark_vault_seconds",
            "How long the vault takes, waiting included.",
            buckets=VAULT_BUCKETS,
            registry=self.registry,
        )

    def watch(self, census: Callable[[], Census], health: Callable[[], Health]) -> None:
        """Ask these whenever the numbers are collected."""
        self.registry.register(_Watch(census, health))

    @contextmanager
    def served(self, address: str | None) -> Iterator[None]:
        """Answer Prometheus at ``address``, such as "127.0.0.1:9464"; nowhere if there is none.

        Raises:
            UsageError: nothing can listen there.
        """
        if address is None:
            yield
            return
        host, port = split(address)
        try:
            server, _ = start_http_server(port, host, self.registry)
        except OSError as error:
            raise UsageError(
                f"nothing can listen at {address}: {error.strerror}", "Choose another address with --metrics."
            ) from error
        with closing(server.socket):
            yield
            server.shutdown()


def split(address: str) -> tuple[str, int]:
    """Return host and port of an address such as "127.0.0.1:9464" or "[::1]:9464".

    Raises:
        UsageError: it makes no sense.
    """
    host, colon, port = address.rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
        raise UsageError(f"{address!r} is no address and port", "Such as --metrics 127.0.0.1:9464.")
    return host.removeprefix("[").removesuffix("]"), int(port)


class _Watch(Collector):
    """Gauges that are read when they are asked for."""

    def __init__(self, census: Callable[[], Census], health: Callable[[], Health]) -> None:
        self._census, self._health = census, health

    def collect(self) -> Iterator[GaugeMetricFamily]:
        census, health = self._census(), self._health()
        yield GaugeMetricFamily("earmark_calls", "Calls that are going on.", census.calls)
        people = GaugeMetricFamily("earmark_people", "People, by where they are.", labels=["where"])
        people.add_metric(["lobby"], census.lobby)
        people.add_metric(["inside"], census.inside)
        yield people
        yield GaugeMetricFamily("earmark_streams", "Streams that are open.", census.streams)
        yield GaugeMetricFamily("earmark_relay_running", "1 while the relay takes streams.", int(health.running))
        yield GaugeMetricFamily("earmark_relay_streams", "Streams that the relay forwards.", health.streams)
        yield GaugeMetricFamily("earmark_relay_listeners", "Connections to listeners.", health.listeners)
