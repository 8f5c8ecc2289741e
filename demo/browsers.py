"""Chromium without a screen, with a microphone that plays a file."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, async_playwright

_QUIET = (  # nothing but what a test asks for
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",  # Chromium refuses to be root with it
)
_MEDIA = (
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


@dataclass(frozen=True)
class Chromium:
    """An installed Chromium."""

    executable: str

    @asynccontextmanager
    async def open(self, microphone: Path | None = None) -> AsyncIterator[Browser]:
        """Start a browser whose microphone plays a WAV file over and over, or beeps."""
        voice = (f"--use-file-for-fake-audio-capture={microphone}",) if microphone else ()
        async with async_playwright() as driver:
            browser = await driver.chromium.launch(
                executable_path=self.executable, args=[*_QUIET, *_MEDIA, *voice], chromium_sandbox=False
            )
            try:
                yield browser
            finally:
                await browser.close()


def installed() -> Chromium | None:
    """Find Chromium on this machine."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    return Chromium(found) if found else None
