"""What every answer over HTTP has beside what was asked for: strict headers, whatever the answer is."""

import asyncio
from pathlib import Path
from time import monotonic

import httpx
import pytest
from tests.server.conftest import Play
from tests.server.guests import TOKEN, WAIT_S, NotingRelay, Site

from earmark.records.vault import Vault
from earmark.server.app import create_app
from earmark.server.bodies import MOST_BODY_BYTES
from earmark.server.house import House
from earmark.server.page import HEADERS
from earmark.server.register import Register

HOST = {"Authorization": f"Bearer {TOKEN}"}
ASKED = [
    ("GET", "/", {}, 200),
    ("GET", "/assets/app-0123.js", {}, 200),
    ("GET", "/assets/none.js", {}, 404),
    ("GET", "/healthz", {}, 200),
    ("GET", "/api/session", {}, 200),
    ("GET", "/api/calls", {}, 401),
    ("GET", "/api/calls", {"headers": HOST}, 200),
    ("GET", "/api/calls/none", {"headers": HOST}, 400),
    ("POST", "/api/calls", {"headers": HOST, "content": b"{"}, 422),
    ("POST", "/api/calls", {"headers": HOST, "content": bytes(MOST_BODY_BYTES + 1)}, 413),
    ("DELETE", "/api/calls", {"headers": HOST}, 405),
]


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)
def test_whatever_is_asked_browsers_are_kept_to_the_pages_policy(play: Play) -> None:
    async def script(site: Site) -> None:
        async with httpx.AsyncClient(base_url=site.address, trust_env=False, timeout=WAIT_S) as client:
            for method, path, sent, status in ASKED:
                answer = await client.request(method, path, **sent)  # type: ignore[arg-type]
                assert answer.status_code == status, (method, path, answer.text)
                assert answer.headers.items() >= {name.lower(): value for name, value in HEADERS.items()}.items()
                kept = "immutable" in answer.headers["Cache-Control"]
                assert kept is (path.startswith("/assets/") and status == 200)
                assert kept or answer.headers["Cache-Control"] == "no-store"
                assert "server" not in answer.headers

    play(script)


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)
@pytest.mark.parametrize("address", ["https://calls.example/", "http://127.0.0.1:8765/"])
def test_who_is_reached_by_tls_alone_says_so(vault: Vault, page: Path, address: str) -> None:
    async def play() -> httpx.Headers:
        randomness = vault.safe.randomness
        house = House(Register(vault), NotingRelay(), clock=monotonic, randomness=randomness)
        app = create_app(house, vault, address=address, host_token=TOKEN, randomness=randomness, page=page)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=address) as client:
            return (await client.get("/")).headers

    assert ("Strict-Transport-Security" in asyncio.run(play())) is address.startswith("https:")
