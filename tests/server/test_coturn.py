"""The TURN server that the documentation sets up, really run: it lets those through whom Earmark gave the means."""

import asyncio
import datetime
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from aioice import stun, turn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.balancer import free_port
from tests.docs.conftest import ROOT

from bench.callers import Caller
from earmark.call.relays.builtin import BuiltinRelay
from earmark.call.replies import IceServer
from earmark.server.turn import HOLDS_S, Helpers

SECRET = b"of a test"
HOST = "calls.example"
WAIT_S = 60.0


@dataclass(frozen=True)
class Coturn:
    """One that runs.

    Attributes:
        address: of this machine, which it listens at and lets through to.
        port: for UDP and TCP.
        tls_port: for TLS.
        certificate: file with its own.
    """

    address: str
    port: int
    tls_port: int
    certificate: Path

    def given(self, now: float, secret: bytes = SECRET) -> IceServer:
        """What Earmark tells a browser that comes at a time."""
        (server,) = Helpers(["turn:calls.example:3478"], secret, lambda: now).for_somebody()
        return server


class Detour(Caller):
    """A caller whose every packet goes by the TURN server, as where a network lets no UDP out."""

    def __init__(self, coturn: Coturn, server: IceServer, *, tls: bool) -> None:
        self.payloads: list[bytes] = []
        super().__init__(lambda packet: self.payloads.append(packet[12:]))
        self._coturn, self._server, self._tls = coturn, server, tls
        self._refused: asyncio.Queue[Exception] = asyncio.Queue()
        self._gone = asyncio.Event()

    async def __aenter__(self) -> Self:
        await turn.create_turn_endpoint(
            lambda: self,
            server_addr=(self._coturn.address, self._coturn.tls_port if self._tls else self._coturn.port),
            username=self._server.username,
            password=self._server.credential,
            ssl=self._context() if self._tls else None,
            transport="tcp" if self._tls else "udp",
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await super().__aexit__(kind, error, trace)
        await self._gone.wait()

    def connection_lost(self, _exc: Exception | None) -> None:
        self._gone.set()

    def error_received(self, exc: Exception) -> None:
        self._refused.put_nowait(exc)

    async def refused(self, peer: str) -> int:
        """Send something to somebody; return the number of the error that comes back."""
        assert self._transport is not None
        self._transport.sendto(b"\x80", (peer, 9))
        failure = await self._refused.get()
        assert isinstance(failure, stun.TransactionFailed)
        return failure.response.error_code or 0

    def _write(self, data: bytes) -> None:
        if self._transport:  # which cannot say whether it is closing
            self._transport.sendto(data, self._relay_at)

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self._coturn.certificate))
        context.check_hostname = False
        return context


def reachable() -> str:
    """Return this machine's address for others; that of the loopback where it has no other."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            probe.connect(("192.0.2.99", 9))  # by which nothing is sent
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def configured(folder: Path, address: str) -> Coturn:
    """Write the documentation's settings into a folder, with this machine's places in place of its examples."""
    coturn = Coturn(address, free_port(), free_port(), folder / "certificate.pem")
    write_certificate(coturn.certificate, folder / "key.pem")
    (settings,) = re.findall(
        r"^```\n(listening-port=.*?)^```", (ROOT / "docs/deploy.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    for name, value in {
        "listening-port": coturn.port,
        "tls-listening-port": coturn.tls_port,
        "cert": coturn.certificate,
        "pkey": folder / "key.pem",
        "static-auth-secret": SECRET.decode(),
        "allowed-peer-ip": address,
    }.items():
        settings, count = re.subn(rf"^{name}=.*$", f"{name}={value}", settings, flags=re.MULTILINE)
        assert count == 1, name
    own = ["listening-ip=" + address, "relay-ip=" + address, "log-file=stdout", f"pidfile={folder}/pid"]
    (folder / "turnserver.conf").write_text(settings + "\n".join([*own, f"userdb={folder}/turndb"]) + "\n")
    return coturn


def write_certificate(certificate: Path, key: Path) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    builder = x509.CertificateBuilder(
        name, name, private.public_key(), x509.random_serial_number(), now - day, now + day
    )
    signed = builder.sign(private, hashes.SHA256())
    pem = serialization.Encoding.PEM
    certificate.write_bytes(signed.public_bytes(pem))
    key.write_bytes(private.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


@pytest.fixture(scope="module")
def coturn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coturn]:
    program = shutil.which("turnserver")
    if program is None:
        pytest.skip("coturn is not installed, so nobody was tried to reach through a TURN server (make browsers)")
    address = reachable()
    if address.startswith("127."):
        pytest.skip("this machine has no IPv4 address but the loopback, to which no TURN server lets anybody through")
    folder = tmp_path_factory.mktemp("coturn")
    running = configured(folder, address)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, "-c", str(folder / "turnserver.conf")], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            asyncio.run(listening(running, process, folder / "log"))
            yield running
        finally:
            process.terminate()
            process.wait()


async def listening(coturn: Coturn, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until it takes connections."""
    async with asyncio.timeout(WAIT_S):
        while True:
            assert process.poll() is None, log.read_text(errors="replace")
            try:
                for port in (coturn.port, coturn.tls_port):
                    _, writer = await asyncio.open_connection(coturn.address, port)
                    writer.close()
                    await writer.wait_closed()
            except OSError:
                await asyncio.sleep(0.05)
            else:
                return


@asynccontextmanager
async def relaying(coturn: Coturn) -> AsyncIterator[BuiltinRelay]:
    relay = BuiltinRelay([coturn.address])
    await relay.start()
    try:
        async with asyncio.timeout(WAIT_S):
            yield relay
    finally:
        await relay.stop()


@pytest.mark.parametrize("tls", [False, True], ids=["UDP", "TLS"])
def test_a_call_goes_through_it(coturn: Coturn, tls: bool) -> None:
    async def play() -> None:
        given = coturn.given(time.time())
        async with (
            relaying(coturn) as relay,
            Detour(coturn, given, tls=tls) as ada,
            Detour(coturn, given, tls=tls) as ben,
        ):
            await ada.speak(relay, "5f1c", 0, "ada")
            await ben.listen(relay, "5f1c", 0, "ben")
            assert {address for path in relay._ports._paths.values() for _, address in path.origins} == {  # type: ignore[union-attr]
                detour._transport.get_extra_info("sockname")  # type: ignore[union-attr]
                for detour in (ada, ben)
            }
            number = 0
            while len(ben.payloads) < 20:
                await ada.send(b"%05d" % number + bytes(200), number)
                number += 1
                await asyncio.sleep(0.01)
            assert set(ben.payloads) <= {b"%05d" % one + bytes(200) for one in range(number)}

    asyncio.run(play())


@pytest.mark.parametrize("wrong", ["expired", "of another secret", "prolonged by oneself", "none"])
def test_who_has_nothing_that_holds_gets_nowhere(coturn: Coturn, wrong: str) -> None:
    now = time.time()
    given = {
        "expired": coturn.given(now - HOLDS_S - 60),
        "of another secret": coturn.given(now, b"guessed"),
        "prolonged by oneself": IceServer(
            urls=[], username=str(int(now + 2 * HOLDS_S)), credential=coturn.given(now).credential
        ),
        "none": IceServer(urls=[], username="", credential=""),
    }[wrong]

    async def play() -> None:
        async with asyncio.timeout(WAIT_S):
            with pytest.raises(stun.TransactionFailed) as refused:
                await Detour(coturn, given, tls=False).__aenter__()
            assert refused.value.response.error_code in (400, 401)

    asyncio.run(play())


def test_it_lets_nobody_through_to_anybody_but_the_relay(coturn: Coturn) -> None:
    async def play() -> None:
        async with asyncio.timeout(WAIT_S), Detour(coturn, coturn.given(time.time()), tls=False) as mallory:
            for peer in ("127.0.0.1", "192.0.2.99", "10.0.0.1", "169.254.169.254", "8.8.8.8"):
                assert await mallory.refused(peer) == 403

    asyncio.run(play())
