"""The WebSocket of a call: text in, text out, and nothing that could be waited for without end."""

import asyncio
import logging
from contextlib import suppress
from urllib.parse import urlsplit

from fastapi import WebSocket, WebSocketDisconnect
from uvicorn.protocols.utils import ClientDisconnected

from earmark.call.entry import refusal
from earmark.call.messages import Hello, parse
from earmark.call.replies import Error
from earmark.errors import CallError, EarmarkError, VaultError
from earmark.server.house import House
from earmark.server.limits import address_of
from earmark.server.lines import Line
from earmark.server.live import LiveCall
from earmark.server.pace import Pace

HELLO_S = 10.0
CLOSING_S = 5.0
NORMAL, POLICY, OVERRUN = 1000, 1008, 1013

log = logging.getLogger(__name__)


def is_own(origin: str | None, allowed: str) -> bool:
    """Tell whether a page of this server asks: its origin is ``allowed``, such as "https://calls.example"."""
    if origin is None:
        return False
    ours, theirs = urlsplit(allowed), urlsplit(origin)
    return (theirs.scheme, theirs.netloc) == (ours.scheme, ours.netloc)


async def serve_socket(socket: WebSocket, house: House) -> None:
    """Talk to one browser until either side has had enough."""
    address = address_of(socket)
    if not house.door.admits(address):
        await socket.close(OVERRUN)
        return
    line = house.new_line(address)
    await socket.accept()
    writing = asyncio.create_task(_write(socket, line))
    reading = asyncio.create_task(_read(socket, house, line))
    try:
        await asyncio.wait([writing, reading], return_when=asyncio.FIRST_COMPLETED)
        line.close()
        if not line.overrun:
            await asyncio.wait([writing], timeout=CLOSING_S)
    finally:
        for task in (reading, writing):
            task.cancel()
        await asyncio.gather(reading, writing, return_exceptions=True)
    with suppress(WebSocketDisconnect, ClientDisconnected, RuntimeError, TimeoutError):
        await asyncio.wait_for(socket.close(OVERRUN if line.overrun else NORMAL), CLOSING_S)


async def _write(socket: WebSocket, line: Line) -> None:
    """Say what is to be said, until the line is closed or nobody listens."""
    with suppress(WebSocketDisconnect, ClientDisconnected, RuntimeError):
        while (text := await line.next()) is not None:
            await socket.send_text(text)


async def _read(socket: WebSocket, house: House, line: Line) -> None:
    """Take what is said, until nothing more comes."""
    call: LiveCall | None = None
    try:
        async with asyncio.timeout(HELLO_S) as patience:
            with house.door.knock(line.address, lambda: _end(patience)) as knock:
                text = await socket.receive_text()
                knock.heard = True
                call = await _hello(text, house, line)
        pace = Pace(asyncio.get_running_loop().time)
        while call is not None:
            await pace.step(_take(await socket.receive_text(), call, line))
    except (WebSocketDisconnect, TimeoutError, KeyError):  # KeyError: a message of bytes
        pass
    finally:
        if call is not None:
            call.disconnected(line)


def _end(patience: asyncio.Timeout) -> None:
    with suppress(RuntimeError):  # it is at its end already
        patience.reschedule(0)


async def _hello(text: str, house: House, line: Line) -> LiveCall | None:
    try:
        message = parse(text)
        if not isinstance(message, Hello):
            raise CallError("the first message is “hello”")
        return await house.welcome(line, message)
    except VaultError as error:
        log.warning("nobody can come in: %s", error)
        line.break_off()  # the page comes again by itself
        return None
    except EarmarkError as error:
        log.info("somebody was turned away: %s", error)
        line.say(refusal("protocol", f"{error}. {error.hint}").model_dump_json())
        line.close()
        return None


def _take(text: str, call: LiveCall, line: Line) -> str:
    """Take a message; return its kind, empty for nonsense."""
    try:
        message = parse(text)
        call.received(line, message)
    except CallError as error:
        line.say(Error(message=str(error), hint=error.hint).model_dump_json())
        return ""
    return message.type
