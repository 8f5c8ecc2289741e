"""Logging in with an organisation's own provider (OpenID Connect): the code flow with PKCE, state and nonce.

What begins at ``/api/login/start`` ends at ``/api/login/return``, and from there always at the page; where somebody
would like to go instead is not asked. What has to be remembered in between is in a cookie that holds for ten minutes
and is used once.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from fastapi import APIRouter, FastAPI, HTTPException, Request, Response, status
from fastapi.responses import RedirectResponse
from httpx2 import HTTPError
from joserfc.errors import JoseError
from starlette.applications import Starlette
from starlette.middleware.sessions import SessionMiddleware
from starlette.routing import Route

from earmark.call.wire import Message
from earmark.errors import CallError, UsageError
from earmark.keys import derive
from earmark.server.sessions import Person, Role, Sessions
from earmark.server.sockets import is_own

LABEL = "earmark/1 log-in"
COOKIE = "earmark-login"
FLOW_S = 600
PATIENCE_S = 10.0
MOST_NAME = 200
ALGORITHMS = {f"{kind}{bits}" for kind in ("RS", "PS", "ES") for bits in (256, 384, 512)} | {"EdDSA", "Ed25519"}
"""What tokens may be signed with: never with a secret that others share, and never with nothing."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Provider:
    """A provider, and what it has to say of people for them to have a role.

    Attributes:
        issuer: its address, such as "https://login.example/realms/main".
        client_id: what it knows this server by.
        client_secret: likewise; empty for a client that has none.
        claim: what of a person tells their roles, such as "groups".
        hosts: values of it that make a host.
        officers: values of it that make an officer.
        scopes: what it is asked for.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    claim: str = "groups"
    hosts: frozenset[str] = frozenset()
    officers: frozenset[str] = frozenset()
    scopes: tuple[str, ...] = ("openid", "profile")

    def role(self, facts: Mapping[str, Any]) -> Role | None:
        """Return the role of somebody of whom the provider says that; None for none."""
        said = facts.get(self.claim)
        values = {value for value in (said if isinstance(said, list) else [said]) if isinstance(value, str)}
        if values & self.hosts:
            return "host"
        return "officer" if values & self.officers else None


class Whoever(Message):
    """Who makes a request.

    Attributes:
        login: whether people can log in here.
        name: of who is logged in; empty for nobody.
        role: theirs.
    """

    login: bool = False
    name: str = ""
    role: Role | None = None


class Login:
    """Lets people log in, and out.

    Args:
        provider: who knows them.
        vault_key: 32 bytes; what cookies are signed with derives from it.
        address: of the page, such as "https://calls.example/".
    """

    def __init__(self, provider: Provider, vault_key: bytes, address: str) -> None:
        self._provider, self._address = provider, address
        self._secure = address.startswith("https:")
        self._flow_key = derive(vault_key, LABEL).hex()
        self.sessions = Sessions(vault_key, secure=self._secure)
        self._client = OAuth().register(
            "provider",
            client_id=provider.client_id,
            client_secret=provider.client_secret,
            server_metadata_url=f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": " ".join(provider.scopes),
                "code_challenge_method": "S256",
                "timeout": PATIENCE_S,
            },
        )

    def add_to(self, app: FastAPI) -> None:
        """Let ``app`` answer at ``/api/login/…``."""
        flow = Starlette(routes=[Route("/start", self._start), Route("/return", self._return)])
        remembering = SessionMiddleware(
            flow,
            self._flow_key,
            session_cookie=COOKIE,
            max_age=FLOW_S,
            path="/api/login",
            same_site="lax",  # the provider sends people back from elsewhere
            https_only=self._secure,
        )
        app.mount("/api/login", remembering)

    async def _start(self, request: Request) -> Response:
        """Send somebody to the provider."""
        try:
            await self._known()
            answer: Response = await self._client.authorize_redirect(request, f"{self._address}api/login/return")
        except (AuthlibBaseError, HTTPError, CallError, ValueError) as error:
            return self._failed(error)
        return answer

    async def _return(self, request: Request) -> Response:
        """Take what the provider says of somebody who comes back."""
        try:
            facts = await self._facts(request)
        except (AuthlibBaseError, JoseError, HTTPError, CallError, ValueError, KeyError) as error:
            return self._failed(error)
        role = self._provider.role(facts)
        if role is None:
            log.info("somebody logged in who has no role here")
            return self._page("role")
        log.info("somebody logged in as %s", role)
        answer = self._page()
        name = facts.get("name") or facts.get("preferred_username") or facts["sub"]
        self.sessions.begin(answer, Person(str(name)[:MOST_NAME], role))
        return answer

    async def _facts(self, request: Request) -> dict[str, Any]:
        """Return what the provider says of somebody, in a token that was made for this server and this log-in."""
        metadata = await self._known()
        if request.query_params.get("iss", self._provider.issuer) != self._provider.issuer:
            raise CallError("another provider has answered")
        expected = {
            "iss": {"essential": True, "values": [self._provider.issuer]},
            "aud": {"essential": True, "values": [self._provider.client_id]},
            "nonce": {"essential": True},
        }
        token = await self._client.authorize_access_token(request, claims_options=expected)
        facts = dict(token["userinfo"])
        if self._provider.claim not in facts and "userinfo_endpoint" in metadata:
            more = await self._client.userinfo(token=token)
            if more["sub"] != facts["sub"]:
                raise CallError("the provider speaks of somebody else")
            facts = {**more, **facts}
        return facts

    async def _known(self) -> dict[str, Any]:
        """Return what the provider says of itself."""
        metadata: dict[str, Any] = await self._client.load_server_metadata()
        if metadata["issuer"] != self._provider.issuer:
            raise CallError("the provider calls itself something else")
        signed = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        metadata["id_token_signing_alg_values_supported"] = sorted(ALGORITHMS.intersection(signed))
        return metadata

    def _failed(self, error: Exception) -> Response:
        log.warning("nobody was logged in: %s", getattr(error, "error", "") or type(error).__name__)
        return self._page("failed")

    def _page(self, problem: str = "") -> Response:
        """Send somebody to the page, and nowhere else."""
        return RedirectResponse(f"{self._address}#login={problem}", status.HTTP_303_SEE_OTHER)


def about_sessions(login: Login | None, address: str) -> APIRouter:
    """Return the interface that tells who is logged in, and logs them out."""
    router = APIRouter(prefix="/api")

    @router.get("/session")
    async def whoever(request: Request) -> Whoever:
        person = login.sessions.person(request) if login else None
        return Whoever(
            login=login is not None, name=person.name if person else "", role=person.role if person else None
        )

    @router.post("/logout", status_code=204)
    async def log_out(request: Request) -> Response:
        if not is_own(request.headers.get("origin"), address):
            raise HTTPException(status.HTTP_403_FORBIDDEN, "this was not asked by the server's own page")
        answer = Response(status_code=status.HTTP_204_NO_CONTENT)
        if login:
            login.sessions.end(answer)
        return answer

    return router


def read_secret(file: Path | None) -> str:
    """Return the client's secret, which is in a file, in one line; empty where there is no file.

    Raises:
        UsageError: it cannot be read.
    """
    if file is None:
        return ""
    try:
        secret = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read", "Check oidc_client_secret_file.") from error
    if not secret:
        raise UsageError(f"there is no secret in {file}", "Put the client's secret there, in one line.")
    return secret
