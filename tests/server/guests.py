"""A browser's half of the protocol, spoken to a real server over a real socket."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import numpy as np
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from tests.members import Member, base64url
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from earmark.call import schedule
from earmark.call.relays.base import Health
from earmark.call.wire import decode
from earmark.errors import RelayError
from earmark.records.vault import Vault
from earmark.server.app import create_app
from earmark.server.house import House
from earmark.server.login import Provider
from earmark.server.metrics import Metrics
from earmark.server.register import Register
from earmark.server.running import Place, Server, config_of, listen

TOKEN = "the host's token"  # noqa: S105 - of a test
WAIT_S = 60.0

Facts = dict[str, Any]


class NotingRelay:
    """A relay that forwards nothing, and notes what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.running = False

    async def start(self) -> None:
        self.asked.append(("start",))
        self.running = True

    async def stop(self) -> None:
        self.asked.append(("stop",))

    def health(self) -> Health:
        return Health(running=self.running, streams=0, listeners=0)

    async def publish(self, room: str, stream: int, member: str, offer: str) -> str:
        self.asked.append(("publish", room, stream, member, offer))
        if offer == "nonsense":
            raise RelayError("the offer makes no sense", "Reload the page.")
        return f"answer to {offer}"

    async def subscribe(self, room: str, stream: int, member: str) -> str:
        self.asked.append(("subscribe", room, stream, member))
        return f"offer of {stream} to {member}"

    async def answer(self, room: str, stream: int, member: str, answer: str) -> None:
        self.asked.append(("answer", room, stream, member, answer))

    async def close_stream(self, room: str, stream: int) -> None:
        self.asked.append(("close", room, stream))

    async def drop_member(self, room: str, member: str) -> None:
        self.asked.append(("drop", room, member))

    async def close_room(self, room: str) -> None:
        self.asked.append(("over", room))


@dataclass
class Site:
    """A server that runs."""

    address: str
    vault: Vault
    relay: NotingRelay
    house: House

    async def ask(self, method: str, path: str, token: str = TOKEN, **more: Any) -> httpx.Response:
        """Ask the HTTP interface as the host."""
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=self.address, headers=headers, trust_env=False, timeout=WAIT_S) as client:
            return await client.request(method, path, **more)

    async def open(self, people: list[str], **more: Any) -> dict[str, str]:
        """Open a call; return links by id, the host's too, and the call's id under the empty name."""
        body = {"title": "Board", "people": [{"id": one, "name": one.title()} for one in people]} | more
        answer = await self.ask("POST", "/api/calls", json=body)
        assert answer.status_code == 201, answer.text
        made = answer.json()
        return {link["id"]: link["link"] for link in made["links"]} | {"host": made["host_link"], "": made["id"]}

    @property
    def socket(self) -> str:
        return self.address.replace("http", "ws", 1) + "api/room"

    def connect(self, origin: str | None = None) -> connect:
        ours = Origin(origin if origin is not None else self.address.rstrip("/"))
        return connect(
            self.socket,
            origin=ours,
            proxy=None,
            max_size=2**18,
            max_queue=None,  # some of what is said to them guests read late, or never
            open_timeout=WAIT_S,
            ping_interval=None,
        )

    @asynccontextmanager
    async def guest(self, link: str, name: str, **hello: Any) -> AsyncIterator["Guest"]:
        """Connect with a link and say hello."""
        async with self.connect() as socket:
            guest = Guest(Member(name), socket)
            await guest.say("hello", **guest.hello(link.partition("#join=")[2]) | hello)
            yield guest

    @asynccontextmanager
    async def inside(self, link: str, name: str) -> AsyncIterator["Guest"]:
        """The same, and sign; the guest is in the lobby, or in the call where they are a host."""
        async with self.guest(link, name) as guest:
            await guest.sign()
            yield guest


@dataclass
class Guest:
    """A browser: what it says, and what it was told."""

    member: Member
    socket: ClientConnection
    told: dict[str, list[Facts]] = field(default_factory=lambda: defaultdict(list))
    everything: list[str] = field(default_factory=list)
    challenge: Facts = field(default_factory=dict)
    secret: bytes = bytes(range(32))
    held: dict[int, dict[int, tuple[int, bytes]]] = field(default_factory=lambda: defaultdict(dict))

    def hello(self, token: str) -> Facts:
        key = base64url(self.member.public_key)
        return {"version": 1, "token": token, "device": key, "encoded_transform": True, "user_agent": "test"}

    async def say(self, kind: str, **facts: Any) -> None:
        await self.socket.send(json.dumps({"type": kind, **facts}))

    async def sign(self, **changes: Any) -> None:
        """Answer the challenge."""
        self.challenge = await self.hear("challenge")
        stated = {
            "notice_sha256": sha256(self.challenge["notice"].encode()).hexdigest(),
            "ledger_root": self.challenge["ledger_root"],
            "challenge": self.challenge["challenge"],
        }
        receipt = self.member.receipt(self.challenge["call"]["id"], **stated | changes)
        signature = base64url(self.member.device.sign(receipt.encode()))
        package = base64url(b"key package of " + self.member.id.encode())
        await self.say("consent", receipt=receipt, signature=signature, key_package=package)

    async def hear(self, kind: str, so: Callable[[Facts], bool] = lambda _facts: True) -> Facts:
        """Return the next message of a kind that is so, and forget it; others are kept."""
        async with asyncio.timeout(WAIT_S):
            while True:
                found = next((one for one in self.told[kind] if so(one)), None)
                if found is not None:
                    self.told[kind].remove(found)
                    return found
                await self._receive()

    async def closed(self) -> None:
        """Hear all that comes until the server has closed the connection."""
        async with asyncio.timeout(WAIT_S):
            try:
                while True:
                    await self._receive()
            except ConnectionClosed:
                return

    async def speak(self) -> int:
        """Open a stream; return its number."""
        dealer = X25519PublicKey.from_public_bytes(decode(self.challenge["dealer_key"]))
        info = schedule.seal_info(self.challenge["call"]["id"], self.member.id)
        sealed = schedule.SUITE.encrypt(self.secret, dealer, info=info)
        await self.say("open", sealed=base64url(sealed))
        opened = await self.hear("opened", lambda facts: facts["member"] == self.member.id)
        return int(opened["stream"])

    async def commit(self) -> Facts:
        """Commit the change that is asked for; return it."""
        change = await self.hear("change")
        adds = [one["member"] for one in change["adds"]]
        epoch = change["epoch"]
        await self.say(
            "commit",
            epoch=epoch,
            commit=base64url(b"commit %d" % epoch),
            welcome=base64url(b"welcome %d" % (epoch + 1)) if adds else None,
            adds=adds,
            removes=change["removes"],
        )
        await self.hear("accepted", lambda facts: facts["epoch"] == epoch)
        return change

    async def hold(self, stream: int, count: int) -> None:
        """Take keys until there are so many of a stream."""
        async with asyncio.timeout(WAIT_S):
            while len(self.held[stream]) < count:
                await self._receive()

    async def _receive(self) -> None:
        facts = json.loads(await self.socket.recv())
        self.everything.append(facts["type"])
        if facts["type"] == "keys":
            self._keep(facts)
        else:
            self.told[facts["type"]].append(facts)

    def _keep(self, facts: Facts) -> None:
        keys = np.frombuffer(decode(facts["keys"]), np.uint8).reshape(-1, 32)
        bits = np.unpackbits(np.frombuffer(decode(facts["bits"]), np.uint8))[: len(keys)]
        for offset, (bit, key) in enumerate(zip(bits, keys, strict=True)):
            assert facts["first"] + offset not in self.held[facts["stream"]]
            self.held[facts["stream"]][facts["first"] + offset] = int(bit), key.tobytes()


@asynccontextmanager
async def running(
    vault: Vault,
    page: Path,
    name: str = "",
    *,
    port: int = 0,
    token: str | None = TOKEN,
    provider: Provider | None = None,
) -> AsyncIterator[Site]:
    """A server on a port of its own."""
    place = Place(port=port)
    relay = NotingRelay()
    listening = listen(place)
    address = place.address(listening.getsockname()[1])
    randomness = vault.safe.randomness
    metrics = Metrics()
    register = Register(vault, metrics.vault.time)
    house = House(register, relay, clock=monotonic, randomness=randomness, metrics=metrics, name=name)
    app = create_app(
        house, vault, address=address, host_token=token, randomness=randomness, page=page, provider=provider
    )
    server = Server(config_of(app, place), house)
    await house.start()
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        while not server.started:
            await asyncio.sleep(0.01)
        yield Site(address, vault, relay, house)
    finally:
        server.should_exit = True
        await serving
        listening.close()
