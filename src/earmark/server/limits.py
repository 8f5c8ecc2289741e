"""How often the HTTP interface may be asked: all of it that looks anything up, not the page's own files."""

from collections.abc import Callable

from fastapi import status
from fastapi.responses import JSONResponse
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

ASKED = "/api/"
HINT = "Wait a moment. Where a proxy stands before the server, see that it passes on who asks."


def address_of(connection: HTTPConnection) -> str:
    """Return from where somebody asks; empty where nobody knows."""
    return connection.client.host if connection.client else ""


class LimitedRequests:
    """Answers nobody who asks the interface too often, before anything is looked up for them.

    A whole office that opens the page from one address gets it, and so does whoever asks for the server's health.

    Args:
        app: answers.
        asks: tells whether an address may ask once more now.
    """

    def __init__(self, app: ASGIApp, asks: Callable[[str], bool]) -> None:
        self._app, self._asks = app, asks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with an error where it is too much."""
        asked = scope["type"] == "http" and scope["path"].startswith(ASKED)
        if asked and not self._asks(address_of(HTTPConnection(scope))):
            told = {"message": "too much is asked from there", "hint": HINT}
            answer = JSONResponse(told, status.HTTP_429_TOO_MANY_REQUESTS, headers={"Retry-After": "1"})
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)
