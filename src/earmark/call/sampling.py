"""Asking listeners what they heard, so that it is known during the call whose sound cannot be traced.

Which position of a stream it is about is drawn when it is over, and so is whom is asked: a speaker cannot mark those
segments alone. The speaker is not asked, and not told.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from statistics import median_low

from earmark.call.doubts import Comparison, Frames
from earmark.call.events import Compare, Failed, RecordDoubt
from earmark.call.messages import Heard
from earmark.call.outbox import Outbox
from earmark.call.replies import Sample
from earmark.call.seats import Seat, Seats, Stage
from earmark.call.speaking import Speaking
from earmark.call.streams import Stream

EVERY_S = 5.0
PATIENCE_S = 4.0
MOST_ASKED = 16
REACH_POSITIONS = 36
"""How far back from the newest position a sample may be; listeners keep twice as much."""

MARGIN_POSITIONS = 2


@dataclass
class Question:
    """What is being asked about a stream.

    Attributes:
        position: which of its positions.
        since: when it was asked.
        open: who has not answered yet.
        answers: of those who have.
        newest: the newest position that each of them had heard.
    """

    position: int
    since: float
    open: set[str]
    answers: dict[str, Frames] = field(default_factory=dict)
    newest: list[int] = field(default_factory=list)


@dataclass
class Watched:
    """One stream as far as it is sampled.

    Attributes:
        due: when it is asked about next.
        newest: the newest position known of, and when it was; by the speaker's word before anybody was asked.
        question: the one that is open.
    """

    due: float
    newest: tuple[int, float] | None = None
    question: Question | None = None


class Sampling:
    """Runs the questions of a room.

    Args:
        out: where messages and requests go.
        seats: who is there.
        speaking: the streams.
        randomness: gives that many bytes.
        segment_ms: length of a segment in milliseconds.
    """

    def __init__(
        self, out: Outbox, seats: Seats, speaking: Speaking, randomness: Callable[[int], bytes], segment_ms: int
    ) -> None:
        self._out, self._seats, self._speaking = out, seats, speaking
        self._randomness = randomness
        self._segment_s = segment_ms / 1000
        self._watched: dict[int, Watched] = {}

    def proceed(self) -> None:
        """Ask what is due, and take stock of what was answered in time; call this once in a while."""
        streams = {stream.number: stream for stream in self._speaking.all()}
        self._watched = {number: self._watched.get(number) or self._new() for number in streams}
        for number, watched in self._watched.items():
            question = watched.question
            if question is not None and self._out.now - question.since >= PATIENCE_S:
                self._close(streams[number], watched, question)
            if watched.question is None and self._out.now >= watched.due:
                self._ask(streams[number], watched)

    def heard(self, seat: Seat, message: Heard) -> None:
        """Take an answer; who was not asked, or answers late or twice, is not listened to."""
        watched = self._watched.get(message.stream)
        stream = self._speaking.stream(message.stream)
        question = watched.question if watched else None
        if watched is None or stream is None or question is None or question.position != message.position:
            return
        if seat.member not in question.open:
            return
        question.open.discard(seat.member)
        question.answers[seat.member] = message.frames
        if message.newest is not None:
            question.newest.append(message.newest)
        if not question.open:
            self._close(stream, watched, question)

    def _new(self) -> Watched:
        return Watched(due=self._out.now + EVERY_S)

    def _ask(self, stream: Stream, watched: Watched) -> None:
        watched.due = self._out.now + EVERY_S
        position = self._drawn(self._newest(stream, watched))
        listeners = [seat for seat in self._seats.all(Stage.INSIDE) if seat.member in stream.dealt]
        if position is None or len(listeners) < 2:  # one cannot be compared with anybody
            return
        drawn = sorted(listeners, key=lambda _seat: self._randomness(8))[:MOST_ASKED]
        watched.question = Question(position, self._out.now, {seat.member for seat in drawn})
        self._out.send_all(drawn, Sample(stream=stream.number, position=position))

    def _newest(self, stream: Stream, watched: Watched) -> int:
        """Return the newest position of a stream, by its listeners' word where there is one."""
        if watched.newest is None:
            return stream.position
        position, at = watched.newest
        return position + int((self._out.now - at) / self._segment_s)

    def _drawn(self, newest: int) -> int | None:
        """Return a position that is over; None while there is none."""
        last = newest - MARGIN_POSITIONS
        choice = min(last + 1, REACH_POSITIONS)
        if choice < 1:
            return None
        return last - int.from_bytes(self._randomness(8), "big") % choice

    def _close(self, stream: Stream, watched: Watched, question: Question) -> None:
        watched.question = None
        watched.newest = (median_low(question.newest), self._out.now) if question.newest else None
        if len(question.answers) > 1:
            request = Compare(stream.number, question.position, question.answers)
            self._out.ask(request, partial(self._compared, stream), self._not_compared)

    def _compared(self, stream: Stream, comparison: object) -> None:
        assert isinstance(comparison, Comparison)  # noqa: S101 - what the request gives
        for doubt in stream.doubts.add(comparison):
            self._out.do(RecordDoubt(stream.number, stream.speaker, doubt))

    @staticmethod
    def _not_compared(_failure: Failed) -> None:
        """Let it be: the stream may be over, and if not, it is asked about again."""
