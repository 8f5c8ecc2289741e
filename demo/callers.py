"""Calls as people hold them: a server of their own, and browsers that open invitations, talk, and record."""

import asyncio
import json
import re
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Page

from demo.browsers import Chromium

WAIT_S = 180.0
"""For anything that a page should show in a moment; machines may be busy."""

_RECORDER = Path(__file__).with_name("recorder.js")
_WATCH = Path(__file__).with_name("watch.js")


@dataclass(frozen=True)
class Invited:
    """A call that was made, and who may come.

    Attributes:
        id: the call's.
        links: of each person by id, the host's among them.
    """

    id: str
    links: dict[str, str]


@dataclass(frozen=True)
class Server:
    """A running ``earmark serve``.

    Attributes:
        address: of its page.
        token: the host's.
        pid: of its process.
        certificate: what its certificate is checked by; None for what everybody's are.
    """

    address: str
    token: str
    pid: int
    certificate: Path | None = None

    def invite(self, title: str, host: str, guests: Sequence[str], **facts: Any) -> Invited:
        """Make a call to which ``host`` invites ``guests``; names are ids as well."""
        people = [{"id": name, "name": name.title()} for name in guests]
        call = {"title": title, "host": {"id": host, "name": host.title()}, "people": people, **facts}
        made = self.ask("POST", "api/calls", json=call)
        return Invited(made["id"], {one["id"]: one["link"] for one in made["links"]} | {host: made["host_link"]})

    def ask(self, method: str, path: str, **sent: Any) -> Any:
        """Ask what hosts may ask over HTTP, and return the answer."""
        headers = {"Authorization": f"Bearer {self.token}"}
        trust = ssl.create_default_context(cafile=self.certificate)
        url = f"{self.address}{path}"
        answer = httpx.request(method, url, headers=headers, timeout=WAIT_S, verify=trust, trust_env=False, **sent)
        answer.raise_for_status()
        return answer.json()


@asynccontextmanager
async def serving(
    vault: Path, log: Path, *options: str, certificate: Path | None = None, program: str = "earmark"
) -> AsyncIterator[Server]:
    """Run ``earmark serve`` over a vault, on a free port; what it logs goes to a file."""
    command = [sys.executable, "-m", program, "serve", "--json", "--port", "0", "--vault", str(vault), *options]
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=errors)
    try:
        facts = await _announced(process, log)
        yield Server(facts["address"], facts["host_link"].partition("#host=")[2], process.pid, certificate)
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), WAIT_S)


async def _announced(process: asyncio.subprocess.Process, log: Path) -> dict[str, str]:
    """Return what the server says as soon as it is ready."""
    said = await asyncio.wait_for(process.stdout.read(1 << 16), WAIT_S) if process.stdout else b""
    if not said:
        raise RuntimeError(f"earmark serve did not start: {log.read_text()}")
    facts: dict[str, str] = json.loads(said)
    return facts


class Caller:
    """A person in a call: a page of a browser of their own.

    Attributes:
        name: their id.
        page: to look at, or to click where no method does.
    """

    def __init__(self, name: str, page: Page) -> None:
        self.name = name
        self.page = page

    async def open(self, link: str) -> None:
        """Open an invitation, as far as the notice."""
        await self.page.goto(link)
        await self.page.get_by_role("heading", name="Your copy is individually marked").wait_for()

    async def join(self, *, speak: bool = True) -> None:
        """Agree to the notice, with the microphone or without."""
        button = re.compile("^Join (opens the|with this) microphone" if speak else "^Join and listen only")
        await self.page.get_by_role("button", name=button).click()

    async def inside(self) -> None:
        """Wait until let in."""
        await self.page.get_by_role("toolbar", name="Call").wait_for()

    async def admit(self, name: str) -> None:
        """Let somebody in; for hosts."""
        await self.page.get_by_role("button", name=f"Admit {name.title()}").click()

    async def mute(self, *, muted: bool) -> None:
        """Mute one's microphone, or let it be heard again."""
        await self.page.get_by_role("button", name="Mute" if muted else "Unmute", exact=True).click()

    async def leave(self) -> None:
        """Leave the call."""
        await self.page.get_by_role("button", name="Leave").click()
        await self.page.get_by_role("heading", name="You have left the call").wait_for()

    async def words(self) -> list[str]:
        """Return the safety words, once they are there."""
        found = self.page.get_by_role("region", name="Safety words").get_by_role("listitem")
        await found.first.wait_for()
        return await found.all_inner_texts()

    async def hears(self, streams: int) -> None:
        """Wait until so many of the others' streams play."""
        script = """n => [...document.querySelectorAll("#sound audio")].filter(a => a.currentTime > 0.5).length >= n"""
        await self.page.wait_for_function(script, arg=streams)

    async def watch(self) -> None:
        """Have the page's connections watched, from the next time that it is opened."""
        await self.page.add_init_script(_WATCH.read_text())

    async def hearing(self) -> int:
        """Count the streams that bring sound now; for pages that are watched."""
        streams: int = await self.page.evaluate("() => window.watched.hearing()")
        return streams

    async def sound(self) -> dict[str, float]:
        """Return what has come so far; see `watch.js`."""
        sums: dict[str, float] = await self.page.evaluate("() => window.watched.sound()")
        return sums

    async def knows(self) -> dict[str, Any]:
        """Return whom of those who speak one does not hear (``misses``), and what the page knows of why.

        For pages that are watched; see `watch.js`.
        """
        found: dict[str, Any] = await self.page.evaluate("() => window.watched.knows()")
        return found

    async def lose_server(self) -> None:
        """Lose the connection to the server, as when a network goes away; for pages that are watched."""
        await self.page.evaluate("() => window.watched.disconnect()")

    async def record(self) -> None:
        """Begin to record all that the page plays."""
        await self.page.evaluate(_RECORDER.read_text())
        await self.page.evaluate("() => window.recorder.start()")

    async def recorded(self, path: Path) -> Path:
        """Stop, and write what was recorded (WebM with plain samples)."""
        async with self.page.expect_download() as download:
            await self.page.evaluate("() => window.recorder.stop()")
        await (await download.value).save_as(path)
        return path


@asynccontextmanager
async def phoning(name: str, chromium: Chromium, voice: Path | None) -> AsyncIterator[Caller]:
    """Give somebody a browser, whose microphone plays a file (WAV) over and over, or beeps; any certificate will do."""
    async with chromium.open(voice) as browser:
        context = await browser.new_context(permissions=["microphone"], ignore_https_errors=True)
        context.set_default_timeout(1000 * WAIT_S)
        yield Caller(name, await context.new_page())


@asynccontextmanager
async def calling(chromium: Chromium, voices: dict[str, Path | None]) -> AsyncIterator[dict[str, Caller]]:
    """Give each person a browser of their own; see `phoning`."""
    async with AsyncExitStack() as stack:
        yield {name: await stack.enter_async_context(phoning(name, chromium, voice)) for name, voice in voices.items()}


async def gather_in(call: Invited, host: Caller, guests: Sequence[Caller], *, listening: Sequence[str] = ()) -> None:
    """Bring everybody into a call: the host first, who lets the others in one by one."""
    for caller in (host, *guests):
        await caller.open(call.links[caller.name])
        await caller.join(speak=caller.name not in listening)
        if caller is not host:
            await host.admit(caller.name)
        await caller.inside()
