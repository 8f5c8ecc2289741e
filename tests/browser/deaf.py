"""The command ``earmark``, with a built-in relay whose first way to each listener is there and brings nothing."""

from typing import ClassVar

from earmark.call.relays.dtls import Link, _ignore
from earmark.cli import main


class Deaf(Link):
    """A way that brings nothing, if it is the first to a listener by which anything should come."""

    first: ClassVar[dict[str, "Deaf"]] = {}

    async def send(self, packet: bytes) -> None:
        """Send, by any other way."""
        to_listener = self._on_rtp is _ignore
        if not (to_listener and self.first.setdefault(self.member, self) is self):
            await super().send(packet)


if __name__ == "__main__":
    import earmark.call.relays.builtin

    earmark.call.relays.builtin.Link = Deaf  # type: ignore[attr-defined]
    main()
