"""Firefox without a screen, as Debian has it, driven over WebDriver BiDi [1]; its microphone hums.

Playwright's own Firefox is another one, which would have to be downloaded. Firefox plays nothing without a loudspeaker,
so it gets a server of sounds (PulseAudio) that throws them away.

[1] W3C, "WebDriver BiDi", working draft.
"""

import asyncio
import json
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

WAIT_S = 120.0
LOOK_S = 0.25
MOST_MESSAGE_BYTES = 1 << 26

_PREFERENCES = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "media.autoplay.default": 0,
    "media.navigator.permission.disabled": True,
    "media.navigator.streams.fake": True,
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
}  # nothing but what a test asks for, and sound without a click
_LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")


class FirefoxPage:
    """A page of a running Firefox."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = count(1)
        self._context = ""

    async def open(self, url: str) -> None:
        """Open an address."""
        if not self._context:
            await self._ask("session.new", capabilities={})
            self._context = (await self._ask("browsingContext.create", type="tab"))["context"]
        await self._ask("browsingContext.navigate", context=self._context, url=url, wait="complete")

    async def evaluate(self, function: str) -> Any:
        """Call a JavaScript function in the page, wait for its promise, and return what it returned."""
        answer = await self._ask(
            "script.evaluate",
            expression=f"Promise.resolve(({function})()).then(JSON.stringify)",
            target={"context": self._context},
            awaitPromise=True,
        )
        if answer["type"] != "success":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"].get("value", "null"))

    async def shows(self, role: str, name: str) -> dict[str, Any]:
        """Wait for an element, by what a screen reader says of it."""
        locator = {"type": "accessibility", "value": {"role": role, "name": name}}
        async with asyncio.timeout(WAIT_S):
            while True:
                found = await self._ask("browsingContext.locateNodes", context=self._context, locator=locator)
                if found["nodes"]:
                    return {"sharedId": found["nodes"][0]["sharedId"]}
                await asyncio.sleep(LOOK_S)

    async def click(self, role: str, name: str) -> None:
        """Click on an element, as a hand does."""
        element = await self.shows(role, name)
        await self._ask(
            "script.callFunction",
            functionDeclaration="element => element.scrollIntoView({ block: 'center' })",
            arguments=[element],
            target={"context": self._context},
            awaitPromise=False,
        )
        move = {"type": "pointerMove", "x": 0, "y": 0, "origin": {"type": "element", "element": element}}
        steps = [move, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        hand = {"type": "pointer", "id": "hand", "actions": steps}
        await self._ask("input.performActions", context=self._context, actions=[hand])

    async def _ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Give a command and return its result; events in between are of no interest."""
        number = next(self._numbers)
        await self._connection.send(json.dumps({"id": number, "method": method, "params": params}))
        async with asyncio.timeout(WAIT_S):
            while (answer := json.loads(await self._connection.recv())).get("id") != number:
                pass
        if answer["type"] == "error":
            raise RuntimeError(f"{method}: {answer['error']}, {answer['message']}")
        result: dict[str, Any] = answer["result"]
        return result


@dataclass(frozen=True)
class Firefox:
    """An installed Firefox."""

    executable: str
    pulseaudio: str

    @asynccontextmanager
    async def open(self) -> AsyncIterator[FirefoxPage]:
        """Start it with a profile of its own."""
        with tempfile.TemporaryDirectory(prefix="earmark-firefox-", ignore_cleanup_errors=True) as profile:
            lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in _PREFERENCES.items()]
            Path(profile, "user.js").write_text("".join(lines), "utf-8")
            options = ("--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0")
            log = Path(profile, "earmark.log")
            async with (
                _loudspeaker(self.pulseaudio, profile) as sounds,
                _running(self.executable, *options, log=log, **sounds),
                connect(f"{await _address(log)}/session", max_size=MOST_MESSAGE_BYTES) as connection,
            ):
                yield FirefoxPage(connection)


@asynccontextmanager
async def _loudspeaker(program: str, folder: str) -> AsyncIterator[dict[str, str]]:
    """Run a server of sounds; yield the environment in which programs find it."""
    socket = Path(folder, "sounds")
    options = ("-n", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm", "--load=module-null-sink")
    where = f"--load=module-native-protocol-unix auth-anonymous=1 socket={socket}"
    async with _running(program, *options, where, log=Path(folder, "sounds.log"), PULSE_RUNTIME_PATH=folder):
        async with asyncio.timeout(WAIT_S):
            while not socket.exists():
                await asyncio.sleep(LOOK_S)
        yield {"PULSE_SERVER": f"unix:{socket}"}


@asynccontextmanager
async def _running(*command: str, log: Path, **environment: str) -> AsyncIterator[None]:
    """Run a program, whose complaints go to a file."""
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *command, env=os.environ | environment, stdout=asyncio.subprocess.DEVNULL, stderr=errors
        )
    try:
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _address(log: Path) -> str:
    """Return where the browser takes commands, as soon as it says so."""
    async with asyncio.timeout(WAIT_S):
        while not (found := _LISTENING.search(log.read_text("utf-8", "replace"))):
            await asyncio.sleep(LOOK_S)
    return found[1]


def installed() -> Firefox | None:
    """Find Firefox on this machine, and what it plays into."""
    found = next(filter(None, map(shutil.which, ("firefox-esr", "firefox"))), None)
    sounds = shutil.which("pulseaudio")
    return Firefox(found, sounds) if found and sounds else None
