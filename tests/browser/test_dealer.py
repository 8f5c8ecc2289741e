"""A dealer that goes away: people hear each other as far as they have keys, and are told when these have run out."""

import asyncio
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from demo.browsers import Chromium
from demo.callers import Caller, calling, gather_in, serving
from tests.browser.test_ways_back import hear_each_other
from tests.call.relays.test_janus import _over_tcp

from earmark.call.relays.janus_process import JanusProcess
from earmark.records.protection.ways import InTheOpen
from earmark.records.vault import Vault

WITHIN_S = 300.0
STILL_S = 6.0
RATE = 48_000
POSITIONS = 256
"""Keys for a minute, so that it is soon over, and a busy machine has time to let two people meet before."""

needs_janus = pytest.mark.skipif(
    shutil.which("janus") is None, reason="Janus is not installed, so nobody was heard without a server (make browsers)"
)


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    Vault.init(tmp_path / "vault", way=InTheOpen()).close()
    return tmp_path / "vault"


async def heard(caller: Caller) -> float:
    """Return how many samples have come that were not made up."""
    sound = await caller.sound()
    return sound["samples"] - sound["concealed"]


def test_whose_keys_have_run_out_is_told_whom_they_do_not_hear(chromium: Chromium, vault: Path) -> None:
    async def play() -> None:
        async with (
            serving(vault, vault.parent / "log", program="tests.browser.stalling") as server,
            calling(chromium, {"anna": None, "ben": None}) as callers,
            asyncio.timeout(WITHIN_S),
        ):
            anna, ben = callers.values()
            for caller in (anna, ben):
                await caller.watch()
            await gather_in(server.invite("Board", "anna", ["ben"]), anna, [ben])
            await anna.hears(1)
            await ben.hears(1)
            for caller, whom in ((anna, "Ben"), (ben, "Anna")):
                await caller.page.get_by_role("alert").filter(has_text=f"You cannot hear {whom}: the keys").wait_for()
            before = await heard(anna)
            await asyncio.sleep(2)
            assert await heard(anna) <= before + RATE / 10

    asyncio.run(play())
    assert "nothing more is dealt" in (vault.parent / "log").read_text()


async def gained(callers: list[Caller], seconds: float) -> float:
    """Return how much sound has come to everybody, in seconds, within so many."""
    before = [await heard(caller) for caller in callers]
    await asyncio.sleep(seconds)
    return min([await heard(caller) - had for caller, had in zip(callers, before, strict=True)]) / RATE


@needs_janus
def test_while_the_server_stands_still_people_hear_each_other(chromium: Chromium, vault: Path) -> None:
    async def play() -> None:
        async with (
            serving(vault, vault.parent / "log", "--relay", "janus") as server,
            calling(chromium, {"anna": None, "ben": None}) as callers,
            asyncio.timeout(WITHIN_S),
        ):
            both = list(callers.values())
            for caller in both:
                await caller.watch()
            await gather_in(server.invite("Board", "anna", ["ben"]), both[0], both[1:])
            await hear_each_other(both)
            os.kill(server.pid, signal.SIGSTOP)
            try:
                assert await gained(both, STILL_S) > STILL_S / 4
            finally:
                os.kill(server.pid, signal.SIGCONT)
            await hear_each_other(both)

    asyncio.run(play())


@asynccontextmanager
async def janus_of_its_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Run a Janus that is not the server's, and have servers use it."""
    process, secret = JanusProcess(), folder / "janus.secret"
    try:
        endpoint = await process.start()
        secret.write_text(f"{endpoint.api_secret}\n{endpoint.admin_key}\n")
        async with _over_tcp(endpoint) as url:
            monkeypatch.setenv("EARMARK_JANUS_URLS", json.dumps([url]))
            monkeypatch.setenv("EARMARK_JANUS_SECRET_FILE", str(secret))
            yield
    finally:
        await process.stop()


@needs_janus
def test_where_the_server_is_killed_people_hear_each_other_as_far_as_they_have_keys_and_then_are_told(
    chromium: Chromium, vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play() -> None:
        async with (
            janus_of_its_own(vault.parent, monkeypatch),
            serving(vault, vault.parent / "log", "--relay", "janus", program="tests.browser.stalling") as server,
            calling(chromium, {"anna": None, "ben": None}) as callers,
            asyncio.timeout(WITHIN_S),
        ):
            anna, ben = both = list(callers.values())
            for caller in both:
                await caller.watch()
            await gather_in(server.invite("Board", "anna", ["ben"]), anna, [ben])
            await hear_each_other(both)
            os.kill(server.pid, signal.SIGKILL)
            for caller in both:
                await caller.page.get_by_text("Connecting again…").wait_for()
            for unheard in ("Lock", "End…"):
                assert await anna.page.get_by_role("button", name=unheard, exact=True).is_disabled()
            assert await gained(both, STILL_S) > STILL_S / 4
            for caller, whom in ((anna, "Ben"), (ben, "Anna")):
                await caller.page.get_by_role("alert").filter(has_text=f"You cannot hear {whom}: the keys").wait_for()
            assert await gained(both, STILL_S) < 1

    monkeypatch.setenv("MOST_POSITIONS", str(POSITIONS))
    asyncio.run(play())
