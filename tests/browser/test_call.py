"""A whole call: real browsers, real speech, the real server; what one of them records is traced."""

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from demo.browsers import Chromium
from demo.callers import Caller, Invited, Server, calling, gather_in, serving
from tests.api.voices import load, write_wav

from bench.attacks import Attack
from bench.corpus import available, path_of
from earmark.api import trace
from earmark.media.reading import read_resampled
from earmark.records.protection.ways import InTheOpen
from earmark.records.vault import Vault

RATE = 48_000
RECORDED_S = 45
CALLS = 2
"""So many calls are held at the most until a leak names somebody: on a busy machine sound breaks off."""
SPEECH = {
    "anna": "speech/librispeech-testother_2609_en",
    "ben": "speech/librispeech-testother_2033_en",
    "chloe": "speech/librispeech-testother_1998_en",
}
Sound = np.ndarray[tuple[int], np.dtype[np.float32]]


def voice(name: str, path: Path) -> Path:
    """Write what somebody says over and over, half as loud as can be."""
    sound = load(path_of(SPEECH[name]), RATE)[:1]
    return write_wav(path, sound / np.abs(sound).max() / 2, RATE)


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path | None]:
    if not available():
        pytest.skip("the recordings of real speech are not here, so no call of browsers was traced")
    folder = tmp_path_factory.mktemp("voices")
    return {name: voice(name, folder / f"{name}.wav") for name in SPEECH}


@pytest.fixture(params=["builtin", "janus"])
def relay(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if name == "janus" and shutil.which("janus") is None:
        pytest.skip("Janus is not installed, so no call over it was traced (make browsers)")
    return name


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    folder = tmp_path / "vault"
    with Vault.init(folder, way=InTheOpen()):
        return folder


def sound_of(path: Path) -> Sound:
    sound: Sound = np.concatenate(list(read_resampled(path, RATE)), axis=1).mean(axis=0)
    return sound


def named(vault: Path, leak: Path) -> list[str]:
    with Vault(vault) as opened:
        return [one.listener for one in trace(opened, leak).named]


async def talk(server: Server, callers: Mapping[str, Caller], folder: Path) -> Path:
    """Let three talk at once; return what chloe recorded."""
    anna, ben, chloe = callers.values()
    call = server.invite("Board", "anna", ["ben", "chloe", "dora"])
    await gather_in(call, anna, [ben, chloe])
    for caller in callers.values():
        await caller.hears(2)
    words = [await caller.words() for caller in callers.values()]
    assert len(words[0]) == 6
    assert words == [words[0]] * 3
    await chloe.record()
    await asyncio.sleep(RECORDED_S)
    leak = await chloe.recorded(folder / "leak.webm")
    await left(server, call, ben, anna)
    return leak


async def left(server: Server, call: Invited, ben: Caller, anna: Caller) -> None:
    """Ben is removed and told so, anna ends the call, and the server knows who heard what."""
    await anna.page.get_by_role("button", name="Remove Ben").click()
    await anna.page.get_by_role("button", name="Remove for good").click()
    await ben.page.get_by_role("heading", name="You were removed from the call").wait_for()
    await anna.page.get_by_role("button", name="End…").click()
    await anna.page.get_by_role("button", name="End for everybody").click()
    await anna.page.get_by_role("heading", name="The call has ended").wait_for()
    facts = server.ask("GET", f"api/calls/{call.id}")
    heard = {one["id"]: one["heard_s"] for one in facts["people"]}
    assert heard["dora"] == 0
    assert min(heard["anna"], heard["ben"], heard["chloe"]) > RECORDED_S
    assert facts["ended_at"]


async def call_over(relay: str, vault: Path, chromium: Chromium, voices: dict[str, Path | None], folder: Path) -> Path:
    async with (
        serving(vault, folder / "log", "--relay", relay) as server,
        calling(chromium, voices) as callers,
        asyncio.timeout(240),
    ):
        return await talk(server, callers, folder)


def test_who_leaks_a_call_is_named(
    relay: str, vault: Path, chromium: Chromium, voices: dict[str, Path | None], tmp_path: Path
) -> None:
    found: list[list[str]] = []
    for number in range(CALLS):
        folder = tmp_path / str(number)
        folder.mkdir()
        leak = asyncio.run(call_over(relay, vault, chromium, voices, folder))
        sound = sound_of(leak)
        assert len(sound) > (RECORDED_S - 3) * RATE
        low = Attack("opus:16k").write(sound, RATE, folder / "low", 0)
        found = [named(vault, leak), named(vault, low)]
        assert {name for names in found for name in names} <= {"chloe"}
        if all(found):
            break
    assert found == [["chloe"], ["chloe"]]
    log = (folder / "log").read_text()
    assert "chloe enters" in log
    assert "#" not in log
