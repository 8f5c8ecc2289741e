"""What those who run a server see of it: health, numbers, and a log; and what they do not see."""

import asyncio
import json
import logging
import socket
import threading
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from tests.server.conftest import Play
from tests.server.guests import TOKEN, WAIT_S, Site
from tests.server.test_calls import enter

from earmark.call.relays.base import Health
from earmark.errors import UsageError, VaultError
from earmark.server.logs import JsonLines
from earmark.server.metrics import Metrics, split

STRANGER = "none"  # health needs no token


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def numbers(text: str) -> dict[str, float]:
    """Return what Prometheus reads, by name and labels."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {" ".join([one.name, *one.labels.values()]): one.value for one in samples}


def collected(metrics: Metrics) -> dict[str, float]:
    address = f"127.0.0.1:{free_port()}"
    with metrics.served(address):
        return numbers(httpx.get(f"http://{address}/metrics", trust_env=False, timeout=WAIT_S).text)


def test_who_is_there_is_counted(play: Play) -> None:
    async def script(site: Site) -> None:
        links = await site.open(["anna", "ben"])
        async with AsyncExitStack() as stack:
            host = await stack.enter_async_context(site.inside(links["host"], "host"))
            await host.hear("admitted")
            anna = await enter(site, stack, links, host, "anna")
            await anna.speak()
            ben = await stack.enter_async_context(site.inside(links["ben"], "ben"))
            await ben.hear("lobby")
            stranger = await stack.enter_async_context(site.guest("#join=nothing", "eve"))
            await stranger.hear("refused")
            seen = collected(site.house.metrics)
            assert seen["earmark_calls"] == 1
            assert seen["earmark_people inside"] == 2
            assert seen["earmark_people lobby"] == 1
            assert seen["earmark_streams"] == 1
            assert seen["earmark_relay_running"] == 1
            assert seen["earmark_connections_total"] == 4
            assert seen["earmark_refused_total invitation"] == 1
            assert seen["earmark_vault_seconds_count"] > 5
            await host.say("end")
            await anna.closed()
        assert collected(site.house.metrics)["earmark_calls"] == 0

    play(script)


def test_numbers_are_nowhere_unless_asked_for() -> None:
    with Metrics().served(None):
        pass


def test_an_address_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(UsageError, match=address), Metrics().served(address):
            pass


@given(st.text(max_size=30))
def test_an_address_is_read_or_refused(text: str) -> None:
    try:
        host, port = split(text)
    except UsageError:
        return
    assert host
    assert 1 <= port <= 65535


@pytest.mark.parametrize(("text", "parts"), [("127.0.0.1:9464", ("127.0.0.1", 9464)), ("[::1]:9464", ("::1", 9464))])
def test_addresses(text: str, parts: tuple[str, int]) -> None:
    assert split(text) == parts


async def health(site: Site) -> tuple[int, dict[str, str]]:
    answer = await site.ask("GET", "/healthz", token=STRANGER)
    return answer.status_code, answer.json()


def test_a_server_is_well(play: Play) -> None:
    async def script(site: Site) -> None:
        assert await health(site) == (200, {"status": "ok", "relay": "ok", "vault": "ok"})

    play(script)


def test_a_relay_that_does_not_run_shows(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(site: Site) -> None:
        down = Health(running=False, streams=0, listeners=0, problem="Janus has ended.")
        monkeypatch.setattr(site.relay, "health", lambda: down)
        assert await health(site) == (503, {"status": "failing", "relay": "failing", "vault": "ok"})

    play(script)


def test_a_vault_that_cannot_be_read_shows(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    async def gone() -> None:
        raise VaultError("the disk is gone")

    async def script(site: Site) -> None:
        monkeypatch.setattr(site.house.register, "answers", gone)
        assert await health(site) == (503, {"status": "failing", "relay": "ok", "vault": "failing"})

    play(script)


def test_a_vault_that_is_busy_is_well_unless_it_is_at_one_thing_for_ever(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def script(site: Site) -> None:
        begun, ended = threading.Event(), threading.Event()

        def work() -> None:
            begun.set()
            assert ended.wait(240)

        monkeypatch.setattr("earmark.server.checkup.FRESH_S", 0.0)
        monkeypatch.setattr("earmark.server.checkup.HEALTH_S", 240.0)
        busy = asyncio.create_task(site.house.register.run(work))
        try:
            await asyncio.to_thread(begun.wait, 240)
            assert (await health(site))[0] == 200
            monkeypatch.setattr("earmark.server.register.STUCK_S", 0.0)
            assert await health(site) == (503, {"status": "failing", "relay": "ok", "vault": "failing"})
        finally:
            ended.set()
            await busy
        monkeypatch.setattr("earmark.server.register.STUCK_S", 60.0)
        assert (await health(site))[0] == 200

    play(script)


def test_a_log_has_no_secret_in_it(play: Play, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secrets: list[str] = [TOKEN]

    async def script(site: Site) -> None:
        links = await site.open(["anna"])
        secrets.extend(link.partition("#join=")[2] for name, link in links.items() if name)
        async with AsyncExitStack() as stack:
            host = await stack.enter_async_context(site.inside(links["host"], "host"))
            await host.hear("admitted")
            anna = await enter(site, stack, links, host, "anna")
            stream = await anna.speak()
            await anna.say("publish", stream=stream, offer=0, sdp="nonsense")
            await anna.hear("error")
            secrets.append(anna.secret.hex())
            await host.say("end")
            await anna.closed()

    play(script)
    ours = [record for record in caplog.records if record.name.startswith(("earmark", "uvicorn"))]
    assert any(record.name.startswith("earmark") for record in ours)
    lines = "\n".join(JsonLines().format(record) for record in ours)
    assert [secret for secret in secrets if secret in lines] == []


def logged(message: str, **more: Any) -> dict[str, str]:
    record = logging.LogRecord("earmark.server", logging.INFO, "", 0, message, (), **{"exc_info": None} | more)
    line = JsonLines().format(record)
    assert "\n" not in line
    facts: dict[str, str] = json.loads(line)
    return facts


@given(st.text())
def test_whatever_is_logged_is_one_line(message: str) -> None:
    facts = logged(message.replace("%", "%%"))
    assert facts["level"] == "info"
    assert list(facts) == ["time", "level", "logger", "message"]


def test_an_error_is_logged_with_where_it_was() -> None:
    with pytest.raises(ValueError, match="invalid literal") as raised:
        int("x")
    facts = logged("it failed", exc_info=(raised.type, raised.value, raised.tb))
    assert "test_watching" in facts["error"]
