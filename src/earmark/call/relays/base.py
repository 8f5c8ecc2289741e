"""What every relay can do, whatever runs below it.

A relay is given whole session descriptions (SDP, RFC 8866) with every candidate in them, so nothing is sent after them.
Each stream of a speaker has one peer connection, and so has each pair of listener and stream; a listener who is dropped
loses exactly theirs. The payloads are sealed before they reach a relay: it can count them, delay them and lose
them, and that is all.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True)
class Health:
    """How a relay is.

    Attributes:
        running: whether it takes new streams now.
        streams: how many streams are published.
        listeners: how many (listener, stream) connections there are.
        problem: what is wrong in one sentence; empty while it runs.
        hint: what helps; empty where there is nothing to say.
    """

    running: bool
    streams: int
    listeners: int
    problem: str = ""
    hint: str = ""


@runtime_checkable
class Relay(Protocol):
    """Forwards each published stream to those who subscribed to it.

    Rooms are made by the first stream in them. Where the relay does not run, `publish`, `subscribe` and `answer` raise
    `RelayError`; what ends something does nothing, as nothing flows. Methods may be called at the same time from
    several tasks of one event loop.
    """

    async def start(self) -> AbstractSet[str] | None:
        """Get ready; does nothing when it runs already. After a failure this starts it anew, without what had ended.

        Returns:
            The rooms whose streams have to be published again; None for all.
        """

    async def stop(self) -> None:
        """Close every room and whatever runs below; does nothing when it is stopped already."""

    def health(self) -> Health:
        """Tell how the relay is, at once and without asking anybody."""

    async def publish(self, room: str, stream: int, member: str, offer: str) -> str:
        """Take a stream from its speaker.

        A second offer for the same stream replaces the first: its connection is closed, and so are those of its
        listeners, who have to subscribe again.

        Args:
            room: the call's id.
            stream: the stream's number in the call.
            member: who speaks.
            offer: SDP with one audio section that sends Opus.

        Returns:
            SDP answer.

        Raises:
            RelayError: the offer makes no sense.
        """

    async def subscribe(self, room: str, stream: int, member: str) -> str:
        """Offer a stream to a listener; a second time replaces the first connection.

        This may wait until the stream's speaker is connected, 15 s at most.

        Returns:
            SDP offer with one audio section that sends Opus, for `answer` to be called with what comes back.

        Raises:
            RelayError: no such stream is published.
        """

    async def answer(self, room: str, stream: int, member: str, answer: str) -> None:
        """Let the stream flow to a listener.

        Raises:
            RelayError: nothing was offered to them, or the answer makes no sense.
        """

    async def close_stream(self, room: str, stream: int) -> None:
        """End a stream and the connections of all who hear it; does nothing where there is none."""

    async def drop_member(self, room: str, member: str) -> None:
        """Cut somebody off: when this returns, no packet goes to them any more and none is taken from them."""

    async def close_room(self, room: str) -> None:
        """End every stream of a room; does nothing where there is none."""
