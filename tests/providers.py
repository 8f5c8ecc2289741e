"""Providers of OpenID Connect for tests: a real one, and one that lies as it is told to."""

import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

PROGRAM = Path(__file__).with_name("oidc")
CLIENT, SECRET = "earmark", "the client's secret, which is long enough"
ROLES: dict[str, Any] = {"hosts": frozenset({"hosts"}), "officers": frozenset({"officers"})}
ASKED = ("openid", "profile", "groups")
WAIT_S = 60.0


@contextmanager
def real(page: str, *, claims_in_token: bool = True) -> Iterator[str]:
    """Run a real provider that sends people back to ``page``; give its address."""
    asked = {
        "client_id": CLIENT,
        "client_secret": SECRET,
        "redirect_uris": [f"{page}api/login/return"],
        "id_token_s": 3600,
        "claims_in_token": claims_in_token,
    }
    with subprocess.Popen(
        ["node", "provider.js"], cwd=PROGRAM, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(asked))
            process.stdin.close()
            yield str(json.loads(process.stdout.readline())["issuer"])
        finally:
            process.kill()


@dataclass
class Lies:
    """What a lying provider says that is not so.

    Attributes:
        metadata: of itself.
        claims: in the token; those that are None are left out.
        header: of the token.
        key: that the token is signed with; its own if None.
        token: in place of the token; None for one that it signs.
        answer: beside the code, in the address that people come back by.
        userinfo: of the person, when it is asked.
    """

    metadata: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    key: Any = None
    token: str | None = None
    answer: dict[str, str] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)


class Liar:
    """A provider that logs everybody in as a host; what it says is true but for its lies.

    Attributes:
        issuer: its address.
        lies: what is not true.
        verifiers: what it was sent with codes.
    """

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.lies = Lies()
        self.verifiers: list[str] = []
        self._key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})
        self._nonce = ""
        self.app = FastAPI()
        self.app.get("/.well-known/openid-configuration")(self._metadata)
        self.app.get("/auth")(self._authorize)
        self.app.post("/token")(self._token)
        self.app.get("/keys")(self._keys)
        self.app.get("/me")(self._me)

    async def _metadata(self) -> dict[str, Any]:
        places = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "keys"}
        facts = {name: f"{self.issuer}/{path}" for name, path in places.items()}
        algorithms = ["RS256", "HS256", "none"]
        return {
            "issuer": self.issuer,
            "id_token_signing_alg_values_supported": algorithms,
            **facts,
        } | self.lies.metadata

    async def _authorize(self, request: Request) -> RedirectResponse:
        asked = request.query_params
        self._nonce = asked["nonce"]
        assert asked["code_challenge_method"] == "S256"
        back = {"code": "code", "state": asked["state"]} | self.lies.answer
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}")

    async def _token(self, request: Request) -> dict[str, Any]:
        form = parse_qs((await request.body()).decode())
        self.verifiers.extend(form["code_verifier"])
        token = self.lies.token if self.lies.token is not None else self._signed()
        return {"access_token": "access", "token_type": "Bearer", "id_token": token}

    async def _keys(self) -> dict[str, Any]:
        return {"keys": [self._key.as_dict(private=False)]}

    async def _me(self) -> dict[str, Any]:
        return self.lies.userinfo

    def _signed(self) -> str:
        now = int(time.time())
        true = {"iss": self.issuer, "aud": CLIENT, "sub": "anna", "name": "Anna", "groups": ["hosts"]}
        times = {"iat": now, "exp": now + 3600, "nonce": self._nonce}
        claims = {name: value for name, value in (true | times | self.lies.claims).items() if value is not None}
        header = {"alg": "RS256", "kid": "1"} | self.lies.header
        return str(jwt.encode(header, claims, self.lies.key or self._key, algorithms=[header["alg"]]))


def shared_key() -> OctKey:
    """Return the client's secret as a key."""
    return OctKey.import_key(SECRET)


def another_key() -> RSAKey:
    """Return a key that is nobody's."""
    return RSAKey.generate_key(2048)


@contextmanager
def lying() -> Iterator[Liar]:
    """Run a provider that lies as it is told to."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        liar = Liar(f"http://127.0.0.1:{listening.getsockname()[1]}")
        server = uvicorn.Server(uvicorn.Config(liar.app, log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield liar
        finally:
            server.should_exit = True
            thread.join()


def facts_of(person: Mapping[str, Any]) -> dict[str, str]:
    """Return the header by which the real provider knows who comes."""
    return {"X-Person": json.dumps(person)}
