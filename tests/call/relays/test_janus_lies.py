"""A Janus that lies, stutters or stops in the middle of a word: a relay error each time, and no harm that lasts."""

import asyncio
import json
from collections.abc import Awaitable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.call.relays.liar import DESCRIPTION, Liar, soon
from tests.call.test_hostile_parsers import values

from earmark.call.relays import janus_api, janus_room
from earmark.call.relays.janus import JanusRelay, RunningJanus
from earmark.call.relays.janus_api import JanusSession
from earmark.call.relays.janus_process import Endpoint
from earmark.call.relays.spread import SpreadRelay
from earmark.errors import RelayError

OFFER = Path(__file__).with_name("offer.sdp").read_text()
ANSWER = OFFER.replace("a=sendonly", "a=recvonly").replace("a=sendrecv", "a=recvonly")
FIELDS = ("janus", "transaction", "data", "sender", "plugindata", "jsep", "error", "session_id")

untrue = st.dictionaries(st.sampled_from(FIELDS), values, min_size=1, max_size=2).map(json.dumps)
events = st.tuples(st.sampled_from(("webrtcup", "hangup", "detached", "timeout", "media", "error")), values).map(
    lambda event: json.dumps({"janus": event[0], "sender": event[1]})
)
lies = st.one_of(
    st.sampled_from(["nothing", "hang up", "bytes", "twice", *(f"without:{name}" for name in FIELDS)]),
    st.integers(0, 500).map("cut:{}".format),
    st.text().map("raw:{}".format),
    values.map(json.dumps).map("raw:{}".format),
    st.sampled_from(["[" * 100_000, "9" * 10_000, '{"janus":' * 5_000, '{"janus": NaN}']).map("raw:{}".format),
    events.map("first:{}".format),
    untrue.map("instead:{}".format),
)


async def attempt(work: Awaitable[object]) -> object:
    """Let something be done, or refused in words; anything else is raised."""
    try:
        return await soon(work)
    except RelayError as error:
        assert str(error)
        return None


async def use(relay: JanusRelay) -> None:
    """Do everything that a call does."""
    await attempt(relay.start())
    given_back = await attempt(relay.publish("5f1c", 0, "ada", OFFER))
    assert given_back is None or isinstance(given_back, str)
    for room in relay._rooms.values():
        for published in room._streams.values():
            room.arrived(published.handle)
    assert await attempt(relay.subscribe("5f1c", 0, "ben")) != ""
    await attempt(relay.answer("5f1c", 0, "ben", ANSWER))
    await attempt(relay.drop_member("5f1c", "ben"))
    await attempt(relay.close_stream("5f1c", 0))
    await attempt(relay.close_room("5f1c"))
    health = relay.health()
    assert health.running or health.problem


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(lies, min_size=1, max_size=14))
def test_whatever_it_says_is_an_answer_or_a_relay_error_and_it_is_used_again_when_it_is_honest(
    monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    async def play() -> None:
        async with Liar().running() as liar:
            liar.lies = list(told)
            relay = JanusRelay(RunningJanus(Endpoint(url=liar.url)))
            monkeypatch.setattr(janus_api, "_REQUEST_SECONDS", 0.05)
            monkeypatch.setattr(janus_room, "_SETTLED_SECONDS", 0.05)
            await use(relay)
            liar.lies.clear()
            monkeypatch.setattr(janus_api, "_REQUEST_SECONDS", 30.0)
            await soon(relay.stop())
            await soon(relay.start())
            assert await soon(relay.publish("5f1c", 0, "ada", OFFER)) == DESCRIPTION
            assert relay.health().running
            await soon(relay.stop())
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(play())


def test_nothing_that_makes_no_sense_ends_a_session() -> None:
    async def play() -> None:
        async with Liar().running() as liar:
            session = JanusSession(Endpoint(url=liar.url), lambda _handle, _event: None)
            await soon(session.start())
            nonsense = ["", "null", "[]", "1e999", '{"janus": []}', '{"janus": "hangup", "sender": "x"}', "[" * 100_000]
            for text in nonsense:
                liar.lies = [f"first:{text}"]
                assert await soon(session.attach())
            assert session.open
            await soon(session.stop())

    asyncio.run(play())


@pytest.mark.parametrize("lie", ["without:jsep", 'instead:{"jsep": {"type": "answer", "sdp": ""}}'])
def test_an_answer_without_a_description_is_refused_and_its_stream_is_none(lie: str) -> None:
    async def play() -> None:
        async with Liar().running() as liar:
            relay = JanusRelay(RunningJanus(Endpoint(url=liar.url)))
            await soon(relay.start())
            liar.lies = ["twice", "twice", lie]  # the room is made, a handle is given
            with pytest.raises(RelayError, match="without a session description"):
                await soon(relay.publish("5f1c", 0, "ada", OFFER))
            assert relay.health().streams == 0
            assert liar.asked[-1] == "detach"
            await soon(relay.stop())

    asyncio.run(play())


async def asked(liar: Liar, what: str) -> None:
    """Wait until Janus is asked something."""
    while what not in liar.asked:
        await asyncio.sleep(0.01)


def test_a_handle_that_comes_when_nobody_waits_for_it_any_more_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play() -> None:
        async with Liar().running() as liar:
            session = JanusSession(Endpoint(url=liar.url), lambda _handle, _event: None)
            await soon(session.start())
            liar.lies = ["late:0.3"]
            monkeypatch.setattr(janus_api, "_REQUEST_SECONDS", 0.05)
            with pytest.raises(RelayError, match="does not answer"):
                await soon(session.attach())
            monkeypatch.setattr(janus_api, "_REQUEST_SECONDS", 30.0)
            await soon(asked(liar, "detach"))
            liar.asked.clear()
            liar.lies = ["late:0.1"]
            given_up = asyncio.create_task(session.attach())
            await soon(asked(liar, "attach"))
            given_up.cancel()
            await soon(asked(liar, "detach"))
            await soon(session.stop())
            assert liar.asked[-1] == "destroy"
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(play())


def test_all_handles_of_a_stream_are_let_go_even_if_nobody_waits_for_that_any_more() -> None:
    async def play() -> None:
        async with Liar().running() as liar:
            relay = JanusRelay(RunningJanus(Endpoint(url=liar.url)))
            await soon(relay.start())
            await soon(relay.publish("5f1c", 0, "ada", OFFER))
            (room,) = relay._rooms.values()
            room.arrived(room._streams[0].handle)
            for listener in ("ben", "cleo", "dora"):
                await soon(relay.subscribe("5f1c", 0, listener))
            liar.asked.clear()
            liar.lies = ["late:0.2"]
            closing = asyncio.create_task(relay.close_stream("5f1c", 0))
            await soon(asked(liar, "detach"))
            closing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await closing
            while liar.asked.count("detach") < 4:
                await asyncio.sleep(0.01)
            await soon(relay.stop())

    asyncio.run(asyncio.wait_for(play(), 120))


def test_who_is_cut_off_is_cut_off_everywhere_even_if_one_connection_is_not_let_go() -> None:
    async def play() -> None:
        async with Liar().running() as liar:
            relay = JanusRelay(RunningJanus(Endpoint(url=liar.url)))
            await soon(relay.start())
            for stream, speaker in enumerate(("ada", "cleo", "dora")):
                await soon(relay.publish("5f1c", stream, speaker, OFFER))
            (room,) = relay._rooms.values()
            for stream in range(3):
                room.arrived(room._streams[stream].handle)
                await soon(relay.subscribe("5f1c", stream, "ben"))
            liar.asked.clear()
            liar.lies = ["nothing"]
            dropping = asyncio.create_task(relay.drop_member("5f1c", "ben"))
            while liar.asked.count("detach") < 3:
                await asyncio.sleep(0.01)
            assert not dropping.done()
            with pytest.raises(RelayError):
                await soon(dropping)
            assert relay.health().listeners == 0
            await soon(relay.stop())

    asyncio.run(asyncio.wait_for(play(), 120))


@pytest.mark.parametrize("tries", [0, 1, 3])
def test_a_session_that_was_lost_is_ended_as_soon_as_there_is_another_however_many_fail_before(tries: int) -> None:
    async def play() -> None:
        async with Liar().running() as liar:
            relay = JanusRelay(RunningJanus(Endpoint(url=liar.url)))
            await soon(relay.start())
            liar.lies = ["hang up"]
            with pytest.raises(RelayError):
                await soon(relay.publish("5f1c", 0, "ada", OFFER))
            while relay.health().running:
                await asyncio.sleep(0.01)
            liar.lies = ["hang up"] * tries
            for _ in range(tries):
                with pytest.raises(RelayError):
                    await soon(relay.start())
            assert "destroy" not in liar.asked
            await soon(relay.start())
            assert liar.asked.count("destroy") == 1
            await soon(relay.stop())

    asyncio.run(play())


def test_of_several_one_that_lies_harms_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play() -> None:
        async with Liar().running() as liar, Liar().running() as honest:
            carriers = [JanusRelay(RunningJanus(Endpoint(url=one.url))) for one in (liar, honest)]
            liar.lies = ['raw:{"janus": 1}', 'instead:{"data": "none"}'] * 5
            monkeypatch.setattr(janus_api, "_REQUEST_SECONDS", 0.3)
            relay = SpreadRelay(carriers)
            await soon(relay.start())
            monkeypatch.setattr(janus_api, "_REQUEST_SECONDS", 30.0)
            assert await soon(relay.publish("5f1c", 0, "ada", OFFER)) == DESCRIPTION
            assert relay.health().running
            assert "joinandconfigure" in honest.asked
            assert "joinandconfigure" not in liar.asked
            await soon(relay.stop())

    asyncio.run(play())


def test_a_number_that_is_let_go_a_moment_late_is_taken_all_the_same() -> None:
    taken = {
        "plugindata": {"plugin": "janus.plugin.videoroom", "data": {"error": "User ID 1 exists", "error_code": 436}}
    }

    async def play() -> None:
        async with Liar().running() as liar:
            relay = JanusRelay(RunningJanus(Endpoint(url=liar.url)))
            await soon(relay.start())
            await soon(relay.publish("5f1c", 0, "ada", OFFER))
            liar.asked.clear()
            liar.lies = ["late:0", "late:0", f"instead:{json.dumps(taken)}"]  # of the third, after detach and attach
            await soon(relay.publish("5f1c", 0, "ada", OFFER))
            assert liar.asked.count("joinandconfigure") == 2
            assert relay.health().streams == 1
            await soon(relay.stop())

    asyncio.run(asyncio.wait_for(play(), 120))
