"""Ways that are there and bring nothing are made anew, be the fault in the relay or in the browser of a speaker."""

import asyncio
from pathlib import Path

import pytest
from demo.browsers import Chromium
from demo.callers import calling, gather_in, serving
from tests.browser.test_ways_back import hear_each_other

from earmark.records.protection.ways import InTheOpen
from earmark.records.vault import Vault

WITHIN_S = 300.0
_FAULTS = Path(__file__).with_name("faults.js")


async def talk(vault: Path, chromium: Chromium, fault: str) -> list[str]:
    """Hold a call in which nothing comes of Anna at first; return what her page and the server said to each other."""
    async with (
        serving(vault, vault.parent / "log", program="tests.browser.deaf") as server,
        calling(chromium, {"anna": None, "ben": None}) as callers,
        asyncio.timeout(WITHIN_S),
    ):
        anna, ben = both = list(callers.values())
        for caller in both:
            await caller.watch()
        await anna.page.add_init_script(f"window.faults = [{fault!r}];\n{_FAULTS.read_text()}")
        await gather_in(server.invite("Board", "anna", ["ben"]), anna, [ben])
        await hear_each_other(both)
        assert await anna.page.evaluate("() => window.faults") == [], "Anna's browser has worked all the time"
        while any([(await caller.knows())["misses"] for caller in both]):
            await asyncio.sleep(0.1)
        said: list[str] = (await anna.knows())["said"]
        return said


@pytest.mark.parametrize("fault", ["lost", "silent"])
def test_people_hear_each_other_whatever_has_come_to_a_standstill(
    fault: str, chromium: Chromium, tmp_path: Path
) -> None:
    Vault.init(tmp_path / "vault", way=InTheOpen()).close()
    said = asyncio.run(talk(tmp_path / "vault", chromium, fault))
    kinds = [line.split()[1] for line in said]
    assert kinds.count("offer") > 1, "there was no other way than that by which nothing came"
    assert kinds.count("open" if fault == "silent" else "publish") > 1
