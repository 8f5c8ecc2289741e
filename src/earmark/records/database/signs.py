"""Signs of life: what a process gives as long as it lives, and others can see, whichever database they share.

In PostgreSQL it is an advisory lock of a session that does nothing else, which ends with the process, or when its host
has gone. On one machine it is a lock on a file beside the SQLite database, which the system takes away when the
process ends, however it does.
"""

import fcntl
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, select, text

from earmark.records.schema import calls

GONE = {"keepalives_idle": "5", "keepalives_interval": "2", "keepalives_count": "3", "tcp_user_timeout": "10000"}
"""How soon a session notices that its server has gone: within 11 s."""
NOTICED = (
    "SELECT set_config('tcp_keepalives_idle', '5', false), set_config('tcp_keepalives_interval', '2', false),"
    " set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '10s', false),"
    " set_config('idle_session_timeout', '0', false)"
)
"""The same the other way round, and no end for a session that is idle."""
GIVE = text("SELECT pg_try_advisory_lock(:number)")
TRY = text("SELECT pg_try_advisory_xact_lock(:number)")


class Sign(ABC):
    """A sign of life that is given until it is closed; use it in one thread at a time."""

    @abstractmethod
    def taken(self, mine: Mapping[str, int]) -> list[str]:
        """See that the sign is still given, or give it again; return which calls others have taken meanwhile.

        Args:
            mine: the calls that are held, by id, and the number that they are held under.

        Raises:
            Exception: the database's driver's, where it cannot be reached: nobody knows then.
        """

    @abstractmethod
    def close(self) -> None:
        """Give it no more."""


class FileSign(Sign):
    """A locked file; nothing but the end of the process can take it away.

    Args:
        folder: of the database.
        number: the process's.
    """

    def __init__(self, folder: Path, number: int) -> None:
        self._path = _file(folder, number)
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        self._descriptor = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def taken(self, mine: Mapping[str, int]) -> list[str]:  # noqa: ARG002 - who lives is robbed of nothing
        """Return nothing: nobody takes what is held by who lives."""
        return []

    def close(self) -> None:
        """Unlock the file, and remove it."""
        with suppress(FileNotFoundError):
            self._path.unlink()
        os.close(self._descriptor)


def file_lives(folder: Path, number: int) -> bool:
    """Tell whether somebody gives a sign of life with that number."""
    path = _file(folder, number)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        path.unlink(missing_ok=True)
        return False
    finally:
        os.close(descriptor)


class SessionSign(Sign):
    """An advisory lock of a session of its own.

    Args:
        engine: makes the session.
        number: the process's.
    """

    def __init__(self, engine: Engine, number: int) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._number = number
        self._session: Connection | None = None
        self._given = False
        self.taken({})

    def taken(self, mine: Mapping[str, int]) -> list[str]:
        """Give the sign in a new session where the old one has ended, and see who holds what now."""
        try:
            session = self._session = self._session or self._begun()
            self._given = self._given or session.execute(GIVE, {"number": self._number}).scalar_one()
            holders = session.execute(
                select(calls.c.recording_id, calls.c.holder).where(calls.c.recording_id.in_(mine))
            )
            return [row.recording_id for row in holders if row.holder != mine[row.recording_id]]
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the session."""
        session, self._session, self._given = self._session, None, False
        if session is not None:
            session.invalidate()  # closes it for good, whatever state it is in
            session.close()

    def _begun(self) -> Connection:
        session = self._engine.connect()
        session.exec_driver_sql(NOTICED)
        return session


def session_lives(connection: Connection, number: int) -> bool:
    """Tell whether somebody gives a sign of life with that number; asked in a transaction."""
    return not connection.execute(TRY, {"number": number}).scalar_one()


def _file(folder: Path, number: int) -> Path:
    return folder / "servers" / str(number)
