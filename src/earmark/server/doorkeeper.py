"""Who may knock how often: so that a crowd at the door neither fills the memory nor keeps others out.

Everybody at one address (of IPv6: in one network, a /64, whose addresses are all one subscriber's) has a share of the
door, and every invitation has one; whoever uses theirs up is turned away before anything is asked of the vault. Pages
come again by themselves, after longer and longer pauses.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

MOST_KNOCKING = 512
"""So many connections at once may not have said hello yet; of more, the longest silent must go."""

MOST_KNOCKING_EACH = 64
MOST_REMEMBERED = 10_000
SUBSCRIBER_BITS = 64

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


@dataclass(eq=False)
class Knock:
    """Somebody who has not said hello yet, or whose hello is not answered yet.

    Attributes:
        place: from where.
        go: has them go.
        heard: whether they have said something.
    """

    place: str
    go: Callable[[], None]
    heard: bool = False


class Doorkeeper:
    """Counts who knocks, and how often.

    Args:
        clock: gives seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._knocking: dict[Knock, None] = {}  # the oldest first
        self._knocks = Shares(100, 10, clock)
        self._wrong = Shares(20, 0.5, clock)
        self._invitations = Shares(10, 1 / 6, clock)
        self._requests = Shares(REQUESTS, REQUESTS_PER_SECOND, clock)

    @property
    def knocking(self) -> int:
        """How many have not said hello yet."""
        return len(self._knocking)

    def admits(self, address: str) -> bool:
        """Tell whether somebody at an address may knock now, and count it; at a full door who is silent makes room."""
        place = _place(address)
        of_theirs = sum(one.place == place for one in self._knocking)
        if of_theirs >= MOST_KNOCKING_EACH or not self.trusts(address) or not self._knocks.take(place):
            return False
        return self.knocking < MOST_KNOCKING or self._makes_room()

    def asks(self, address: str) -> bool:
        """Tell whether somebody at an address may ask something over HTTP now, and count it."""
        return self._requests.take(_place(address))

    def trusts(self, address: str) -> bool:
        """Tell whether somebody at an address may try an invitation or a token: not after too many wrong ones."""
        return self._wrong.left(_place(address)) >= 1

    @contextmanager
    def knock(self, address: str, go: Callable[[], None] = lambda: None) -> Iterator[Knock]:
        """Count somebody as knocking while this lasts.

        Args:
            address: where they are.
            go: has them go, soon; called once at most, and not after they were noted as heard.
        """
        knock = Knock(_place(address), go)
        self._knocking[knock] = None
        try:
            yield knock
        finally:
            self._knocking.pop(knock, None)

    def _makes_room(self) -> bool:
        oldest = next((one for one in self._knocking if not one.heard), None)
        if oldest is None:
            return False
        del self._knocking[oldest]
        oldest.go()
        return True

    def welcomes(self, invitation: Hashable) -> bool:
        """Tell whether an invitation may be used once more now, and count it."""
        return self._invitations.take(invitation)

    def failed(self, address: str) -> None:
        """Take note that somebody came with an invitation or a token that there is none of."""
        self._wrong.owe(_place(address))


def _place(address: str) -> str:
    """Return what one subscriber has: an address of IPv4, a network of IPv6."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if not isinstance(known, IPv6Address):
        return address
    return str(known.ipv4_mapped or ip_network((int(known), SUBSCRIBER_BITS), strict=False))
