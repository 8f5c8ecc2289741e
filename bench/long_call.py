"""A call of 38 minutes: four people, some of whom go, come, and lose their way in between; its last minute is traced.

While it lasts it tells what happens, how soon everybody hears everybody again, and how much memory the server and the
largest page take, minute by minute.
"""

import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from demo.browsers import Chromium, installed
from demo.callers import Caller, Invited, Server, calling, gather_in, serving

from bench.calling import janus_of, kill, memory_mb, voice
from bench.tables import MISSED
from earmark.api import trace
from earmark.records.protection.ways import InTheOpen
from earmark.records.vault import Vault

PEOPLE = ("anna", "ben", "chloe", "dora")
LEAKER = "chloe"
LEAK_S = 60
SOON_S = 120.0
MINUTES = 38.0
WARM_MINUTES = 5.0

ABOUT = (
    "Four people in headless Chromium talk all the time, some of whom leave, come back, reload their page and are cut\n"
    "off; the relay is killed. How soon after each of it everybody hears everybody, what memory the server, the page\n"
    "that takes most and its scripts have after five minutes and at the end, and whom the last minute of a leak names."
)
HEAD = ("", "measured", "goal")


@dataclass(frozen=True)
class Memory:
    """What was in use in a minute of a call, in MB.

    Attributes:
        minute: of the call.
        server: the server's process.
        page: the process of the page that takes most.
        scripts: the most that a page's scripts take, garbage taken away.
    """

    minute: float
    server: float
    page: float
    scripts: float


@dataclass
class Found:
    """What came of a call.

    Attributes:
        again: what happened, and after how many seconds everybody heard everybody; infinity where they did not.
        memory: minute by minute.
        made_up: the share of what was heard, over the connections there were at the end, that browsers made up.
        named: whom the last minute names, with their bounds.
        complaints: warnings and errors of the server.
    """

    again: list[tuple[str, float]] = field(default_factory=list)
    memory: list[Memory] = field(default_factory=list)
    made_up: float = 0.0
    named: str = "nobody"
    complaints: int = 0


@dataclass
class Held:
    """A call that is being held."""

    server: Server
    call: Invited
    callers: dict[str, Caller]
    found: Found = field(default_factory=Found)
    began: float = field(default_factory=monotonic)

    @property
    def minute(self) -> float:
        """How long it has lasted."""
        return (monotonic() - self.began) / 60

    def tell(self, text: str) -> None:
        """Tell what happens, with the minute."""
        print(f"{self.minute:5.1f}  {text}", file=sys.stderr, flush=True)

    async def all_hear(self, since: float | None = None) -> float:
        """Wait until everybody hears everybody; return how many seconds that took, since now or a moment before.

        Infinity where they do not within two minutes: then it is told who misses whom, and what their pages know of it.
        """
        since = since or monotonic()
        while monotonic() - since < SOON_S:
            if await self.do_all_hear():
                return monotonic() - since
        known = await asyncio.gather(*(caller.knows() for caller in self.callers.values()))
        for line in missing(dict(zip(self.callers, known, strict=True))):
            self.tell(line)
        return float("inf")

    async def do_all_hear(self) -> bool:
        """Listen for half a second, and tell whether everybody hears everybody."""
        heard = await asyncio.gather(*(caller.hearing() for caller in self.callers.values()))
        return all(streams == len(self.callers) - 1 for streams in heard)

    async def happen(self, what: str, doing: Awaitable[float | None]) -> None:
        """Let something happen, and see how soon all is well again: since it ended, or the moment that it returns."""
        seconds = await self.all_hear(await doing)
        self.found.again.append((what, seconds))
        self.tell(f"{what}: all hear all after {seconds:.1f} s")


def missing(known: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield who misses whom, then what each page knows of it (`demo.callers.Caller.knows`), by the person's id."""
    for name, knows in known.items():
        yield f"{name} misses {', '.join(knows['misses']) or 'nobody'}"
    for name, knows in known.items():
        for what in ("streams", "ways", "packets", "said"):
            yield f"{name}, {what}: {json.dumps(knows[what])}"


async def come(held: Held, name: str, *, admitted: bool) -> None:
    """Let somebody come in."""
    caller = held.callers[name]
    await caller.page.goto("about:blank")  # else the same address again would be no other page
    await caller.open(held.call.links[name])
    await caller.join()
    if admitted:
        await held.callers["anna"].admit(name)
    await caller.inside()


async def leave_and_come(held: Held) -> None:
    """Let Ben leave, and come again a while later."""
    await held.callers["ben"].leave()
    await asyncio.sleep(5)
    await come(held, "ben", admitted=True)


async def reload(held: Held) -> None:
    """Let Dora reload the page; the person has to agree again, nobody has to let them in."""
    page = held.callers["dora"].page
    await page.reload()
    await page.get_by_role("heading", name="Your copy is individually marked").wait_for()
    await held.callers["dora"].join()


async def lose_server(held: Held) -> None:
    """Let Ben lose the connection to the server."""
    await held.callers["ben"].lose_server()


async def restart_relay(held: Held) -> float:
    """Kill Janus, and wait until that is heard; return when it was killed."""
    killed = monotonic()
    kill(janus_of(held.server.pid))
    while monotonic() - killed < SOON_S and await held.do_all_hear():
        pass  # what has come before is still being played
    return killed


async def remove(held: Held) -> None:
    """Let Anna remove Dora for good, and Erin come in their place."""
    page = held.callers["anna"].page
    await page.get_by_role("button", name="Remove Dora").click()
    await page.get_by_role("button", name="Remove for good").click()
    gone = held.callers.pop("dora")
    await gone.page.get_by_role("heading", name="You were removed from the call").wait_for()
    held.callers["erin"] = Caller("erin", gone.page)
    await come(held, "erin", admitted=True)


CHANGES: Sequence[tuple[float, str, Callable[[Held], Awaitable[float | None]]]] = (
    (0.15, "Ben left for 5 s", leave_and_come),
    (0.30, "Dora reloaded the page", reload),
    (0.45, "the relay was killed", restart_relay),
    (0.60, "Ben lost the connection to the server", lose_server),
    (0.75, "Dora was removed, Erin came", remove),
)


async def page_mb(caller: Caller) -> tuple[float, float]:
    """Return how much memory a page's process takes, and its scripts, garbage taken away; in MB."""
    session = await caller.page.context.new_cdp_session(caller.page)
    await session.send("HeapProfiler.collectGarbage")
    used: dict[str, Any] = await session.send("Runtime.getHeapUsage")
    await session.detach()
    browser = caller.page.context.browser
    assert browser is not None  # noqa: S101 -- each has one of their own
    whole = await browser.new_browser_cdp_session()
    processes: dict[str, Any] = await whole.send("SystemInfo.getProcessInfo")
    await whole.detach()
    resident = max(memory_mb(one["id"]) for one in processes["processInfo"] if one["type"] == "renderer")
    return resident, used["usedSize"] / 1e6


async def look(held: Held) -> None:
    """Note how much memory is taken, and how much sound is made up."""
    pages = [await page_mb(caller) for caller in held.callers.values()]
    sums = [await caller.sound() for caller in held.callers.values()]
    page, scripts = map(max, zip(*pages, strict=True))
    memory = Memory(held.minute, memory_mb(held.server.pid), page, scripts)
    held.found.memory.append(memory)
    held.found.made_up = sum(one["concealed"] for one in sums) / max(1, sum(one["samples"] for one in sums))
    held.tell(
        f"MB: server {memory.server:.0f}, pages {page:.0f}, scripts {scripts:.1f}; made up {held.found.made_up:.1%}"
    )


async def hold(held: Held, minutes: float, relay: str, folder: Path) -> Path:
    """Hold the call so long; return what was recorded in its last minute."""
    changes = [one for one in CHANGES if relay == "janus" or one[2] is not restart_relay]
    end = minutes - LEAK_S / 60
    while held.minute < end:
        if changes and held.minute >= changes[0][0] * end:
            _, what, change = changes.pop(0)
            await held.happen(what, change(held))
        await look(held)
        next_change = changes[0][0] * end if changes else end
        await asyncio.sleep(max(0, 60 * min(1.0, next_change - held.minute, end - held.minute)))
    await held.callers[LEAKER].record()
    await asyncio.sleep(LEAK_S)
    await look(held)
    return await held.callers[LEAKER].recorded(folder / "leak.webm")


async def call(chromium: Chromium, minutes: float, relay: str, folder: Path) -> tuple[Found, Path]:
    """Hold a call from beginning to end; return what came of it, and the leak."""
    voices = {name: voice(number, folder / f"{name}.wav") for number, name in enumerate(PEOPLE)}
    async with (
        serving(folder / "vault", folder / "log", "--relay", relay, "--log-format", "json") as server,
        calling(chromium, dict(voices)) as callers,
    ):
        for caller in callers.values():
            await caller.watch()
        invited = server.invite("Board", "anna", ["ben", "chloe", "dora", "erin"])
        host, *guests = callers.values()
        await gather_in(invited, host, guests)
        held = Held(server, invited, callers)
        held.tell(f"all hear all after {await held.all_hear():.1f} s")
        return held.found, await hold(held, minutes, relay, folder)


def measure(minutes: float = MINUTES) -> Found | None:
    """Hold a call over Janus, or the built-in relay where there is none; None where there is no browser."""
    chromium = installed()
    if chromium is None:
        print("bench: there is no Chromium here, so no call is held", file=sys.stderr)
        return None
    relay = "janus" if shutil.which("janus") else "builtin"
    with tempfile.TemporaryDirectory(prefix="earmark-long-") as name:
        folder = Path(name)
        with Vault.init(folder / "vault", way=InTheOpen()):
            pass
        found, leak = asyncio.run(call(chromium, minutes, relay, folder))
        with Vault(folder / "vault") as vault:
            named = trace(vault, leak).named
        found.named = ", ".join(f"{one.listener} (10^{one.false_accusation_log10:.0f})" for one in named) or "nobody"
        lines = (folder / "log").read_text().splitlines()
        found.complaints = sum(json.loads(line)["level"] in {"warning", "error"} for line in lines if line[:1] == "{")
        return found


def rows(found: Found | None) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the table."""
    if found is None:
        return
    for what, seconds in found.again:
        yield f"{what}: all hear all after", f"{seconds:.1f} s" + MISSED * (seconds > 5), "≤ 5 s"
    warm = next((one for one in found.memory if one.minute >= WARM_MINUTES), found.memory[0])
    last = found.memory[-1]
    yield "minutes", f"{last.minute:.0f}", ""
    yield "memory of the server", f"{warm.server:.0f} MB, then {last.server:.0f} MB", "flat"
    yield "memory of the largest page", f"{warm.page:.0f} MB, then {last.page:.0f} MB", "flat"
    yield "memory of its scripts", f"{warm.scripts:.1f} MB, then {last.scripts:.1f} MB", "flat"
    yield "of what was heard, made up by browsers", f"{found.made_up:.1%}", ""
    yield "warnings and errors of the server", str(found.complaints), ""
    yield f"the last {LEAK_S} s of {LEAKER}'s copy name", found.named, LEAKER
