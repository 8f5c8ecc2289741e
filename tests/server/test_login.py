"""Logging in: at a real provider, and at one that lies."""

import asyncio
import json
import shutil
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import Response
from tests import providers
from tests.balancer import free_port
from tests.conftest import packaged
from tests.providers import ASKED, CLIENT, ROLES, SECRET, Liar, Lies
from tests.server.guests import TOKEN, Site, running

from earmark.records.vault import Vault
from earmark.server import sessions
from earmark.server.login import Provider

ANNA = {"sub": "anna", "name": "Anna Weiss", "groups": ["staff", "hosts"]}
OTTO = {"sub": "otto", "name": "Otto", "groups": ["officers"]}
NOBODY = {"sub": "nina", "name": "Nina", "groups": ["staff"]}
CALL = {"title": "Board", "people": [{"id": "ben"}]}

Script = Callable[[Site], Awaitable[None]]


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here is asked by way of a proxy."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault.init(tmp_path / "vault") as vault:
        yield vault


@pytest.fixture(scope="module")
def port() -> int:
    """Where the server is, which the provider has to know."""
    return free_port()


@pytest.fixture(scope="module")
def issuer(port: int) -> Iterator[str]:
    packaged_provider()
    with providers.real(f"http://127.0.0.1:{port}/") as issuer:
        yield issuer


def packaged_provider() -> None:
    if shutil.which("npm") is None:
        pytest.skip("no npm on this machine, so logging in was not tried at a real provider (make browsers)")
    packaged(providers.PROGRAM)


def play(vault: Vault, page: Path, issuer: str, script: Script, **more: Any) -> None:
    """Run a script against a server where people log in at ``issuer``."""

    async def main() -> None:
        async with running(
            vault, page, provider=Provider(issuer, CLIENT, SECRET, **ROLES, scopes=ASKED), **more
        ) as site:
            await script(site)

    asyncio.run(main())


class Browser:
    """A browser: it keeps cookies, and sends what its page's requests have."""

    def __init__(self, site: Site, client: httpx.AsyncClient) -> None:
        self._site, self._client = site, client
        self.visited: list[httpx.Response] = []

    async def follow(self, address: str) -> str:
        """Go where one is sent, until that is the page; return what the page is told."""
        while not address.startswith(f"{self._site.address}#"):
            answer = await self._client.get(address)
            self.visited.append(answer)
            assert answer.next_request is not None, answer.text
            address = str(answer.next_request.url)
        return address.partition("#")[2]

    async def log_in(self) -> str:
        return await self.follow(f"{self._site.address}api/login/start")

    async def ask(self, method: str, path: str, origin: str | None = None, **more: Any) -> httpx.Response:
        """Ask the server, as its page does unless another origin is given; none where that is empty."""
        ours = self._site.address.rstrip("/") if origin is None else origin
        headers = {"Origin": ours} if ours and method != "GET" else {}
        return await self._client.request(method, f"{self._site.address}{path}", headers=headers, **more)

    async def whoever(self) -> dict[str, Any]:
        facts: dict[str, Any] = (await self.ask("GET", "api/session")).json()
        return facts

    @property
    def cookies(self) -> httpx.Cookies:
        return self._client.cookies


@asynccontextmanager
async def browser(site: Site, person: dict[str, Any] | None = None) -> AsyncIterator[Browser]:
    headers = providers.facts_of(person) if person else {}
    async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=60) as client:
        yield Browser(site, client)


# --- at a real provider


def test_a_host_logs_in_opens_calls_and_logs_out(vault: Vault, page: Path, issuer: str, port: int) -> None:
    async def script(site: Site) -> None:
        async with browser(site, ANNA) as anna:
            assert await anna.whoever() == {"login": True, "name": "", "role": None}
            assert (await anna.ask("POST", "api/calls", json=CALL)).status_code == 401
            assert await anna.log_in() == "login="
            assert await anna.whoever() == {"login": True, "name": "Anna Weiss", "role": "host"}
            made = await anna.ask("POST", "api/calls", json=CALL)
            assert made.status_code == 201
            assert (await anna.ask("GET", f"api/calls/{made.json()['id']}")).status_code == 200
            assert (await anna.ask("POST", "api/logout")).status_code == 204
            assert (await anna.ask("GET", "api/calls")).status_code == 401

    play(vault, page, issuer, script, port=port)


def test_an_officer_looks_and_opens_nothing(vault: Vault, page: Path, issuer: str, port: int) -> None:
    async def script(site: Site) -> None:
        async with browser(site, OTTO) as otto:
            await otto.log_in()
            assert (await otto.whoever())["role"] == "officer"
            assert (await otto.ask("GET", "api/calls")).status_code == 200
            answer = await otto.ask("POST", "api/calls", json=CALL)
            assert (answer.status_code, answer.json()["message"]) == (403, "only hosts can do that")
            assert vault.calls.all() == []

    play(vault, page, issuer, script, port=port)


def test_who_has_no_role_gets_no_session(vault: Vault, page: Path, issuer: str, port: int) -> None:
    async def script(site: Site) -> None:
        for person in (NOBODY, {"sub": "eve", "groups": "hosts officers"}, {"sub": "max", "groups": {"hosts": True}}):
            async with browser(site, person) as somebody:
                assert await somebody.log_in() == "login=role"
                assert (await somebody.whoever())["role"] is None

    play(vault, page, issuer, script, port=port)


def test_roles_may_be_in_what_the_provider_says_when_it_is_asked(vault: Vault, page: Path) -> None:
    packaged_provider()
    port = free_port()

    async def script(site: Site) -> None:
        async with browser(site, ANNA) as anna:
            assert await anna.log_in() == "login="
            assert await anna.whoever() == {"login": True, "name": "Anna Weiss", "role": "host"}

    with providers.real(f"http://127.0.0.1:{port}/", claims_in_token=False) as issuer:
        play(vault, page, issuer, script, port=port)


def test_a_code_is_used_once(vault: Vault, page: Path, issuer: str, port: int) -> None:
    async def script(site: Site) -> None:
        async with browser(site, ANNA) as anna, browser(site) as thief:
            assert await anna.log_in() == "login="
            returned = next(str(one.url) for one in anna.visited if "api/login/return" in str(one.url))
            assert await anna.follow(returned) == "login=failed"
            assert await thief.follow(returned) == "login=failed"
            assert (await thief.whoever())["role"] is None

    play(vault, page, issuer, script, port=port)


def test_a_code_is_of_no_use_to_another_log_in(vault: Vault, page: Path, issuer: str, port: int) -> None:
    """Somebody is made to come back with a code that is another's, which would log them in as that one."""

    async def script(site: Site) -> None:
        async with browser(site, ANNA) as anna, browser(site) as victim:
            stopped = await stop_at_return(anna, site)
            await victim.ask("GET", "api/login/start")
            assert await victim.follow(stopped) == "login=failed"
            assert (await victim.whoever())["role"] is None

    play(vault, page, issuer, script, port=port)


async def stop_at_return(somebody: Browser, site: Site) -> str:
    """Log in at the provider, and return the address of this server that one would be sent to with the code."""
    address = f"{site.address}api/login/start"
    while "api/login/return" not in address:
        answer = await somebody._client.get(address)
        assert answer.next_request is not None
        address = str(answer.next_request.url)
    return address


# --- at one that lies


@pytest.fixture
def liar() -> Iterator[Liar]:
    with providers.lying() as liar:
        yield liar


def unsigned(liar: Liar) -> str:
    claims = {"iss": liar.issuer, "aud": CLIENT, "sub": "anna", "groups": ["hosts"], "iat": 0, "exp": 2**40}
    parts = ({"alg": "none"}, claims)
    return ".".join(urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."


LIES: dict[str, Callable[[Liar], Lies]] = {
    "another issuer": lambda _: Lies(claims={"iss": "https://login.example"}),
    "no issuer": lambda _: Lies(claims={"iss": None}),
    "for another client": lambda _: Lies(claims={"aud": "another"}),
    "for another client too": lambda _: Lies(claims={"aud": [CLIENT, "another"], "azp": "another"}),
    "another nonce": lambda _: Lies(claims={"nonce": "another"}),
    "no nonce": lambda _: Lies(claims={"nonce": None}),
    "long over": lambda _: Lies(claims={"iat": 1, "exp": 3600}),
    "of no end": lambda _: Lies(claims={"exp": None}),
    "signed by somebody else": lambda _: Lies(key=providers.another_key()),
    "signed with the client's secret": lambda _: Lies(key=providers.shared_key(), header={"alg": "HS256"}),
    "not signed": lambda liar: Lies(token=unsigned(liar)),
    "no token": lambda _: Lies(token=""),
    "another provider in its own words": lambda _: Lies(metadata={"issuer": "https://login.example"}),
    "another provider in the answer": lambda _: Lies(answer={"iss": "https://login.example"}),
    "another state": lambda _: Lies(answer={"state": "another"}),
    "an error": lambda _: Lies(answer={"error": "access_denied", "error_description": "<script>"}),
    "somebody else when it is asked": lambda liar: Lies(
        claims={"groups": None},
        metadata={"userinfo_endpoint": f"{liar.issuer}/me"},
        userinfo={"sub": "eve", "groups": ["hosts"]},
    ),
}


def test_a_liar_who_does_not_lie_is_believed(vault: Vault, page: Path, liar: Liar) -> None:
    async def script(site: Site) -> None:
        async with browser(site) as anna:
            assert await anna.log_in() == "login="
            assert (await anna.whoever())["role"] == "host"
        assert [len(one) >= 43 for one in liar.verifiers] == [True]

    play(vault, page, liar.issuer, script)


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_logs_nobody_in(vault: Vault, page: Path, liar: Liar, lie: str) -> None:
    async def script(site: Site) -> None:
        liar.lies = LIES[lie](liar)
        async with browser(site) as somebody:
            assert await somebody.log_in() == "login=failed"
            assert await somebody.whoever() == {"login": True, "name": "", "role": None}
            assert (await somebody.ask("GET", "api/calls")).status_code == 401

    play(vault, page, liar.issuer, script)


def test_a_provider_that_is_away_is_said_and_keeps_nobody_from_using_the_link(vault: Vault, page: Path) -> None:
    async def script(site: Site) -> None:
        async with browser(site) as somebody:
            assert await somebody.log_in() == "login=failed"
        assert (await site.ask("GET", "/api/calls")).status_code == 200

    play(vault, page, f"http://127.0.0.1:{free_port()}", script)


# --- what comes after it


def test_nobody_is_sent_anywhere_else(vault: Vault, page: Path, liar: Liar) -> None:
    async def script(site: Site) -> None:
        for extra in ("?next=https://evil.example", "?redirect_uri=https://evil.example/", "?to=//evil.example"):
            async with browser(site) as anna:
                assert await anna.follow(f"{site.address}api/login/start{extra}") == "login="
                sent = [one.headers["location"] for one in anna.visited]
                assert not any("evil" in address for address in sent)

    play(vault, page, liar.issuer, script)


def test_other_sites_cannot_use_a_session(vault: Vault, page: Path, liar: Liar) -> None:
    async def script(site: Site) -> None:
        async with browser(site) as anna:
            await anna.log_in()
            for origin in ("https://evil.example", "null", "", site.address.rstrip("/").replace("http:", "https:")):
                answer = await anna.ask("POST", "api/calls", origin, json=CALL)
                assert answer.status_code == 403
                assert (await anna.ask("POST", "api/logout", origin)).status_code == 403
            assert vault.calls.all() == []
            assert (await anna.ask("POST", "api/calls", json=CALL)).status_code == 201

    play(vault, page, liar.issuer, script)


def test_cookies_are_for_this_page_alone(vault: Vault, page: Path, liar: Liar) -> None:
    async def script(site: Site) -> None:
        async with browser(site) as anna:
            await anna.log_in()
            flow, session = (one.headers["set-cookie"].lower() for one in (anna.visited[0], anna.visited[-1]))
            assert "earmark-login=" in flow
            assert all(part in flow for part in ("httponly", "samesite=lax", "path=/api/login", "max-age=600"))
            assert all(
                part in session for part in ("earmark=", "httponly", "samesite=strict", "path=/;", "max-age=3600")
            )

    play(vault, page, liar.issuer, script)


def test_by_tls_cookies_are_for_tls_alone() -> None:
    answer = Response()
    sessions.Sessions(bytes(32), secure=True).begin(answer, sessions.Person("Anna", "host"))
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-earmark=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def test_a_session_ends_by_itself_and_cannot_be_made(
    vault: Vault, page: Path, liar: Liar, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def script(site: Site) -> None:
        async with browser(site) as anna, browser(site) as eve:
            await anna.log_in()
            cookie = anna.cookies["earmark"]
            for forged in (
                "",
                cookie[:-2] + "AA",
                cookie.replace(".", "..", 1),
                forge("another key".ljust(32).encode()),
            ):
                eve.cookies.set("earmark", forged, domain="127.0.0.1")
                assert (await eve.ask("GET", "api/calls")).status_code == 401
            monkeypatch.setattr(sessions, "HOLDS_S", -1)
            assert (await anna.ask("GET", "api/calls")).status_code == 401

    play(vault, page, liar.issuer, script)


def forge(key: bytes) -> str:
    answer = Response()
    sessions.Sessions(key, secure=False).begin(answer, sessions.Person("Eve", "host"))
    return answer.headers["set-cookie"].partition(";")[0].partition("=")[2]


def test_another_server_of_the_vault_knows_who_is_logged_in(vault: Vault, page: Path, liar: Liar) -> None:
    async def script(site: Site) -> None:
        async with browser(site) as anna:
            await anna.log_in()
            provider = Provider(liar.issuer, CLIENT, SECRET, **ROLES, scopes=ASKED)
            with Vault(vault.folder) as other:
                async with running(other, page, provider=provider) as second, browser(second) as again:
                    again.cookies.set("earmark", anna.cookies["earmark"], domain="127.0.0.1")
                    assert (await again.whoever())["role"] == "host"

    play(vault, page, liar.issuer, script)


def test_the_hosts_link_goes_on_unless_it_is_turned_off(vault: Vault, page: Path, liar: Liar) -> None:
    async def on(site: Site) -> None:
        assert (await site.ask("GET", "/api/calls")).status_code == 200

    async def off(site: Site) -> None:
        assert (await site.ask("GET", "/api/calls")).status_code == 401
        async with browser(site) as anna:
            await anna.log_in()
            assert (await anna.ask("GET", "api/calls")).status_code == 200

    play(vault, page, liar.issuer, on)
    play(vault, page, liar.issuer, off, token=None)


def test_a_wrong_token_is_refused_even_of_who_is_logged_in(vault: Vault, page: Path, liar: Liar) -> None:
    async def script(site: Site) -> None:
        async with browser(site) as anna:
            await anna.log_in()
            anna._client.headers["Authorization"] = "Bearer wrong"
            assert (await anna.ask("GET", "api/calls")).status_code == 401
            anna._client.headers["Authorization"] = f"Bearer {TOKEN}"
            assert (await anna.ask("GET", "api/calls")).status_code == 200

    play(vault, page, liar.issuer, script)


def test_nobody_logs_in_where_nothing_is_configured(vault: Vault, page: Path) -> None:
    async def main() -> None:
        async with running(vault, page) as site, browser(site) as somebody:
            assert await somebody.whoever() == {"login": False, "name": "", "role": None}
            assert (await somebody.ask("GET", "api/login/start")).status_code == 404
            assert (await somebody.ask("POST", "api/logout")).status_code == 204

    asyncio.run(main())
