"""A service that is backed up while people are in a call: they notice nothing, and what comes back is a vault."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from tests.server.conftest import Play
from tests.server.guests import Site
from tests.server.test_calls import enter

from earmark.call.schedule import BLOCK_POSITIONS
from earmark.records.backup import back_up, restore
from earmark.records.protection.sources import Sources
from earmark.records.protection.ways import ByPassphrase, Cost
from earmark.records.vault import Vault

CHEAP = Cost(memory_kib=32, iterations=1, lanes=1)
KNOWING = Sources(ask=lambda: "correct horse")


@pytest.fixture
def vault(tmp_path: Path, where: str | None) -> Iterator[Vault]:
    with Vault.init(
        tmp_path / "vault", database=where, way=ByPassphrase("correct horse", CHEAP), sources=KNOWING
    ) as made:
        yield made


def test_it_comes_back_as_it_was_at_one_moment_and_the_call_goes_on(play: Play, vault: Vault, tmp_path: Path) -> None:
    links: dict[str, str] = {}

    async def script(site: Site) -> None:
        links.update(await site.open(["anna"]))
        async with AsyncExitStack() as stack:
            host = await stack.enter_async_context(site.inside(links["host"], "host"))
            await host.hear("admitted")
            anna = await enter(site, stack, links, host, "anna")
            stream = await anna.speak()
            saving = asyncio.create_task(asyncio.to_thread(save, vault.folder, tmp_path / "backup"))
            await host.hold(stream, BLOCK_POSITIONS)
            while not saving.done():
                await anna.say("mute", muted=True)
                await host.hear("roster", lambda facts: any(one["muted"] for one in facts["members"]))
                await anna.say("mute", muted=False)
                await host.hear("roster", lambda facts: not any(one["muted"] for one in facts["members"]))
            await saving
            await host.say("end")
            await anna.closed()

    play(script)
    restore(tmp_path / "backup", tmp_path / "restored", KNOWING)
    with Vault(tmp_path / "restored", sources=KNOWING) as restored:
        call = restored.calls.get(links[""])
        assert call.ended_at is None
        assert {stay.listener_id for stay in call.attendance} == {"host", "anna"}
        assert [stream.speaker_id for stream in call.streams] == ["anna"]
        assert restored.check().findings == ()
        restored.calls.take(links[""], "b")  # as a server would that goes on with it
        assert restored.calls.get(links[""]).streams[0].closed_at is not None
        restored.calls.holding.end()
    assert vault.calls.get(links[""]).ended_at is not None


def save(folder: Path, file: Path) -> None:
    """Back a vault up as another process does that has it open."""
    with Vault(folder, sources=KNOWING) as other:
        back_up(other, file)
