"""How many packets a speaker may have forwarded: what one sends goes to everybody, and takes the time of all calls."""

import time
from collections.abc import Callable

PACKETS_S = 100.0
"""Twice as many as a page sends."""
AT_ONCE = 500
"""What a network that stood still for some seconds may give in one go."""


class Budget:
    """Counts what is left.

    Args:
        packets_s: how many a second are added, up to ``AT_ONCE``.
        clock: seconds that never run backwards.
    """

    def __init__(self, packets_s: float = PACKETS_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._packets_s, self._clock = packets_s, clock
        self._left, self._at = float(AT_ONCE), clock()

    def spend(self) -> bool:
        """Take one; tell whether there was one."""
        now = self._clock()
        self._left, self._at = min(AT_ONCE, self._left + self._packets_s * (now - self._at)), now
        if self._left < 1:
            return False
        self._left -= 1
        return True
