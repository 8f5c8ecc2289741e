"""Back in the call: after the page was reloaded, the connection was lost, or the relay was started anew."""

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from demo.browsers import Chromium
from demo.callers import Caller, calling, gather_in, serving

from bench.calling import janus_of, kill
from earmark.records.protection.ways import InTheOpen
from earmark.records.vault import Vault


async def hear_each_other(callers: Sequence[Caller]) -> None:
    """Wait until sound comes to each from the other."""
    while min([await caller.hearing() for caller in callers]) < len(callers) - 1:
        await asyncio.sleep(0.1)


async def talk(vault: Path, log: Path, chromium: Chromium, relay: str) -> None:
    async with (
        serving(vault, log, "--relay", relay) as server,
        calling(chromium, {"anna": None, "ben": None}) as callers,
        asyncio.timeout(420),
    ):
        anna, ben = both = list(callers.values())
        for caller in both:
            await caller.watch()
        await gather_in(server.invite("Board", "anna", ["ben"]), anna, [ben])
        await hear_each_other(both)

        await ben.page.reload()
        await ben.join()
        await ben.inside()
        await hear_each_other(both)

        await anna.lose_server()
        await hear_each_other(both)

        if relay == "janus":
            await anna.lose_server()  # she is about to speak again when the relay ends
            kill(janus_of(server.pid))
            await hear_each_other(both)
            assert "the relay is started again" in log.read_text()


@pytest.mark.parametrize("relay", ["builtin", "janus"])
def test_people_find_back_without_being_let_in_again(relay: str, chromium: Chromium, tmp_path: Path) -> None:
    if relay == "janus" and shutil.which("janus") is None:
        pytest.skip("Janus is not installed, so nothing was tried after it had ended (make browsers)")
    with Vault.init(tmp_path / "vault", way=InTheOpen()):
        pass
    asyncio.run(talk(tmp_path / "vault", tmp_path / "log", chromium, relay))
