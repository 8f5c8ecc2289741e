"""What every relay keeps to, with callers that need no browser."""

import asyncio
import gc
import shutil
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bench.callers import Caller
from earmark.call.relays.base import Health, Relay
from earmark.call.relays.builtin import BuiltinRelay
from earmark.call.relays.dtls import Link
from earmark.call.relays.janus import JanusRelay
from earmark.call.relays.spread import SpreadRelay
from earmark.errors import EarmarkError, RelayError

_ROOM = "5f1c"


class Ear:
    """Keeps the payloads that came."""

    def __init__(self) -> None:
        self.payloads: list[bytes] = []
        self.numbers: list[int] = []

    def __call__(self, packet: bytes) -> None:
        self.payloads.append(packet[12:])
        self.numbers.append(int.from_bytes(packet[2:4]))


@pytest.fixture(params=["built-in", "janus", "two of janus"])
def relay(request: pytest.FixtureRequest) -> Relay:
    if request.param == "built-in":
        return BuiltinRelay()
    if shutil.which("janus") is None:
        pytest.skip("Janus is not installed, so nothing was tested over it (make browsers)")
    return JanusRelay() if request.param == "janus" else SpreadRelay([JanusRelay(), JanusRelay()])


def _during(relay: Relay, play: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        await relay.start()
        try:
            async with asyncio.timeout(30):
                await play()
        finally:
            await relay.stop()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())


@asynccontextmanager
async def _speaker(relay: Relay, stream: int = 0, member: str = "ada") -> AsyncIterator[Caller]:
    async with Caller() as caller:
        await caller.speak(relay, _ROOM, stream, member)
        yield caller


@asynccontextmanager
async def _listener(relay: Relay, ear: Ear, stream: int = 0, member: str = "ben") -> AsyncIterator[Caller]:
    async with Caller(ear) as caller:
        await caller.listen(relay, _ROOM, stream, member)
        yield caller


async def _say(speaker: Caller, numbers: range) -> None:
    for number in numbers:
        await speaker.send(_payload(number), number)
        await asyncio.sleep(0.002)


def _payload(number: int) -> bytes:
    return b"%05d" % number + bytes(200)


async def _until(holds: Callable[[], bool]) -> None:
    while not holds():
        await asyncio.sleep(0.01)


def test_every_listener_gets_every_payload_in_order(relay: Relay) -> None:
    async def play() -> None:
        first, second = Ear(), Ear()
        async with _speaker(relay) as ada, _listener(relay, first), _listener(relay, second, member="cleo"):
            await asyncio.sleep(0.1)
            await _say(ada, range(300, 500))
            await _until(lambda: len(first.payloads) >= 200 <= len(second.payloads))
        assert first.payloads == second.payloads == [_payload(number) for number in range(300, 500)]
        assert [second - first for first, second in zip(first.numbers, first.numbers[1:], strict=False)] == [1] * 199

    _during(relay, play)


def test_streams_do_not_mix(relay: Relay) -> None:
    async def play() -> None:
        ears = [Ear(), Ear()]
        async with (
            _speaker(relay, 0, "ada") as ada,
            _speaker(relay, 7, "ben") as ben,
            _listener(relay, ears[0], 0, "cleo"),
            _listener(relay, ears[1], 7, "cleo"),
        ):
            assert relay.health() == Health(running=True, streams=2, listeners=2)
            await asyncio.sleep(0.1)
            await asyncio.gather(_say(ada, range(50)), _say(ben, range(1000, 1050)))
            await _until(lambda: len(ears[0].payloads) >= 50 <= len(ears[1].payloads))
        assert ears[0].payloads == [_payload(number) for number in range(50)]
        assert ears[1].payloads == [_payload(number) for number in range(1000, 1050)]

    _during(relay, play)


def test_rooms_do_not_mix(relay: Relay) -> None:
    async def play() -> None:
        async with _speaker(relay):
            with pytest.raises(RelayError):
                await relay.subscribe("another", 0, "ben")
            await relay.close_room("another")
            assert relay.health().streams == 1

    _during(relay, play)


def test_who_was_dropped_hears_and_says_nothing_more(relay: Relay) -> None:
    async def play() -> None:
        dropped, kept, hers = Ear(), Ear(), Ear()
        async with (
            _speaker(relay, 0, "ada") as ada,
            _speaker(relay, 1, "ben") as ben,
            _listener(relay, dropped, 0, "ben"),
            _listener(relay, kept, 0, "cleo"),
            _listener(relay, hers, 1, "cleo"),
        ):
            await asyncio.sleep(0.1)
            await _say(ada, range(20))
            await _say(ben, range(20))
            await _until(lambda: min(len(ear.payloads) for ear in (dropped, kept, hers)) >= 20)
            await relay.drop_member(_ROOM, "ben")
            await relay.drop_member(_ROOM, "nobody")
            assert relay.health() == Health(running=True, streams=1, listeners=1)
            await _say(ada, range(20, 40))
            await _say(ben, range(20, 40))
            await _until(lambda: len(kept.payloads) >= 40)
        assert len(dropped.payloads) == len(hers.payloads) == 20

    _during(relay, play)


def test_who_is_dropped_gets_nothing_they_asked_for_before(relay: Relay) -> None:
    async def play() -> None:
        async with Caller() as ada:
            offer = ada.description("sendonly", "actpass")
            await relay.publish(_ROOM, 0, "ada", offer)  # and never connects
            asked = [asyncio.create_task(relay.subscribe(_ROOM, 0, "ben")) for _ in range(2)]
            await asyncio.sleep(0.05)
            async with asyncio.timeout(1):
                await relay.drop_member(_ROOM, "ben")
            assert relay.health().listeners == 0
            await relay.close_room(_ROOM)
            await asyncio.gather(*asked, return_exceptions=True)
            assert relay.health() == Health(running=True, streams=0, listeners=0)

    _during(relay, play)


def test_a_closed_stream_is_heard_by_nobody(relay: Relay) -> None:
    async def play() -> None:
        ear = Ear()
        async with _speaker(relay) as ada, _listener(relay, ear):
            await asyncio.sleep(0.1)
            await _say(ada, range(10))
            await _until(lambda: len(ear.payloads) >= 10)
            await relay.close_stream(_ROOM, 0)
            await relay.close_stream(_ROOM, 0)
            await _say(ada, range(10, 20))
            await asyncio.sleep(0.1)
            assert len(ear.payloads) == 10
            assert relay.health() == Health(running=True, streams=0, listeners=0)
            with pytest.raises(RelayError):
                await relay.subscribe(_ROOM, 0, "cleo")

    _during(relay, play)


def test_a_stream_published_again_has_to_be_subscribed_to_again(relay: Relay) -> None:
    async def play() -> None:
        before, after = Ear(), Ear()
        async with _speaker(relay), _listener(relay, before), _speaker(relay) as again:
            assert relay.health() == Health(running=True, streams=1, listeners=0)
            async with _listener(relay, after):
                await asyncio.sleep(0.1)
                await _say(again, range(10))
                await _until(lambda: len(after.payloads) >= 10)
        assert before.payloads == []

    _during(relay, play)


def test_who_subscribes_twice_is_heard_of_once(relay: Relay) -> None:
    async def play() -> None:
        before, after = Ear(), Ear()
        async with _speaker(relay) as ada, _listener(relay, before), _listener(relay, after):
            assert relay.health().listeners == 1
            await asyncio.sleep(0.1)
            await _say(ada, range(10))
            await _until(lambda: len(after.payloads) >= 10)
        assert before.payloads == []

    _during(relay, play)


def test_says_what_is_wrong_and_goes_on(relay: Relay) -> None:
    async def play() -> None:
        async with Caller() as caller, _speaker(relay):
            silent = caller.description("inactive", "actpass")
            fitting = caller.description("recvonly", "active")
            refusals: list[Awaitable[object]] = [
                relay.publish(_ROOM, 3, "ada", "nonsense"),
                relay.publish(_ROOM, 3, "ada", silent),
                relay.subscribe(_ROOM, 3, "ben"),
                relay.answer(_ROOM, 0, "ben", fitting),
            ]
            for refusal in refusals:
                with pytest.raises(RelayError) as caught:
                    await refusal
                assert caught.value.hint
            await relay.subscribe(_ROOM, 0, "ben")
            for answer in ("nonsense", silent):
                with pytest.raises(RelayError):
                    await relay.answer(_ROOM, 0, "ben", answer)
            await relay.answer(_ROOM, 0, "ben", fitting)
            with pytest.raises(RelayError):
                await relay.answer(_ROOM, 0, "ben", fitting)
            assert relay.health() == Health(running=True, streams=1, listeners=1)

    _during(relay, play)


def test_says_when_it_does_not_run(relay: Relay) -> None:
    async def play() -> None:
        assert not relay.health().running
        assert relay.health().problem
        offer = Path(__file__).with_name("offer.sdp").read_text()
        for refusal in (relay.publish(_ROOM, 0, "ada", offer), relay.subscribe(_ROOM, 0, "ben")):
            with pytest.raises(RelayError) as caught:
                await refusal
            assert caught.value.hint
        await relay.drop_member(_ROOM, "ada")
        await relay.close_room(_ROOM)
        await relay.stop()

    asyncio.run(play())


def test_can_be_started_again(relay: Relay) -> None:
    async def play() -> None:
        await relay.start()
        async with _speaker(relay):
            await relay.stop()
            await relay.start()
            assert relay.health() == Health(running=True, streams=0, listeners=0)
            ear = Ear()
            async with _speaker(relay) as ada, _listener(relay, ear):
                await asyncio.sleep(0.1)
                await _say(ada, range(5))
                await _until(lambda: len(ear.payloads) >= 5)

    _during(relay, play)


def test_many_come_and_go_and_nothing_of_them_stays(relay: Relay) -> None:
    async def play() -> None:
        async with _speaker(relay):
            for number in range(20):
                async with _listener(relay, Ear(), member=f"guest {number}"):
                    pass
                await relay.drop_member(_ROOM, f"guest {number}")
            await asyncio.sleep(0)
            assert relay.health() == Health(running=True, streams=1, listeners=0)
            assert len(asyncio.all_tasks()) < 12

    _during(relay, play)


def test_connections_of_the_built_in_relay_are_freed() -> None:
    relay = BuiltinRelay()
    links: list[weakref.ref[Link]] = []

    async def play() -> None:
        async with _speaker(relay):
            for number in range(5):
                async with _listener(relay, Ear(), member=f"guest {number}"):
                    links.extend(map(weakref.ref, _links(relay)))
                await relay.drop_member(_ROOM, f"guest {number}")
            assert relay._ports is not None
            assert len(relay._ports._paths) == 1
            assert sum(len(port.browsers) for port in relay._ports._open) == 1

    _during(relay, play)
    gc.collect()
    assert links
    assert [link() for link in links if link() is not None] == []


def _links(relay: BuiltinRelay) -> list[Link]:
    return list(relay._rooms[_ROOM][0].listeners.values())


def test_the_built_in_relay_lets_go_of_who_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("earmark.call.relays.builtin._SILENCE", 0.2)
    monkeypatch.setattr("earmark.call.relays.builtin._REPORTS", 0.05)
    relay = BuiltinRelay()

    async def play() -> None:
        async with _speaker(relay) as ada:
            talking = asyncio.create_task(_say(ada, range(10_000)))
            async with _listener(relay, Ear()) as ben:
                ben.vanish()
                await _until(lambda: relay.health() == Health(running=True, streams=1, listeners=0))
            talking.cancel()
            await _until(lambda: relay.health().streams == 0)

    _during(relay, play)


def test_the_built_in_relay_sends_only_to_who_knocked() -> None:
    relay = BuiltinRelay()
    reached: set[int] = set()

    async def play() -> None:
        assert relay._ports is not None
        for port in relay._ports._open:
            _watch(port, reached)
        async with _speaker(relay) as ada, _listener(relay, Ear()) as ben:
            await _say(ada, range(5))
            assert ada._transport is not None
            assert ben._transport is not None
            assert reached == {
                caller.get_extra_info("sockname")[1] for caller in (ada._transport, ben._transport) if caller
            }

    _during(relay, play)


def _watch(port: object, reached: set[int]) -> None:
    send = port.send  # type: ignore[attr-defined]

    def watched(data: bytes, address: tuple[str, int]) -> None:
        reached.add(address[1])
        send(data, address)

    port.send = watched  # type: ignore[attr-defined]


def test_the_built_in_relay_takes_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("earmark.call.relays.builtin._MOST", 2)
    relay = BuiltinRelay()

    async def play() -> None:
        async with _speaker(relay), _listener(relay, Ear()):
            with pytest.raises(RelayError, match="full"):
                await relay.subscribe(_ROOM, 0, "cleo")

    _during(relay, play)


def test_errors_are_earmarks() -> None:
    assert issubclass(RelayError, EarmarkError)
