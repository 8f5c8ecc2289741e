"""Calls that are held to be measured: people in browsers who talk with real speech, and record what each of them hears.

Who talks, and with which voices, follows from a call's number and relay. All of them talk all the time, so that they
talk over each other; in every other call a fourth person is there who only listens. What was recorded stays in the
folder, beside the vault, so that it can be traced again.
"""

import asyncio
import json
import sys
import wave
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from demo.browsers import Chromium
from demo.callers import Caller, Invited, Server, calling, gather_in, serving

from bench import corpus
from bench.stage import RATE, Floats
from earmark.media.reading import read_resampled
from earmark.records.protection.ways import InTheOpen
from earmark.records.vault import Vault

SPEAKERS = ("anna", "ben", "chloe")
LISTENER = "dora"
ABSENT = tuple(f"guest{number}" for number in range(8))
TALK_S = 120.0
LONGEST_S = 900.0
VOICES = corpus.HELD[:6] + corpus.HELD[7:13]  # one talker, or one after the other; the seventh has music
LOUDNESS = (0.25, 0.9)
FACTS = "call.json"


@dataclass(frozen=True)
class Held:
    """A call that was held.

    Attributes:
        folder: has what was recorded, a file for each person.
        relay: that carried it.
        number: which of the relay's calls it is.
        call_id: in the vault.
        people: who was there.
        began_ms: when each of them began to record, on the machine's clock.
    """

    folder: Path
    relay: str
    number: int
    call_id: str
    people: tuple[str, ...]
    began_ms: Mapping[str, float] = field(default_factory=dict)

    def heard(self, name: str) -> Floats:
        """Return what somebody recorded; shape (samples,)."""
        return mono(self.folder / f"{name}.webm")

    def keep(self) -> "Held":
        """Write what is known of the call beside what was recorded, once all of it is there."""
        facts = asdict(self) | {"folder": str(self.folder)}
        (self.folder / FACTS).write_text(json.dumps(facts, indent=2))
        return self


def mono(path: Path) -> Floats:
    """Return a file's sound as one channel; shape (samples,)."""
    sound: Floats = np.concatenate(list(read_resampled(path, RATE)), axis=1).mean(axis=0)
    return sound


def kept(folder: Path) -> list[Held]:
    """Return the calls that were held in a folder, in the order of relays and numbers."""
    found = []
    for path in sorted(folder.glob(f"*/{FACTS}")):
        facts = json.loads(path.read_text())
        found.append(Held(**facts | {"folder": path.parent, "people": tuple(facts["people"])}))
    return found


def hold(chromium: Chromium, folder: Path, relay: str, number: int) -> Held:
    """Hold a call and record it, unless that was done already; its vault, ``vault`` in the folder, is every call's."""
    at = folder / f"{relay}-{number:02d}"
    done = [one for one in kept(folder) if one.folder == at]
    if done:
        return done[0]
    at.mkdir(parents=True, exist_ok=True)
    vault = folder / "vault"
    if not vault.exists():
        Vault.init(vault, way=InTheOpen()).close()
    print(f"holding call {number + 1} over {relay} …", file=sys.stderr, flush=True)
    return asyncio.run(_held(chromium, vault, at, relay, number)).keep()


async def _held(chromium: Chromium, vault: Path, at: Path, relay: str, number: int) -> Held:
    rng = np.random.default_rng([number, *relay.encode()])
    voices: dict[str, Path | None] = dict(zip(SPEAKERS, spoken(at, rng), strict=True))
    if number % 2:
        voices[LISTENER] = None
    async with (
        asyncio.timeout(LONGEST_S),
        serving(vault, at / "log", "--relay", relay) as server,
        calling(chromium, voices) as callers,
    ):
        call = await _gathered(server, callers, f"{relay} {number}")
        began_ms = {}
        for name, caller in callers.items():
            await caller.record()
            began_ms[name] = await caller.page.evaluate("() => performance.timeOrigin + performance.now()")
        await asyncio.sleep(TALK_S)
        await asyncio.gather(*(caller.recorded(at / f"{name}.webm") for name, caller in callers.items()))
        await callers[SPEAKERS[0]].page.get_by_role("button", name="End…").click()
        await callers[SPEAKERS[0]].page.get_by_role("button", name="End for everybody").click()
        await callers[SPEAKERS[0]].page.get_by_role("heading", name="The call has ended").wait_for()
    return Held(at, relay, number, call.id, tuple(callers), began_ms)


async def _gathered(server: Server, callers: Mapping[str, Caller], title: str) -> Invited:
    host, *guests = callers.values()
    call = server.invite(title, host.name, [*(guest.name for guest in guests), *ABSENT])
    await gather_in(call, host, guests, listening=[LISTENER])
    for caller in callers.values():
        await caller.hears(len(SPEAKERS) - (caller.name in SPEAKERS))
    return call


def spoken(folder: Path, rng: np.random.Generator) -> list[Path]:
    """Write what each speaker says: another voice, from anywhere in it, more or less loud."""
    chosen = rng.permutation(len(VOICES))[: len(SPEAKERS)]
    return [spoken_by(folder / f"{name}.wav", VOICES[at], rng) for name, at in zip(SPEAKERS, chosen, strict=True)]


def spoken_by(path: Path, voice: str, rng: np.random.Generator) -> Path:
    """Write a voice as a microphone gives it."""
    sound = corpus.load(voice, RATE)
    sound = np.roll(sound, int(rng.integers(len(sound))))
    level = rng.uniform(*LOUDNESS) * 32_767 / np.abs(sound).max()
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        out.writeframes((sound * level).astype("<i2").tobytes())
    return path
