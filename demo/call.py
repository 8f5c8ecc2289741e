"""The demo of a call: three people talk in browsers, one of them records what they hear and leaks it, and is named.

``make call``, or ``make call RELAY=janus``. Everything happens in a temporary folder, on this machine alone.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import numpy as np

from bench.attacks import Attack
from bench.corpus import available, load
from demo.browsers import Chromium, installed
from demo.callers import calling, gather_in, serving
from demo.telling import COMMAND, ran, tell
from earmark.media.reading import read_resampled

RATE = 48_000
TALK_S = 60
LEAK_KIND = "opus:16k"
TITLE = "Board"
VOICES = {
    "anna": "speech/librispeech-testother_2609_en",
    "ben": "speech/librispeech-testother_2033_en",
    "chloe": "speech/librispeech-testother_1998_en",
}
NO_BROWSER = "earmark: error: there is no Chromium on this machine\nearmark: hint: apt-get install chromium\n"
NO_VOICE = "earmark: error: there is no speech here to talk with, and no voice to make any\n"


def main() -> int:
    """Hold the call; the exit status says whether the right copy was named."""
    chromium = installed()
    if chromium is None:
        sys.stderr.write(NO_BROWSER)
        return 1
    with tempfile.TemporaryDirectory(prefix="earmark-call-") as folder:
        os.environ["EARMARK_VAULT"] = str(Path(folder, "vault"))
        os.environ["EARMARK_VAULT_KEY_FILE"] = str(Path(folder, "vault.key"))  # so that nobody is asked
        os.chdir(folder)
        try:
            voices = {name: spoken(name) for name in VOICES}
        except (ImportError, OSError):
            sys.stderr.write(NO_VOICE)
            return 1
        return shown(chromium, voices, sys.argv[1] if len(sys.argv) > 1 else "builtin")


def spoken(name: str) -> Path:
    """Write what somebody says: real speech if it is at hand, or else a machine's voice."""
    path = Path(f"{name}.wav")
    if not available():
        from demo.voice import speak  # noqa: PLC0415 - not on every platform

        speak(path)
        return path
    sound = load(VOICES[name], RATE)
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        out.writeframes((sound / np.abs(sound).max() * 16_000).astype("<i2").tobytes())
    return path


def shown(chromium: Chromium, voices: dict[str, Path], relay: str) -> int:
    """Show all of it, in the current folder."""
    tell("A vault for keys and records comes first:")
    ran("init")
    leaker = random.choice(tuple(voices))
    heard = asyncio.run(held(chromium, voices, relay, leaker))
    tell("The call is over. Who was there?")
    ran("calls")
    ran("calls", "show", TITLE)
    leak = low_rate(heard)
    tell(f"Somebody sends {leak.name} to a newspaper, {leak.stat().st_size // 1000} kB, Opus at 16 kb/s. Whose copy?")
    ran("trace", str(leak))
    return judged(leak, leaker)


async def held(chromium: Chromium, voices: dict[str, Path], relay: str, leaker: str) -> Path:
    """Hold the call, over the relay ``relay``; return what ``leaker`` recorded."""
    async with (
        serving(Path("vault"), Path("log"), "--relay", relay) as server,
        calling(chromium, dict(voices)) as callers,
    ):
        tell(f"$ earmark serve --relay {relay}\n\n  page   {server.address}\n\nThree browsers open their invitations:")
        host, *guests = callers.values()
        call = server.invite(TITLE, host.name, [guest.name for guest in guests], classification="confidential")
        await gather_in(call, host, guests)
        for caller in callers.values():
            await caller.hears(len(guests))
        tell(f"All are in. Their safety words agree: {' '.join(await host.words())}.")
        tell(f"They talk for {TALK_S} s, all at once; in one of the pages, what is heard is recorded.")
        await callers[leaker].record()
        await asyncio.sleep(TALK_S)
        recorded = await callers[leaker].recorded(Path("heard.webm"))
        for guest in guests:
            await guest.leave()
        await host.page.get_by_role("button", name="End…").click()
        await host.page.get_by_role("button", name="End for everybody").click()
        await host.page.get_by_role("heading", name="The call has ended").wait_for()
        return recorded


def low_rate(heard: Path) -> Path:
    """Encode what was recorded as a messenger's voice note."""
    sound = np.concatenate(list(read_resampled(heard, RATE)), axis=1).mean(axis=0)
    return Attack(LEAK_KIND).write(sound, RATE, Path("leak"), seed=0)


def judged(leak: Path, leaker: str) -> int:
    """Print whom the trace named, and return whether it was right."""
    answer = subprocess.run([COMMAND, "trace", leak, "--json"], stdout=subprocess.PIPE, text=True, check=False)
    names = [one["listener"] for one in json.loads(answer.stdout)["named"]]
    tell(f"It was {leaker} who recorded. The demo's vault and recordings are gone again.")
    print(f"named: {' '.join(names) or 'nobody'}")
    return int(names != [leaker])


if __name__ == "__main__":
    sys.exit(main())
