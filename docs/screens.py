"""Take the pictures of a call that the README shows: ``make screens``.

``call-lobby.png``, ``call.png`` and ``call-end.png`` in ``docs/images`` are of a real call: a server, three browsers,
three voices.
"""

import asyncio
import io
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from demo.browsers import Chromium, installed
from demo.call import NO_BROWSER, VOICES, spoken
from demo.callers import Caller, Server, calling, serving
from PIL import Image
from playwright.async_api import Page

from earmark.records.protection.ways import InTheOpen
from earmark.records.vault import Vault

IMAGES = Path(__file__).with_name("images").resolve()
SIZE = {"width": 1120, "height": 700}
COLOURS = 200
TITLE = "Third quarter, before the announcement"
NAMES = {"anna": "Anna Weiss", "ben": "Ben Okafor", "chloe": "Chloe Marchand"}
TALK_S = 20


def main() -> int:
    """Hold the call and take the pictures."""
    chromium = installed()
    if chromium is None:
        sys.stderr.write(NO_BROWSER)
        return 1
    with TemporaryDirectory(prefix="earmark-screens-") as folder:
        os.chdir(folder)
        with Vault.init(Path("vault"), way=InTheOpen()):
            pass
        asyncio.run(hold(chromium))
    return 0


async def hold(chromium: Chromium) -> None:
    """Hold a call of three."""
    voices: dict[str, Path | None] = {name: spoken(name) for name in VOICES}
    async with serving(Path("vault"), Path("log")) as server, calling(chromium, voices) as callers:
        for caller in callers.values():
            await caller.page.set_viewport_size(SIZE)  # type: ignore[arg-type]
        await talk(server, *callers.values())


async def talk(server: Server, host: Caller, *guests: Caller) -> None:
    """Let people in, talk, and part."""
    people = [{"id": guest.name, "name": NAMES[guest.name]} for guest in guests]
    call = {"title": TITLE, "classification": "Strictly confidential", "people": people}
    made = server.ask("POST", "api/calls", json={**call, "host": {"id": host.name, "name": NAMES[host.name]}})
    links = {one["id"]: one["link"] for one in made["links"]}
    await host.page.goto(f"{server.address}#host={server.token}")
    await host.open(made["host_link"])
    await host.join()
    await host.inside()
    for guest in guests:
        await guest.open(links[guest.name])
        await guest.join()
        admit = host.page.get_by_role("button", name=f"Admit {NAMES[guest.name]}")
        await admit.wait_for()
        await taken(guest.page, "call-lobby")
        await admit.click()
        await guest.inside()
    for caller in (host, *guests):
        await caller.hears(len(guests))
    await asyncio.sleep(TALK_S)
    await guests[-1].page.get_by_text("Speaking").first.wait_for()
    await taken(guests[-1].page, "call")
    await part(host)


async def part(host: Caller) -> None:
    """End the call, and look at who heard what."""
    await host.page.get_by_role("button", name="End…").click()
    await host.page.get_by_role("button", name="End for everybody").click()
    await host.page.get_by_role("button", name="Back to your calls").click()
    summary = host.page.locator("summary").first
    await summary.click()
    await host.page.get_by_role("table").wait_for()
    await host.page.evaluate("() => scrollTo(0, document.body.scrollHeight)")
    await taken(host.page, "call-end")


async def taken(page: Page, name: str) -> None:
    """Write what a page shows, with few colours, so that the file is small."""
    shown = Image.open(io.BytesIO(await page.screenshot())).convert("RGB")
    shown.quantize(COLOURS, dither=Image.Dither.NONE).save(IMAGES / f"{name}.png", optimize=True)
    sys.stdout.write(f"{name}.png\n")


if __name__ == "__main__":
    sys.exit(main())
