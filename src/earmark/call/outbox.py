"""What a room wants done: commands in order, and what to do when an answer comes."""

from collections.abc import Callable, Iterable

from earmark.call.events import Close, Command, Deal, Do, Done, Failed, Request, Send
from earmark.call.replies import Error, Reply
from earmark.call.seats import Seat, Stage

Then = Callable[[object], None]
Otherwise = Callable[[Failed], None]


class Outbox:
    """Collects commands while an event is handled.

    Attributes:
        now: when the event happened, in seconds of a clock that never goes back.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self._commands: list[Command] = []
        self._asked: dict[int, tuple[Then, Otherwise]] = {}
        self._last = 0

    def send(self, seat: Seat, message: Reply) -> None:
        """Send ``message`` to somebody, unless they have gone."""
        if seat.stage is not Stage.GONE:
            self._commands.append(Send(seat.connection, message))

    def send_all(self, seats: Iterable[Seat], message: Reply) -> None:
        """Send ``message`` to several people."""
        for seat in seats:
            self.send(seat, message)

    def error(self, seat: Seat, about: str, message: str, hint: str = "") -> None:
        """Tell somebody that what they said, a message of type ``about``, was not accepted."""
        self.send(seat, Error(about=about, message=message, hint=hint))

    def refuse(self, connection: int, message: Reply) -> None:
        """Say a last word to a connection, and close it."""
        self._commands += [Send(connection, message), Close(connection)]

    def close(self, seat: Seat) -> None:
        """Close somebody's connection."""
        self._commands.append(Close(seat.connection))

    def deal(self, seat: Seat, stream: int, first: int, count: int) -> None:
        """Deal somebody keys."""
        self._commands.append(Deal(seat.connection, seat.member, stream, first, count))

    def do(self, request: Request) -> None:
        """Have something done whose answer nobody waits for."""
        self._commands.append(Do(request))

    def ask(self, request: Request, then: Then, otherwise: Otherwise) -> None:
        """Have something done, and go on with its answer."""
        self._last += 1
        self._asked[self._last] = then, otherwise
        self._commands.append(Do(request, self._last))

    def answered(self, answer: Done | Failed) -> None:
        """Go on with an answer; does nothing when nobody waits for it."""
        then, otherwise = self._asked.pop(answer.number, (None, None))
        if isinstance(answer, Done) and then is not None:
            then(answer.value)
        elif isinstance(answer, Failed) and otherwise is not None:
            otherwise(answer)

    def take(self) -> list[Command]:
        """Return what has been collected, in order, and begin anew."""
        commands, self._commands = self._commands, []
        return commands
