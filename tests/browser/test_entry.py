"""Who comes to a call later, or too late: more people are invited, and who may not come in is told why."""

import asyncio
import csv
from collections.abc import Mapping
from pathlib import Path

from demo.browsers import Chromium
from demo.callers import Caller, Server, calling, gather_in, phoning, serving
from playwright.async_api import Page

from earmark.records.protection.ways import InTheOpen
from earmark.records.vault import Vault

DEAF = "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('none', 'NotFoundError'))"


async def invited(page: Page, server: Server, title: str, name: str, folder: Path) -> Mapping[str, str]:
    """Invite somebody more to a call on the host's page; return whom the file of links has, and theirs."""
    await page.goto(f"{server.address}#host={server.token}")
    await page.get_by_text(title).click()
    await page.get_by_role("button", name="Invite more people").click()
    await page.get_by_role("button", name="Invite them").click()
    await page.get_by_role("alert").filter(has_text="Invite at least one person").wait_for()
    await page.get_by_label("Name", exact=True).fill(name)
    await page.get_by_role("button", name="Add").click()
    await page.get_by_text("1 person", exact=True).wait_for()
    await page.get_by_role("button", name="Invite them").click()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Download all links (CSV)").click()
    await (await download.value).save_as(folder / "links.csv")
    with (folder / "links.csv").open(newline="", encoding="utf-8-sig") as file:
        return {row["id"]: row["link"] for row in csv.DictReader(file)}


async def told(caller: Caller, link: str, heading: str) -> None:
    """See that somebody who opens a link is told why they are not in the call."""
    await caller.page.goto("about:blank")
    await caller.page.goto(link)
    await caller.page.get_by_role("heading", name=heading).wait_for()


async def later(vault: Path, folder: Path, chromium: Chromium) -> None:
    """Hold a call to which people come later."""
    people: dict[str, Path | None] = {"anna": None, "ben": None, "chloe": None}
    async with serving(vault, folder / "log") as server, calling(chromium, people) as callers:
        anna, ben, chloe = callers.values()
        call = server.invite("Board", "anna", ["ben"], rules={"max_members": 2})
        links = await invited(chloe.page, server, "Board", "Chloe", folder)
        assert list(links) == ["chloe"]
        await gather_in(call, anna, [])
        await anna.page.get_by_role("button", name="Lock", exact=True).click()
        await anna.page.get_by_role("button", name="Unlock").wait_for()
        await told(chloe, links["chloe"], "The call is locked")
        await anna.page.get_by_role("button", name="Unlock").click()
        await anna.page.get_by_role("button", name="Lock", exact=True).wait_for()
        await chloe.page.goto("about:blank")
        await chloe.open(links["chloe"])
        await chloe.join()
        await anna.admit("chloe")
        await chloe.inside()
        await told(ben, call.links["ben"], "The call is full")


async def strange(vault: Path, folder: Path, chromium: Chromium) -> None:
    """Open invitations with browsers that are not known, and with none that hears anybody."""
    async with serving(vault, folder / "log") as server, calling(chromium, {"anna": None, "ben": None}) as callers:
        anna, ben = callers.values()
        known = server.invite("Known", "anna", ["ben"], rules={"known_devices_only": True})
        await told(ben, known.links["ben"], "This device is not known")
        call = server.invite("Open", "anna", ["ben"])
        await gather_in(call, anna, [])
        async with phoning("ben", chromium, None) as other:
            await other.page.add_init_script(DEAF)
            await other.open(call.links["ben"])
            await other.join()
            await other.page.get_by_role("alert").filter(has_text="No microphone was found.").wait_for()
            await other.join(speak=False)
            await anna.admit("ben")
            await other.inside()
            await other.hears(1)
            await told(ben, call.links["ben"], "This device is not known")


def test_more_people_are_invited_and_locked_and_full_calls_say_so(chromium: Chromium, tmp_path: Path) -> None:
    Vault.init(tmp_path / "vault", way=InTheOpen()).close()
    asyncio.run(later(tmp_path / "vault", tmp_path, chromium))


def test_unknown_browsers_are_told_and_who_has_no_microphone_may_listen(chromium: Chromium, tmp_path: Path) -> None:
    Vault.init(tmp_path / "vault", way=InTheOpen()).close()
    asyncio.run(strange(tmp_path / "vault", tmp_path, chromium))
