"""A network that loses packets: what copies inside the sealed payload mend, in real browsers."""

import asyncio
from pathlib import Path

from demo.browsers import Chromium
from demo.callers import Caller, calling, gather_in, serving

from earmark.records.protection.ways import InTheOpen
from earmark.records.vault import Vault

MEASURED_S = 10.0
SETTLING_S = 10.0
TRIES = 2
"""How often it is measured whether copies mend; machines may be busy."""

CALLS = 2
"""So many calls are held at the most, for the same reason."""
LONGEST_S = 150.0
MENDED = 0.5


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
            if least < MENDED * without:
                break
        return without, least


async def shares_within(vault: Path, log: Path, chromium: Chromium) -> tuple[float, float] | None:
    """Return the same; None where the machine was too busy to hold the call."""
    try:
        async with asyncio.timeout(LONGEST_S):
            return await shares(vault, log, chromium)
    except TimeoutError:
        return None


def mended(found: tuple[float, float] | None) -> bool:
    """Whether much was made up without copies, and less with them by more than chance makes it."""
    return found is not None and found[0] > 0.04 and found[1] < MENDED * found[0]


def test_copies_mend_what_is_lost(chromium: Chromium, tmp_path: Path) -> None:
    with Vault.init(tmp_path / "vault", way=InTheOpen()):
        pass
    found: list[tuple[float, float] | None] = []
    while len(found) < CALLS and not any(map(mended, found)):
        found.append(asyncio.run(shares_within(tmp_path / "vault", tmp_path / "log", chromium)))
    assert any(map(mended, found)), found
