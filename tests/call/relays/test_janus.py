"""What Janus brings with it: a process that may be missing, die, or be somebody else's."""

import asyncio
import os
import shutil
import signal
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bench.callers import Caller
from earmark.call.relays import janus_process
from earmark.call.relays.base import Health
from earmark.call.relays.janus import JanusRelay, RunningJanus
from earmark.call.relays.janus_process import Endpoint, JanusProcess
from earmark.errors import RelayError

needs_janus = pytest.mark.skipif(
    shutil.which("janus") is None,
    reason="Janus is not installed, so nothing was tested of how it is run (make browsers)",
)


def _run(play: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(40):
            await play()

    asyncio.run(limited())


@asynccontextmanager
async def _process() -> AsyncIterator[tuple[JanusProcess, Endpoint]]:
    process = JanusProcess()
    try:
        yield process, await process.start()
    finally:
        await process.stop()


def _folder(endpoint: Endpoint) -> Path:
    assert endpoint.socket is not None
    return endpoint.socket.parent


def _number(process: JanusProcess) -> int:
    assert process._process is not None
    return process._process.pid


def test_says_what_to_do_where_janus_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    relay = JanusRelay()
    with pytest.raises(RelayError, match="not installed") as caught:
        asyncio.run(relay.start())
    assert "janus" in caught.value.hint
    assert not relay.health().running


@needs_janus
def test_runs_as_nobody_with_settings_that_nobody_else_can_read() -> None:
    async def play() -> None:
        async with _process() as (process, endpoint):
            folder = _folder(endpoint)
            owner = Path(f"/proc/{_number(process)}").stat().st_uid
            assert owner != 0
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            for file in folder.glob("*.jcfg"):
                assert stat.S_IMODE(file.stat().st_mode) == 0o600
                assert file.stat().st_uid == owner
        assert not folder.exists()

    _run(play)


@needs_janus
def test_opens_no_port_for_being_told_what_to_do() -> None:
    """All it listens on is the socket file; what is left in the tables of the kernel is other processes' ports."""

    async def play() -> None:
        async with _process() as (process, _):
            own = {os.readlink(file) for file in Path(f"/proc/{_number(process)}/fd").iterdir()}  # noqa: PTH115
            for table in ("tcp", "tcp6", "udp", "udp6"):
                rows = [line.split() for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]]
                assert not own & {f"socket:[{row[9]}]" for row in rows}

    _run(play)


@needs_janus
def test_secrets_are_new_every_time_and_shown_nowhere() -> None:
    async def play() -> None:
        async with _process() as (first, one), _process() as (_, other):
            assert len({one.api_secret, other.api_secret, one.admin_key, other.admin_key}) == 4
            command = Path(f"/proc/{_number(first)}/cmdline").read_text()
            for secret in (one.api_secret, one.admin_key):
                assert secret not in repr(one) + command + first.last_words()

    _run(play)


@needs_janus
def test_is_missed_when_it_dies_and_runs_again_when_started_again() -> None:
    async def play() -> None:
        process = JanusProcess()
        relay = JanusRelay(process)
        await relay.start()
        try:
            async with Caller() as ada:
                await ada.speak(relay, "5f1c", 0, "ada")
                os.kill(_number(process), signal.SIGKILL)
                while relay.health().running:
                    await asyncio.sleep(0.01)
                assert relay.health().problem
                assert relay.health().hint
                with pytest.raises(RelayError):
                    await relay.subscribe("5f1c", 0, "ben")
                await relay.drop_member("5f1c", "ada")
                await relay.close_room("5f1c")
            await relay.start()
            assert relay.health() == Health(running=True, streams=0, listeners=0)
        finally:
            await relay.stop()

    _run(play)


@needs_janus
def test_a_speaker_who_vanished_is_no_stream_any_more() -> None:
    async def play() -> None:
        relay = JanusRelay()
        await relay.start()
        try:
            async with Caller() as ada:
                await ada.speak(relay, "5f1c", 0, "ada")
                offer = await relay.subscribe("5f1c", 0, "ben")  # waits until she is connected
                assert offer
                assert ada._link is not None
                await ada._link.close()
                while relay.health().streams:
                    await asyncio.sleep(0.01)
            assert relay.health() == Health(running=True, streams=0, listeners=0)
        finally:
            await relay.stop()

    _run(play)


@asynccontextmanager
async def _over_tcp(endpoint: Endpoint) -> AsyncIterator[str]:
    """Give a socket file a port, as a Janus has that somebody else set up."""

    async def passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_unix_connection(endpoint.socket)
        except OSError:  # it has ended
            writer.close()
            return
        await asyncio.gather(_copy(reader, back), _copy(there, writer))

    async with await asyncio.start_server(passed, "127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
    writer.close()


@needs_janus
def test_uses_a_janus_that_runs_already_and_leaves_it_running() -> None:
    async def play() -> None:
        async with _process() as (process, own), _over_tcp(own) as url:
            endpoint = Endpoint(url=url, api_secret=own.api_secret, admin_key=own.admin_key)
            relay = JanusRelay(RunningJanus(endpoint))
            await relay.start()
            async with Caller() as ada:
                await ada.speak(relay, "5f1c", 0, "ada")
                assert relay.health() == Health(running=True, streams=1, listeners=0)
            await relay.stop()
            assert _number(process)
            assert process._process is not None
            assert process._process.returncode is None

    _run(play)


@needs_janus
@pytest.mark.parametrize("wrong", ["", "guessed"])
def test_a_wrong_secret_is_told_from_a_missing_janus(wrong: str) -> None:
    async def play() -> None:
        async with _process() as (_, own), _over_tcp(own) as url:
            relay = JanusRelay(RunningJanus(Endpoint(url=url, api_secret=wrong)))
            with pytest.raises(RelayError, match="refused") as caught:
                await relay.start()
            assert "secrets" in caught.value.hint
            assert not relay.health().running

    _run(play)


def test_nobody_at_the_address_is_an_error_with_a_hint() -> None:
    relay = JanusRelay(RunningJanus(Endpoint(url="ws://127.0.0.1:9")))
    with pytest.raises(RelayError, match="does not answer") as caught:
        asyncio.run(relay.start())
    assert caught.value.hint


@needs_janus
def test_a_janus_that_cannot_start_tells_why_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, libraries = janus_process._installed()
    monkeypatch.setattr(janus_process, "_installed", lambda: ("/bin/false", libraries))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    tmp_path.chmod(0o755)
    with pytest.raises(RelayError, match="status 1"):
        asyncio.run(JanusRelay().start())
    assert list(tmp_path.iterdir()) == []
