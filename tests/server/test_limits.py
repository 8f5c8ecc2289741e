"""What is asked over HTTP too often, or with one wrong token after the other, is not answered; nobody else notices."""

import asyncio
import json
from itertools import pairwise
from typing import Any

import httpx
import pytest
from starlette.types import Message, Scope
from tests.server.conftest import Play
from tests.server.guests import TOKEN, WAIT_S, Site

from earmark.errors import VaultError
from earmark.server import doorkeeper
from earmark.server.doorkeeper import Doorkeeper
from earmark.server.limits import LimitedRequests

ELSEWHERE = "127.0.0.2"


async def ask(site: Site, token: str | None, address: str = "127.0.0.1") -> httpx.Response:
    """Ask for all calls from an address of this machine."""
    transport = httpx.AsyncHTTPTransport(local_address=address)
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=site.address, headers=headers, transport=transport, timeout=WAIT_S) as client:
        return await client.get("/api/calls")


def test_who_tries_one_wrong_token_after_the_other_is_put_off_and_nobody_else(play: Play) -> None:
    async def script(site: Site) -> None:
        assert [(await ask(site, "wrong")).status_code for _ in range(20)] == [401] * 20
        for _ in range(20):  # so that the machine may be slow
            site.house.door.failed("127.0.0.1")
        late = await ask(site, "wrong")
        assert late.status_code == 429
        assert "wrong tokens" in late.json()["message"]
        assert (await ask(site, TOKEN)).status_code == 200  # a host in the same office is not locked out
        assert (await ask(site, TOKEN, ELSEWHERE)).status_code == 200

    play(script)


def test_who_gives_no_token_has_tried_none(play: Play) -> None:
    async def script(site: Site) -> None:
        assert {(await ask(site, None)).status_code for _ in range(30)} == {401}
        assert (await ask(site, TOKEN)).status_code == 200

    play(script)


def test_who_asks_too_often_is_put_off_and_nobody_else(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorkeeper, "REQUESTS", 5)
    monkeypatch.setattr(doorkeeper, "REQUESTS_PER_SECOND", 0)

    async def script(site: Site) -> None:
        told = [await ask(site, TOKEN) for _ in range(7)]
        assert [one.status_code for one in told] == [200] * 5 + [429] * 2
        assert told[-1].headers["Retry-After"]
        assert told[-1].headers["Content-Security-Policy"]
        assert told[-1].json()["hint"]
        assert (await ask(site, TOKEN, ELSEWHERE)).status_code == 200
        async with httpx.AsyncClient(base_url=site.address, trust_env=False, timeout=WAIT_S) as client:
            assert {(await client.get(path)).status_code for path in ("/healthz", "/")} == {200}

    play(script)


def test_a_share_is_whole_again_in_time() -> None:
    now = [0.0]
    door = Doorkeeper(lambda: now[0])
    assert [door.asks("one") for _ in range(doorkeeper.REQUESTS + 1)] == [True] * doorkeeper.REQUESTS + [False]
    assert door.asks("another")
    now[0] += 1
    again = [door.asks("one") for _ in range(doorkeeper.REQUESTS)]
    assert again.count(True) == doorkeeper.REQUESTS_PER_SECOND


def test_connections_that_are_no_requests_are_for_the_doorkeeper() -> None:
    async def play() -> list[str]:
        seen = []

        async def app(scope: Scope, _receive: Any, _send: Any) -> None:
            seen.append(scope["type"])

        async def nothing(_message: Message) -> None: ...

        limited = LimitedRequests(app, asks=lambda _address: False)
        for kind in ("websocket", "lifespan", "http"):
            scope: Scope = {"type": kind, "path": "/api/calls", "headers": [], "client": None}
            await limited(scope, lambda: asyncio.sleep(0), nothing)  # type: ignore[arg-type, return-value]
        return seen

    assert asyncio.run(play()) == ["websocket", "lifespan"]


def test_however_many_ask_for_its_health_the_vault_is_asked_once_a_second(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def script(site: Site) -> None:
        answers = site.house.register.answers

        async def counted() -> None:
            asked.append(asyncio.get_running_loop().time())
            await answers()

        monkeypatch.setattr(site.house.register, "answers", counted)
        async with httpx.AsyncClient(base_url=site.address, trust_env=False, timeout=WAIT_S) as client:
            told = await asyncio.gather(*(client.get("/healthz") for _ in range(50)))
        assert {one.status_code for one in told} == {200}

    play(script)
    assert all(later - earlier > 0.9 for earlier, later in pairwise(asked))
    assert asked


def test_strangers_are_not_told_what_is_wrong_and_the_log_is_once(
    play: Play, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def gone() -> None:
        raise VaultError("the disk /dev/sdb1 is gone")

    async def script(site: Site) -> None:
        answers = site.house.register.answers
        monkeypatch.setattr("earmark.server.checkup.FRESH_S", 0.0)
        monkeypatch.setattr(site.house.register, "answers", gone)
        for _ in range(3):
            told = await site.ask("GET", "/healthz", token="none")  # noqa: S106 - health needs none
            assert told.status_code == 503
            assert "sdb1" not in json.dumps(told.json())
        monkeypatch.setattr(site.house.register, "answers", answers)
        assert (await site.ask("GET", "/healthz", token="none")).status_code == 200  # noqa: S106 - as above

    play(script)
    said = [record.getMessage() for record in caplog.records if record.name == "earmark.server.checkup"]
    assert said == ["the vault fails: the disk /dev/sdb1 is gone", "the vault is well again"]
