"""A speaker who keeps a sealed recording of their words; it is opened by the vault alone."""

import asyncio
from pathlib import Path

import numpy as np
from demo.browsers import Chromium
from demo.callers import Caller, Invited, Server, calling, gather_in, serving
from tests.api.voices import speech, write_wav

from earmark.media.opus import opus_sound
from earmark.records.protection.ways import InTheOpen
from earmark.records.vault import Vault

RATE = 48_000
KEPT_S = 10
KEEP = "Keep a sealed recording of what I say"
SHOWN = "Keeps a sealed recording of their words"


async def kept_by_ben(server: Server, callers: dict[str, Caller]) -> Invited:
    anna, ben = callers.values()
    call = server.invite("Board", "anna", ["ben"])
    await gather_in(call, anna, [ben])
    await anna.hears(1)
    box = ben.page.get_by_role("checkbox", name=KEEP)
    assert not await box.is_checked()
    assert await anna.page.get_by_text(SHOWN, exact=True).count() == 0
    await box.check()
    await anna.page.get_by_text(SHOWN, exact=True).wait_for()
    await ben.page.get_by_text("It is being kept.").wait_for()
    await asyncio.sleep(KEPT_S)
    await box.uncheck()
    await anna.page.get_by_text(SHOWN, exact=True).wait_for(state="detached")
    await asyncio.sleep(2)
    await ben.leave()
    return call


async def meet(chromium: Chromium, vault: Path, log: Path, voices: dict[str, Path | None]) -> Invited:
    async with serving(vault, log) as server, calling(chromium, voices) as callers, asyncio.timeout(240):
        return await kept_by_ben(server, callers)


def test_what_a_speaker_keeps_is_what_they_said(chromium: Chromium, tmp_path: Path) -> None:
    folder = tmp_path / "vault"
    with Vault.init(folder, way=InTheOpen()):
        pass
    voices = {"anna": None, "ben": write_wav(tmp_path / "ben.wav", speech(20, rate=RATE), RATE)}
    call = asyncio.run(meet(chromium, folder, tmp_path / "log", voices))
    with Vault(folder) as vault:
        kept = {
            one.speaker_id: vault.calls.speech(call.id, one.number, "verify") for one in vault.calls.streams(call.id)
        }
        assert vault.check().findings == ()
    assert kept["anna"] is None
    assert kept["ben"] is not None
    assert kept["ben"].unreadable == 0
    seconds = len(kept["ben"].frames) / 50
    assert KEPT_S / 2 < seconds < 2 * KEPT_S
    sound = np.concatenate(list(opus_sound(kept["ben"].frames)), axis=1)
    assert np.abs(sound).max() > 0.01
