"""Rooms over several relays: real ones, and ones that only count."""

import asyncio
import os
import shutil
import signal
from collections.abc import Awaitable, Callable

import pytest
from tests.server.guests import NotingRelay

from bench.callers import Caller
from earmark.call.relays import spread
from earmark.call.relays.base import Relay
from earmark.call.relays.janus import JanusRelay
from earmark.call.relays.janus_process import JanusProcess
from earmark.call.relays.spread import SpreadRelay
from earmark.errors import RelayError


def run(relay: Relay, play: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(120):
            try:
                await play()
            finally:
                await relay.stop()

    asyncio.run(limited())


def rooms(relay: NotingRelay) -> list[object]:
    return [asked[1] for asked in relay.asked if asked[0] == "publish"]


def test_it_is_a_relay() -> None:
    assert isinstance(SpreadRelay([NotingRelay()]), Relay)


def test_a_room_stays_where_it_is_and_new_ones_go_where_least_is() -> None:
    one, two = NotingRelay(), NotingRelay()
    relay = SpreadRelay([one, two])

    async def play() -> None:
        await relay.start()
        for stream, room in enumerate(["a", "b", "a", "c", "d", "b"]):
            await relay.publish(room, stream, "ada", "offer")
        assert (rooms(one), rooms(two)) == (["a", "a", "c"], ["b", "d", "b"])
        assert await relay.subscribe("b", 1, "ben") == "offer of 1 to ben"
        assert ("subscribe", "b", 1, "ben") in two.asked
        await relay.close_room("a")
        await relay.publish("e", 6, "ada", "offer")
        assert rooms(one)[-1] == "e"

    run(relay, play)


def test_the_rooms_of_one_that_ended_go_to_another_and_it_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "RETRY_S", 0.01)
    one, two = NotingRelay(), NotingRelay()
    relay = SpreadRelay([one, two])

    async def play() -> None:
        await relay.start()
        await relay.publish("a", 0, "ada", "offer")
        await relay.publish("b", 1, "bob", "offer")
        one.running = False
        assert not relay.health().running
        assert await relay.start() == {"a"}
        assert relay.health().running
        await relay.publish("a", 0, "ada", "again")
        assert (rooms(one), rooms(two)) == (["a"], ["b", "a"])
        while not one.running:
            await asyncio.sleep(0.01)
        await relay.publish("c", 2, "cleo", "offer")
        assert rooms(one) == ["a", "c"]

    run(relay, play)


def test_rooms_that_ended_while_none_could_be_started_are_not_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = NotingRelay(), NotingRelay()
    relay = SpreadRelay([one, two])

    async def play() -> None:
        assert await relay.start() == set()
        await relay.publish("a", 0, "ada", "offer")
        one.running = two.running = False
        with monkeypatch.context() as patched:
            patched.setattr(NotingRelay, "start", away)
            with pytest.raises(RelayError, match="None of 2"):
                await relay.start()
        assert await relay.start() == {"a"}
        assert await relay.start() == set()

    run(relay, play)


async def away(_: NotingRelay) -> None:
    raise RelayError("Janus does not answer.", "Start it.")


def test_one_that_carries_nothing_is_not_missed() -> None:
    one, two = NotingRelay(), NotingRelay()
    relay = SpreadRelay([one, two])

    async def play() -> None:
        await relay.start()
        two.running = False
        assert relay.health().running
        for stream in range(2):
            await relay.publish(f"room {stream}", stream, "ada", "offer")
        assert len(rooms(one)) == 2

    run(relay, play)


def test_where_none_starts_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NotingRelay, "start", away)
    relay = SpreadRelay([NotingRelay(), NotingRelay()])

    async def play() -> None:
        with pytest.raises(RelayError, match="None of 2 relays runs"):
            await relay.start()

    run(relay, play)


@pytest.mark.skipif(
    shutil.which("janus") is None, reason="Janus is not installed, so rooms were not spread over two (make browsers)"
)
def test_two_real_ones_carry_a_room_each_and_one_carries_both_when_the_other_is_killed() -> None:
    processes = [JanusProcess(), JanusProcess()]
    carriers = [JanusRelay(process) for process in processes]
    relay = SpreadRelay(carriers)
    heard: dict[str, int] = {"a": 0, "b": 0}

    async def hear(room: str, speaker: Caller, listener: Caller) -> None:
        """Publish and subscribe, and speak until some of it is heard."""
        await speaker.speak(relay, room, 0, "ada")
        await listener.listen(relay, room, 0, "ben")
        before, number = heard[room], 0
        while heard[room] < before + 20:
            await speaker.send(b"%05d" % number + bytes(200), number)
            number += 1
            await asyncio.sleep(0.01)

    def ear(room: str) -> Callable[[bytes], None]:
        def count(_packet: bytes) -> None:
            heard[room] += 1

        return count

    async def play() -> None:
        await relay.start()
        for room in heard:
            async with Caller() as speaker, Caller(ear(room)) as listener:
                await hear(room, speaker, listener)
        assert [len(carrier._rooms) for carrier in carriers] == [1, 1]
        assert processes[0]._process is not None
        os.kill(processes[0]._process.pid, signal.SIGKILL)
        while relay.health().running:
            await asyncio.sleep(0.05)
        assert await relay.start() == {"a"}
        for room in heard:
            async with Caller() as speaker, Caller(ear(room)) as listener:
                await hear(room, speaker, listener)
        assert len(carriers[1]._rooms) == 2

    run(relay, play)
