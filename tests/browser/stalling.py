"""The command ``earmark``, with a dealer that deals the first keys of each stream and then no more."""

import os

from earmark.call.dealer import Dealer, Hand
from earmark.cli import main
from earmark.errors import CallError

MOST_POSITIONS = int(os.environ.get("MOST_POSITIONS", "64"))

deal = Dealer.deal


def some(self: Dealer, stream: int, listener: str, first: int, count: int) -> Hand:
    """Deal, as long as it does."""
    if first >= MOST_POSITIONS:
        raise CallError("nothing more is dealt")
    return deal(self, stream, listener, first, min(count, MOST_POSITIONS - first))


if __name__ == "__main__":
    Dealer.deal = some  # type: ignore[method-assign]
    main()
