"""Who has come to a call: one seat for each connection, from the first hello on."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto

from earmark.call.events import Invited
from earmark.call.replies import RosterLine
from earmark.call.streams import Stream


class Stage(Enum):
    """How far somebody has come."""

    CHALLENGED = auto()  # is to sign the receipt
    CONSENTING = auto()  # the receipt is being put on record
    LOBBY = auto()  # waits for a host
    ENTERING = auto()  # the entry is being put on record
    INSIDE = auto()
    GONE = auto()


SIGNED = frozenset({Stage.LOBBY, Stage.ENTERING, Stage.INSIDE})


@dataclass(eq=False)
class Seat:
    """One connection of somebody who is invited.

    Attributes:
        connection: its number.
        invited: who it is.
        device: the key that they came with, 32 bytes.
        challenge: what they are to sign, 32 bytes.
        ledger_root: likewise.
        stage: how far they have come.
        key_package: for the members' group.
        muted: whether their microphone is off.
        opening: whether a stream of theirs is being opened.
    """

    connection: int
    invited: Invited
    device: bytes
    challenge: bytes
    ledger_root: str
    stage: Stage = Stage.CHALLENGED
    key_package: bytes = field(default=b"", repr=False)
    muted: bool = False
    opening: bool = False

    @property
    def member(self) -> str:
        """Whose it is."""
        return self.invited.member

    def line(self, stream: Stream | None) -> RosterLine:
        """Return what the others are told of them."""
        return RosterLine(
            id=self.member,
            name=self.invited.name,
            host=self.invited.host,
            muted=self.muted,
            speaking_stream=stream.number if stream else None,
            keeping=stream is not None and stream.kept,
            doubts=list(stream.doubts.raised) if stream else [],
        )


class Seats:
    """All seats, the earliest first."""

    def __init__(self) -> None:
        self._taken: dict[int, Seat] = {}

    def take(self, seat: Seat) -> None:
        """Add a seat."""
        self._taken[seat.connection] = seat

    def leave(self, seat: Seat) -> None:
        """Take a seat away."""
        del self._taken[seat.connection]
        seat.stage = Stage.GONE

    def at(self, connection: int) -> Seat | None:
        """Return the seat of a connection that is not gone."""
        return self._taken.get(connection)

    def all(self, *stages: Stage) -> list[Seat]:
        """Return the seats at any of ``stages``; all if none is given."""
        return [seat for seat in self._taken.values() if not stages or seat.stage in stages]

    def of(self, member: str, stages: Iterable[Stage] = SIGNED) -> list[Seat]:
        """Return the seats of a member at any of ``stages``."""
        return [seat for seat in self.all(*stages) if seat.member == member]

    def inside(self, member: str) -> Seat | None:
        """Return the seat of somebody who is in the call."""
        return next(iter(self.of(member, [Stage.INSIDE])), None)
