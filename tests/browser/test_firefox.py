"""A call of two kinds of browsers: Firefox hears Chromium, and is heard by it."""

import asyncio
from pathlib import Path

import pytest
from demo.browsers import Chromium
from demo.callers import Caller, calling, serving
from demo.firefox import Firefox, FirefoxPage, installed

from earmark.records.protection.ways import InTheOpen
from earmark.records.vault import Vault

SECONDS = 600
LOUDEST = """async () => {
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    for (const { srcObject } of document.querySelectorAll("#sound audio")) {
        context.createMediaStreamSource(srcObject).connect(analyser);
    }
    const samples = new Float32Array(analyser.fftSize);
    let loudest = 0;
    for (let looked = 0; looked < 100 && loudest < 0.05; looked += 1) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        analyser.getFloatTimeDomainData(samples);
        loudest = Math.max(loudest, ...samples.map(Math.abs));
    }
    await context.close();
    return loudest;
}"""


@pytest.fixture(scope="session")
def firefox() -> Firefox:
    found = installed()
    if found is None:
        pytest.skip("no Firefox and PulseAudio on this machine, so no call with it was tested (make browsers)")
    return found


async def hold(chromium: Chromium, firefox: Firefox, folder: Path) -> list[float]:
    """Let a host in Chromium talk with a guest in Firefox; return how loud each hears the other."""
    async with (
        asyncio.timeout(SECONDS),
        serving(folder / "vault", folder / "log") as server,
        calling(chromium, {"anna": None}) as callers,
        firefox.open() as page,
    ):
        call = server.invite("Board", "anna", ["ben"])
        anna = callers["anna"]
        await anna.open(call.links["anna"])
        await anna.join()
        await anna.inside()
        await page.open(call.links["ben"])
        await page.shows("heading", "Your copy is individually marked")
        await page.click("button", "Join opens the microphone")
        await anna.admit("ben")
        return await both_hear(anna, page)


async def both_hear(anna: Caller, page: FirefoxPage) -> list[float]:
    await page.shows("button", "Mute")
    await anna.hears(1)
    while not await page.evaluate("() => document.querySelector('#sound audio')?.currentTime > 0.5"):
        await asyncio.sleep(0.25)
    words = await page.evaluate("() => [...document.querySelectorAll('.words li')].map(word => word.innerText)")
    assert words == await anna.words()
    return [await page.evaluate(LOUDEST), await anna.page.evaluate(LOUDEST)]


def test_firefox_hears_and_is_heard(chromium: Chromium, firefox: Firefox, tmp_path: Path) -> None:
    with Vault.init(tmp_path / "vault", way=InTheOpen()):
        pass
    in_firefox, in_chromium = asyncio.run(hold(chromium, firefox, tmp_path))
    assert in_firefox > 0.01
    assert in_chromium > 0.01
