"""The same call over every relay: three browsers, each heard by the others."""

import asyncio
import shutil
import statistics
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from demo.browsers import Chromium
from playwright.async_api import Browser, Page, Route

from earmark.call.relays.base import Relay
from earmark.call.relays.builtin import BuiltinRelay
from earmark.call.relays.janus import JanusRelay

_PAGE = Path(__file__).parent / "relay_page"
_ORIGIN = "http://localhost:9"
_TYPES = {".html": "text/html", ".js": "text/javascript"}
_ROOM = "5f1c"

Tally = dict[str, Any]


async def _serve(route: Route) -> None:
    name = route.request.url.removeprefix(_ORIGIN).lstrip("/") or "index.html"
    file = _PAGE / name
    if not file.is_file():
        await route.fulfill(status=404)
        return
    await route.fulfill(body=file.read_bytes(), content_type=_TYPES[file.suffix])


class Member:
    """A browser page that is one member of the room."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self.name = name

    async def speak(self, stream: int) -> None:
        await self.page.evaluate("stream => window.member.speak(stream)", stream)

    async def listen(self, stream: int) -> None:
        await self.page.evaluate("stream => window.member.listen(stream)", stream)

    async def heard(self, stream: int) -> Tally:
        counts = await self.page.evaluate("() => window.member.counts()")
        found: Tally = counts["heard"][str(stream)]
        return found

    async def has_heard(self, stream: int, frames: int) -> Tally:
        """Wait until so many frames came."""
        tally = await self.heard(stream)
        while tally["frames"] < frames:
            await asyncio.sleep(0.1)
            tally = await self.heard(stream)
        return tally


async def _join(browser: Browser, relay: Relay, name: str) -> Member:
    context = await browser.new_context(permissions=["microphone"])
    page = await context.new_page()
    await page.route(f"{_ORIGIN}/**", _serve)
    await page.expose_function("relayPublish", lambda stream, sdp: relay.publish(_ROOM, stream, name, sdp))
    await page.expose_function("relaySubscribe", lambda stream: relay.subscribe(_ROOM, stream, name))
    await page.expose_function("relayAnswer", lambda stream, sdp: relay.answer(_ROOM, stream, name, sdp))
    await page.goto(_ORIGIN)
    await page.wait_for_function("() => window.member !== undefined")
    return Member(page, name)


def _whole(tally: Tally) -> None:
    """Everything came as it was sent, in order, but for at most one in a hundred."""
    assert tally["damaged"] == 0
    assert tally["disordered"] == 0
    expected = tally["last"] - tally["first"] + 1
    assert expected - tally["frames"] <= 0.01 * expected


async def _silent(member: Member, stream: int) -> None:
    """Nothing more comes, but what was under way."""
    await asyncio.sleep(0.3)
    before = (await member.heard(stream))["frames"]
    await asyncio.sleep(1.0)
    assert (await member.heard(stream))["frames"] == before


async def _everybody_hears_everybody(members: list[Member]) -> None:
    for stream, member in enumerate(members):
        await member.speak(stream)
    for stream in range(len(members)):
        for number, member in enumerate(members):
            if number != stream:
                await member.listen(stream)


async def _call(browser: Browser, relay: Relay) -> None:
    ada, ben, cleo = members = [await _join(browser, relay, name) for name in ("ada", "ben", "cleo")]
    await _everybody_hears_everybody(members)
    delays = []
    for member, stream in ((ada, 1), (ada, 2), (ben, 0), (ben, 2), (cleo, 0), (cleo, 1)):
        tally = await member.has_heard(stream, 150)
        _whole(tally)
        delays += tally["delays"]
    assert statistics.median(delays) < 250  # ms from one browser's transform to the other's; 2 on an idle machine
    assert (relay.health().streams, relay.health().listeners) == (3, 6)

    dora = await _join(browser, relay, "dora")
    await dora.listen(0)
    late = await dora.has_heard(0, 50)
    assert late["first"] > 100
    _whole(late)

    await relay.drop_member(_ROOM, "ben")
    await _silent(ben, 0)
    await _silent(ada, 1)
    _whole(await cleo.has_heard(0, (await cleo.heard(0))["frames"] + 50))
    assert (relay.health().streams, relay.health().listeners) == (2, 3)

    await relay.close_stream(_ROOM, 0)
    await _silent(dora, 0)
    _whole(await ada.has_heard(2, (await ada.heard(2))["frames"] + 50))
    await relay.close_room(_ROOM)
    assert (relay.health().streams, relay.health().listeners) == (0, 0)


async def _with(relay: Relay, chromium: Chromium, play: Callable[[Browser, Relay], Awaitable[None]]) -> None:
    await relay.start()
    try:
        async with chromium.open() as browser, asyncio.timeout(180):
            await play(browser, relay)
    finally:
        await relay.stop()


@pytest.fixture(params=["built-in", "janus"])
def relay(request: pytest.FixtureRequest) -> Relay:
    if request.param == "built-in":
        return BuiltinRelay()
    if shutil.which("janus") is None:
        pytest.skip("Janus is not installed, so no call over it was tested (make browsers)")
    return JanusRelay()


def test_a_call_reaches_everybody_unchanged_and_nobody_after_they_left(chromium: Chromium, relay: Relay) -> None:
    asyncio.run(_with(relay, chromium, _call))
