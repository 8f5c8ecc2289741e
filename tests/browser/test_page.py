"""The page as all kinds of people meet it: keyboard, screen reader, phone, darkness, and eyes that watch the wire."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from demo.browsers import Chromium
from demo.callers import serving
from playwright.async_api import Page
from tests.browser.tour import TITLE, Tour

from earmark.records.protection.ways import InTheOpen
from earmark.records.vault import Vault

PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
SECONDS = 900  # a busy machine takes long; an idle one a tenth of it
AXE = "async () => (await axe.run()).violations.flatMap(({id, nodes}) => nodes.map(n => `${id}: ${n.html}`))"
WIDE = "() => document.documentElement.scrollWidth > innerWidth"
CONTROLS = """() => [...document.querySelectorAll("a[href], button, input, textarea, select, summary, [tabindex='0']")]
    .filter(element => element.checkVisibility() && !element.disabled)"""
TO_THE_TOP = "() => { window.reached = new Set(); document.querySelector('h1').focus(); }"
REACHED = """() => {
    const element = document.activeElement;
    window.reached.add(element);
    const hidden = element.matches(":focus-visible") && getComputedStyle(element).outlineStyle === "none";
    return hidden && element !== document.body ? element.outerHTML : null;
}"""
MISSED = f"() => ({CONTROLS})().filter(element => !window.reached.has(element)).map(element => element.outerHTML)"


@dataclass
class Seen:
    """What was seen on a walk past all screens; each list is of what is wrong.

    Attributes:
        screens: their names, each with how often its page had opened the microphone by then.
    """

    axe: Path
    screens: dict[str, int] = field(default_factory=dict)
    inaccessible: list[str] = field(default_factory=list)
    too_wide: list[str] = field(default_factory=list)
    unreachable: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    ice_servers: list[Any] = field(default_factory=list)
    in_addresses: list[str] = field(default_factory=list)
    echoing: list[str] = field(default_factory=list)

    async def look(self, name: str, page: Page) -> None:
        """Look at a screen in every way."""
        await page.evaluate(self.axe.read_text("utf-8"))
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)
            for size in (PHONE, DESKTOP):
                await page.set_viewport_size(size)  # type: ignore[arg-type]
                self.inaccessible += [f"{name}, {scheme}, {size}: {one}" for one in await page.evaluate(AXE)]
                self.too_wide += [f"{name}, {size}"] if await page.evaluate(WIDE) else []
        self.unreachable += [f"{name}: {one}" for one in await self._by_keyboard(page)]
        watched = await page.evaluate("() => window.watched")
        self.screens[name] = watched["microphones"]
        self.echoing += [name] if watched["echoes"] else []
        self.violations += watched["violations"]
        self.ice_servers += watched["iceServers"]
        self.in_addresses += ["#"] if "#" in page.url else []

    async def _by_keyboard(self, page: Page) -> list[str]:
        """Go from the top to the end by the Tab key; return what was not met, or met and not seen to be."""
        focused = await page.evaluate_handle("() => document.activeElement")
        await page.evaluate(TO_THE_TOP)
        unseen = []
        for _ in range(await page.evaluate(f"() => ({CONTROLS})().length") + 2):
            await page.keyboard.press("Tab")
            unseen.append(await page.evaluate(REACHED))
        missed: list[str] = await page.evaluate(MISSED)
        await focused.evaluate("element => element.focus()")
        return missed + [one for one in unseen if one]


@dataclass(frozen=True)
class Walked:
    """What is left of the walk when it is over."""

    seen: Seen
    tour: Tour
    log: str


@pytest.fixture(scope="module")
def walked(chromium: Chromium, web: Path, tmp_path_factory: pytest.TempPathFactory) -> Walked:
    folder = tmp_path_factory.mktemp("page")
    with Vault.init(folder / "vault", way=InTheOpen()):
        pass
    return asyncio.run(walk(chromium, web / "node_modules/axe-core/axe.min.js", folder))


async def walk(chromium: Chromium, axe: Path, folder: Path) -> Walked:
    async with (
        serving(folder / "vault", folder / "log") as server,
        chromium.open() as browser,
        asyncio.timeout(SECONDS),
    ):
        seen = Seen(axe)
        tour = Tour(server, browser, seen.look)
        await tour.walk(folder)
    return Walked(seen, tour, (folder / "log").read_text("utf-8"))


def test_axe_finds_nothing_on_any_screen(walked: Walked) -> None:
    assert len(walked.seen.screens) >= 20
    assert walked.seen.inaccessible == []


def test_no_screen_is_wider_than_a_phone(walked: Walked) -> None:
    assert walked.seen.too_wide == []


def test_the_keyboard_reaches_everything_and_shows_where_it_is(walked: Walked) -> None:
    assert walked.seen.unreachable == []


def test_the_microphone_opens_when_it_is_told_to_and_never_otherwise(walked: Walked) -> None:
    opened = walked.seen.screens
    closed = {name for name, times in opened.items() if times == 0}
    assert {"notice", "host's notice", "listening only", "no link", "new call"} <= closed
    assert opened["microphone test"] == opened["lobby"] == opened["in the call"] == 1


def test_echo_is_taken_away_unless_somebody_says_otherwise(walked: Walked) -> None:
    assert walked.seen.echoing == []


def test_nothing_is_asked_of_anybody_else(walked: Walked) -> None:
    server = walked.tour.server.address.partition("://")[2]
    assert {url.partition("://")[0] for url in walked.tour.requests} <= {"http", "ws", "blob"}
    assert [url for url in walked.tour.requests if not url.partition("://")[2].startswith(server)] == []
    assert walked.seen.ice_servers == []


def test_the_pages_policy_is_never_in_its_way(walked: Walked) -> None:
    assert walked.seen.violations == []
    assert [said for said in walked.tour.complaints if "401" not in said] == []


def test_no_secret_is_in_an_address_or_in_the_log(walked: Walked) -> None:
    assert walked.seen.in_addresses == []
    tokens = [link.partition("=")[2] for link in walked.tour.links]
    assert len(tokens) == 5
    addresses = "\n".join(url for url in walked.tour.requests if "#" not in url)
    for token in tokens:
        assert token not in addresses
        assert token not in walked.log
    assert TITLE not in walked.log
