"""A speaker whose page was tampered with: everybody is told, during the call, that their words cannot be traced."""

import asyncio
from pathlib import Path

from demo.browsers import Chromium
from demo.callers import Caller, Server, calling, gather_in, serving
from playwright.async_api import Route
from tests.api.voices import speech, write_wav

from earmark.api import call
from earmark.records.protection.ways import InTheOpen
from earmark.records.vault import Vault

ALIKE = Path(__file__).with_name("alike.js").read_text()
WARNING = "What Ben says is not marked"
RATE = 48_000
PATIENCE_S = 400


async def tamper(caller: Caller) -> None:
    """Let somebody's page seal the same sound twice."""

    async def fulfil(route: Route) -> None:
        response = await route.fetch()
        await route.fulfill(response=response, body=ALIKE + await response.text())

    await caller.page.context.route("**/assets/worker-*.js", fulfil)


async def warned(caller: Caller) -> None:
    await caller.page.get_by_role("alert").filter(has_text=WARNING).wait_for(timeout=1000 * PATIENCE_S)


async def script(server: Server, callers: dict[str, Caller]) -> str:
    anna, ben, chloe = callers.values()
    await tamper(ben)
    invited = server.invite("Board", "anna", ["ben", "chloe"])
    await gather_in(invited, anna, [ben, chloe])
    for caller in callers.values():
        await caller.hears(2)
    await asyncio.gather(*(warned(caller) for caller in callers.values()))
    return invited.id


async def meet(chromium: Chromium, vault: Path, log: Path, voices: dict[str, Path | None]) -> str:
    async with serving(vault, log) as server, calling(chromium, voices) as callers, asyncio.timeout(2 * PATIENCE_S):
        return await script(server, callers)


def test_whose_sound_is_not_marked_is_known_during_the_call(chromium: Chromium, tmp_path: Path) -> None:
    folder = tmp_path / "vault"
    with Vault.init(folder, way=InTheOpen()):
        pass
    spoken = {"anna": None} | {
        name: write_wav(tmp_path / name, speech(20, rate=RATE), RATE) for name in ("ben", "chloe")
    }
    call_id = asyncio.run(meet(chromium, folder, tmp_path / "log", spoken))
    with Vault(folder) as vault:
        streams = {stream.speaker: stream.doubts for stream in call(vault, call_id).streams}
    assert streams == {"anna": (), "ben": ("alike",), "chloe": ()}
    assert "of ben is in doubt: alike" in (tmp_path / "log").read_text()
