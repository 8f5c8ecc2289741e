"""A network that loses packets: what copies inside the sealed payload mend, in real browsers."""

import asyncio
from pathlib import Path

from demo.browsers import Chromium
from demo.callers import Caller, calling, gather_in, serving

from earmark.records.protection.ways import InTheOpen
from earmark.records.vault import Vault

MEASURED_S = 10.0
SETTLING_S = 6.0
TRIES = 5
"""How often it is measured whether copies mend; machines may be busy."""


async def made_up(caller: Caller) -> float:
    """Return the share of what somebody hears that their browser had to make up."""
    before = await caller.sound()
    await asyncio.sleep(MEASURED_S)
    after = await caller.sound()
    return (after["concealed"] - before["concealed"]) / (after["samples"] - before["samples"])


async def shares(vault: Path, log: Path, chromium: Chromium) -> tuple[float, float]:
    """Return that share while nobody tells what they lose, and the least of a few times when they have."""
    async with (
        serving(vault, log, program="tests.browser.losing") as server,
        calling(chromium, {"anna": None, "ben": None}) as callers,
    ):
        anna, ben = callers.values()
        for caller in (anna, ben):
            await caller.watch()
            await caller.page.add_init_script("window.silentOnLoss = true")
        await gather_in(server.invite("Board", "anna", ["ben"]), anna, [ben])
        await ben.hears(1)
        await asyncio.sleep(SETTLING_S)
        without = await made_up(ben)
        await ben.page.evaluate("() => (window.silentOnLoss = false)")
        await asyncio.sleep(SETTLING_S)
        least = without
        for _ in range(TRIES):
            least = min(least, await made_up(ben))
            if least < without / 2:
                break
        return without, least


def test_copies_mend_what_is_lost(chromium: Chromium, tmp_path: Path) -> None:
    with Vault.init(tmp_path / "vault", way=InTheOpen()):
        pass
    without, with_copies = asyncio.run(shares(tmp_path / "vault", tmp_path / "log", chromium))
    assert without > 0.04
    assert with_copies < without / 2, (without, with_copies)
