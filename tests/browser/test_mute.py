"""What others hear of somebody who has muted their microphone: nothing. What is sent but for packets: silence."""

import asyncio
from pathlib import Path

from demo.browsers import Chromium
from demo.callers import Caller, calling, gather_in, serving

from earmark.records.protection.ways import InTheOpen
from earmark.records.vault import Vault

BEEPS_S = 3.0
"""The microphone that Chromium makes up beeps once a second."""
SETTLING_S = 2.0


async def energy(caller: Caller) -> float:
    """Return the energy of what somebody hears for a while."""
    before = await caller.sound()
    await asyncio.sleep(BEEPS_S)
    return (await caller.sound())["energy"] - before["energy"]


async def energies(vault: Path, log: Path, chromium: Chromium) -> list[float]:
    """Return that energy while somebody is heard, has muted, and is heard again."""
    async with serving(vault, log) as server, calling(chromium, {"anna": None, "ben": None}) as callers:
        anna, ben = callers.values()
        for caller in (anna, ben):
            await caller.watch()
        await gather_in(server.invite("Board", "anna", ["ben"]), anna, [ben])
        await ben.hears(1)
        assert not any(await anna.page.evaluate("() => window.watched.audible()"))
        found = []
        for muted in (None, True, False):
            if muted is not None:
                await anna.mute(muted=muted)
            await asyncio.sleep(SETTLING_S)
            found.append(await energy(ben))
        return found


def test_who_is_muted_is_not_heard(chromium: Chromium, tmp_path: Path) -> None:
    Vault.init(tmp_path / "vault", way=InTheOpen()).close()
    before, muted, after = asyncio.run(energies(tmp_path / "vault", tmp_path / "log", chromium))
    assert before > 0
    assert after > 0
    assert muted < 1e-6 * min(before, after)
