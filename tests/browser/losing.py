"""The command ``earmark``, with a built-in relay that loses every tenth packet of sound by lot."""

import random

from earmark.call.relays.rtp import Stream
from earmark.cli import main

SHARE = 0.1


class Losing(Stream):
    """A stream of which something is always lost on the way."""

    def forward(self, data: bytes) -> bytes | None:
        """Number the packet, and lose it now and then."""
        packet = super().forward(data)
        return None if random.random() < SHARE else packet


if __name__ == "__main__":
    import earmark.call.relays.builtin

    earmark.call.relays.builtin.Stream = Losing  # type: ignore[attr-defined]
    main()
