"""Listeners' trees: a recording is marked once, and the tree over its listeners only grows.

Otherwise there would be more secrets to choose from than there are listeners. A whole ledger is held to that, and so is
a case, which has a recording's entries alone.
"""

from earmark.records.ledger.acts import LISTENERS_ADDED, RECORDING_MARKED
from earmark.records.ledger.call_acts import CALL_OPENED
from earmark.records.ledger.canonical import Json
from earmark.records.ledger.entries import Entry

MARKED = (RECORDING_MARKED, CALL_OPENED)
TREES = (*MARKED, LISTENERS_ADDED)


class Trees:
    """How many listeners each recording has been committed to with, entry after entry."""

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}

    def size(self, recording_id: str) -> int:
        """Return how many listeners a recording has now; 0 if it was not marked."""
        return self._sizes.get(recording_id, 0)

    def take(self, entry: Entry) -> None:
        """Take up an entry, if it is one that commits to listeners.

        Raises:
            ValueError: the recording was marked before, or its tree has not grown by as many as the entry says.
        """
        if entry.kind not in TREES:
            return
        recording, size = str(entry.body.get("recording")), count_of(entry.body.get("listeners"))
        if entry.kind in MARKED:
            if recording in self._sizes:
                raise ValueError(f"{recording} was marked a second time")
        elif recording not in self._sizes:
            raise ValueError(f"{recording} has listeners added before it was marked")
        elif not 0 < size - self._sizes[recording] == count_of(entry.body.get("added")):
            raise ValueError(f"the listeners' tree of {recording} has not grown as the ledger says")
        self._sizes[recording] = size


def count_of(value: Json) -> int:
    """Return how many listeners an entry says there are.

    Raises:
        ValueError: that is no number.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("an entry does not say how many listeners there are")  # noqa: TRY004 - of outside input
    return value
