"""Speakers who seal what they say for the vault: off until they say so, and shown to everybody while it is on.

Nothing is taken of a stream that is not shown as kept. Pieces come in order, each once, and no faster than they can be
said; what is in them only the vault can tell.
"""

from functools import partial

from earmark.call.events import Failed, KeepSpeech, RecordSpeech
from earmark.call.messages import Keep, Speech
from earmark.call.outbox import Outbox
from earmark.call.replies import Keeping as KeepingReply
from earmark.call.seats import Seat
from earmark.call.speaking import Speaking
from earmark.call.streams import Stream
from earmark.errors import CallError

SHORTEST_PIECE_S = 1.0
SLACK_PIECES = 10

AGAIN = "Turn keeping off and on again."


class Keeping:
    """Takes what speakers want kept.

    Args:
        out: where messages and requests go.
        speaking: the streams.
    """

    def __init__(self, out: Outbox, speaking: Speaking) -> None:
        self._out, self._speaking = out, speaking

    def keep(self, seat: Seat, message: Keep) -> None:
        """Begin to keep what somebody says in a stream of theirs, or end that.

        Raises:
            CallError: the stream is not theirs.
        """
        stream = self._speaking.own(seat, message.stream)
        stream.kept = False
        if message.kept:
            request = KeepSpeech(stream.number)
            self._out.ask(request, partial(self._kept, seat, stream), partial(self._failed, seat, stream))

    def take(self, seat: Seat, message: Speech) -> None:
        """Take a piece.

        Raises:
            CallError: the stream is not theirs or not kept, or it is not the next piece, or comes too soon.
        """
        stream = self._speaking.own(seat, message.stream)
        if not stream.kept:
            raise CallError("what you say is not kept", "Turn keeping on first.")
        if message.number != stream.pieces:
            raise CallError(f"piece {message.number} of what you say is not the next one", AGAIN)
        if message.number > (self._out.now - stream.since) / SHORTEST_PIECE_S + SLACK_PIECES:
            raise CallError("pieces of what you say come faster than it can be said", AGAIN)
        stream.pieces += 1
        request = RecordSpeech(stream.number, message.number, message.sealed, message.signature)
        self._out.ask(request, lambda _none: None, partial(self._failed, seat, stream))

    def _kept(self, seat: Seat, stream: Stream, answer: object) -> None:
        assert isinstance(answer, tuple)  # noqa: S101 - what the request gives
        key, stream.pieces = answer
        if self._speaking.stream(stream.number) is not stream:
            return
        stream.kept = True
        self._out.send(seat, KeepingReply(stream=stream.number, key=key, next=stream.pieces))

    def _failed(self, seat: Seat, stream: Stream, failure: Failed) -> None:
        """Say that it is not kept; what was kept before stays."""
        if self._speaking.stream(stream.number) is stream:
            stream.kept = False
            self._out.error(seat, "keep", f"what you say is not kept: {failure.message}", failure.hint)
