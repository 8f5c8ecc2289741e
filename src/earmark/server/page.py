"""The page: files that were built before, with headers that let them do what they must, and nothing else."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles

PAGE = Path(__file__).with_name("page")

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "media-src 'self' blob:",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=(), display-capture=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HSTS = {"Strict-Transport-Security": "max-age=31536000"}

FOREVER = "public, max-age=31536000, immutable"
ASSETS = "/assets/"  # names there hold a hash of what is in them

Next = Callable[[Request], Awaitable[Response]]


def add_headers(app: FastAPI, *, secure: bool) -> None:
    """Give every answer of ``app`` strict headers.

    Args:
        app: answers.
        secure: whether it is reached by TLS alone.
    """
    headers = HEADERS | (HSTS if secure else {})

    @app.middleware("http")
    async def with_headers(request: Request, answer: Next) -> Response:
        response = await answer(request)
        response.headers.update(headers)
        built = request.url.path.startswith(ASSETS) and response.status_code < 400
        response.headers["Cache-Control"] = FOREVER if built else "no-store"
        return response


def add_page(app: FastAPI, folder: Path = PAGE) -> None:
    """Let ``app`` answer with the page's files, where nothing else does; without them it is an interface only."""
    if folder.is_dir():
        app.mount("/", StaticFiles(directory=folder, html=True))
