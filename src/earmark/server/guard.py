"""Who may open calls, and see what happened in them: whoever has the host's token, or is logged in."""

import hmac

from fastapi import HTTPException, Request, status

from earmark.call.invitations import token_hash
from earmark.server.doorkeeper import Doorkeeper
from earmark.server.limits import address_of
from earmark.server.sessions import Person, Sessions
from earmark.server.sockets import is_own

SCHEME = "Bearer "
LOOKING = ("GET", "HEAD")


class Guard:
    """Knows the host's token, by its hash alone, and who is logged in.

    Args:
        token: the host's; None where it is of no use.
        door: holds back who tries one wrong token after the other.
        sessions: of those who are logged in; None where nobody can be.
        address: of the page, such as "https://calls.example/".
    """

    def __init__(
        self, token: str | None, door: Doorkeeper, sessions: Sessions | None = None, address: str = ""
    ) -> None:
        self._hash = None if token is None else token_hash(token)
        self._door = door
        self._sessions, self._address = sessions, address

    def __call__(self, request: Request) -> None:
        """Let a request pass that has the token in its Authorization header, or is of somebody who is logged in.

        Raises:
            HTTPException: it has not and is not, or they may not do that.
        """
        if "authorization" in request.headers:
            self._require_token(request.headers["authorization"], address_of(request))
            return
        person = self._sessions.person(request) if self._sessions else None
        if person is None:
            raise _unknown("the host's token is missing or wrong, and nobody is logged in")
        self._require_allowed(person, request)

    def _require_token(self, header: str, asked_from: str) -> None:
        given = token_hash(header.removeprefix(SCHEME))
        if self._hash is not None and header.startswith(SCHEME) and hmac.compare_digest(given, self._hash):
            return  # whatever others at that address have tried
        if not self._door.trusts(asked_from):
            raise HTTPException(status.HTTP_429_TOO_MANY_REQUESTS, "too many wrong tokens have come from there")
        self._door.failed(asked_from)
        raise _unknown("the host's token is missing or wrong")

    def _require_allowed(self, person: Person, request: Request) -> None:
        if request.method in LOOKING:
            return
        if not is_own(request.headers.get("origin"), self._address):
            raise HTTPException(status.HTTP_403_FORBIDDEN, "this was not asked by the server's own page")
        if person.role != "host":
            raise HTTPException(status.HTTP_403_FORBIDDEN, "only hosts can do that")


def _unknown(why: str) -> HTTPException:
    return HTTPException(status.HTTP_401_UNAUTHORIZED, why, headers={"WWW-Authenticate": "Bearer"})
