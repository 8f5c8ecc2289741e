"""How a call sounds, and whom a leak of it names, where the network is bad: with copies of frames, and without.

One call is held for each row, which takes root. Anna speaks; Ben, who listens and leaks, is at the end of a bad link.
What he records is compared with what Anna's microphone played, piece by piece, and traced.
"""

import asyncio
import math
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.signal
from demo.browsers import Chromium, installed
from demo.callers import Caller, gather_in, phoning, serving
from numpy.typing import NDArray

from bench.calling import certify, voice, write
from bench.network import Conditions, Host, network, possible
from earmark.api import trace
from earmark.media.reading import read_resampled
from earmark.records.protection.ways import InTheOpen
from earmark.records.vault import Vault

RATE = 16_000
PIECE_S = 5
DRIFT = RATE // 4
FAINT = 1e-3
UNKNOWN = "lost its way"
SETTLE_S = 20.0
LEAKS_S = (30, 60)
CONDITIONS = {
    "good": Conditions(),
    "5 % lost": Conditions(loss=0.05),
    "bursts of 200 ms": Conditions(burst_s=0.2),
    "100 ms jitter": Conditions(jitter_s=0.1),
    "100 kb/s": Conditions(rate=100_000),
    "5 %, bursts and jitter": Conditions(loss=0.05, burst_s=0.2, jitter_s=0.1),
}

_AS_IT_IS = """
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
navigator.mediaDevices.getUserMedia = ({ audio }) => open({ audio: { ...audio, ...raw } });
"""
"""Has a microphone's sound left as it is, so that what is heard can be compared with it."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Heard:
    """What came of one call.

    Attributes:
        leak: what was recorded.
        concealed: the share of it that the browser made up; NaN where the connection was lost and made anew.
        kept_ms: how much of it the jitter buffer kept back, on average; NaN likewise.
    """

    leak: Path
    concealed: float
    kept_ms: float


@asynccontextmanager
async def two(folder: Path, relay: str = "builtin") -> AsyncIterator[tuple[Caller, Caller, Host]]:
    """Hold a call in which Anna speaks and Ben listens; give both, and Ben's host, whose link is good so far."""
    chromium = installed()
    assert chromium is not None  # noqa: S101 -- it was looked for
    with network(2) as (here, hosts):
        cert, key = certify(here, folder)
        places = ("--host", here, "--media-address", here, "--tls-cert", str(cert), "--tls-key", str(key))
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(
                serving(folder / "vault", folder / "log", "--relay", relay, *places, certificate=cert)
            )
            anna, ben = [
                await stack.enter_async_context(
                    phoning(name, Chromium(str(host.wrapper(chromium.executable, folder))), folder / "anna.wav")
                )
                for name, host in zip(("anna", "ben"), hosts, strict=True)
            ]
            await anna.page.add_init_script(_AS_IT_IS)
            await ben.watch()
            await gather_in(server.invite("Board", "anna", ["ben", "chloe"]), anna, [ben], listening=["ben"])
            yield anna, ben, hosts[1]


async def heard(folder: Path, conditions: Conditions, *, copies: bool, seconds: float) -> Heard:
    """Hold a call under conditions; return what Ben heard once the speaker's browser has had time to adapt."""
    async with two(folder) as (_, ben, host):
        await ben.page.evaluate("silent => { window.silentOnLoss = silent; }", not copies)
        await ben.hears(1)
        host.suffer(conditions)
        await asyncio.sleep(SETTLE_S)
        before = await ben.sound()
        await ben.record()
        await asyncio.sleep(seconds)
        now = await ben.sound()
        host.suffer(Conditions())
        leak = await ben.recorded(folder / "leak.webm")
    came = {name: now[name] - before[name] for name in now}
    if came["samples"] <= 0 or came["emitted"] <= 0:  # counted from the beginning, on another connection
        return Heard(leak, math.nan, math.nan)
    return Heard(leak, came["concealed"] / came["samples"], 1000 * came["delayed"] / came["emitted"])


def sound_of(path: Path) -> Floats:
    """Return a file's sound at 16 kHz."""
    sound: Floats = np.concatenate(list(read_resampled(path, RATE)), axis=1).mean(axis=0)
    return sound


def matched(original: Floats, leak: Floats) -> Iterator[tuple[Floats, Floats]]:
    """Yield pieces of the leak, each with what was said, found by the likeness of their waves."""
    looped = np.concatenate([original, original, original])
    for start in range(0, len(leak) - PIECE_S * RATE + 1, PIECE_S * RATE):
        piece = leak[start : start + PIECE_S * RATE]
        at = len(original) + place(looped[: len(original) + len(piece)], piece)
        yield in_step(looped, at, piece), piece


def place(sound: Floats, piece: Floats) -> int:
    """Return at which sample of a sound a piece of it begins: where their waves are most alike."""
    products = scipy.signal.correlate(sound, piece, mode="valid", method="fft")
    sums = np.concatenate([[0.0], np.cumsum(sound.astype(np.float64) ** 2)])
    powers = sums[len(piece) :] - sums[: -len(piece)]
    return int((products / np.sqrt(powers + FAINT)).argmax())


def in_step(sound: Floats, at: int, piece: Floats) -> Floats:
    """Return what a piece should be, where it begins at about that sample: second by second.

    Browsers play sound a little slower or faster to keep more or less of it back.
    """
    steps = []
    for start in range(0, len(piece), RATE):
        near = sound[at + start - DRIFT : at + start + RATE + DRIFT]
        shift = place(near, piece[start : start + RATE])
        steps.append(near[shift : shift + RATE])
    return np.concatenate(steps)


def judged(original: Floats, leak: Floats) -> tuple[float, float]:
    """Return PESQ-WB and STOI of a leak, the means over its pieces."""
    from pesq import pesq  # noqa: PLC0415 -- the benchmark's own
    from pystoi import stoi  # noqa: PLC0415 -- likewise

    pairs = list(matched(original, leak))
    scores = [(pesq(RATE, one, other, "wb"), float(stoi(one, other, RATE))) for one, other in pairs]
    means = np.mean(scores, axis=0)
    return float(means[0]), float(means[1])


def named(folder: Path, leak: Floats) -> str:
    """Say what the first seconds of a leak name."""
    found = []
    for seconds in LEAKS_S:
        path = write(folder / f"{seconds}.wav", leak[: seconds * RATE], RATE)
        with Vault(folder / "vault") as vault:
            found += [",".join(one.listener for one in trace(vault, path).named) or "nobody"]
    return " / ".join(found)


def row(name: str, conditions: Conditions, *, copies: bool) -> tuple[str, ...]:
    """Hold one call, and return its row of the table."""
    with tempfile.TemporaryDirectory(prefix="earmark-lossy-") as scratch:
        folder = Path(scratch)
        with Vault.init(folder / "vault", way=InTheOpen()):
            pass
        voice(0, folder / "anna.wav")
        found = asyncio.run(heard(folder, conditions, copies=copies, seconds=max(LEAKS_S) + 1))
        return (name, "yes" if copies else "no", *columns(folder, found))


def columns(folder: Path, found: Heard) -> tuple[str, ...]:
    """Return what is told of a call."""
    leak = sound_of(found.leak)
    score, intelligible = judged(sound_of(folder / "anna.wav"), leak)
    return (
        f"{score:.2f}",
        f"{intelligible:.3f}",
        UNKNOWN if math.isnan(found.concealed) else f"{found.concealed:.1%}",
        UNKNOWN if math.isnan(found.kept_ms) else f"{found.kept_ms:.0f} ms",
        named(folder, leak),
    )


ABOUT = (
    "One person speaks, another listens at the end of a link that is bad both ways (bursts: nothing comes through for\n"
    "200 ms every 4 s) and leaks a minute: with copies of lost frames, and where the speaker is not told of losses.\n"
    "PESQ-WB and STOI of what was recorded against what the microphone gave, in pieces of 5 s, each second in step.\n"
    "*Lost its way*: the listener's page lost its connections in that minute, and made them anew."
)
HEAD = ("the link", "copies", "PESQ-WB", "STOI", "made up", "kept back", "named from 30 / 60 s")


def rows() -> Iterator[tuple[str, ...]]:
    """Hold the calls, and yield the rows of the table."""
    if not possible() or installed() is None:
        print("bench: networks need root and the program ip, and calls need Chromium: none is held", file=sys.stderr)
        return
    for name, conditions in CONDITIONS.items():
        for copies in (False, True) if conditions != Conditions() else (True,):
            yield row(name, conditions, copies=copies)
