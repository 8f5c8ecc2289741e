"""Who is logged in, kept in a cookie that the server has signed: any server of the vault knows it, and none keeps it.

The cookie is sent by this page's own requests alone (``SameSite=Strict``), no script can read it (``HttpOnly``), and it
holds for an hour.
"""

from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Literal, get_args

from fastapi import Request, Response
from itsdangerous import BadData, URLSafeTimedSerializer

from earmark.keys import derive

Role = Literal["host", "officer"]

HOLDS_S = 3600
LABEL = "earmark/1 web session"


@dataclass(frozen=True)
class Person:
    """Somebody who is logged in.

    Attributes:
        name: what the provider calls them.
        role: a host opens calls, invites people and looks at what happened; an officer only looks.
    """

    name: str
    role: Role


class Sessions:
    """Makes cookies, and reads them.

    Args:
        vault_key: 32 bytes; what cookies are signed with derives from it.
        secure: whether the page is reached by TLS alone.
    """

    def __init__(self, vault_key: bytes, *, secure: bool) -> None:
        self._secure = secure
        self._cookie = "__Host-earmark" if secure else "earmark"
        key = derive(vault_key, LABEL)
        self._signer = URLSafeTimedSerializer(key, signer_kwargs={"key_derivation": "hmac", "digest_method": sha256})

    def begin(self, response: Response, person: Person) -> None:
        """Let somebody be logged in from now on."""
        signed = self._signer.dumps(asdict(person))
        response.set_cookie(
            self._cookie, str(signed), max_age=HOLDS_S, secure=self._secure, httponly=True, samesite="strict"
        )

    def end(self, response: Response) -> None:
        """Let them be logged in no more."""
        response.delete_cookie(self._cookie, secure=self._secure, httponly=True, samesite="strict")

    def person(self, request: Request) -> Person | None:
        """Return who makes a request; None where nobody is logged in."""
        try:
            facts = self._signer.loads(request.cookies.get(self._cookie, ""), max_age=HOLDS_S)
        except BadData:
            return None
        known = isinstance(facts, dict) and facts.keys() == {"name", "role"} and facts["role"] in get_args(Role)
        return Person(**facts) if known else None
