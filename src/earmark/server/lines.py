"""What is still to be said to a browser: a bounded queue, so that nobody's slowness fills the memory."""

import asyncio
from collections import deque

MOST_WAITING_BYTES = 8 * 2**20
MOST_WAITING = 4096


class Line:
    """One browser's connection, as those who talk to it see it.

    Args:
        number: no other connection has it, or will have it.
        address: from where it comes.
    """

    def __init__(self, number: int, address: str = "") -> None:
        self.number = number
        self.address = address
        self._waiting: deque[str] = deque()
        self._bytes = 0
        self._changed = asyncio.Event()
        self._closing = False
        self._overrun = False

    @property
    def overrun(self) -> bool:
        """Whether more was to be said than the browser has taken in time."""
        return self._overrun

    def say(self, text: str) -> None:
        """Queue a message; nothing where the line is closing. Where too much is waiting, the line breaks off."""
        if self._closing:
            return
        if len(self._waiting) >= MOST_WAITING or self._bytes + len(text) > MOST_WAITING_BYTES:
            self.break_off()
            return
        self._waiting.append(text)
        self._bytes += len(text)
        self._changed.set()

    def close(self) -> None:
        """End the line when what is waiting has been said."""
        self._closing = True
        self._changed.set()

    def break_off(self) -> None:
        """End the line now."""
        self._overrun = True
        self._waiting.clear()
        self.close()

    async def next(self) -> str | None:
        """Return what is to be said next, as soon as there is something; None at the end."""
        while not self._waiting:
            if self._closing:
                return None
            self._changed.clear()
            await self._changed.wait()
        text = self._waiting.popleft()
        self._bytes -= len(text)
        return text
