"""The host's token: who may open calls and see what happened in them."""

import hmac

from fastapi import HTTPException, Request, status

from earmark.call.invitations import token_hash

SCHEME = "Bearer "


class Guard:
    """Knows the host's token, by its hash alone.

    Args:
        token: the host's.
    """

    def __init__(self, token: str) -> None:
        self._hash = token_hash(token)

    def __call__(self, request: Request) -> None:
        """Let a request pass that has the token in its Authorization header.

        Raises:
            HTTPException: it has not.
        """
        header = request.headers.get("authorization", "")
        given = token_hash(header.removeprefix(SCHEME))
        if not header.startswith(SCHEME) or not hmac.compare_digest(given, self._hash):
            raise HTTPException(
                status.HTTP_401_UNAUTHORIZED,
                "the host's token is missing or wrong",
                headers={"WWW-Authenticate": "Bearer"},
            )
