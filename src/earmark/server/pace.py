"""Holding back whoever talks too much, or asks for what is dear."""

import asyncio
from collections.abc import Callable, Mapping

BURST = 400
PER_SECOND = 40.0

COSTS: Mapping[str, float] = {
    "open": 100,
    "consent": 20,
    "publish": 5,
    "subscribe": 5,
    "answer": 3,
    "mute": 4,
    "position": 4,
    "commit": 4,
    "keep": 40,
    "speech": 4,
}
"""What kinds of messages cost that are not as cheap as others: entries in the vault, words to everybody, connections
to the relay. Whoever comes to fifty who speak at once, and hears them all, is not put off."""


class Pace:
    """Lets so many messages through at once, and so many per second after that; the others wait.

    Args:
        clock: gives seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._left = float(BURST)
        self._at = clock()

    def take(self, cost: float = 1) -> float:
        """Count a message; return for how many seconds the next one is to wait."""
        now = self._clock()
        self._left = min(BURST, self._left + (now - self._at) * PER_SECOND) - cost
        self._at = now
        return max(0.0, -self._left / PER_SECOND)

    async def step(self, kind: str) -> None:
        """Count a message of a kind, and wait if there were too many."""
        wait = self.take(COSTS.get(kind, 1))
        if wait:
            await asyncio.sleep(wait)
