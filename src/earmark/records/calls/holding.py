"""Which server holds a call: one at a time, and another as soon as that one is dead.

A server gives a sign of life for as long as it lives, under a number that it draws. It takes a call by writing that
number into the call's row, which it may where nobody else's is there or whoever had it gives no sign of life. Whatever
it puts on record of the call after that counts only while its number is still there: so one that was taken for dead,
and is not, changes nothing any more.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from earmark.errors import ElsewhereError
from earmark.records.calls import people, streams
from earmark.records.database.base import Database
from earmark.records.database.signs import Sign
from earmark.records.safe import Safe, Sitting
from earmark.records.schema import calls

NUMBER_BYTES = 8


@dataclass
class _Life:
    number: int
    sign: Sign


class Holding:
    """What this process holds; nothing before it takes a call.

    Args:
        database: the vault's.
        safe: what opens it.
    """

    def __init__(self, database: Database, safe: Safe) -> None:
        self._database, self._safe = database, safe
        self._life: _Life | None = None
        self._mine: dict[str, int] = {}

    def take(self, sitting: Sitting, call_id: str, server: str, segment_s: float) -> None:
        """Hold a call from now on; what a dead server has left open is closed.

        Args:
            sitting: in which that is put on record.
            call_id: a call that has not ended.
            server: what people call this server.
            segment_s: length of a segment in seconds.

        Raises:
            ElsewhereError: another server holds it, and lives.
        """
        life = self._life = self._life or self._born()
        row = sitting.connection.execute(select(calls.c.holder, calls.c.server).filter_by(recording_id=call_id)).one()
        if row.holder not in {None, life.number} and self._database.lives(sitting.connection, row.holder):
            raise ElsewhereError(row.server)
        if row.holder != life.number:
            streams.close_all(sitting, call_id, segment_s)
            for listener_id in people.present(sitting.connection, call_id):
                people.leave(sitting, call_id, listener_id)
            held = {"holder": life.number, "server": server}
            sitting.connection.execute(update(calls).filter_by(recording_id=call_id).values(held))
        self._mine[call_id] = life.number

    def require(self, connection: Connection, call_id: str) -> None:
        """Let nothing be put on record of a call that another server has taken from this one.

        Raises:
            ElsewhereError: one has.
        """
        if call_id in self._mine:
            row = connection.execute(select(calls.c.holder, calls.c.server).filter_by(recording_id=call_id)).one()
            if row.holder != self._mine[call_id]:
                raise ElsewhereError(row.server)

    def taken(self) -> list[str]:
        """See that the sign of life is still given, or give it again; return which calls others have taken.

        Raises:
            VaultError: the database cannot be reached, so nobody knows.
        """
        if self._life is None:
            return []
        with self._database.explained():
            return self._life.sign.taken(dict(self._mine))

    def end(self) -> None:
        """Give no sign of life any more: others may take what was held."""
        life, self._life = self._life, None
        if life is not None:
            life.sign.close()

    def _born(self) -> _Life:
        number = int.from_bytes(self._safe.randomness(NUMBER_BYTES)) >> 1 or 1
        return _Life(number, self._database.sign(number))
