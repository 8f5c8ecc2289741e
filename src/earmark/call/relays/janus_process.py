"""A Janus of our own: its private settings, started without privileges, watched, and ended.

Only its VideoRoom plugin and its WebSocket transport are loaded, the latter on a socket file in a folder that nobody
else may enter; so no port of its interfaces is open to anybody.
"""

import asyncio
import contextlib
import os
import pwd
import secrets
import shutil
import sys
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from earmark.errors import RelayError

_LIBRARIES = ("/usr/lib/*/janus", "/usr/lib/janus", "/usr/local/lib/janus", "/opt/janus/lib/janus")
_PLUGIN = "plugins/libjanus_videoroom.so"
_TRANSPORT = "transports/libjanus_websockets.so"
_START_SECONDS = 15.0
_STOP_SECONDS = 5.0
_KEPT_SECONDS = 600  # that sound goes on for without a server: longer than keys last that were dealt
_LAUNCH = """
import ctypes, os, signal, sys
user, group, *command = sys.argv[1:]
if user:
    os.setgroups([])
    os.setgid(int(group))
    os.setuid(int(user))
if sys.platform == "linux":
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
os.execv(command[0], command)
"""
_HINT = "Install it (Debian: apt-get install janus), or choose the built-in relay."


@dataclass(frozen=True)
class Endpoint:
    """Where a Janus is asked, and what proves that we may ask.

    Attributes:
        url: address of its WebSocket API, "ws://…" or "wss://…"; empty where it listens on a socket file.
        socket: that file.
        api_secret: its `api_secret`, empty where it has none.
        admin_key: `admin_key` of its VideoRoom plugin, empty where it has none.
    """

    url: str = ""
    socket: Path | None = None
    api_secret: str = field(default="", repr=False)
    admin_key: str = field(default="", repr=False)


class JanusProcess:
    """One Janus.

    Args:
        addresses: addresses of this machine that browsers can reach; all but the loopback where none are given.
        ports: first and last UDP port for sound; any where none are given.
    """

    def __init__(self, addresses: Sequence[str] = (), ports: tuple[int, int] | None = None) -> None:
        self._addresses = addresses
        self._ports = ports
        self._folder: Path | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._last: deque[str] = deque(maxlen=10)

    async def start(self) -> Endpoint:
        """Start it and wait until it can be asked.

        Raises:
            RelayError: Janus is not installed, or ends or says nothing within 15 s.
        """
        program, libraries = _installed()
        self._folder = folder = Path(tempfile.mkdtemp(prefix="earmark-janus-"))
        endpoint = Endpoint(
            socket=folder / "api", api_secret=secrets.token_urlsafe(32), admin_key=secrets.token_urlsafe(32)
        )
        try:
            _configure(folder, libraries, endpoint, self._addresses, self._ports)
            await self._run(program, folder)
            await self._until_it_listens(folder / "api")
        except BaseException:
            await self.stop()
            raise
        return endpoint

    async def stop(self) -> None:
        """End it, and remove its settings."""
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), _STOP_SECONDS)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        if self._reader:
            await self._reader
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._process = self._reader = self._folder = None

    def last_words(self) -> str:
        """What it printed last, and what it ended with."""
        ended = self._process.returncode if self._process else None
        state = "" if ended is None else f" (it ended with status {ended})"
        return (self._last[-1] if self._last else "it said nothing") + state

    async def _run(self, program: str, folder: Path) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *_launcher(folder),
            program,
            f"--configs-folder={folder}",
            f"--config={folder / 'janus.jcfg'}",
            "--disable-colors",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=folder,
            start_new_session=True,  # an interrupt from the keyboard is ours to pass on
        )
        self._reader = asyncio.create_task(self._listen(self._process))

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None  # noqa: S101 -- it was asked for
        async for line in process.stdout:
            self._last.append(line.decode(errors="replace").strip()[:200])

    async def _until_it_listens(self, socket: Path) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not await _listens(socket):
            if time.monotonic() > deadline or self._has_ended():
                raise RelayError(f"Janus did not start: {self.last_words()}.", _HINT)
            await asyncio.sleep(0.05)

    def _has_ended(self) -> bool:
        return self._process is None or self._process.returncode is not None


async def _listens(socket: Path) -> bool:
    """Tell whether somebody answers there: a socket is in its folder a moment before."""
    try:
        _, writer = await asyncio.open_unix_connection(socket)
    except OSError:
        return False
    writer.close()
    return True


def _installed() -> tuple[str, Path]:
    program = shutil.which("janus")
    places = [place for pattern in _LIBRARIES for place in Path("/").glob(pattern.lstrip("/"))]
    libraries = next((place for place in places if (place / _PLUGIN).exists() and (place / _TRANSPORT).exists()), None)
    if program is None or libraries is None:
        raise RelayError("Janus is not installed, or lacks its VideoRoom plugin or WebSocket transport.", _HINT)
    return program, libraries


def _configure(
    folder: Path, libraries: Path, endpoint: Endpoint, addresses: Sequence[str], ports: tuple[int, int] | None
) -> None:
    for name in ("plugins", "transports", "events", "loggers"):
        (folder / name).mkdir()
    for library in (_PLUGIN, _TRANSPORT):
        (folder / library).symlink_to(libraries / library)
    sound = f'rtp_port_range = "{ports[0]}-{ports[1]}"' if ports else ""
    reached = f'ice_enforce_list = "{",".join(addresses)}"' if addresses else ""
    settings = {
        "janus.jcfg": f"""
            general: {{
                configs_folder = "{folder}"
                plugins_folder = "{folder}/plugins"
                transports_folder = "{folder}/transports"
                events_folder = "{folder}/events"
                loggers_folder = "{folder}/loggers"
                debug_level = 2
                debug_timestamps = false
                api_secret = "{endpoint.api_secret}"
                admin_secret = "{secrets.token_urlsafe(32)}"
                hide_dependencies = true
                session_timeout = {_KEPT_SECONDS}
                reclaim_session_timeout = {_KEPT_SECONDS}
            }}
            media: {{ ipv6 = true {sound} }}
            nat: {{ ice_lite = true ignore_mdns = true full_trickle = false {reached} }}
            """,
        "janus.plugin.videoroom.jcfg": f'general: {{ admin_key = "{endpoint.admin_key}" events = false }}',
        "janus.transport.websockets.jcfg": f"""
            general: {{ json = "compact" ws = true ws_unix = "{endpoint.socket}" wss = false ws_logging = "none" }}
            admin: {{ admin_ws = false admin_wss = false }}
            """,
    }
    for name, text in settings.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)


def _launcher(folder: Path) -> list[str]:
    """Return what makes a process ours before it becomes Janus.

    It ends when we are killed, where the system can see to that, and it is nobody's where we may do all. A process asks
    for the former itself, after the latter. `setpriv` does both, but asks for more, which ends it in a confined
    service; and `preexec_fn` is not safe beside threads.
    """
    return [sys.executable, "-I", "-S", "-c", _LAUNCH, *_unprivileged(folder)]


def _unprivileged(folder: Path) -> tuple[str, str]:
    """Give the folder to somebody who may do nothing, where we may do all; return their numbers."""
    if os.geteuid() != 0:
        return "", ""
    nobody = pwd.getpwnam("nobody")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    return str(nobody.pw_uid), str(nobody.pw_gid)
