"""A whole server whose calls two real Janus carry: what one carries goes on over the other when it is killed."""

import asyncio
import json
import os
import shutil
import signal
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from demo.callers import Server, serving
from tests.call.relays.test_janus import _number, _over_tcp
from tests.server.guests import WAIT_S, Guest, Site
from tests.server.test_calls import enter

from bench.callers import Caller
from earmark.call.relays import janus_process
from earmark.call.relays.janus_process import JanusProcess
from earmark.records.protection.ways import InTheOpen
from earmark.records.vault import Vault


class Asked:
    """The relay as two members of a call reach it: by the server."""

    def __init__(self, speaker: Guest, listener: Guest) -> None:
        self._speaker, self._listener = speaker, listener
        self._offers = 0
        self._offered = 0

    async def publish(self, _room: str, stream: int, _member: str, offer: str) -> str:
        self._offers += 1
        await self._speaker.say("publish", stream=stream, offer=self._offers, sdp=offer)
        answer = await self._speaker.hear("published", lambda facts: facts["offer"] == self._offers)
        return str(answer["sdp"])

    async def subscribe(self, _room: str, stream: int, _member: str) -> str:
        if self._offers == 1:  # a stream that is published anew is offered anew to all who wanted it
            await self._listener.say("subscribe", stream=stream)
        offer = await self._listener.hear("offer")
        self._offered = offer["offer"]
        return str(offer["sdp"])

    async def answer(self, _room: str, stream: int, _member: str, answer: str) -> None:
        await self._listener.say("answer", stream=stream, offer=self._offered, sdp=answer)


@dataclass
class Talk:
    """A call in which Anna speaks and the host listens.

    Attributes:
        anna: who speaks.
        host: who listens.
        stream: Anna's.
        relay: by which both are connected.
        heard: how many packets the host has heard.
    """

    anna: Guest
    host: Guest
    stream: int
    relay: Asked
    heard: int = 0

    async def connect(self, stack: AsyncExitStack) -> None:
        """Publish, subscribe and speak from now on."""
        speaker = await stack.enter_async_context(Caller())
        listener = await stack.enter_async_context(Caller(self._hear))
        await speaker.speak(self.relay, "", self.stream, "anna")  # type: ignore[arg-type]
        await listener.listen(self.relay, "", self.stream, "host")  # type: ignore[arg-type]
        talking = asyncio.create_task(self._speak(speaker))
        stack.callback(talking.cancel)

    async def goes_on(self) -> None:
        """Wait until more of it is heard."""
        before = self.heard
        while self.heard < before + 20:
            await asyncio.sleep(0.01)

    async def broken_off(self) -> bool:
        """Tell whether the speaker is soon asked to publish anew."""
        try:
            async with asyncio.timeout(WAIT_S):
                return bool(await self.anna.hear("republish"))
        except TimeoutError:
            return False

    def _hear(self, _packet: bytes) -> None:
        self.heard += 1

    async def _speak(self, speaker: Caller) -> None:
        number = 0
        while True:
            await speaker.send(b"%05d" % number + bytes(200), number)
            number += 1
            await asyncio.sleep(0.02)


async def begin(server: Server, stack: AsyncExitStack, title: str) -> Talk:
    site = Site(server.address, None, None, None)  # type: ignore[arg-type]
    call = server.invite(title, "host", ["anna"])
    host = await stack.enter_async_context(site.inside(call.links["host"], "host"))
    await host.hear("admitted")
    anna = await enter(site, stack, call.links, host, "anna")
    stream = await anna.speak()
    await host.hear("opened")
    talk = Talk(anna, host, stream, Asked(anna, host))
    await talk.connect(stack)
    await talk.goes_on()
    return talk


async def play(vault: Path, log: Path, processes: list[JanusProcess], monkeypatch: pytest.MonkeyPatch) -> None:
    async with AsyncExitStack() as stack, asyncio.timeout(5 * WAIT_S):
        urls = []
        for process in processes:
            stack.push_async_callback(process.stop)
            urls.append(await stack.enter_async_context(_over_tcp(await process.start())))
        monkeypatch.setenv("EARMARK_JANUS_URLS", json.dumps(urls))
        server = await stack.enter_async_context(serving(vault, log, "--relay", "janus"))
        talks = [await begin(server, stack, title) for title in ("first", "second")]
        os.kill(_number(processes[0]), signal.SIGKILL)
        asked = [asyncio.create_task(talk.broken_off()) for talk in talks]
        done, still = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        assert [task.result() for task in done] == [True]
        moved, stayed = (talks[asked.index(task)] for task in (*done, *still))
        await stayed.goes_on()
        await moved.connect(stack)
        await moved.goes_on()
        await stayed.goes_on()
        assert not stayed.anna.told["republish"]
        (other,) = still
        assert not other.done()
        other.cancel()
        await asyncio.wait(still)
        assert "the relay is started again" in log.read_text()


@pytest.mark.skipif(
    shutil.which("janus") is None, reason="Janus is not installed, so calls were not spread over two (make browsers)"
)
def test_where_one_of_two_is_killed_its_calls_go_on_over_the_other_and_the_others_notice_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(janus_process, "secrets", SimpleNamespace(token_urlsafe=lambda _bytes: "the-same-for-all"))
    secret = tmp_path / "janus.secret"
    secret.write_text("the-same-for-all\nthe-same-for-all\n")
    monkeypatch.setenv("EARMARK_JANUS_SECRET_FILE", str(secret))
    Vault.init(tmp_path / "vault", way=InTheOpen()).close()
    asyncio.run(play(tmp_path / "vault", tmp_path / "log", [JanusProcess(), JanusProcess()], monkeypatch))
