"""A walk past all screens of the page, by keyboard alone: one server, one call, five browsers' worth of people."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from demo.callers import WAIT_S, Server
from demo.keys import press, reach, write
from playwright.async_api import Browser, BrowserContext, Page

Look = Callable[[str, Page], Awaitable[None]]

TITLE = "Third quarter, before the announcement"
PEOPLE = """\ufeffid;name;email
anna;Anna Weiß;anna@example.org
ben;Ben Okafor;
chloe;Chloe Ångström;
dora;Dora Nováková;
"""
OLD_BROWSER = "delete window.RTCRtpScriptTransform"
WATCH = """
    window.watched = { violations: [], iceServers: [], microphones: 0, echoes: 0 };
    document.addEventListener("securitypolicyviolation", (event) => {
      window.watched.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
    });
    const open = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
    if (open) navigator.mediaDevices.getUserMedia = (asked) => {
      window.watched.microphones += 1;
      window.watched.echoes += asked.audio.echoCancellation === true ? 0 : 1;
      return open(asked);
    };
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration) {
        super(configuration);
        window.watched.iceServers.push(...(configuration?.iceServers ?? []));
      }
    };
"""


@dataclass
class Tour:
    """A walk, and what comes to light on the way.

    Attributes:
        server: that is walked past.
        browser: in which everybody has a profile of their own.
        look: is called at every screen.
        links: that were given out.
        requests: addresses that anything was asked of, WebSockets included.
        complaints: what browsers wrote on their consoles.
    """

    server: Server
    browser: Browser
    look: Look
    links: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    async def walk(self, folder: Path) -> None:
        """Walk past everything."""
        await self._without_a_link()
        host = await self._profile()
        links = await self._new_call(host, folder)
        await self._more_people(host)
        await self._enter_as_host(host)
        await self._in_the_call(host, links)
        await self._afterwards(host)

    async def _profile(self, script: str = "") -> Page:
        context = await self.browser.new_context(reduced_motion="reduce")
        context.set_default_timeout(1000 * WAIT_S)
        await context.add_init_script(WATCH + script)
        self._listen_to(context)
        return await context.new_page()

    def _listen_to(self, context: BrowserContext) -> None:
        context.on("request", lambda request: self.requests.append(request.url))
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("page", lambda page: page.on("websocket", lambda socket: self.requests.append(socket.url)))
        context.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)

    async def _screen(self, page: Page, name: str, heading: str | None = None) -> None:
        if heading:
            await page.get_by_role("heading", name=heading).first.wait_for()
        await self.look(name, page)

    async def _without_a_link(self) -> None:
        page = await self._profile()
        await page.goto(self.server.address)
        await self._screen(page, "no link", "A link is missing")
        await page.goto(f"{self.server.address}#join={'A' * 43}")
        await self._screen(page, "refused: not invited", "This invitation is not valid")
        await page.goto(f"{self.server.address}#host={'A' * 43}")
        await page.get_by_role("alert").filter(has_text="This host’s link is not valid.").wait_for()
        await page.context.close()

    async def _new_call(self, host: Page, folder: Path) -> dict[str, str]:
        link = f"{self.server.address}#host={self.server.token}"
        self.links.append(link)
        await host.goto(link)
        await self._screen(host, "new call", "A new confidential call")
        await press(host, "button", "Create the call")
        await host.get_by_role("alert").filter(has_text="The call needs a name.").wait_for()
        await write(host, "Name of the call", TITLE)
        await write(host, "Your name", "Vera Lind")
        people = folder / "people.csv"
        people.write_text(PEOPLE, "utf-8")
        await host.get_by_label("Or from a CSV file").set_input_files(people)  # the browser's own window chooses files
        await host.get_by_text("4 people").wait_for()
        await write(host, "Name", "Emil " + "Extraordinarily-Long-" * 5)
        await press(host, "button", "Add")
        await write(host, "Name", "Anna")
        await press(host, "button", "Add")
        await self._screen(host, "mistakes in the list")
        await host.get_by_text("Line 7: “anna” is there twice").wait_for()
        await reach(host, host.get_by_label("Or a list: id, name, email, one person a line"))
        await host.keyboard.press("Control+End")
        await host.keyboard.press("Shift+Control+Home")
        await host.keyboard.insert_text(PEOPLE.lstrip("\ufeff"))
        await host.get_by_text("4 people").wait_for()
        await press(host, "button", "Create the call")
        await self._screen(host, "created", TITLE)
        await host.get_by_role("button", name="Copy the link for Anna Weiß").wait_for()
        links = {name: await host.locator(f"#link-{name}").input_value() for name in ("anna", "ben", "chloe", "dora")}
        self.links += links.values()
        return links

    async def _more_people(self, host: Page) -> None:
        page = await host.context.new_page()
        await page.goto(f"{self.server.address}#host={self.server.token}")
        await page.get_by_text(TITLE).click()
        await page.get_by_role("region", name="Who heard which minutes").wait_for()
        await self._screen(page, "a call to come")
        await press(page, "button", "Invite more people")
        await self._screen(page, "more people", TITLE)
        await page.close()

    async def _enter_as_host(self, host: Page) -> None:
        await press(host, "link", "Enter the call as host")
        await self._screen(host, "host's notice", TITLE)
        await press(host, "button", "Join opens the microphone")
        await self._screen(host, "alone in the call", "Safety words")

    async def _in_the_call(self, host: Page, links: dict[str, str]) -> None:
        anna, ben = await self._profile(), await self._profile()
        await anna.goto(links["anna"])
        await self._screen(anna, "notice", "Your copy is individually marked")
        await press(anna, "button", "Test the microphone")
        await self._screen(anna, "microphone test", "Your microphone")
        await press(anna, "checkbox", "Let me hear myself (with headphones, else it whistles)")
        await press(anna, "button", "Join with this microphone")
        await self._screen(anna, "lobby", "Waiting for the host")
        await self._screen(host, "somebody waits")
        await press(host, "button", "Admit Anna Weiß")
        await anna.get_by_role("toolbar", name="Call").wait_for()
        await self._listening(host, ben, links["ben"])
        await anna.get_by_text("Speaking").first.wait_for()
        await host.get_by_text("Speaking").first.wait_for()
        await self._screen(anna, "in the call")
        await self._refused(links)
        await self._muted(anna)
        await self._screen(host, "in the call as host")
        await self._turned_out(host, anna, ben)

    async def _listening(self, host: Page, ben: Page, link: str) -> None:
        await ben.goto(link)
        await press(ben, "button", "Join and listen only the microphone stays closed")
        await press(host, "button", "Admit Ben Okafor")
        await ben.get_by_text("Listening only").first.wait_for()
        await self._screen(ben, "listening only")

    async def _refused(self, links: dict[str, str]) -> None:
        for name, script, reason in (
            ("anna", "", "This device is not known"),
            ("chloe", OLD_BROWSER, "This browser is too old"),
        ):
            page = await self._profile(script)
            await page.goto(links[name])
            await self._screen(page, f"refused: {reason}", reason)
            await page.context.close()

    async def _muted(self, anna: Page) -> None:
        await anna.keyboard.press("m")
        await anna.get_by_role("button", name="Unmute").wait_for()
        await press(anna, "button", "Unmute")
        await anna.get_by_role("button", name="Mute", exact=True).wait_for()

    async def _turned_out(self, host: Page, anna: Page, ben: Page) -> None:
        await press(host, "button", "Lock")
        await anna.get_by_text("Locked", exact=True).wait_for()
        await press(host, "button", "Remove Anna Weiß")
        await self._screen(host, "to be removed?")
        await press(host, "button", "Remove for good")
        await self._screen(anna, "removed", "You were removed from the call")
        await press(ben, "button", "Leave")
        await self._screen(ben, "left", "You have left the call")
        await press(host, "button", "End…")
        await press(host, "button", "End for everybody")
        await self._screen(host, "ended", "The call has ended")

    async def _afterwards(self, host: Page) -> None:
        await press(host, "button", "Back to your calls")
        summary = host.locator("summary").first
        await reach(host, summary)
        await host.keyboard.press("Enter")
        await host.get_by_role("row", name=re.compile("Ben Okafor")).wait_for()
        await self._screen(host, "who heard what")
