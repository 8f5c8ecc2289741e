"""The WebSocket API of Janus: one session, requests with their answers, and events of its handles.

See https://janus.conf.meetecho.com/docs/rest and …/docs/videoroom, version 1.1.
"""

import asyncio
import contextlib
import itertools
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import websockets
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from websockets.asyncio.client import ClientConnection, connect, unix_connect
from websockets.typing import Subprotocol

from earmark.call.relays.janus_process import Endpoint
from earmark.errors import RelayError

_PLUGIN = "janus.plugin.videoroom"
_PROTOCOL = Subprotocol("janus-protocol")
_REQUEST_SECONDS = 10.0
_KEEP_ALIVE_SECONDS = 20.0  # a session without any request ends after 60 s
_EVENTS = ("webrtcup", "hangup", "detached")
_LONGEST_SDP = 48_000  # what browsers are sent at most

Message = Mapping[str, Any]
Number = Annotated[int, Field(ge=0, lt=2**64)]

log = logging.getLogger(__name__)


class _Part(BaseModel):
    """A part of what Janus says, as far as it matters here."""

    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True)


class _Made(_Part):
    id: Number


class _Problem(_Part):
    reason: str = "no reason given"


class _Plugin(_Part):
    data: dict[str, Any] = {}


class _Description(_Part):
    sdp: Annotated[str, Field(max_length=_LONGEST_SDP)] = ""


class _Said(_Part):
    """A message of Janus; what is in it is checked here before anything else sees it."""

    janus: str = ""
    transaction: str = ""
    sender: Number | None = None
    data: _Made | None = None
    error: _Problem = _Problem()
    plugindata: _Plugin = _Plugin()
    jsep: _Description = _Description()


class JanusRefusalError(RelayError):
    """Janus will not do what was asked of it.

    Attributes:
        code: of the VideoRoom plugin; 0 where it has none.
    """

    def __init__(self, message: str, hint: str = "", code: int = 0) -> None:
        super().__init__(message, hint)
        self.code = code


@dataclass(frozen=True)
class Reply:
    """What the VideoRoom plugin answered.

    Attributes:
        data: its own part.
        sdp: the session description that came with it; empty if there was none.
    """

    data: Message
    sdp: str = field(default="", repr=False)


class JanusSession:
    """A session with one Janus.

    Args:
        endpoint: where it is.
        on_event: is told the handle whose connection to a browser came about ("webrtcup") or ended ("hangup",
            "detached").
    """

    def __init__(self, endpoint: Endpoint, on_event: Callable[[int, str], None]) -> None:
        self._endpoint = endpoint
        self._on_event = on_event
        self._socket: ClientConnection | None = None
        self._session = 0
        self._numbers = itertools.count()
        self._waiting: dict[str, tuple[asyncio.Future[_Said], bool]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._late: set[str] = set()
        self._detaching: set[asyncio.Task[None]] = set()

    @property
    def number(self) -> int:
        """What Janus calls this session; 0 before it has begun."""
        return self._session

    @property
    def open(self) -> bool:
        """Whether Janus can be asked."""
        return self._socket is not None and not self._tasks[0].done()

    async def start(self) -> None:
        """Connect and begin the session.

        Raises:
            RelayError: nobody answers there, or it is no Janus, or the secret is not its own.
        """
        try:
            self._socket = await self._connect()
        except (OSError, TimeoutError, websockets.WebSocketException) as error:
            raise RelayError(f"Janus does not answer: {error}.", "Check that it runs, and its address.") from error
        self._tasks = [asyncio.create_task(self._read(self._socket))]
        self._session = _number(await self._ask({"janus": "create"}))
        self._tasks.append(asyncio.create_task(self._keep_alive(self._socket)))

    async def stop(self) -> None:
        """End the session; Janus closes all of its handles."""
        for task in self._tasks[1:]:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self.open and self._session:
            await self.end(self._session)
        if self._socket:
            await self._socket.close()
            await self._tasks[0]
        await asyncio.gather(*self._detaching, return_exceptions=True)
        self._socket = None

    async def end(self, number: int) -> None:
        """End a session, be it another that was lost; one that Janus does not know, or does not end, is let be."""
        with contextlib.suppress(RelayError):
            await self._ask({"janus": "destroy", "session_id": number})

    async def attach(self) -> int:
        """Make a handle of the VideoRoom plugin; one that comes when nobody waits for it any more is let go."""
        return _number(await self._ask({"janus": "attach", "plugin": _PLUGIN}))

    async def detach(self, *handles: int) -> None:
        """Let go of handles, and of the connections that they have; one that is gone is let go already.

        It is done for all of them, even if one fails or nobody waits for it any more.

        Raises:
            RelayError: Janus does not answer.
        """
        tasks = [self._detaching_of(handle) for handle in handles if self.open]
        for done in (await asyncio.wait(tasks))[0] if tasks else ():
            done.result()

    async def request(self, handle: int, body: Message, *, kind: str = "", sdp: str = "") -> Reply:
        """Ask the plugin something and wait for its whole answer.

        Args:
            handle: whom it is about.
            body: the request; the plugin's `admin_key` is added.
            kind: "offer" or "answer" if a session description goes with it.
            sdp: that description, with all candidates.

        Raises:
            RelayError: Janus refused, does not answer, or is gone.
        """
        message: dict[str, Any] = {"janus": "message", "handle_id": handle, "body": dict(body)}
        if self._endpoint.admin_key:
            message["body"]["admin_key"] = self._endpoint.admin_key
        if sdp:
            message["jsep"] = {"type": kind, "sdp": sdp, "e2ee": True}
        reply = await self._ask(message)
        data = reply.plugindata.data
        if "error" in data:
            code = data.get("error_code")
            raise JanusRefusalError(
                f"Janus refused: {data['error']}.",
                "Leave the call and join it again.",
                code if type(code) is int else 0,
            )
        return Reply(data, reply.jsep.sdp)

    async def all_candidates_sent(self, handle: int) -> None:
        """Say that the description had all candidates in it."""
        await self._ask({"janus": "trickle", "handle_id": handle, "candidate": {"completed": True}}, acknowledged=True)

    async def _connect(self) -> ClientConnection:
        if self._endpoint.socket:
            return await unix_connect(
                str(self._endpoint.socket), uri="ws://localhost/", subprotocols=[_PROTOCOL], ping_interval=None
            )
        return await connect(self._endpoint.url, subprotocols=[_PROTOCOL], proxy=None)

    async def _ask(self, message: Message, *, acknowledged: bool = False) -> _Said:
        """Send a request and wait for its answer, or where it has none (acknowledged) for its acknowledgement."""
        if self._socket is None or self._tasks[0].done():
            raise RelayError("Janus is gone.", "It has to be started again.")
        transaction = str(next(self._numbers))
        answer: asyncio.Future[_Said] = asyncio.get_running_loop().create_future()
        self._waiting[transaction] = (answer, acknowledged)
        waited = False
        try:
            async with asyncio.timeout(_REQUEST_SECONDS):
                await self._socket.send(json.dumps({**self._proof(), **message, "transaction": transaction}))
                said = await answer
                waited = True
                return said
        except (TimeoutError, websockets.ConnectionClosed) as error:
            raise RelayError("Janus does not answer.", "It has to be started again.") from error
        finally:
            del self._waiting[transaction]
            if message["janus"] == "attach" and not waited:
                self._unwanted(transaction, answer)

    def _proof(self) -> dict[str, Any]:
        proof: dict[str, Any] = {"apisecret": self._endpoint.api_secret} if self._endpoint.api_secret else {}
        return {**proof, "session_id": self._session} if self._session else proof

    async def _read(self, socket: ClientConnection) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            async for text in socket:
                message = _understood(text)
                if message.janus == "timeout":  # the session is over, and so is all it had
                    await socket.close()
                self._take(message)
        for answer, _ in self._waiting.values():
            if not answer.done():
                answer.set_exception(RelayError("Janus is gone.", "It has to be started again."))

    def _take(self, message: _Said) -> None:
        kind = message.janus
        if message.transaction in self._late:
            self._late.discard(message.transaction)
            self._let_go(message)
        answer, acknowledged = self._waiting.get(message.transaction, (None, False))
        if kind in _EVENTS and message.sender is not None:
            self._on_event(message.sender, kind)
        elif answer is None or answer.done() or (kind == "ack" and not acknowledged):
            return
        elif kind == "error":
            answer.set_exception(_refused(message))
        else:
            answer.set_result(message)

    def _unwanted(self, transaction: str, answer: asyncio.Future[_Said]) -> None:
        """See that a handle for which nobody waits any more is let go, be it there or still to come."""
        if answer.cancelled() or not answer.done():
            self._late.add(transaction)
        elif answer.exception() is None:
            self._let_go(answer.result())

    def _let_go(self, made: _Said) -> None:
        if made.data is not None and self.open:
            self._detaching_of(made.data.id)

    def _detaching_of(self, handle: int) -> asyncio.Task[None]:
        """Begin to let go of a handle."""
        task = asyncio.create_task(self._detach(handle))
        self._detaching.add(task)
        task.add_done_callback(self._detached)
        return task

    def _detached(self, task: asyncio.Task[None]) -> None:
        self._detaching.discard(task)
        if not task.cancelled():
            task.exception()  # which is for whoever waits, if anybody does

    async def _detach(self, handle: int) -> None:
        with contextlib.suppress(JanusRefusalError):
            await self._ask({"janus": "detach", "handle_id": handle})

    async def _keep_alive(self, socket: ClientConnection) -> None:
        with contextlib.suppress(RelayError):
            while True:
                await asyncio.sleep(_KEEP_ALIVE_SECONDS)
                await self._ask({"janus": "keepalive"}, acknowledged=True)
        await socket.close()


def _understood(text: str | bytes) -> _Said:
    """Return what a message says; one that makes no sense says nothing, and whoever waits for it waits in vain."""
    try:
        return _Said.model_validate_json(text)
    except ValidationError as error:
        log.warning(
            "Janus says what makes no sense: %s", error.errors(include_url=False, include_input=False)[0]["msg"]
        )
        return _Said()


def _number(reply: _Said) -> int:
    if reply.data is None:
        raise RelayError("Janus answers what makes no sense.", "Check that a Janus of version 1 runs there.")
    return reply.data.id


def _refused(message: _Said) -> JanusRefusalError:
    return JanusRefusalError(f"Janus refused: {message.error.reason}.", "Check its secrets in the settings.")
