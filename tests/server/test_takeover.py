"""Two servers of one vault, and one server after another: what outlives a server, and who holds a call."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from tests.postgres import Cluster
from tests.server.conftest import Play
from tests.server.guests import WAIT_S, Guest, Site, running
from tests.server.test_calls import enter

from earmark.call.schedule import BLOCK_POSITIONS
from earmark.errors import ElsewhereError, VaultError
from earmark.records.calls.entries import CallRecord
from earmark.records.vault import Vault
from earmark.server import house

SIGNS = "FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1"
"""What gives signs of life in PostgreSQL: advisory locks with one number, where writers' have two."""

Two = Callable[[Site, Site], Awaitable[None]]


@pytest.fixture
def other(vault: Vault) -> Iterator[Vault]:
    """The same vault, as another process has it open."""
    with Vault(vault.folder) as other:
        yield other


@pytest.fixture
def both(vault: Vault, other: Vault, page: Path) -> Callable[[Two], None]:
    """Run a script against two servers of one vault, "a" and "b"."""

    def run(script: Two) -> None:
        async def main() -> None:
            async with running(vault, page, "a") as a, running(other, page, "b") as b:
                await script(a, b)

        asyncio.run(main())

    return run


@asynccontextmanager
async def a_call(site: Site, people: list[str]) -> AsyncIterator[tuple[dict[str, str], Guest, list[Guest]]]:
    """A call that goes on: its links, its host, and those whom the host has let in."""
    links = await site.open(people)
    async with AsyncExitStack() as stack:
        host = await stack.enter_async_context(site.inside(links["host"], "host"))
        await host.hear("admitted")
        yield links, host, [await enter(site, stack, links, host, name) for name in people]


async def die(site: Site) -> None:
    """Have a server seem dead: it gives no sign of life any more."""
    await site.house.register.run(site.vault.calls.holding.end)


async def comes_in(site: Site, link: str, name: str) -> str:
    """Return what somebody is told who comes and signs, if there is something to sign."""
    async with site.guest(link, name) as guest:
        while not guest.told["challenge"]:
            await guest._receive()
            if guest.told["refused"]:
                return str(guest.told["refused"][0]["reason"])
        await guest.sign()
        while not (guest.told["lobby"] or guest.told["admitted"] or guest.told["refused"]):
            await guest._receive()
        return guest.everything[-1]


def test_who_reaches_the_other_server_is_told_which_one_holds_the_call(both: Callable[[Two], None]) -> None:
    async def script(a: Site, b: Site) -> None:
        async with a_call(a, ["anna"]) as (links, _host, [_anna]):
            async with b.guest(links["anna"], "anna") as lost:
                assert (await lost.hear("elsewhere"))["server"] == "a"
                await lost.closed()
            other = await b.open(["ben"])
            async with b.inside(other["host"], "host") as host:
                await host.hear("admitted")
                async with a.guest(other["ben"], "ben") as lost:
                    assert (await lost.hear("elsewhere"))["server"] == "b"

    both(script)


def test_a_call_goes_on_where_its_server_is_dead(both: Callable[[Two], None], vault: Vault) -> None:
    async def script(a: Site, b: Site) -> None:
        async with a_call(a, ["anna", "ben"]) as (links, host, [anna, _ben]):
            stream = await anna.speak()
            await host.hold(stream, BLOCK_POSITIONS)
            await die(a)
            async with b.inside(links["anna"], "anna") as back, b.inside(links["host"], "host") as chair:
                assert (await back.hear("admitted"))["group"] == "create"
                await chair.hear("admitted")
                await back.commit()
                record = vault.calls.get(links[""])
                assert record.streams[stream].closed_at is not None
                assert {stay.listener_id for stay in record.attendance if stay.left_at is None} == {"anna", "host"}
                again = await back.speak()
                assert again == stream + 1
                await chair.hold(again, BLOCK_POSITIONS)
                await chair.say("end")
                await back.closed()

    both(script)
    assert vault.check().findings == ()
    assert [
        block for stream in vault.calls.all() for one in vault.calls.streams(stream.id) for block in one.blocks
    ] == [
        0,
        1,
    ]


def test_who_was_taken_for_dead_changes_nothing_any_more(both: Callable[[Two], None], vault: Vault) -> None:
    async def script(a: Site, b: Site) -> None:
        async with a_call(a, ["anna", "ben"]) as (links, host, [anna, _ben]):
            await die(a)
            async with b.inside(links["anna"], "anna") as back:
                await back.hear("admitted")
                size = vault.ledger.head().size
                await host.say("remove", member="ben")
                await anna.say("open", sealed="AAAA")
                await anna.hear("error")
                with pytest.raises(ElsewhereError, match="another server holds the call: b"):
                    await a.house.register.remove(links[""], "anna")
                assert vault.ledger.head().size == size
                assert all(person.removed_at is None for person in vault.calls.get(links[""]).people)

    both(script)


@pytest.mark.parametrize("where", ["postgresql"], indirect=True)
def test_a_server_that_was_parted_from_its_database_lets_go_of_what_was_taken(
    both: Callable[[Two], None], cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def script(a: Site, b: Site) -> None:
        async with a_call(a, ["anna"]) as (links, _host, [anna]):
            monkeypatch.setattr(a.vault.calls.holding, "taken", list)
            part(cluster)
            async with b.inside(links["anna"], "anna") as back:
                await back.hear("admitted")
                monkeypatch.undo()
                assert (await anna.hear("ended"))["reason"] == "stopped"
                assert a.house.census().calls == 0
                async with a.guest(links["host"], "host") as lost:
                    assert (await lost.hear("elsewhere"))["server"] == "b"

    both(script)


@pytest.mark.parametrize("where", ["postgresql"], indirect=True)
def test_a_server_that_is_parted_for_a_moment_keeps_its_calls(both: Callable[[Two], None], cluster: Cluster) -> None:
    async def script(a: Site, b: Site) -> None:
        async with a_call(a, ["anna"]) as (links, host, [anna]):
            part(cluster)
            while not cluster.run(f"SELECT pid {SIGNS}"):
                await asyncio.sleep(0.1)
            async with b.guest(links["anna"], "anna") as lost:
                assert (await lost.hear("elsewhere"))["server"] == "a"
            await host.hold(await anna.speak(), BLOCK_POSITIONS)

    both(script)


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)
@pytest.mark.parametrize("error", [VaultError("the database is away"), RuntimeError("nobody has thought of this")])
def test_a_server_that_cannot_reach_its_database_for_long_lets_go_of_all(
    play: Play, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def away() -> list[str]:
        raise error

    async def script(site: Site) -> None:
        async with a_call(site, ["anna"]) as (links, _host, [anna]):
            monkeypatch.setattr(house, "PARTED_S", 2.0)
            monkeypatch.setattr(site.vault.calls.holding, "taken", away)
            assert (await anna.hear("ended"))["reason"] == "stopped"
            assert site.house.census().calls == 0
            async with site.inside(links["anna"], "anna") as back:
                await back.hear("admitted")
                assert ("over", links[""]) in site.relay.asked  # nobody hears more by what was of the call

    play(script)


def part(cluster: Cluster) -> None:
    """End all sessions that give signs of life, as when a network fails."""
    cluster.run(f"SELECT pg_terminate_backend(pid, 60000) {SIGNS}")


@pytest.fixture
def one_after_the_other(vault: Vault, page: Path) -> Callable[[Callable[[Site], Awaitable[None]]], None]:
    """Run a script against a server that was started just now, as often as it is called."""

    def run(script: Callable[[Site], Awaitable[None]]) -> None:
        async def main() -> None:
            with Vault(vault.folder) as opened:
                async with running(opened, page) as site:
                    await script(site)

        asyncio.run(main())

    return run


def test_what_hosts_have_decided_outlives_the_server(one_after_the_other: Play) -> None:
    links: dict[str, str] = {}

    async def before(site: Site) -> None:
        async with a_call(site, ["anna", "ben", "cleo", "dora"]) as (made, host, [_anna, ben, cleo, _dora]):
            links.update(made)
            await host.say("remove", member="ben")
            await ben.closed()
            await cleo.say("leave")
            await cleo.closed()

    async def after(site: Site) -> None:
        assert await comes_in(site, links["ben"], "ben") == "host"
        assert await comes_in(site, links["anna"], "anna") == "admitted"
        assert await comes_in(site, links["cleo"], "cleo") == "lobby"
        body = {"people": [{"id": "ben"}]}
        made = (await site.ask("POST", f"/api/calls/{links['']}/people", json=body)).json()["links"]
        assert await comes_in(site, made[0]["link"], "ben") == "host"

    one_after_the_other(before)
    one_after_the_other(after)


def test_a_removal_and_an_end_are_put_on_record_when_the_vault_takes_them_again(
    one_after_the_other: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    links: dict[str, str] = {}
    over: dict[str, str] = {}

    def full(*_: object, **__: object) -> None:
        raise VaultError("the disk is full", "Make room.")

    async def until(site: Site, so: Callable[[CallRecord], bool], call_id: str) -> None:
        async with asyncio.timeout(WAIT_S):
            while not so(await site.house.register.run(site.vault.calls.get, call_id)):
                await asyncio.sleep(0.05)

    async def before(site: Site) -> None:
        async with a_call(site, ["anna"]) as (made, host, [anna]), a_call(site, ["ben"]) as (other, chair, [ben]):
            links.update(made)
            over.update(other)
            with monkeypatch.context() as patch:
                for name in ("remove", "end"):
                    patch.setattr(site.vault.calls, name, full)
                await host.say("remove", member="anna")
                assert (await host.hear("error"))["about"] == "remove"
                await anna.closed()
                await chair.say("end")
                await ben.closed()
                assert await comes_in(site, over["ben"], "ben") == "ended"
            await until(site, lambda call: any(person.removed_at for person in call.people), made[""])
            await until(site, lambda call: call.ended_at is not None, other[""])

    async def after(site: Site) -> None:
        assert await comes_in(site, links["anna"], "anna") == "host"
        assert await comes_in(site, over["ben"], "ben") == "ended"

    one_after_the_other(before)
    one_after_the_other(after)


def test_a_lock_outlives_the_server(one_after_the_other: Play) -> None:
    links: dict[str, str] = {}

    async def before(site: Site) -> None:
        links.update(await site.open(["anna"]))
        async with site.inside(links["host"], "host") as host:
            await host.hear("admitted")
            await host.say("lock", locked=True)
            await host.hear("roster", lambda facts: facts["locked"])

    async def after(site: Site) -> None:
        assert await comes_in(site, links["anna"], "anna") == "locked"
        async with site.inside(links["host"], "host") as host:
            await host.hear("admitted")
            await host.say("lock", locked=False)
            await host.hear("roster", lambda facts: not facts["locked"])

    async def at_last(site: Site) -> None:
        assert await comes_in(site, links["anna"], "anna") == "lobby"

    for script in (before, after, at_last):
        one_after_the_other(script)


def test_a_new_invitation_is_none_to_come_in_unasked(one_after_the_other: Play) -> None:
    links: dict[str, str] = {}

    async def before(site: Site) -> None:
        async with a_call(site, ["anna"]) as (made, _host, _guests):
            links.update(made)

    async def after(site: Site) -> None:
        made = await site.ask("POST", f"/api/calls/{links['']}/people", json={"people": [{"id": "anna"}]})
        assert await comes_in(site, made.json()["links"][0]["link"], "anna") == "lobby"

    one_after_the_other(before)
    one_after_the_other(after)
