"""How much may be sent to the HTTP interface, whatever it is."""

from fastapi import HTTPException, status
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY_BYTES = 4 * 2**20


class LimitedBodies:
    """Takes no more of a request's body than is needed, and never keeps more of it.

    Args:
        app: answers.
        most: bytes.
    """

    def __init__(self, app: ASGIApp, most: int = MOST_BODY_BYTES) -> None:
        self._app, self._most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with an error where the body is too long."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        taken = 0

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._most:
                raise HTTPException(status.HTTP_413_CONTENT_TOO_LARGE, f"a request has at most {self._most} bytes")
            return message

        await self._app(scope, limited, send)
