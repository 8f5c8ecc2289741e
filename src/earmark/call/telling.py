"""What people in a room are told of one another: all who is inside, hosts who waits to be let in."""

from earmark.call.keying import Keying
from earmark.call.outbox import Outbox
from earmark.call.replies import Roster, Waiter, Waiting
from earmark.call.seats import Seat, Seats, Stage
from earmark.call.speaking import Speaking

CROWD = 20
CROWD_S = 0.25
"""Where so many wait, hosts are told no more often than that who they are."""


class Telling:
    """Tells what has changed, once after each event.

    Args:
        out: where messages go.
        seats: who is there.
        speaking: the streams.
        keying: the group.
    """

    def __init__(self, out: Outbox, seats: Seats, speaking: Speaking, keying: Keying) -> None:
        self._out, self._seats, self._speaking, self._keying = out, seats, speaking, keying
        self._told: Roster | None = None
        self._to_tell_waiting = False
        self._told_waiting = -CROWD_S

    def roster(self, *, locked: bool) -> Roster:
        """Return who is inside."""
        inside = self._seats.all(Stage.INSIDE)
        lines = [seat.line(self._speaking.of(seat.member)) for seat in inside]
        return Roster(members=lines, locked=locked, committer=self._keying.committer)

    def tell_inside(self, roster: Roster) -> None:
        """Tell all who are inside when something about them has changed."""
        if roster != self._told:
            self._told = roster
            self._out.send_all(self._seats.all(Stage.INSIDE), roster)

    def waiting_changed(self) -> None:
        """See that hosts are told who waits: soon, but not once for each of a crowd."""
        self._to_tell_waiting = True

    def tell_waiting(self, host: Seat) -> None:
        """Tell a host who waits, now."""
        self._out.send(host, self._waiting())

    def tell_hosts(self) -> None:
        """Tell hosts who waits when that has changed."""
        crowded = len(self._seats.all(Stage.LOBBY)) >= CROWD
        put_off = crowded and self._out.now - self._told_waiting < CROWD_S
        if self._to_tell_waiting and not put_off:
            self._to_tell_waiting, self._told_waiting = False, self._out.now
            hosts = [seat for seat in self._seats.all(Stage.INSIDE) if seat.invited.host]
            self._out.send_all(hosts, self._waiting())

    def _waiting(self) -> Waiting:
        waiting = self._seats.all(Stage.LOBBY)
        return Waiting(members=[Waiter(id=seat.member, name=seat.invited.name) for seat in waiting])
