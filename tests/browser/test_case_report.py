"""The report of a case in a browser: everybody can read it, on a phone, in the dark, and on paper."""

import asyncio
from pathlib import Path

import pytest
from demo.browsers import Chromium
from tests.browser.test_page import AXE, DESKTOP, PHONE, WIDE
from tests.cases.records import Leaked
from tests.cases.test_report import story_of

from earmark.cases.report.page import page as written

LEAKS = {
    "one copy": Leaked(),
    "two copies": Leaked(leakers=2, segments=150),
    "nobody": Leaked(leakers=0),
    "a call": Leaked(of_call=True),
}
SECONDS = 300  # a busy machine takes long


@pytest.mark.parametrize("name", LEAKS)
def test_the_report_can_be_read_by_everybody(chromium: Chromium, web: Path, tmp_path: Path, name: str) -> None:
    report = tmp_path / "report.html"
    report.write_bytes(written(story_of(LEAKS[name], names={"listener00": "Chloë with a name that is rather long"})))
    assert asyncio.run(looked_at(chromium, web / "node_modules/axe-core/axe.min.js", report)) == []


async def looked_at(chromium: Chromium, axe: Path, report: Path) -> list[str]:
    """Return what is wrong with a page, in every way that it may be looked at."""
    wrong = []
    async with chromium.open() as browser, asyncio.timeout(SECONDS):
        page = await browser.new_page()
        page.on("requestfailed", lambda request: wrong.append(f"asked for {request.url}"))
        await page.goto(report.as_uri())
        await page.evaluate(axe.read_text("utf-8"))
        for media in ("screen", "print"):
            for scheme in ("light", "dark"):
                await page.emulate_media(media=media, color_scheme=scheme)
                for size in (PHONE, DESKTOP):
                    await page.set_viewport_size(size)  # type: ignore[arg-type]
                    wrong += [f"{media}, {scheme}, {size}: {one}" for one in await page.evaluate(AXE)]
                    wrong += [f"{media}, {size}: too wide"] if await page.evaluate(WIDE) else []
        wrong += [] if (await page.pdf()).startswith(b"%PDF") else ["it cannot be printed"]
    return wrong
