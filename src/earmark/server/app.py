"""The server's interface, put together."""

from collections.abc import Mapping
from pathlib import Path
from time import monotonic

from fastapi import FastAPI, Request, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from earmark.api.inviting import Randomness
from earmark.errors import EarmarkError
from earmark.records.vault import Vault
from earmark.server.bodies import LimitedBodies
from earmark.server.checkup import Checkup
from earmark.server.guard import Guard
from earmark.server.house import House
from earmark.server.limits import LimitedRequests
from earmark.server.login import Login, Provider, about_sessions
from earmark.server.page import PAGE, add_headers, add_page
from earmark.server.questions import questions
from earmark.server.sockets import POLICY, is_own, serve_socket


def create_app(
    house: House,
    vault: Vault,
    *,
    address: str,
    host_token: str | None,
    randomness: Randomness,
    page: Path = PAGE,
    provider: Provider | None = None,
) -> FastAPI:
    """Return the server's interface.

    Args:
        house: the calls.
        vault: theirs.
        address: of the page, such as "https://calls.example/".
        host_token: lets hosts open calls; only its hash is kept. None where they have to log in.
        randomness: gives that many bytes fit for tokens.
        page: the folder with the page's files.
        provider: where hosts and officers log in; None for nowhere.
    """
    app = FastAPI(title="Earmark", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(LimitedBodies)
    app.add_middleware(LimitedRequests, asks=house.door.asks)
    add_headers(app, secure=address.startswith("https:"))
    app.add_exception_handler(EarmarkError, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _barred)
    login = Login(provider, vault.safe.open().vault_key, address) if provider else None
    guard = Guard(host_token, house.door, login.sessions if login else None, address)
    checkup = Checkup(house, monotonic)
    app.include_router(questions(house.register, vault, address, guard, randomness))
    app.include_router(about_sessions(login, address))
    if login:
        login.add_to(app)

    @app.get("/healthz")
    async def health() -> JSONResponse:
        found = await checkup.look()
        return JSONResponse(found, status_code=200 if found["status"] == "ok" else 503)

    @app.websocket("/api/room")
    async def room(socket: WebSocket) -> None:
        if not is_own(socket.headers.get("origin"), address):
            await socket.close(POLICY)
            return
        await serve_socket(socket, house)

    add_page(app, page)
    return app


def _answer(status: int, message: str, hint: str = "", headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"message": message, "hint": hint}, status_code=status, headers=headers)


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    """Say why something cannot be done."""
    return _answer(400, str(error), getattr(error, "hint", ""))


async def _malformed(_request: Request, error: Exception) -> JSONResponse:
    """Say where a request makes no sense; what was sent is never repeated."""
    first = error.errors()[0] if isinstance(error, RequestValidationError) else {"loc": (), "msg": str(error)}
    where = ".".join(str(part) for part in first["loc"][1:]) or "the request"
    return _answer(422, f"{where}: {first['msg']}", "The reference says what goes there.")


async def _barred(_request: Request, error: Exception) -> JSONResponse:
    """Say what the protocol has against it."""
    if not isinstance(error, HTTPException):
        raise error
    return _answer(error.status_code, str(error.detail), headers=error.headers)
