"""The command ``earmark``, with a dealer that deals the first keys of each stream and then no more."""

from earmark.call.dealer import Dealer, Hand
from earmark.cli import main
from earmark.errors import CallError

MOST_POSITIONS = 64

deal = Dealer.deal


def some(self: Dealer, stream: int, listener: str, first: int, count: int) -> Hand:
    """Deal, as long as it does."""
    if first + count > MOST_POSITIONS:
        raise CallError("nothing more is dealt")
    return deal(self, stream, listener, first, count)


if __name__ == "__main__":
    Dealer.deal = some  # type: ignore[method-assign]
    main()
