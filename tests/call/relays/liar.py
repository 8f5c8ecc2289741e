"""A Janus that lies when it is told to, and speaks its API as Janus does otherwise; it forwards nothing."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

Facts = dict[str, Any]
DESCRIPTION = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"


class Liar:
    """What a Janus says, and what it says instead: `lies` are used up one by one, each in place of an answer."""

    def __init__(self) -> None:
        self.url = ""
        self.lies: list[str] = []
        self.asked: list[str] = []
        self._numbers: Iterator[int] = count(1)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Liar"]:
        async with serve(self._talk, "127.0.0.1", 0, subprotocols=[Subprotocol("janus-protocol")]) as server:
            self.url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
            yield self

    async def _talk(self, socket: ServerConnection) -> None:
        try:
            async for text in socket:
                request = json.loads(text)
                self.asked.append(str(request.get("body", request).get("request", request["janus"])))
                truth = self._answer(request)
                for said in lie(self.lies.pop(0), truth) if self.lies else [json.dumps(truth)]:
                    if said is None:
                        await socket.close()
                    elif isinstance(said, float):
                        await asyncio.sleep(said)
                    else:
                        await socket.send(said)
        except ConnectionClosed:
            pass

    def _answer(self, request: Facts) -> Facts:
        named = {"transaction": request["transaction"], "session_id": 1}
        match request["janus"]:
            case "create" | "attach":
                return {"janus": "success", **named, "data": {"id": next(self._numbers)}}
            case "keepalive" | "trickle":
                return {"janus": "ack", **named}
            case "detach" | "destroy":
                return {"janus": "success", **named}
        data = {"janus": "event", **named, "sender": request["handle_id"]}
        data["plugindata"] = {"plugin": "janus.plugin.videoroom", "data": {"videoroom": "event"}}
        if request["body"]["request"] in ("joinandconfigure", "join"):
            data["jsep"] = {"type": "answer", "sdp": DESCRIPTION}
        return data


def lie(kind: str, truth: Facts) -> list[str | bytes | float | None]:
    """Return what is said in place of an answer; None ends the connection, and seconds are waited."""
    told = json.dumps(truth)
    name, _, more = kind.partition(":")
    said: dict[str, Callable[[], list[str | bytes | float | None]]] = {
        "late": lambda: [float(more), told],
        "nothing": list,
        "hang up": lambda: [None],
        "cut": lambda: [told[: int(more) % len(told)]],
        "bytes": lambda: [told.encode() + b"\xff"],
        "twice": lambda: [told, told, told],
        "raw": lambda: [more],
        "first": lambda: [more, told],
        "without": lambda: [json.dumps({key: value for key, value in truth.items() if key != more})],
        "instead": lambda: [json.dumps(truth | json.loads(more))],
    }
    return said[name]()


async def soon(work: Any) -> Any:
    """Wait for something that must not take long, whatever a Janus says."""
    async with asyncio.timeout(60):
        return await work
