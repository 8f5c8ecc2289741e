"""Who may knock how often: so that a crowd at the door neither fills the memory nor keeps others out.

Everybody at one address has a share of the door, and every invitation has one; whoever uses theirs up is turned away
before anything is asked of the vault. Pages come again by themselves, after longer and longer pauses.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

MOST_KNOCKING = 512
"""So many connections at once may not have said hello yet."""

MOST_KNOCKING_EACH = 64
MOST_REMEMBERED = 10_000

REQUESTS, REQUESTS_PER_SECOND = 1000, 100
"""So much one address may ask of the HTTP interface at once, and each second after that."""


class Shares:
    """Lets so much through at once for each key, and so much per second after that; the rest is refused.

    Args:
        burst: how much at once.
        per_second: how much more each second.
        clock: gives seconds that never go back.
    """

    def __init__(self, burst: float, per_second: float, clock: Callable[[], float]) -> None:
        self._burst, self._per_second, self._clock = burst, per_second, clock
        self._used: dict[Hashable, tuple[float, float]] = {}

    def __len__(self) -> int:
        """How many keys are remembered; those whose share is whole again are forgotten in time."""
        return len(self._used)

    def left(self, key: Hashable) -> float:
        """Return what is left of a key's share."""
        left, at = self._used.get(key, (self._burst, self._clock()))
        return min(self._burst, left + (self._clock() - at) * self._per_second)

    def take(self, key: Hashable) -> bool:
        """Use one of a key's share; False where nothing is left."""
        if self.left(key) < 1:
            return False
        self.owe(key)
        return True

    def owe(self, key: Hashable) -> None:
        """Use one of a key's share, even where nothing is left: what is owed is made up for in time."""
        left = self.left(key)
        self._used.pop(key, None)
        self._used[key] = left - 1, self._clock()
        while len(self._used) > MOST_REMEMBERED or (len(self._used) > 1 and self._oldest_is_whole()):
            del self._used[next(iter(self._used))]

    def _oldest_is_whole(self) -> bool:
        return self.left(next(iter(self._used))) >= self._burst


class Doorkeeper:
    """Counts who knocks, and how often.

    Args:
        clock: gives seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._knocking: dict[str, int] = {}
        self._knocks = Shares(100, 10, clock)
        self._wrong = Shares(20, 0.5, clock)
        self._invitations = Shares(10, 1 / 6, clock)
        self._requests = Shares(REQUESTS, REQUESTS_PER_SECOND, clock)

    @property
    def knocking(self) -> int:
        """How many have not said hello yet."""
        return sum(self._knocking.values())

    def admits(self, address: str) -> bool:
        """Tell whether somebody at an address may knock now, and count it."""
        crowded = self.knocking >= MOST_KNOCKING or self._knocking.get(address, 0) >= MOST_KNOCKING_EACH
        return not crowded and self.trusts(address) and self._knocks.take(address)

    def asks(self, address: str) -> bool:
        """Tell whether somebody at an address may ask something over HTTP now, and count it."""
        return self._requests.take(address)

    def trusts(self, address: str) -> bool:
        """Tell whether somebody at an address may try an invitation or a token: not after too many wrong ones."""
        return self._wrong.left(address) >= 1

    @contextmanager
    def knock(self, address: str) -> Iterator[None]:
        """Count somebody as knocking while this lasts."""
        self._knocking[address] = self._knocking.get(address, 0) + 1
        try:
            yield
        finally:
            self._knocking[address] -= 1
            if not self._knocking[address]:
                del self._knocking[address]

    def welcomes(self, invitation: Hashable) -> bool:
        """Tell whether an invitation may be used once more now, and count it."""
        return self._invitations.take(invitation)

    def failed(self, address: str) -> None:
        """Take note that somebody came with an invitation or a token that there is none of."""
        self._wrong.owe(address)
