"""Earmark's call against a plain one: how it sounds, how late it is, and what it costs each page.

A plain call is the browser's own Opus with as many bits, neither sealed nor marked, through the same relay. Both are
held in turn by the same three people with the same voices. In every page the microphone and what is heard of each other
person are taken down with the machine's clock. What a tap costs is not counted: pages are timed before they are tapped.
"""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import scipy.signal
import soxr
from demo.browsers import Chromium, installed
from demo.callers import Caller, calling, gather_in, serving
from numpy.typing import NDArray
from playwright.async_api import Route

from bench.held import SPEAKERS, spoken
from bench.stage import RATE, Floats
from bench.tables import MISSED
from earmark.call.relays.base import Relay
from earmark.call.relays.builtin import BuiltinRelay
from earmark.call.relays.janus import JanusRelay
from earmark.records.protection.ways import InTheOpen
from earmark.records.vault import Vault

ROUNDS = 4
SETTLE_S, TIMED_S, TAPPED_S = 5.0, 15.0, 26.0
RELAYS = ("builtin", "janus")
KINDS = ("plain", "earmark")
PIECE_S, MIDDLE_S, HOP_S, LATEST_S = 8.0, 1.0, 3.0, 1.5
JUDGED_RATE = 16_000
LEAST_LIKE, FAINTEST = 0.5, 1e-6
BLOCK = 1024  # samples, as the tap sends them
SEED = 20_261_129
_PAGE, _TAP = Path(__file__).with_name("plain_page"), Path(__file__).with_name("tap.js")
_ORIGIN, _ROOM = "http://localhost:9", "plain"
_TYPES = {".html": "text/html", ".js": "text/javascript"}

ABOUT = (
    "Three people in headless Chromium hold Earmark's call and a plain one (the browser's own Opus, 32 kb/s CBR) in\n"
    "turn, over each relay. PESQ-WB of what is heard against what the microphone gave, in pieces of 8 s; delay from\n"
    "microphone to ear, by correlation; CPU time of a page's processes."
)
HEAD = ("", "relay", "plain", "Earmark", "against plain", "goal")


@dataclass(frozen=True)
class Tapped:
    """What was taken down in a page.

    Attributes:
        sounds: the microphone's first, then what is heard of each other person; shape (streams, samples).
        arrived_ms: when each block of ``BLOCK`` samples was complete, on the machine's clock.
    """

    sounds: Floats
    arrived_ms: NDArray[np.float64]

    @classmethod
    def read(cls, path: Path, blocks: int) -> "Tapped":
        """Read what a page gave: when its blocks were complete, then the samples of one stream after the other."""
        given = path.read_bytes()
        samples = np.asarray(np.frombuffer(given[8 * blocks :], "<i2") / 32_768, np.float32)
        return cls(samples.reshape(-1, blocks * BLOCK), np.frombuffer(given[: 8 * blocks], "<f8"))

    @cached_property
    def _late_ms(self) -> NDArray[np.float64]:
        """Of each block, when its stream began by the block that was the most in time of those around it."""
        began = self.arrived_ms - (np.arange(len(self.arrived_ms)) + 1) * BLOCK * 1000 / RATE
        around = round(RATE / BLOCK)
        padded = np.pad(began, around, mode="edge")
        least: NDArray[np.float64] = np.lib.stride_tricks.sliding_window_view(padded, 2 * around + 1).min(axis=1)
        return least

    def ms_at(self, sample: int) -> float:
        """Return when a sample was there, on the machine's clock."""
        block = min(max(0, sample // BLOCK), len(self._late_ms) - 1)
        return float(self._late_ms[block] + sample * 1000 / RATE)

    def sample_at(self, ms: float) -> int:
        """Return which sample was there at a time."""
        return round((ms - float(self._late_ms[0])) * RATE / 1000)


@dataclass(frozen=True)
class Heard:
    """A piece of what somebody said as somebody else heard it.

    Attributes:
        said, heard: both sounds, in step; shape (samples,).
        delay_ms: from one microphone to the other's ear.
        alike: their correlation, 0 to 1.
    """

    said: Floats
    heard: Floats
    delay_ms: float
    alike: float

    @property
    def pesq(self) -> float | None:
        """PESQ-WB of what was heard; None where nothing was said."""
        from pesq import NoUtterancesError, pesq  # noqa: PLC0415 -- all else here works without it

        one, other = (soxr.resample(sound, RATE, JUDGED_RATE) for sound in (self.said, self.heard))
        try:
            return float(pesq(JUDGED_RATE, one, other, "wb"))
        except NoUtterancesError:
            return None


def pieces(speaker: Tapped, listener: Tapped, stream: int) -> Iterator[Heard]:
    """Yield what a speaker's microphone gave, piece by piece, as it may be found in what a listener heard.

    A piece is found by its middle alone: a jitter buffer may stretch what is longer.
    """
    said, heard = speaker.sounds[0], listener.sounds[stream]
    size, latest, middle = round(PIECE_S * RATE), round(LATEST_S * RATE), round(MIDDLE_S * RATE)
    before = (size - middle) // 2
    for start in range(0, len(said) - size, round(HOP_S * RATE)):
        first = listener.sample_at(speaker.ms_at(start))
        if first >= 0 and first + latest + size <= len(heard):
            found, alike = placed(
                said[start + before : start + before + middle],
                heard[first + before : first + before + middle + latest],
            )
            late = first + found
            delay_ms = listener.ms_at(late + before) - speaker.ms_at(start + before)
            yield Heard(said[start : start + size], heard[late : late + size], delay_ms, alike)


def placed(piece: Floats, around: Floats) -> tuple[int, float]:
    """Return where in a sound a piece of it fits best, and their correlation there."""
    powers = np.cumsum(np.pad(around.astype(np.float64) ** 2, (1, 0)))
    norm = np.sqrt((powers[len(piece) :] - powers[: -len(piece)]) * float(piece @ piece) + FAINTEST)
    alike = scipy.signal.correlate(around, piece, "valid") / norm
    best = int(np.argmax(alike))
    return best, float(alike[best])


def heard_of(speaker: Tapped, listener: Tapped) -> list[Heard]:
    """Return what a listener heard of a speaker: of all streams the one that is most like what was said."""
    streams = [list(pieces(speaker, listener, stream)) for stream in range(1, len(listener.sounds))]
    best = max(streams, key=lambda found: float(np.median([one.alike for one in found] or [0])))
    return [one for one in best if one.alike >= LEAST_LIKE]


@dataclass(frozen=True)
class Held:
    """What was measured of one call.

    Attributes:
        kind: one of ``KINDS``.
        relay: that carried it.
        cpu: what each page took of a core, 0 to 1.
        delays_ms: of each piece that was found.
        scores: PESQ-WB of each of them.
    """

    kind: str
    relay: str
    cpu: tuple[float, ...]
    delays_ms: tuple[float, ...]
    scores: tuple[float, ...]


async def measured(kind: str, relay: str, callers: Sequence[Caller]) -> Held:
    """Measure a call that is held: first what pages take, then what is heard in them."""
    await asyncio.sleep(SETTLE_S)
    before = [await cpu_s(caller) for caller in callers]
    await asyncio.sleep(TIMED_S)
    cpu = [(await cpu_s(caller) - then) / TIMED_S for caller, then in zip(callers, before, strict=True)]
    await asyncio.gather(*(caller.page.evaluate("() => window.tap.start()") for caller in callers))
    await asyncio.sleep(TAPPED_S)
    taps = await asyncio.gather(*(taken_down(caller) for caller in callers))
    heard = [one for said in taps for tap in taps if tap is not said for one in heard_of(said, tap)]
    scores = [one.pesq for one in heard]
    return Held(
        kind,
        relay,
        tuple(cpu),
        tuple(one.delay_ms for one in heard),
        tuple(score for score in scores if score is not None),
    )


async def cpu_s(caller: Caller) -> float:
    """Return the CPU time that the processes of a caller's pages have taken."""
    browser = caller.page.context.browser
    assert browser is not None  # noqa: S101 -- contexts of browsers that were launched have one
    session = await browser.new_browser_cdp_session()
    found = await session.send("SystemInfo.getProcessInfo")
    await session.detach()
    return float(sum(one["cpuTime"] for one in found["processInfo"] if one["type"] == "renderer"))


async def taken_down(caller: Caller) -> Tapped:
    """End a tap, and return what it took down."""
    async with caller.page.expect_download() as download:
        blocks = await caller.page.evaluate("() => window.tap.stop()")
    return Tapped.read(await (await download.value).path(), blocks)


async def tapped(caller: Caller) -> None:
    """Let a page be tapped; before anything is opened in it."""
    session = await caller.page.context.new_cdp_session(caller.page)
    await session.send("Page.setBypassCSP", {"enabled": True})
    await caller.page.add_init_script(_TAP.read_text())


@asynccontextmanager
async def earmarked(relay: str, callers: Sequence[Caller], folder: Path) -> AsyncIterator[None]:
    """Hold Earmark's call."""
    host, *guests = callers
    Vault.init(folder / "vault", way=InTheOpen()).close()
    async with serving(folder / "vault", folder / "log", "--relay", relay) as server:
        call = server.invite("Bench", host.name, [guest.name for guest in guests])
        await gather_in(call, host, guests)
        for caller in callers:
            await caller.hears(len(guests))
        yield


@asynccontextmanager
async def plain(relay: str, callers: Sequence[Caller], _: Path) -> AsyncIterator[None]:
    """Hold a plain call."""
    engine: Relay = BuiltinRelay() if relay == "builtin" else JanusRelay()
    await engine.start()
    try:
        for caller in callers:
            await _connected(engine, caller)
        for stream, caller in enumerate(callers):
            await caller.page.evaluate("stream => window.member.speak(stream)", stream)
        for listener, caller in enumerate(callers):
            for stream in range(len(callers)):
                if stream != listener:
                    await caller.page.evaluate("stream => window.member.listen(stream)", stream)
        for caller in callers:
            await caller.hears(len(callers) - 1)
        yield
    finally:
        await engine.stop()


async def _connected(relay: Relay, caller: Caller) -> None:
    page, name = caller.page, caller.name
    await page.route(f"{_ORIGIN}/**", _serve)
    await page.expose_function("relayPublish", lambda stream, sdp: relay.publish(_ROOM, stream, name, sdp))
    await page.expose_function("relaySubscribe", lambda stream: relay.subscribe(_ROOM, stream, name))
    await page.expose_function("relayAnswer", lambda stream, sdp: relay.answer(_ROOM, stream, name, sdp))
    await page.goto(_ORIGIN)
    await page.wait_for_function("() => window.member !== undefined")


async def _serve(route: Route) -> None:
    file = _PAGE / (route.request.url.removeprefix(_ORIGIN).lstrip("/") or "index.html")
    if file.is_file():
        await route.fulfill(body=file.read_bytes(), content_type=_TYPES[file.suffix])
    else:
        await route.fulfill(status=404)


async def hold(chromium: Chromium, kind: str, relay: str, number: int) -> Held:
    """Hold a call of a kind and measure it."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        voices = spoken(folder, np.random.default_rng([SEED, number]))
        async with calling(chromium, dict(zip(SPEAKERS, voices, strict=True))) as callers:
            for caller in callers.values():
                await tapped(caller)
            async with (earmarked if kind == "earmark" else plain)(relay, list(callers.values()), folder):
                return await measured(kind, relay, list(callers.values()))


def measure(rounds: int) -> Iterator[Held]:
    """Hold calls of both kinds in turn, so many of each over each relay."""
    chromium = installed()
    if chromium is None:
        print("bench: there is no Chromium here, so no call is held", file=sys.stderr)
        return
    relays = [relay for relay in RELAYS if relay != "janus" or shutil.which("janus")]
    for number in range(rounds):
        for relay in relays:
            for kind in KINDS[:: 1 if number % 2 else -1]:
                one = asyncio.run(hold(chromium, kind, relay, number))
                print("  ".join((one.kind, *summary([one]))), file=sys.stderr, flush=True)
                yield one


def summary(found: Sequence[Held]) -> tuple[str, str, str]:
    """Return PESQ, delay and CPU of calls, for people."""
    these = figures(found)
    return f"PESQ {these.pesq:.2f}", f"{these.delay_ms:.0f} ms", f"{these.cpu:.0%}"


@dataclass(frozen=True)
class Figures:
    """What calls come to: pieces found again, mean PESQ-WB, median delay in ms, mean part of a core that a page takes.

    Where no piece was found, PESQ and delay are NaN.
    """

    pieces: int
    pesq: float
    delay_ms: float
    cpu: float


def figures(found: Sequence[Held]) -> Figures:
    """Sum up calls."""
    scores = [score for one in found for score in one.scores]
    delays = [delay for one in found for delay in one.delays_ms]
    pesq = float(np.mean(scores)) if scores else float("nan")
    delay_ms = float(np.median(delays)) if delays else float("nan")
    return Figures(len(delays), pesq, delay_ms, float(np.mean([part for one in found for part in one.cpu])))


def rows(found: Sequence[Held]) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the table."""
    for relay in dict.fromkeys(one.relay for one in found):
        kinds = [[one for one in found if (one.relay, one.kind) == (relay, kind)] for kind in KINDS]
        if all(kinds):
            yield from compared(relay, *map(figures, kinds))


def compared(relay: str, one: Figures, other: Figures) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a relay: a plain call, then Earmark's."""
    lost, later = other.pesq - one.pesq, other.delay_ms - one.delay_ms
    yield "pieces found again", relay, str(one.pieces), str(other.pieces), "", ""
    yield "PESQ-WB", relay, f"{one.pesq:.2f}", f"{other.pesq:.2f}", f"{lost:+.2f}" + MISSED * (lost < -0.1), "≥ -0.10"
    yield (
        "microphone to ear",
        relay,
        f"{one.delay_ms:.0f} ms",
        f"{other.delay_ms:.0f} ms",
        f"{later:+.0f} ms" + MISSED * (later > 60),
        "≤ +60 ms",
    )
    times = other.cpu / one.cpu
    ratio = f"{times:.2f} ×" + MISSED * (times > 1.5)
    yield "of a core, each page", relay, f"{one.cpu:.0%}", f"{other.cpu:.0%}", ratio, "≤ 1.5 ×"
