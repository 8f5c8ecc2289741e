"""What strangers, guests with bad intentions and a full disk can do to a call: not much, and never to the others."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.members import Member, base64url
from tests.server.conftest import Play
from tests.server.guests import TOKEN, WAIT_S, Facts, Guest, Site, running
from tests.server.test_calls import enter
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Origin

from earmark.call.messages import MOST_BYTES
from earmark.errors import VaultError
from earmark.records.database import sqlite
from earmark.records.ledger import acts
from earmark.records.vault import Vault
from earmark.server import doorkeeper, sockets
from earmark.server.bodies import MOST_BODY_BYTES
from earmark.server.doorkeeper import MOST_KNOCKING_EACH, Doorkeeper, Shares
from earmark.server.pace import BURST, COSTS, Pace

ELSEWHERE = "127.0.0.2"
CROWD = 1000
AGAIN_LATER = 1013


def forged() -> str:
    member = Member("mallory")
    return json.dumps({"type": "hello", **Guest(member, None).hello(base64url(b"x" * 32))})  # type: ignore[arg-type]


async def knock(site: Site, hello: str) -> str:
    """Come from elsewhere and say something; return what came of it."""
    try:
        origin = Origin(site.address.rstrip("/"))
        async with connect(
            site.socket, origin=origin, proxy=None, local_addr=(ELSEWHERE, 0), open_timeout=60
        ) as socket:
            await socket.send(hello)
            return str(json.loads(await socket.recv())["type"])
    except InvalidStatus as refused:
        return str(refused.response.status_code)
    except (WebSocketException, OSError):
        return "broken"


# --- the door


def test_a_crowd_of_strangers_keeps_nobody_out(play: Play) -> None:
    async def script(site: Site) -> None:
        links = await site.open(["anna"])
        async with AsyncExitStack() as stack:
            host = await stack.enter_async_context(site.inside(links["host"], "host"))
            await host.hear("admitted")
            some = asyncio.Semaphore(64)  # at the same time, one after the other as fast as can be

            async def come() -> str:
                async with some:
                    return await knock(site, forged())

            crowd = [asyncio.create_task(come()) for _ in range(CROWD)]
            anna = await enter(site, stack, links, host, "anna")
            stream = await anna.speak()
            await host.hold(stream, 1024)
            became = await asyncio.gather(*crowd)
            assert "challenge" not in became
            assert became.count("refused") < CROWD / 4
            assert site.house.door.knocking == 0

    play(script)


def test_who_says_nothing_holds_no_more_than_their_share(play: Play) -> None:
    async def script(site: Site) -> None:
        origin = Origin(site.address.rstrip("/"))
        async with AsyncExitStack() as stack:
            for _ in range(MOST_KNOCKING_EACH):
                silent = connect(site.socket, origin=origin, proxy=None, local_addr=(ELSEWHERE, 0), open_timeout=60)
                await stack.enter_async_context(silent)
            assert site.house.door.knocking == MOST_KNOCKING_EACH
            assert await knock(site, forged()) == "403"
            links = await site.open(["anna"])
            anna = await stack.enter_async_context(site.inside(links["anna"], "anna"))
            await anna.hear("lobby")

    play(script)


def test_an_invitation_used_again_and_again_is_put_off(play: Play) -> None:
    async def script(site: Site) -> None:
        links = await site.open(["anna", "ben"])
        async with AsyncExitStack() as stack:
            guests = [await stack.enter_async_context(site.guest(links["anna"], "anna")) for _ in range(30)]
            await guests[-1].closed()
            assert guests[-1].socket.close_code == AGAIN_LATER
            assert guests[-1].everything == []
            ben = await stack.enter_async_context(site.inside(links["ben"], "ben"))
            await ben.hear("lobby")

    play(script)


def test_who_comes_while_a_server_stops_is_not_told_that_their_call_is_over(play: Play) -> None:
    async def script(site: Site) -> None:
        links = await site.open(["anna"])
        async with AsyncExitStack() as stack:
            host = await stack.enter_async_context(site.inside(links["host"], "host"))
            await host.hear("admitted")
            site.house._stopped = True
            for call in site.house._calls.values():
                await call.stop()
            for name in ("host", "anna"):
                again = await stack.enter_async_context(site.guest(links[name], name))
                await again.closed()
                assert (again.socket.close_code, again.everything) == (AGAIN_LATER, [])

    play(script)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 30)), max_size=60))
def test_a_share_is_never_exceeded(steps: list[tuple[str, float]]) -> None:
    now = 0.0
    shares = Shares(5, 0.5, lambda: now)
    taken = dict.fromkeys("abc", 0)
    for key, wait in steps:
        now += wait
        taken[key] += shares.take(key)
        assert taken[key] <= 5 + now * 0.5 + 1e-9
        assert len(shares) <= len(taken)


def test_what_the_door_remembers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorkeeper, "MOST_REMEMBERED", 100)
    now = 0.0
    shares = Shares(5, 0.5, lambda: now)
    for number in range(1000):
        assert shares.take(number)
        assert len(shares) <= 100
    now = 60.0
    shares.take("much later")
    assert len(shares) == 1
    shares.owe("much later")
    for _ in range(6):
        shares.owe("in debt")
    assert not shares.take("in debt")
    door = Doorkeeper(lambda: now)
    while door.admits("here"):
        pass
    assert door.admits("there")


def test_a_network_of_ipv6_has_one_share_of_the_door() -> None:
    door = Doorkeeper(lambda: 0.0)
    with ExitStack() as stack:
        for number in range(MOST_KNOCKING_EACH):
            address = f"2001:db8:0:1::{number:x}"
            assert door.admits(address)
            stack.enter_context(door.knock(address))
        assert not door.admits("2001:db8:0:1:ffff::1")
        assert door.admits("2001:db8:0:2::1")
        for number in range(MOST_KNOCKING_EACH):
            stack.enter_context(door.knock(f"::ffff:192.0.2.{number}"))
        assert door.admits("192.0.2.200")


def test_where_the_door_is_full_who_was_silent_for_longest_makes_room() -> None:
    door = Doorkeeper(lambda: 0.0)
    gone: list[int] = []
    with ExitStack() as stack:
        knocks = [
            stack.enter_context(door.knock(f"192.0.{number // 64}.7", partial(gone.append, number)))
            for number in range(doorkeeper.MOST_KNOCKING)
        ]
        knocks[0].heard = True
        for number in (1, 2):
            assert door.admits("198.51.100.1")
            assert gone[-1] == number
            stack.enter_context(door.knock("198.51.100.1"))
            assert door.knocking == doorkeeper.MOST_KNOCKING
        for knock in door._knocking:
            knock.heard = True
        assert not door.admits("198.51.100.1")
    assert door.knocking == 0
    assert gone == [1, 2]


def test_who_says_nothing_at_a_full_door_is_sent_away_for_who_comes(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorkeeper, "MOST_KNOCKING", 1)
    monkeypatch.setattr(sockets, "HELLO_S", 3600.0)

    async def script(site: Site) -> None:
        links = await site.open(["anna"])
        async with site.connect() as silent:
            async with asyncio.timeout(WAIT_S):
                while not site.house.door.knocking:
                    await asyncio.sleep(0.01)
            async with site.inside(links["anna"], "anna") as anna:
                await anna.hear("lobby")
            async with asyncio.timeout(WAIT_S):
                await silent.wait_closed()

    play(script)


def test_what_is_dear_is_slowed_down() -> None:
    dear, cheap = Pace(lambda: 0.0), Pace(lambda: 0.0)
    assert [dear.take(100) for _ in range(5)] == [0, 0, 0, 0, 2.5]
    assert all(cheap.take() == 0 for _ in range(BURST))
    assert cheap.take() > 0


def test_who_comes_to_fifty_speakers_is_not_put_off_and_who_asks_for_connections_without_end_is() -> None:
    comes = [kind for _ in range(49) for kind in ("subscribe", "answer")]
    newcomer, greedy = Pace(lambda: 0.0), Pace(lambda: 0.0)
    assert all(newcomer.take(COSTS[kind]) == 0 for kind in comes)
    assert greedy.take(COSTS["subscribe"] * BURST) > 10


# --- HTTP


def test_nothing_is_read_of_who_has_no_token(play: Play) -> None:
    async def script(site: Site) -> None:
        for token in ("x", "wrong", TOKEN[:-1], TOKEN + "x"):
            answer = await site.ask("POST", "/api/calls", token=token, content=b"no JSON")
            assert answer.status_code == 401

    play(script)


def test_too_much_is_refused_whatever_it_says_of_its_length(play: Play) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(MOST_BODY_BYTES // 2**16 + 2):
            yield b" " * 2**16

    async def script(site: Site) -> None:
        for content in (b" " * (MOST_BODY_BYTES + 1), pieces()):
            answer = await site.ask("POST", "/api/calls", content=content)
            assert answer.status_code == 413
            assert answer.headers["content-security-policy"]
        assert (await site.ask("GET", "/api/calls")).json()["calls"] == []

    play(script)


# --- guests


def test_of_two_windows_the_newer_one_counts(play: Play) -> None:
    async def script(site: Site) -> None:
        links = await site.open(["anna"])
        async with AsyncExitStack() as stack:
            host = await stack.enter_async_context(site.inside(links["host"], "host"))
            await host.hear("admitted")
            first = await enter(site, stack, links, host, "anna")
            second = await stack.enter_async_context(site.guest(links["anna"], "anna"))
            await second.sign()
            assert (await first.hear("ended"))["reason"] == "replaced"
            await first.closed()
            await second.hear("admitted")
            change = await host.commit()
            assert change["removes"] == ["anna"]
            if not change["adds"]:  # the older one was gone before the newer one was in
                change = await host.commit()
            assert [one["member"] for one in change["adds"]] == ["anna"]
            await second.hear("welcome")
            third = await stack.enter_async_context(site.guest(links["anna"], "somebody else"))
            assert (await third.hear("refused"))["reason"] == "device"

    play(script)


def test_the_notice_may_be_open_in_a_few_windows(play: Play) -> None:
    async def script(site: Site) -> None:
        links = await site.open(["anna"])
        async with AsyncExitStack() as stack:
            windows = [await stack.enter_async_context(site.guest(links["anna"], "anna")) for _ in range(6)]
            for window in windows[:2]:
                assert (await window.hear("ended"))["reason"] == "replaced"
            await windows[-1].sign()
            await windows[-1].hear("lobby")

    play(script)


async def consent_of(guest: Guest) -> Facts:
    """Return the consent that a guest would give, as a message."""
    said: list[Facts] = []

    async def keep(kind: str, **facts: object) -> None:
        said.append({"type": kind, **facts})

    say, guest.say = guest.say, keep  # type: ignore[method-assign]
    await guest.sign()
    guest.say = say  # type: ignore[method-assign]
    return said[0]


def test_consent_is_of_use_once_and_on_its_connection(play: Play, vault: Vault) -> None:
    async def script(site: Site) -> None:
        links = await site.open(["anna"])
        async with AsyncExitStack() as stack:
            first = await stack.enter_async_context(site.guest(links["anna"], "anna"))
            message = await consent_of(first)
            second = await stack.enter_async_context(site.guest(links["anna"], "anna"))
            await second.hear("challenge")
            await second.socket.send(json.dumps(message))
            assert (await second.hear("refused"))["reason"] == "protocol"
            await first.socket.send(json.dumps(message))
            await first.hear("lobby")
            await first.socket.send(json.dumps(message))
            assert "cannot be said now" in (await first.hear("error"))["message"]
            assert len(vault.calls.consents(links[""])) == 1

    play(script)


@pytest.mark.parametrize(
    "changes",
    [{"ledger_root": "0" * 64}, {"notice_sha256": "0" * 64}, {"challenge": base64url(bytes(32))}, {"member": "host"}],
    ids=lambda changes: next(iter(changes)),
)
def test_consent_to_something_else_lets_nobody_in(play: Play, vault: Vault, changes: dict[str, str]) -> None:
    async def script(site: Site) -> None:
        links = await site.open(["anna"])
        async with site.guest(links["anna"], "anna") as anna:
            await anna.sign(**changes)
            assert (await anna.hear("refused"))["reason"] == "protocol"
            await anna.closed()
        assert vault.calls.consents(links[""]) == []

    play(script)


NONSENSE = ["", "null", "[]", "{}", '{"type": "admin"}', "[" * 20_000, '{"type": "hello"', "\ud7ff", "1e999"]


def test_nonsense_is_answered_and_changes_nothing(play: Play) -> None:
    async def script(site: Site) -> None:
        links = await site.open(["anna", "ben"])
        async with AsyncExitStack() as stack:
            host = await stack.enter_async_context(site.inside(links["host"], "host"))
            await host.hear("admitted")
            anna = await enter(site, stack, links, host, "anna")
            stream = await anna.speak()
            for text in NONSENSE:
                await host.socket.send(text)
                await host.hear("error")
            for kind, facts in OUT_OF_TURN:
                await host.say(kind, **facts)
                await host.hear("error")
            await host.say("commit", epoch=7, commit="AA", welcome=None, adds=[], removes=[])
            assert (await host.hear("stale"))["epoch"] == 7
            for kind in ("admit", "refuse", "remove"):
                await anna.say(kind, member="host")
                await anna.hear("error")
            for kind, facts in (("lock", {"locked": True}), ("end", {})):
                await anna.say(kind, **facts)
                await anna.hear("error")
            await host.hold(stream, 1024)
            ben = await stack.enter_async_context(site.inside(links["ben"], "ben"))
            await ben.hear("lobby")
            await ben.say("open", sealed=base64url(bytes(80)))
            await ben.hear("error")
            await ben.say("subscribe", stream=stream)
            await ben.hear("error")
            assert not ben.held

    play(script)


OUT_OF_TURN: list[tuple[str, Facts]] = [
    ("admit", {"member": "nobody"}),
    ("remove", {"member": "host"}),
    ("subscribe", {"stream": 9}),
    ("answer", {"stream": 0, "offer": 0, "sdp": "v=0"}),
    ("publish", {"stream": 0, "offer": 0, "sdp": "v=0"}),
    ("position", {"stream": 0, "position": 1}),
    ("close", {"stream": 0}),
    ("open", {"sealed": base64url(bytes(80))}),
]


@pytest.mark.parametrize("message", ["x" * (MOST_BYTES + 1), b"bytes"], ids=["too long", "binary"])
def test_what_is_no_text_or_too_long_ends_the_connection_and_no_other(play: Play, message: str | bytes) -> None:
    async def script(site: Site) -> None:
        links = await site.open(["anna"])
        async with AsyncExitStack() as stack:
            host = await stack.enter_async_context(site.inside(links["host"], "host"))
            await host.hear("admitted")
            anna = await enter(site, stack, links, host, "anna")
            await anna.socket.send(message)
            with pytest.raises(ConnectionClosed):
                while True:
                    await anna.socket.recv()
            gone = await host.hear("roster", lambda facts: len(facts["members"]) == 1)
            assert gone["members"][0]["id"] == "host"

    play(script)


def test_who_was_removed_says_and_hears_nothing_more(play: Play) -> None:
    async def script(site: Site) -> None:
        links = await site.open(["anna", "ben"])
        async with AsyncExitStack() as stack:
            host = await stack.enter_async_context(site.inside(links["host"], "host"))
            await host.hear("admitted")
            anna = await enter(site, stack, links, host, "anna")
            ben = await enter(site, stack, links, host, "ben")
            stream = await ben.speak()
            await anna.hold(stream, 1024)
            await host.say("remove", member="anna")
            assert (await anna.hear("ended"))["reason"] == "removed"
            with pytest.raises(ConnectionClosed):
                while True:
                    await anna.say("open", sealed=base64url(bytes(80)))
                    await asyncio.sleep(0.01)
            change = await host.commit()
            assert change["removes"] == ["anna"]
            assert (await ben.hear("committed", lambda facts: facts["epoch"] == change["epoch"]))["sender"] == "host"
            assert ("drop", host.challenge["call"]["id"], "anna") in site.relay.asked
            back = await stack.enter_async_context(site.guest(links["anna"], "anna"))
            assert (await back.hear("refused"))["reason"] == "host"

    play(script)


def test_a_full_disk_lets_nobody_in_unrecorded_and_cuts_nobody_off(
    tmp_path: Path, page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "PRAGMAS", (*sqlite.PRAGMAS, "max_page_count = 140"))

    async def script(site: Site) -> None:
        links = await site.open(["anna", "ben"])
        async with AsyncExitStack() as stack:
            host = await stack.enter_async_context(site.inside(links["host"], "host"))
            await host.hear("admitted")
            anna = await enter(site, stack, links, host, "anna")
            stream = await anna.speak()
            await host.hold(stream, 1024)
            await site.house.register.run(fill, site.vault)
            async with site.inside(links["ben"], "ben") as ben:
                assert (await ben.hear("ended"))["reason"] == "unrecorded"
            await host.say("open", sealed=base64url(bytes(80)))
            await host.hear("error")
            await anna.say("mute", muted=True)
            roster = await host.hear("roster", lambda facts: any(line["muted"] for line in facts["members"]))
            assert {line["id"] for line in roster["members"]} == {"host", "anna"}

    async def main(vault: Vault) -> None:
        async with running(vault, page) as site:
            await script(site)

    with Vault.init(tmp_path / "vault") as vault:
        asyncio.run(main(vault))
        vault.ledger.head().verify()
        call = vault.calls.all()[0]
        assert {stay.listener_id for stay in vault.calls.get(call.id).attendance} == {"host", "anna"}


def fill(vault: Vault) -> None:
    """Enter things until there is no room for more."""
    with pytest.raises(VaultError, match="the disk is full"):
        for number in range(100_000):
            vault.enter(acts.exhibit_received(f"{number:064x}", number))
