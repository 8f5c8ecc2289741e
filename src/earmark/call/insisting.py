"""What was decided at a room's door, put on record again and again until it is there.

Such a decision holds in the room at once. That it is on record makes it outlive the server, so a vault that cannot take
it for a while must not lose it: whom a host has removed would come back unasked.
"""

from collections.abc import Callable

from earmark.call.events import EndCall, Failed, RecordLeave, RecordLock, RecordRemoval
from earmark.call.outbox import Outbox

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0

Decision = RecordRemoval | RecordLock | RecordLeave | EndCall
_Subject = tuple[type[Decision], str]


class Insistence:
    """Keeps decisions until they are on record; of two about the same, the later.

    Args:
        out: where requests go.
        fails: is told of each decision that could not be put on record, once, and why.
    """

    def __init__(self, out: Outbox, fails: Callable[[Decision, Failed], None]) -> None:
        self._out, self._fails = out, fails
        self._kept: dict[_Subject, Decision] = {}
        self._asked: set[_Subject] = set()
        self._failed: set[_Subject] = set()
        self._again_at, self._pause = 0.0, FIRST_PAUSE_S

    @property
    def settled(self) -> bool:
        """Whether all is on record."""
        return not self._kept

    def record(self, decision: Decision) -> None:
        """Put a decision on record."""
        subject = _subject(decision)
        self._kept[subject] = decision
        self._failed.discard(subject)
        self._ask(subject)

    def withdraw(self, decision: Decision) -> None:
        """Let a decision be that does not hold any more."""
        self._kept.pop(_subject(decision), None)

    def proceed(self, *, now: bool = False) -> None:
        """Ask again for what is not on record, after longer and longer pauses, or ``now``."""
        waiting = [subject for subject in self._kept if subject not in self._asked]
        if waiting and (now or self._out.now >= self._again_at):
            self._pause = min(2 * self._pause, LONGEST_PAUSE_S)
            self._again_at = self._out.now + self._pause
            for subject in waiting:
                self._ask(subject)

    def _ask(self, subject: _Subject) -> None:
        if subject not in self._asked:  # else its answer comes first
            decision = self._kept[subject]
            self._asked.add(subject)
            self._out.ask(decision, lambda _: self._recorded(decision), lambda why: self._unrecorded(decision, why))

    def _recorded(self, decision: Decision) -> None:
        subject = _subject(decision)
        self._asked.discard(subject)
        self._again_at, self._pause = 0.0, FIRST_PAUSE_S
        if self._kept.get(subject) is decision:
            del self._kept[subject]
        elif subject in self._kept:
            self._ask(subject)

    def _unrecorded(self, decision: Decision, why: Failed) -> None:
        subject = _subject(decision)
        self._asked.discard(subject)
        if subject not in self._kept:
            return
        if not why.passing and self._kept[subject] is decision:
            del self._kept[subject]
        self._again_at = max(self._again_at, self._out.now + FIRST_PAUSE_S)
        if subject not in self._failed:
            self._failed.add(subject)
            self._fails(decision, why)


def _subject(decision: Decision) -> _Subject:
    """Return what a decision is about: somebody, or the call."""
    return type(decision), getattr(decision, "member", "")
