"""Hands that have a keyboard and no mouse."""

from typing import Literal

from playwright.async_api import Locator, Page

Role = Literal["button", "checkbox", "link", "spinbutton", "textbox", "combobox"]

_MOST_STEPS = 200
_KEYS: dict[Role, str] = {"checkbox": "Space"}


async def reach(page: Page, goal: Locator) -> None:
    """Press Tab until something has the focus.

    Raises:
        RuntimeError: no number of steps leads there.
    """
    await goal.wait_for()
    for _ in range(_MOST_STEPS):
        if await goal.evaluate("element => element === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    raise RuntimeError(f"{goal} cannot be reached by keyboard")


async def press(page: Page, role: Role, name: str, *, exact: bool = True) -> None:
    """Press a button, follow a link, or tick a box."""
    await reach(page, page.get_by_role(role, name=name, exact=exact))
    await page.keyboard.press(_KEYS.get(role, "Enter"))


async def write(page: Page, label: str, text: str) -> None:
    """Write into a field, over what was in it."""
    await reach(page, page.get_by_label(label, exact=True))
    await page.keyboard.press("ControlOrMeta+A")
    await page.keyboard.insert_text(text)
