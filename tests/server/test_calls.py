"""Whole calls: a real server, a real vault, real sockets, and members who speak the protocol."""

import asyncio
from contextlib import AsyncExitStack

from tests.server.conftest import Play
from tests.server.guests import WAIT_S, Guest, Site

from earmark.call import schedule
from earmark.call.schedule import BLOCK_POSITIONS
from earmark.codes.codebook import Codebook
from earmark.records.vault import Vault


async def enter(site: Site, stack: AsyncExitStack, links: dict[str, str], host: Guest, name: str) -> Guest:
    """Let somebody come, be admitted, and be added to the group."""
    guest = await stack.enter_async_context(site.inside(links[name], name))
    await guest.hear("lobby")
    await host.hear("waiting", lambda facts: [one["id"] for one in facts["members"]] == [name])
    await host.say("admit", member=name)
    admitted = await guest.hear("admitted")
    assert admitted["group"] == "wait"
    await host.commit()
    await guest.hear("welcome")
    return guest


def test_from_hello_to_keys(play: Play, vault: Vault) -> None:
    async def script(site: Site) -> None:
        links = await site.open(["anna", "ben"])
        async with AsyncExitStack() as stack:
            host = await stack.enter_async_context(site.inside(links["host"], "host"))
            admitted = await host.hear("admitted")
            assert (admitted["group"], admitted["epoch"]) == ("create", 0)
            anna = await enter(site, stack, links, host, "anna")
            ben = await enter(site, stack, links, host, "ben")
            assert (await anna.hear("committed"))["epoch"] == 1
            stream = await anna.speak()
            await anna.say("publish", stream=stream, offer=0, sdp="offer")
            assert (await anna.hear("published"))["sdp"] == "answer to offer"
            for listener in (host, ben):
                await listener.say("subscribe", stream=stream)
                offer = await listener.hear("offer")
                assert offer["sdp"] == f"offer of {stream} to {listener.member.id}"
                await listener.say("answer", stream=stream, offer=offer["offer"], sdp="taken")
                await listener.hold(stream, BLOCK_POSITIONS)
            assert_dealt_by_the_codebook(vault, links[""], anna.secret, {"host": host, "ben": ben}, stream)
            await host.say("end")
            assert (await anna.hear("ended"))["reason"] == "ended"
            await anna.closed()
            assert not anna.held

    play(script)
    assert vault.check().findings == ()


def assert_dealt_by_the_codebook(
    vault: Vault, call_id: str, secret: bytes, listeners: dict[str, Guest], stream: int
) -> None:
    codes = vault.calls.codes(call_id, "trace")
    recording = vault.recording(call_id)
    block = vault.calls.get(call_id).streams[stream].segments()
    codebook = Codebook(call_id.encode(), codes.bias_seed, recording.coalition, recording.segments, recording.detector)
    keys = schedule.position_keys(schedule.first_chain(secret), 0, BLOCK_POSITIONS)
    for name, guest in listeners.items():
        codeword = codebook.codeword(codes.secrets[name])
        for position, (bit, key) in guest.held[stream].items():
            assert bit == codeword[block[position]]
            assert key == keys[position, bit].tobytes()


def test_a_relay_that_ended_is_started_again_and_speakers_offer_their_streams_anew(play: Play) -> None:
    async def script(site: Site) -> None:
        links = await site.open(["anna"])
        async with AsyncExitStack() as stack:
            host = await stack.enter_async_context(site.inside(links["host"], "host"))
            await host.hear("admitted")
            anna = await enter(site, stack, links, host, "anna")
            stream = await anna.speak()
            await anna.say("publish", stream=stream, offer=0, sdp="offer")
            await anna.hear("published")
            await host.say("subscribe", stream=stream)
            await host.hear("offer")
            site.relay.running = False
            assert (await anna.hear("republish"))["stream"] == stream
            assert site.relay.running
            await anna.say("publish", stream=stream, offer=1, sdp="another")
            answer = await anna.hear("published")
            assert (answer["offer"], answer["sdp"]) == (1, "answer to another")
            assert (await host.hear("offer"))["stream"] == stream

    play(script)


def test_a_relay_that_fails_in_a_way_that_nobody_foresaw_is_tried_again(play: Play) -> None:
    async def script(site: Site) -> None:
        failures, start = [ValueError("unforeseen")], site.relay.start

        async def fails_once() -> None:
            if failures:
                raise failures.pop()
            await start()

        site.relay.start = fails_once  # type: ignore[method-assign]
        site.relay.running = False
        async with asyncio.timeout(WAIT_S):
            while not site.relay.running:
                await asyncio.sleep(0.01)

    play(script)


def test_speakers_are_told_what_their_listeners_lose(play: Play) -> None:
    async def script(site: Site) -> None:
        links = await site.open(["anna", "ben"])
        async with AsyncExitStack() as stack:
            host = await stack.enter_async_context(site.inside(links["host"], "host"))
            await host.hear("admitted")
            anna = await enter(site, stack, links, host, "anna")
            ben = await enter(site, stack, links, host, "ben")
            stream = await anna.speak()
            await ben.say("loss", stream=stream, percent=5)
            assert "not been offered" in (await ben.hear("error"))["message"]
            for listener in (host, ben):
                await listener.say("subscribe", stream=stream)
            await host.say("loss", stream=stream, percent=0)
            assert (await anna.hear("loss"))["most"] == 0
            await ben.say("loss", stream=stream, percent=7)
            told = await anna.hear("loss")
            assert (told["most"], told["stream"]) == (7, stream)
            await host.say("loss", stream=stream, percent=3)
            told = await anna.hear("loss")
            assert (told["most"], told["middle"]) == (7, 3)

    play(script)


def test_a_call_that_is_over_is_forgotten_and_stays_over(play: Play) -> None:
    async def script(site: Site) -> None:
        links = await site.open(["anna"])
        async with AsyncExitStack() as stack:
            host = await stack.enter_async_context(site.inside(links["host"], "host"))
            await host.hear("admitted")
            assert links[""] in site.house._calls
            await host.say("end")
            await host.closed()
            async with asyncio.timeout(WAIT_S):
                while site.house._calls:
                    await asyncio.sleep(0.05)
            late = await stack.enter_async_context(site.guest(links["anna"], "anna"))
            assert (await late.hear("refused"))["reason"] == "ended"

    play(script)
