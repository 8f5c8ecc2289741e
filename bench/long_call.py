"""A call of 38 minutes: four people, some of whom go, come, and lose their way in between; its last minute is traced.

``python -m bench.long_call [minutes] [relay]`` prints what happened when, how soon everybody heard everybody again, and
how much memory the server and each page took, minute by minute. It needs real speech and Chromium, and takes as long
as the call.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from demo.browsers import Chromium, installed
from demo.callers import Caller, Invited, Server, calling, gather_in, serving

from bench.calling import janus_of, kill, memory_mb, voice
from earmark.api import trace
from earmark.records.protection.ways import InTheOpen
from earmark.records.vault import Vault

PEOPLE = ("anna", "ben", "chloe", "dora")
LEAKER = "chloe"
LEAK_S = 60
SOON_S = 120.0


@dataclass
class Held:
    """A call that is being held."""

    server: Server
    call: Invited
    callers: dict[str, Caller]
    began: float = field(default_factory=monotonic)

    @property
    def minute(self) -> float:
        """How long it has lasted."""
        return (monotonic() - self.began) / 60

    def tell(self, text: str) -> None:
        """Print what happens, with the minute."""
        print(f"{self.minute:5.1f}  {text}", flush=True)

    async def all_hear(self) -> str:
        """Wait until everybody hears everybody; say how long that took."""
        since = monotonic()
        while monotonic() - since < SOON_S:
            heard = await asyncio.gather(*(caller.hearing() for caller in self.callers.values()))
            if all(streams == len(self.callers) - 1 for streams in heard):
                return f"all hear all after {monotonic() - since:.1f} s"
        counts = ", ".join(f"{name} {streams}" for name, streams in zip(self.callers, heard, strict=True))
        return f"not all hear all after {SOON_S:.0f} s; so many streams bring sound: {counts}"

    async def happen(self, what: str, doing: Awaitable[None]) -> None:
        """Let something happen, and see how soon all is well again."""
        await doing
        self.tell(f"{what}: {await self.all_hear()}")


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


async def restart_relay(held: Held) -> None:
    """Kill Janus."""
    kill(janus_of(held.server.pid))


async def remove(held: Held) -> None:
    """Let Anna remove Dora for good, and Erin come in their place."""
    page = held.callers["anna"].page
    await page.get_by_role("button", name="Remove Dora").click()
    await page.get_by_role("button", name="Remove for good").click()
    gone = held.callers.pop("dora")
    await gone.page.get_by_role("heading", name="You were removed from the call").wait_for()
    held.callers["erin"] = Caller("erin", gone.page)
    await come(held, "erin", admitted=True)


CHANGES: Sequence[tuple[float, str, Callable[[Held], Awaitable[None]]]] = (
    (0.15, "Ben left for 5 s", leave_and_come),
    (0.30, "Dora reloaded the page", reload),
    (0.45, "the relay was killed", restart_relay),
    (0.60, "Ben lost the connection to the server", lose_server),
    (0.75, "Dora was removed, Erin came", remove),
)


async def page_mb(caller: Caller) -> str:
    """Say how much memory a page's scripts take, garbage taken away, and its whole process, in MB."""
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
    return f"{caller.name} {used['usedSize'] / 1e6:.1f} of {resident:.0f}"


async def measure(held: Held) -> None:
    """Print how much memory is taken."""
    pages = [await page_mb(caller) for caller in held.callers.values()]
    sums = [await caller.sound() for caller in held.callers.values()]
    made_up = sum(one["concealed"] for one in sums) / max(1, sum(one["samples"] for one in sums))
    held.tell(f"MB: server {memory_mb(held.server.pid):.0f}, {', '.join(pages)}; concealed {100 * made_up:.1f} %")


async def hold(held: Held, minutes: float, relay: str, folder: Path) -> Path:
    """Hold the call so long; return what was recorded in its last minute."""
    changes = [one for one in CHANGES if relay == "janus" or one[2] is not restart_relay]
    while held.minute < minutes - LEAK_S / 60:
        if changes and held.minute >= changes[0][0] * minutes:
            _, what, change = changes.pop(0)
            await held.happen(what, change(held))
        await measure(held)
        next_change = changes[0][0] * minutes if changes else minutes
        await asyncio.sleep(max(0, 60 * min(1.0, next_change - held.minute, minutes - LEAK_S / 60 - held.minute)))
    await held.callers[LEAKER].record()
    await asyncio.sleep(LEAK_S)
    await measure(held)
    return await held.callers[LEAKER].recorded(folder / "leak.webm")


async def call(chromium: Chromium, minutes: float, relay: str, folder: Path) -> Path:
    """Hold a call from beginning to end; return the leak."""
    voices = {name: voice(number, folder / f"{name}.wav") for number, name in enumerate(PEOPLE)}
    async with (
        serving(folder / "vault", folder / "log", "--relay", relay) as server,
        calling(chromium, dict(voices)) as callers,
    ):
        for caller in callers.values():
            await caller.watch()
        invited = server.invite("Board", "anna", ["ben", "chloe", "dora", "erin"])
        host, *guests = callers.values()
        await gather_in(invited, host, guests)
        held = Held(server, invited, callers)
        held.tell(await held.all_hear())
        return await hold(held, minutes, relay, folder)


def main() -> int:
    """Hold the call; the exit status says whether the right copy was named."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 38.0
    relay = sys.argv[2] if len(sys.argv) > 2 else "janus"
    chromium = installed()
    if chromium is None:
        sys.stderr.write("earmark: error: there is no Chromium on this machine\n")
        return 1
    with tempfile.TemporaryDirectory(prefix="earmark-long-") as name:
        folder = Path(name)
        with Vault.init(folder / "vault", way=InTheOpen()):
            pass
        leak = asyncio.run(call(chromium, minutes, relay, folder))
        with Vault(folder / "vault") as vault:
            verdict = trace(vault, leak)
        names = [one.listener for one in verdict.named]
        bounds = ", ".join(f"{one.listener} (10^{one.false_accusation_log10:.1f})" for one in verdict.named)
        print(f"the last {LEAK_S} s of {LEAKER}'s copy name: {bounds or 'nobody'}")
        for line in (folder / "log").read_text().splitlines():
            if "WARNING" in line or "ERROR" in line:
                print(line)
    return int(names != [LEAKER])


if __name__ == "__main__":
    sys.exit(main())
