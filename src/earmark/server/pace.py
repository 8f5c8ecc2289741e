"""Holding back whoever talks too much."""

import asyncio
from collections.abc import Callable

BURST = 400
PER_SECOND = 40.0


class Pace:
    """Lets so many messages through at once, and so many per second after that; the others wait.

    Args:
        clock: gives seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._left = float(BURST)
        self._at = clock()

    def take(self) -> float:
        """Count a message; return for how many seconds the next one is to wait."""
        now = self._clock()
        self._left = min(BURST, self._left + (now - self._at) * PER_SECOND) - 1
        self._at = now
        return max(0.0, -self._left / PER_SECOND)

    async def step(self) -> None:
        """Count a message, and wait if there were too many."""
        wait = self.take()
        if wait:
            await asyncio.sleep(wait)
