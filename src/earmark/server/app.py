"""The server's interface, put together."""

from pathlib import Path

from fastapi import FastAPI, Request, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from earmark.api.inviting import Randomness
from earmark.errors import EarmarkError
from earmark.records.vault import Vault
from earmark.server.guard import Guard
from earmark.server.house import House
from earmark.server.page import PAGE, add_headers, add_page
from earmark.server.questions import questions
from earmark.server.sockets import POLICY, is_own, serve_socket


def create_app(
    house: House, vault: Vault, *, address: str, host_token: str, randomness: Randomness, page: Path = PAGE
) -> FastAPI:
    """Return the server's interface.

    Args:
        house: the calls.
        vault: theirs.
        address: of the page, such as "https://calls.example/".
        host_token: lets hosts open calls; only its hash is kept.
        randomness: gives that many bytes fit for tokens.
        page: the folder with the page's files.
    """
    app = FastAPI(title="Earmark", docs_url=None, redoc_url=None, openapi_url=None)
    add_headers(app, secure=address.startswith("https:"))
    app.add_exception_handler(EarmarkError, _explain)
    app.add_exception_handler(RequestValidationError, _explain)
    app.include_router(questions(house.register, vault, address, Guard(host_token), randomness))

    @app.get("/healthz")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.websocket("/api/room")
    async def room(socket: WebSocket) -> None:
        if not is_own(socket.headers.get("origin"), address):
            await socket.close(POLICY)
            return
        await serve_socket(socket, house)

    add_page(app, page)
    return app


async def _explain(_request: Request, error: Exception) -> JSONResponse:
    """Say what is wrong; what was sent is never repeated."""
    if isinstance(error, EarmarkError):
        return JSONResponse({"error": str(error), "hint": error.hint}, status_code=400)
    first = error.errors()[0] if isinstance(error, RequestValidationError) else {"loc": (), "msg": ""}
    where = ".".join(str(part) for part in first["loc"][1:])
    return JSONResponse({"error": f"{where}: {first['msg']}", "hint": "Look at the request."}, status_code=422)
