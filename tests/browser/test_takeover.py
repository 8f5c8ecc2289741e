"""Two real servers of one vault: people reach the one that holds their call, and the other when that is killed."""

import asyncio
import os
import signal
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from demo.browsers import Chromium
from demo.callers import Caller, calling, gather_in, serving
from tests.balancer import Balancer, balancing, free_port
from tests.browser.test_ways_back import hear_each_other

from earmark.records.calls.entries import CallRecord
from earmark.records.protection.ways import InTheOpen
from earmark.records.vault import Vault

WITHIN_S = 400.0
SEGMENT_S = 0.24


@dataclass(frozen=True)
class Held:
    """A call whose server was killed.

    Attributes:
        id: the call's.
        killed_at: when.
        silent_s: how many seconds it took from then until everybody heard everybody.
    """

    id: str
    killed_at: datetime
    silent_s: float


async def talk(vault: Path, chromium: Chromium) -> Held:
    """Hold a call at "a", to which "b" sends people on; kill "a", and wait until they hear each other by "b"."""
    async with (
        balancing() as balancer,
        AsyncExitStack() as stack,
        calling(chromium, {"anna": None, "ben": None}) as callers,
        asyncio.timeout(WITHIN_S),
    ):
        tokens = ("--host-token-file", str(vault.parent / "host.token"), "--public-url", balancer.address)
        servers = {}
        for name in ("a", "b"):
            balancer.servers[name] = free_port()
            options = (*tokens, "--server-name", name, "--port", str(balancer.servers[name]))
            log = vault.parent / f"{name}.log"
            servers[name] = await stack.enter_async_context(serving(vault, log, *options))
        anna, ben = both = list(callers.values())
        for caller in both:
            await caller.watch()
        call = replace(servers["a"], address=f"http://127.0.0.1:{balancer.servers['a']}/").invite(
            "Board", "anna", ["ben"]
        )
        balancer.first = "a"
        await gather_in(call, anna, [])
        balancer.first = "b"
        await ben.open(call.links["ben"])
        assert balancer.passed[-2:] == ["b", "a"], "Ben's page was not sent on to the server that holds the call"
        await ben.join()
        await anna.admit("ben")
        await ben.inside()
        await hear_each_other(both)
        killed_at, began = datetime.now(UTC), monotonic()
        os.kill(servers["a"].pid, signal.SIGKILL)
        await back(balancer, both)
        silent_s = monotonic() - began
        await ben.leave()
        return Held(call.id, killed_at, silent_s)


async def back(balancer: Balancer, callers: list[Caller]) -> None:
    """Wait until all have come to the other server, and hear each other there."""
    before = len(balancer.passed)
    while balancer.passed[before:].count("b") < len(callers):
        await asyncio.sleep(0.05)
    await hear_each_other(callers)


def test_where_a_server_is_killed_another_goes_on_with_its_calls(
    chromium: Chromium, tmp_path: Path, where: str | None
) -> None:
    Vault.init(tmp_path / "vault", way=InTheOpen(), database=where).close()
    held = asyncio.run(talk(tmp_path / "vault", chromium))
    print(f"everybody heard everybody again after {held.silent_s:.1f} s")  # noqa: T201 - for who measures it
    with closing(Vault(tmp_path / "vault")) as vault:
        assert vault.check().findings == ()
        assert_all_is_on_record(vault.calls.get(held.id), held.killed_at)


def assert_all_is_on_record(call: CallRecord, killed_at: datetime) -> None:
    """See that what was said until the server was killed is on record as heard, and what was said after that too."""
    for person in ("anna", "ben"):
        stays = [stay for stay in call.attendance if stay.listener_id == person]
        assert len(stays) >= 2
        assert stays[0].left_at is not None
        assert stays[0].left_at >= killed_at
        first, *later = [stream for stream in call.streams if stream.speaker_id == person]
        assert first.time_of(first.positions, SEGMENT_S) >= min(killed_at, first.time_of(1024, SEGMENT_S))
        assert any(stream.positions > 0 for stream in later)
    blocks = [block for stream in call.streams for block in stream.blocks]
    assert len(blocks) == len(set(blocks))
