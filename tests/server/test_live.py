"""A live call at the relay: what is asked of it in which order, and what becomes of it when somebody is cut off."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from earmark.call.events import Command, CutOff, Do, Done, Failed, Publish, Request, Stop, Subscribe, TakeAnswer
from earmark.errors import RelayError
from earmark.server.live import LiveCall
from earmark.server.metrics import Metrics

WAIT_S = 60.0
OFFER, ANSWER = "offer", "answer"


class SlowRelay:
    """A relay that does nothing before it is let, and notes when it begins and ends."""

    def __init__(self) -> None:
        self.noted: list[str] = []
        self.gates: dict[str, asyncio.Event] = {}
        self.tidying = 0.0

    def gate(self, what: str) -> asyncio.Event:
        """Hold something up until this is set."""
        return self.gates.setdefault(what, asyncio.Event())

    async def _do(self, what: str) -> str:
        self.noted.append(f"{what} begins")
        try:
            if what in self.gates:
                await self.gates[what].wait()
        except asyncio.CancelledError:
            await asyncio.sleep(self.tidying)
            self.noted.append(f"{what} is given up")
            raise
        self.noted.append(f"{what} is done")
        return what

    async def publish(self, _room: str, stream: int, member: str, _offer: str) -> str:
        return await self._do(f"publish {stream} of {member}")

    async def subscribe(self, _room: str, stream: int, member: str) -> str:
        return await self._do(f"subscribe {stream} for {member}")

    async def answer(self, _room: str, stream: int, member: str, _answer: str) -> None:
        await self._do(f"answer {stream} of {member}")

    async def drop_member(self, _room: str, member: str) -> None:
        await self._do(f"drop {member}")

    async def close_room(self, room: str) -> None:
        await self._do(f"close {room}")


class Script:
    """Stands for the room: what it is given as an event it wants done; what comes of that is kept."""

    def __init__(self) -> None:
        self.answers: list[Done | Failed] = []

    def handle(self, event: Any, _now: float) -> list[Command]:
        if isinstance(event, Done | Failed):
            self.answers.append(event)
        return event if isinstance(event, list) else []


class Stage:
    """A call whose room is a script and whose relay is slow."""

    def __init__(self) -> None:
        self.relay, self.room = SlowRelay(), Script()
        clock: Callable[[], float] = asyncio.get_running_loop().time
        nothing = cast(Any, None)
        self.call = LiveCall(
            "board",
            cast(Any, self.room),
            nothing,
            register=nothing,
            relay=cast(Any, self.relay),
            clock=clock,
            metrics=Metrics(),
        )
        self._number = 0

    def wants(self, *requests: Request) -> None:
        for request in requests:
            self._number += 1
            self.call.feed(cast(Any, [Do(request, self._number)]))

    async def sees(self, *what: str) -> None:
        """Wait until the relay has noted all of that."""
        async with asyncio.timeout(WAIT_S):
            while not set(what) <= set(self.relay.noted):
                await asyncio.sleep(0)

    async def settled(self, answers: int) -> None:
        """Wait until so many requests have been answered, and see that nothing is left of them."""
        async with asyncio.timeout(WAIT_S):
            while len(self.room.answers) < answers or self.call._tasks:
                await asyncio.sleep(0)
        assert len(self.call._turns) == 0
        assert not any(self.call._flows.values())
        assert not self.call._cut

    def before(self, one: str, other: str) -> bool:
        return self.relay.noted.index(one) < self.relay.noted.index(other)


@asynccontextmanager
async def staged() -> AsyncIterator[Stage]:
    stage = Stage()
    try:
        yield stage
    finally:
        await stage.call.stop()


def run(script: Callable[[Stage], Awaitable[None]]) -> None:
    async def main() -> None:
        async with staged() as stage:
            await script(stage)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def test_a_stream_that_is_long_in_coming_holds_up_no_other_and_not_what_its_listener_says() -> None:
    async def script(stage: Stage) -> None:
        gate = stage.relay.gate("subscribe 1 for ben")
        stage.wants(Subscribe(1, "ben"), Subscribe(2, "ben"), Subscribe(1, "carol"), Publish(3, "ben", OFFER))
        await stage.sees("subscribe 2 for ben is done", "subscribe 1 for carol is done", "publish 3 of ben is done")
        assert "subscribe 1 for ben is done" not in stage.relay.noted
        gate.set()
        await stage.settled(4)

    run(script)


def test_what_concerns_one_stream_of_one_listener_happens_in_order() -> None:
    async def script(stage: Stage) -> None:
        gate = stage.relay.gate("subscribe 1 for ben")
        stage.wants(Subscribe(1, "ben"), TakeAnswer(1, "ben", ANSWER))
        await stage.sees("subscribe 1 for ben begins")
        assert "answer 1 of ben begins" not in stage.relay.noted
        gate.set()
        await stage.settled(2)
        assert stage.before("subscribe 1 for ben is done", "answer 1 of ben begins")

    run(script)


@pytest.mark.parametrize("tidying", [0.0, 0.05])
def test_who_is_cut_off_is_dropped_when_all_that_was_under_way_for_them_is_given_up(tidying: float) -> None:
    async def script(stage: Stage) -> None:
        stage.relay.tidying = tidying
        for what in ("subscribe 1 for ben", "publish 3 of ben", "subscribe 1 for carol"):
            stage.relay.gate(what)
        stage.wants(Subscribe(1, "ben"), Publish(3, "ben", OFFER), Subscribe(1, "carol"))
        await stage.sees("subscribe 1 for ben begins", "publish 3 of ben begins", "subscribe 1 for carol begins")
        stage.wants(CutOff("ben"))
        await stage.sees("drop ben is done")
        assert stage.before("subscribe 1 for ben is given up", "drop ben begins")
        assert stage.before("publish 3 of ben is given up", "drop ben begins")
        assert "subscribe 1 for carol is given up" not in stage.relay.noted
        stage.relay.gates["subscribe 1 for carol"].set()
        await stage.settled(2)
        assert {answer.number for answer in stage.room.answers} == {3, 4}

    run(script)


def test_who_comes_again_is_served_when_they_have_been_cut_off_and_not_before() -> None:
    async def script(stage: Stage) -> None:
        gate = stage.relay.gate("drop ben")
        stage.wants(CutOff("ben"), Subscribe(1, "ben"), Publish(4, "ben", OFFER))
        await stage.sees("drop ben begins")
        for _ in range(10):
            await asyncio.sleep(0)
        assert stage.relay.noted == ["drop ben begins"]
        gate.set()
        await stage.settled(3)
        assert stage.before("drop ben is done", "subscribe 1 for ben begins")
        assert stage.before("drop ben is done", "publish 4 of ben begins")

    run(script)


def test_a_call_that_stops_is_closed_at_the_relay_after_all_that_was_asked_of_that() -> None:
    async def script(stage: Stage) -> None:
        gate = stage.relay.gate("drop ben")
        stage.wants(CutOff("ben"))
        stopping = asyncio.create_task(stage.call.stop())
        await stage.sees("drop ben begins")
        assert "close board begins" not in stage.relay.noted
        gate.set()
        await stopping
        assert stage.relay.noted[-2:] == ["close board begins", "close board is done"]

    run(script)


def test_a_relay_that_is_gone_keeps_no_call_from_stopping(monkeypatch: pytest.MonkeyPatch) -> None:
    async def gone(_room: str) -> None:
        raise RelayError("Janus is gone.")

    async def script(stage: Stage) -> None:
        monkeypatch.setattr(stage.relay, "close_room", gone)
        stage.call.feed(Stop())

    run(script)
