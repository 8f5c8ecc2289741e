import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from tests.server.guests import Site, running

from earmark.records.vault import Vault
from earmark.server import sockets

Script = Callable[[Site], Awaitable[None]]
Play = Callable[[Script], None]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may take its time to show somebody in."""
    monkeypatch.setattr(sockets, "HELLO_S", 60.0)


@pytest.fixture
def vault(tmp_path: Path, where: str | None) -> Iterator[Vault]:
    """A vault in either kind of database."""
    with Vault.init(tmp_path / "vault", database=where) as vault:
        yield vault


@pytest.fixture
def page(tmp_path: Path) -> Path:
    folder = tmp_path / "page"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Earmark</title>")
    (folder / "assets" / "app-0123.js").write_text("'use strict'")
    return folder


@pytest.fixture
def play(vault: Vault, page: Path) -> Play:
    """Run a script against a server."""

    def run(script: Script) -> None:
        async def main() -> None:
            async with running(vault, page) as site:
                await script(site)

        asyncio.run(main())

    return run
