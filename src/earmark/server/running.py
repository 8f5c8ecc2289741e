"""Running the server until it is told to stop."""

import asyncio
import os
import re
import signal
import socket
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

import uvicorn

from earmark.api.inviting import Randomness
from earmark.call.messages import MOST_BYTES
from earmark.call.relays.base import Relay
from earmark.call.replies import IceServer
from earmark.errors import UsageError
from earmark.records.vault import Vault
from earmark.server.app import create_app
from earmark.server.house import House
from earmark.server.login import Provider
from earmark.server.metrics import Metrics
from earmark.server.page import PAGE
from earmark.server.register import Register

PING_S = 15.0
NAME = re.compile(r"[A-Za-z0-9._-]{0,64}")
LOCAL = "localhost"


@dataclass(frozen=True)
class Place:
    """Where a server is reached.

    Attributes:
        host: the address that it listens at.
        port: likewise; 0 for any that is free.
        tls_cert: file with its certificates (PEM); None for no TLS.
        tls_key: file with the key.
        public: the page's address for people where something else stands before the server; empty where nothing does.
        name: what that calls this server, among several of one vault; empty where it is one.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    tls_cert: Path | None = None
    tls_key: Path | None = None
    public: str = ""
    name: str = ""

    def check(self) -> None:
        """See that browsers will let people speak there.

        Raises:
            UsageError: they will not, or the certificate has no key.
        """
        if (self.tls_cert is None) != (self.tls_key is None):
            raise UsageError("a certificate and its key go together", "Give --tls-cert and --tls-key.")
        if self.public and not _secure(self.public):
            raise UsageError(f"{self.public} is no address of a secure page", "It begins with https://.")
        if not NAME.fullmatch(self.name):
            raise UsageError(f"{self.name!r} is no name for a server", "Letters, digits, “.”, “-” and “_”, 64 at most.")
        if not (self.tls_cert or self.public or _local(self.host)):
            raise UsageError(
                f"at {self.host} browsers open no microphone without TLS",
                "Give --tls-cert and --tls-key, or --public-url https://… where a proxy has them.",
            )

    def address(self, port: int) -> str:
        """Return the page's address when the server listens at ``port``."""
        if self.public:
            return self.public.rstrip("/") + "/"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls_cert else 'http'}://{host}:{port}/"


def _secure(address: str) -> bool:
    """Tell whether browsers let a page at this address have a microphone."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and _local(parts.hostname or ""))


def _local(host: str) -> bool:
    """Tell whether a host is this machine, whatever anybody's name server says."""
    try:
        return host == LOCAL or ip_address(host).is_loopback
    except ValueError:
        return False


class Server(uvicorn.Server):
    """Says good-bye to the calls before it closes their connections.

    Args:
        config: of uvicorn.
        house: the calls.
        ready: called when connections are taken, and signals are no failure any more.
    """

    def __init__(self, config: uvicorn.Config, house: House, ready: Callable[[], None] = lambda: None) -> None:
        super().__init__(config)
        self._house, self._ready = house, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take connections."""
        await super().startup(sockets)
        self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - of no use
        """Take a request to end as what it is: the way in which a server ends, and no failure."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close everything."""
        await self._house.stop()
        await super().shutdown(sockets)


def serve(
    vault: Vault,
    place: Place,
    relay: Relay,
    *,
    host_token: str | None,
    ready: Callable[[str], None],
    ice_servers: Callable[[], tuple[IceServer, ...]] = tuple,
    randomness: Randomness = os.urandom,
    page: Path = PAGE,
    metrics: str | None = None,
    provider: Provider | None = None,
) -> None:
    """Serve calls until the process is interrupted.

    Args:
        vault: keeps the calls; can be opened.
        place: where.
        relay: forwards the sound.
        host_token: lets hosts open calls; None where they have to log in.
        ready: told the page's address when connections are taken.
        ice_servers: gives what a browser is told of servers that help to find a way through.
        randomness: gives that many bytes fit for keys.
        page: the folder with the page's files.
        metrics: address and port at which Prometheus is answered; None for nowhere.
        provider: where hosts and officers log in; None for nowhere.

    Raises:
        UsageError: nobody can listen there.
    """
    place.check()
    counted = Metrics()
    house = House(
        Register(vault, counted.vault.time),
        relay,
        clock=time.monotonic,
        randomness=randomness,
        ice_servers=ice_servers,
        metrics=counted,
        name=place.name,
    )
    with closing(listen(place)) as listening, counted.served(metrics):
        address = place.address(listening.getsockname()[1])
        app = create_app(
            house,
            vault,
            address=address,
            host_token=host_token,
            randomness=randomness,
            page=page,
            provider=provider,
        )
        server = Server(config_of(app, place), house, partial(ready, address))
        asyncio.run(_serve(server, house, listening))


async def _serve(server: Server, house: House, listening: socket.socket) -> None:
    await house.start()
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # else nohup's
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, server.handle_exit, signal.SIGHUP, None)
    await server.serve(sockets=[listening])


def config_of(app: object, place: Place) -> uvicorn.Config:
    """Return how uvicorn is to serve ``app``."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        ws="websockets-sansio",
        ws_max_size=MOST_BYTES,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S,
        ws_per_message_deflate=False,
        ssl_certfile=place.tls_cert,
        ssl_keyfile=place.tls_key,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=5,
        proxy_headers=bool(place.public),  # of a proxy on this machine: who knocks is told apart by address
    )


def listen(place: Place) -> socket.socket:
    """Return a socket that listens there.

    Raises:
        UsageError: none can.
    """
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((place.host, place.port))
        listening.listen(1024)
    except OSError as error:
        listening.close()
        raise UsageError(
            f"nothing can listen at {place.host}, port {place.port}: {error.strerror}",
            "Choose another port with --port; 0 takes any that is free.",
        ) from error
    return listening
