"""What listeners say that they heard, from the question to the record."""

from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest
from tests.call.reference import frame_tag, sample
from tests.members import base64url
from tests.server.conftest import Play
from tests.server.guests import Guest, Site
from tests.server.test_calls import enter

from earmark.api import call
from earmark.call import sampling
from earmark.call.wire import SEGMENT_FRAMES
from earmark.records.vault import Vault
from earmark.server import live

EPOCH_SECRET = sample("what the dealer does not have")
REPORTED = 40

Says = Callable[[int, int, int], str | None]
"""What somebody says of a position and frame, by the variant that they hold."""


def honest(position: int, frame: int, variant: int) -> str:
    opus = sample(f"opus {position} {frame} {variant}", 80)
    return base64url(frame_tag(EPOCH_SECRET, 0, (position, frame), 0, opus))


def alike(position: int, frame: int, _variant: int) -> str:
    return honest(position, frame, 0)


def shut(position: int, frame: int, variant: int) -> str:
    return "" if variant else honest(position, frame, 0)


def lost(_position: int, _frame: int, _variant: int) -> None:
    return None


async def answer(guest: Guest, stream: int, says: Says) -> int:
    """Answer the next question; return the position."""
    position = int((await guest.hear("sample"))["position"])
    variant = guest.held[stream][position][0]
    frames = [says(position, frame, variant) for frame in range(SEGMENT_FRAMES)]
    await guest.say("heard", stream=stream, position=position, newest=REPORTED, frames=frames)
    return position


async def spoken(site: Site, stack: AsyncExitStack) -> tuple[list[Guest], int]:
    """Let anna speak to two listeners; return all three and her stream."""
    links = await site.open(["anna", "ben"])
    host = await stack.enter_async_context(site.inside(links["host"], "host"))
    await host.hear("admitted")
    anna = await enter(site, stack, links, host, "anna")
    ben = await enter(site, stack, links, host, "ben")
    stream = await anna.speak()
    for listener in (host, ben):
        await listener.hold(stream, 1024)
    await anna.say("position", stream=stream, position=REPORTED)
    return [host, anna, ben], stream


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "EVERY_S", 0.1)
    monkeypatch.setattr(live, "TICK_S", 0.1)


@pytest.mark.parametrize(("says", "doubt"), [(alike, "alike"), (shut, "unopened")])
def test_everybody_is_told_and_the_record_says_so(play: Play, vault: Vault, says: Says, doubt: str) -> None:
    calls = []

    async def script(site: Site) -> None:
        async with AsyncExitStack() as stack:
            (host, anna, ben), stream = await spoken(site, stack)
            calls.append(host.challenge["call"]["id"])
            while not any(line["doubts"] for roster in host.told["roster"] for line in roster["members"]):
                assert await answer(host, stream, says) == await answer(ben, stream, says)
                await host.say("mute", muted=False)  # whatever was said before is read now
            for guest in (host, anna, ben):
                found = await guest.hear("roster", lambda facts: any(line["doubts"] for line in facts["members"]))
                doubts = {line["id"]: line["doubts"] for line in found["members"]}
                assert doubts == {"host": [], "anna": [doubt], "ben": []}
            assert not anna.told["sample"]

    play(script)
    (stream,) = call(vault, calls[0]).streams
    assert stream.doubts == (doubt,)
    assert vault.check().findings == ()


@pytest.mark.parametrize("says", [honest, lost])
def test_nobody_is_doubted_without_cause(play: Play, vault: Vault, says: Says) -> None:
    async def script(site: Site) -> None:
        async with AsyncExitStack() as stack:
            (host, _anna, ben), stream = await spoken(site, stack)
            for _ in range(8):
                await answer(host, stream, says)
                await answer(ben, stream, says)
            await host.say("mute", muted=True)
            muted = await ben.hear("roster", lambda facts: any(line["muted"] for line in facts["members"]))
            assert not any(line["doubts"] for line in muted["members"])

    play(script)
    assert all(not stream.doubts for one in vault.calls.all() for stream in call(vault, one.id).streams)
