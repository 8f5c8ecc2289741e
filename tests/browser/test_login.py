"""Logging in as a person does: by the page, at a real provider."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from demo.browsers import Chromium
from demo.callers import serving
from tests import providers
from tests.balancer import free_port
from tests.browser.test_page import AXE
from tests.conftest import packaged

from earmark.records.protection.ways import InTheOpen
from earmark.records.vault import Vault

ANNA = {"sub": "anna", "name": "Anna Weiss", "groups": ["hosts"]}
SETTINGS = {
    "CLIENT_ID": providers.CLIENT,
    "HOSTS": '["hosts"]',
    "OFFICERS": '["officers"]',
    "SCOPES": json.dumps(providers.ASKED),
}


@pytest.mark.timeout(400)
def test_a_host_logs_in_by_the_page_opens_a_call_and_logs_out(
    chromium: Chromium, web: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("npm") is None:
        pytest.skip("no npm on this machine, so logging in was not tried at a real provider (make browsers)")
    packaged(providers.PROGRAM)
    vault, secret = tmp_path / "vault", tmp_path / "client.secret"
    Vault.init(vault, way=InTheOpen()).close()
    secret.write_text(providers.SECRET)
    port = free_port()
    with providers.real(f"http://127.0.0.1:{port}/") as issuer:
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("EARMARK_OIDC_ISSUER", issuer)
        monkeypatch.setenv("EARMARK_OIDC_CLIENT_SECRET_FILE", str(secret))
        for name, value in SETTINGS.items():
            monkeypatch.setenv(f"EARMARK_OIDC_{name}", value)
        axe = (web / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
        asyncio.run(walk(vault, tmp_path / "log", port, chromium, axe))
    with Vault(vault) as opened:
        assert [call.title for call in opened.calls.all()] == ["Board"]
    assert providers.SECRET not in (tmp_path / "log").read_text()


async def walk(vault: Path, log: Path, port: int, chromium: Chromium, axe: str) -> None:
    async with serving(vault, log, "--port", str(port)) as server, chromium.open(None) as browser:
        context = await browser.new_context(extra_http_headers=providers.facts_of(ANNA))
        context.set_default_timeout(180_000)
        page = await context.new_page()
        await page.goto(server.address)
        entrance = page.get_by_role("link", name="Log in")
        await entrance.wait_for()
        await page.evaluate(axe)
        assert await page.evaluate(AXE) == []
        await entrance.click()
        await page.get_by_text("Logged in as Anna Weiss.").wait_for()
        assert page.url == server.address
        await page.evaluate(axe)
        assert await page.evaluate(AXE) == []
        assert await page.evaluate("() => document.cookie") == ""
        await page.get_by_label("Name of the call").fill("Board")
        await page.get_by_label("Or a list: id, name, email, one person a line").fill("ben,Ben")
        await page.get_by_role("button", name="Create the call").click()
        await page.get_by_role("heading", name="Board").wait_for()
        await page.reload()
        await page.get_by_role("button", name="Log out").click()
        await entrance.wait_for()
        await page.reload()
        await entrance.wait_for()
