"""Whose address it is that knocks, with a proxy before the server and without."""

import asyncio
from typing import Any

import pytest

from earmark.server.running import Place, config_of

SOMEBODY, STRANGER, HERE = "203.0.113.7", "198.51.100.9", "127.0.0.1"
PROXIED = Place(public="https://calls.example")


async def asked_from(place: Place, kind: str, peer: str) -> str:
    """Return the address that the server takes a request for which says that it was passed on for somebody."""
    seen: list[str] = []

    async def app(scope: Any, _receive: object, _send: object) -> None:
        seen.append(scope["client"][0])

    config = config_of(app, place)
    config.load()
    headers = [(b"x-forwarded-for", SOMEBODY.encode())]
    scope = {"type": kind, "client": (peer, 1), "scheme": "http", "headers": headers}
    served: Any = config.loaded_app
    await served(scope, None, None)
    return seen[0]


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    ("place", "peer", "taken"),
    [(PROXIED, HERE, SOMEBODY), (PROXIED, STRANGER, STRANGER), (Place(), HERE, HERE)],
    ids=["its proxy", "a stranger", "no proxy"],
)
def test_only_a_proxy_on_this_machine_says_for_whom_it_asks(kind: str, place: Place, peer: str, taken: str) -> None:
    assert asyncio.run(asked_from(place, kind, peer)) == taken
