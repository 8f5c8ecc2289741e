"""The members' key group in a room: what it wants said, said to whoever it concerns."""

from collections.abc import Callable

from earmark.call.group import Found, GiveUp, Group, Step, Tell
from earmark.call.messages import Commit
from earmark.call.outbox import Outbox
from earmark.call.seats import Seat, Seats

LetIn = Callable[[Seat, bool], None]
GivenUp = Callable[[Seat, bool], None]


class Keying:
    """Runs the group.

    Args:
        out: where messages go.
        seats: who is there.
        let_in: tells somebody that they are in, and whether they are to make the group.
        give_up: takes somebody out of the call who is of no use to the group, silent or not.
    """

    def __init__(self, out: Outbox, seats: Seats, let_in: LetIn, give_up: GivenUp) -> None:
        self._out, self._seats = out, seats
        self._let_in, self._give_up = let_in, give_up
        self._group = Group()

    @property
    def epoch(self) -> int:
        """The group's."""
        return self._group.epoch

    @property
    def committer(self) -> str:
        """Who commits next; empty if nobody can."""
        return self._group.committer

    def enter(self, seat: Seat) -> None:
        """Let somebody be added to the group."""
        if self._group.live:
            self._let_in(seat, False)
        self._group.add(seat.member, seat.key_package)
        self.proceed()

    def leave(self, member: str) -> None:
        """Let somebody be removed from the group."""
        self._group.drop(member)

    def commit(self, seat: Seat, message: Commit) -> None:
        """Take a commit."""
        self._take(self._group.commit(seat.member, message))

    def proceed(self) -> None:
        """Do what can be done next."""
        self._take(self._group.proceed(self._out.now))

    def _take(self, steps: list[Step]) -> None:
        for step in steps:
            seat = self._seats.inside(step.member)
            if seat is not None:
                self._carry_out(step, seat)

    def _carry_out(self, step: Step, seat: Seat) -> None:
        match step:
            case Tell(message=message):
                self._out.send(seat, message)
            case Found():
                self._let_in(seat, True)
            case GiveUp(silent=silent):
                self._give_up(seat, silent)
