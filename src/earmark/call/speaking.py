"""Streams in a room: who opens, publishes and hears which, and which keys are due to whom."""

import math
from functools import partial

from earmark.call.events import (
    EndStream,
    Failed,
    OpenBlock,
    OpenStream,
    Publish,
    RecordProgress,
    Subscribe,
    TakeAnswer,
)
from earmark.call.messages import Answer, At, Open
from earmark.call.messages import Loss as LossMessage
from earmark.call.messages import Publish as PublishMessage
from earmark.call.outbox import Outbox
from earmark.call.replies import Closed, Loss, Offer, Opened, Published, Republish
from earmark.call.seats import Seat, Seats, Stage
from earmark.call.streams import Stream
from earmark.errors import CallError

RECORD_S = 1.0
"""How far a stream is goes on record no more often than that, and at its end."""

AGAIN_S = 2.0
"""So long after a relay could not offer a stream to somebody, or take their answer, it is asked for another offer."""


class Speaking:
    """Runs the streams.

    Args:
        out: where messages and requests go.
        seats: who is there.
        segment_ms: length of a segment in milliseconds.
        slot_ms: length of a pattern's time slots in milliseconds.
        depth: how strongly streams are marked.
    """

    def __init__(self, out: Outbox, seats: Seats, *, segment_ms: int, slot_ms: int, depth: float) -> None:
        self._out, self._seats = out, seats
        self._segment_ms, self._slot_ms, self._depth = segment_ms, slot_ms, depth
        self._streams: dict[int, Stream] = {}

    def of(self, member: str) -> Stream | None:
        """Return somebody's stream, or None if they have none."""
        return next((stream for stream in self._streams.values() if stream.speaker == member), None)

    def all(self) -> list[Stream]:
        """Return the streams that are open."""
        return list(self._streams.values())

    def stream(self, number: int) -> Stream | None:
        """Return a stream that is open."""
        return self._streams.get(number)

    def open_now(self) -> list[Opened]:
        """Return the streams that are open, for somebody who comes."""
        return [self._announced(stream) for stream in self._streams.values()]

    def enter(self, seat: Seat) -> None:
        """Deal somebody who has come in the keys of all streams, from now on."""
        for stream in self._streams.values():
            stream.join(seat.member)
            self._deal(stream, [seat])

    def leave(self, member: str) -> None:
        """Deal somebody who has gone nothing more, and end their stream."""
        for stream in list(self._streams.values()):
            lost = stream.lost.get(member, 0)
            stream.leave(member)
            if stream.speaker == member:
                self._end(stream, stream.positions_by(self._out.now, self._segment_ms / 1000))
            elif lost:
                self._tell_losses(stream)

    def open(self, seat: Seat, message: Open) -> None:
        """Begin a stream of somebody's; one that they have is over.

        Raises:
            CallError: one is being opened already.
        """
        if seat.opening:
            raise CallError("a stream of yours is being opened")
        before = self.of(seat.member)
        if before is not None:
            self.close(seat, before.number)
        seat.opening = True
        request = OpenStream(seat.member, message.sealed)
        self._out.ask(request, partial(self._opened, seat), partial(self._not_opened, seat))

    def close(self, seat: Seat, number: int) -> None:
        """End a stream of somebody's.

        Raises:
            CallError: it is not theirs.
        """
        stream = self.own(seat, number)
        self._end(stream, stream.positions)

    def publish(self, seat: Seat, message: PublishMessage) -> None:
        """Hand a speaker's offer to the relay; who waits for the stream is offered it then.

        Raises:
            CallError: the stream is not theirs.
        """
        stream = self.own(seat, message.stream)
        stream.published = False
        request = Publish(stream.number, seat.member, message.sdp)
        self._out.ask(
            request, partial(self._published, seat, stream, message.offer), partial(self._not_published, seat, stream)
        )

    def republish(self) -> None:
        """Have every stream handed to the relay again, which runs anew; who hears a stream is offered it then."""
        for stream in self._streams.values():
            stream.published = False
            self._republish(stream)

    def subscribe(self, seat: Seat, number: int) -> None:
        """Have a stream offered to somebody, as soon as it is published.

        Raises:
            CallError: there is no such stream, or it is theirs.
        """
        stream = self._others(seat, number)
        stream.wanted[seat.member] = None
        if stream.published:
            self._offer(stream, seat)

    def proceed(self) -> None:
        """Have streams offered again which the relay could not take of their speakers, or not offer to listeners."""
        for stream in self._streams.values():
            if stream.refused <= self._out.now:
                self._republish(stream)
            due = [member for member, again in stream.missed.items() if again <= self._out.now]
            for member in due if stream.published else ():
                stream.missed[member] = math.inf  # until there is an answer
                listener = self._seats.inside(member)
                if listener is not None:
                    self._offer(stream, listener)

    def answer(self, seat: Seat, message: Answer) -> None:
        """Hand a listener's answer to the relay, unless another offer has taken the place of that which it answers.

        Raises:
            CallError: there is no such stream, or they have not subscribed to it.
        """
        stream = self._others(seat, message.stream)
        if seat.member not in stream.wanted:
            raise CallError(f"stream {stream.number} has not been offered to you")
        if message.offer != stream.offers[seat.member]:
            return
        request = TakeAnswer(stream.number, seat.member, message.sdp)
        self._out.ask(request, lambda _none: None, partial(self._not_taken, stream, seat))

    def report(self, seat: Seat, message: At) -> None:
        """Take a speaker's word for how far their stream is; begin its next block when it is time.

        Raises:
            CallError: the stream is not theirs, or cannot be there.
        """
        stream = self.own(seat, message.stream)
        stream.report(message.position, self._out.now, self._segment_ms / 1000)
        if self._out.now - stream.recorded >= RECORD_S:
            stream.recorded = self._out.now
            self._out.do(RecordProgress(stream.number, stream.positions))
        if stream.needs_block:
            stream.opening = True
            request = OpenBlock(stream.number)
            self._out.ask(request, partial(self._block_opened, stream), partial(self._block_not_opened, stream))

    def lose(self, seat: Seat, message: LossMessage) -> None:
        """Take a listener's word for what they miss of a stream, and let its speaker know.

        Raises:
            CallError: there is no such stream, or they have not subscribed to it.
        """
        stream = self._others(seat, message.stream)
        if seat.member not in stream.wanted:
            raise CallError(f"stream {stream.number} has not been offered to you")
        stream.lost[seat.member] = message.percent
        self._tell_losses(stream)

    def _tell_losses(self, stream: Stream) -> None:
        lost = sorted(stream.lost.get(listener, 0) for listener in stream.wanted) or [0]
        speaker = self._seats.inside(stream.speaker)
        if speaker is not None:
            self._out.send(speaker, Loss(stream=stream.number, most=lost[-1], middle=lost[(len(lost) - 1) // 2]))

    def _opened(self, seat: Seat, number: object) -> None:
        assert isinstance(number, int)  # noqa: S101 - what the request gives
        seat.opening = False
        if seat.stage is Stage.GONE:
            self._out.do(EndStream(number, seat.member, 0))
            return
        stream = self._streams[number] = Stream(number, seat.member, self._out.now)
        inside = self._seats.all(Stage.INSIDE)
        self._out.send_all(inside, self._announced(stream))
        for other in inside:
            stream.join(other.member)
        self._deal(stream, inside)

    def _not_opened(self, seat: Seat, failure: Failed) -> None:
        seat.opening = False
        self._failed(seat, "open", failure)

    def _published(self, seat: Seat, stream: Stream, offer: int, sdp: object) -> None:
        assert isinstance(sdp, str)  # noqa: S101 - what the request gives
        self._out.send(seat, Published(stream=stream.number, offer=offer, sdp=sdp))
        stream.published, stream.refused = stream.number in self._streams, math.inf
        for member in stream.wanted if stream.published else ():
            listener = self._seats.inside(member)
            if listener is not None:
                self._offer(stream, listener)

    def _not_published(self, seat: Seat, stream: Stream, failure: Failed) -> None:
        """Have a stream handed to the relay again that did not take it."""
        self._failed(seat, "publish", failure)
        if not stream.published:
            stream.refused = self._out.now + AGAIN_S

    def _republish(self, stream: Stream) -> None:
        stream.refused = math.inf  # until there is an answer
        speaker = self._seats.inside(stream.speaker)
        if speaker is not None:
            self._out.send(speaker, Republish(stream=stream.number))

    def _offer(self, stream: Stream, seat: Seat) -> None:
        stream.offers[seat.member] += 1
        then = partial(self._offered, stream, seat, stream.offers[seat.member])
        self._out.ask(Subscribe(stream.number, seat.member), then, partial(self._not_offered, stream, seat))

    def _offered(self, stream: Stream, seat: Seat, offer: int, sdp: object) -> None:
        assert isinstance(sdp, str)  # noqa: S101 - what the request gives
        stream.missed.pop(seat.member, None)
        if stream.number in self._streams:
            self._out.send(seat, Offer(stream=stream.number, offer=offer, sdp=sdp))

    def _not_offered(self, stream: Stream, seat: Seat, failure: Failed) -> None:
        if seat.stage is Stage.GONE or stream.number not in self._streams:
            return
        if seat.member in stream.missed:  # not of a hiccup, which is over in a moment
            self._failed(seat, "subscribe", failure)
        stream.missed[seat.member] = self._out.now + AGAIN_S

    def _not_taken(self, stream: Stream, seat: Seat, failure: Failed) -> None:
        """Have a stream offered anew whose offer somebody has answered in vain."""
        self._failed(seat, "answer", failure)
        if seat.stage is not Stage.GONE and stream.number in self._streams:
            stream.missed[seat.member] = self._out.now + AGAIN_S

    def _failed(self, seat: Seat, about: str, failure: Failed) -> None:
        self._out.error(seat, about, failure.message, failure.hint)

    def _block_opened(self, stream: Stream, _none: object) -> None:
        stream.opening = False
        stream.blocks += 1
        if stream.number in self._streams:
            self._deal(stream, self._seats.all(Stage.INSIDE))

    def _block_not_opened(self, stream: Stream, _failure: Failed) -> None:
        stream.opening = False  # tried again when the speaker reports next

    def _deal(self, stream: Stream, seats: list[Seat]) -> None:
        by_member = {seat.member: seat for seat in seats}
        for stretch in stream.due(by_member):
            self._out.deal(by_member[stretch.member], stretch.stream, stretch.first, stretch.count)

    def _end(self, stream: Stream, positions: int) -> None:
        del self._streams[stream.number]
        self._out.do(EndStream(stream.number, stream.speaker, positions))
        self._out.send_all(self._seats.all(Stage.INSIDE), Closed(stream=stream.number))

    def own(self, seat: Seat, number: int) -> Stream:
        """Return a stream of somebody's.

        Raises:
            CallError: it is not theirs.
        """
        stream = self._streams.get(number)
        if stream is None or stream.speaker != seat.member:
            raise CallError(f"you have no stream {number}")
        return stream

    def _others(self, seat: Seat, number: int) -> Stream:
        stream = self._streams.get(number)
        if stream is None or stream.speaker == seat.member:
            raise CallError(f"there is no stream {number} of somebody else")
        return stream

    def _announced(self, stream: Stream) -> Opened:
        return Opened(
            stream=stream.number,
            member=stream.speaker,
            segment_ms=self._segment_ms,
            slot_ms=self._slot_ms,
            depth=self._depth,
        )
