"""The checklist: what a stranger checks about a case, by number.

The numbers are the same here, in ``docs/formats/case.md`` and in what ``earmark case check`` prints:

 1. The bundle has the form of this format, to the byte.
 2. The ledger's head is signed, and the ledger has this very statement as a case.
 3. Every entry that the case rests on is in the ledger under that head.
 4. The ledger is the one whose head was known from elsewhere.
 5. What had to come first came first: marked, committed, given, received, traced, opened.
 6. The exhibit is the one that was received.
 7. The other files of the folder are those that were sealed.
 8. The recording is the one that was marked.
 9. The biases are those that were committed to.
10. The secrets of those named, and of nobody else, are opened, and were committed to; a copy was given to each.
11. The decoders' weights and scores follow from the evidence.
12. The scores of those named follow from their codewords.
13. The bounds are no smaller than those computed anew, and small enough to name anybody.
14. The innocents are what chance would have them be.
15. The evidence is that of the exhibit, as the opened mark key shows.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

State = Literal["passed", "failed", "not checked"]


class NotCheckedError(Exception):
    """There is nothing to check, or what it takes is not here; the message says what."""


@dataclass(frozen=True)
class Checked:
    """What came of a check.

    Attributes:
        number: of the check, from 1 on.
        name: what is checked.
        state: how it ended.
        detail: what was found, or why not.
    """

    number: int
    name: str
    state: State
    detail: str


@dataclass(frozen=True)
class Check:
    """A check.

    Attributes:
        number: from 1 on.
        name: what is checked.
        run: returns what was found; raises ValueError where the check fails, and ``NotCheckedError`` where it cannot be
            made.
    """

    number: int
    name: str
    run: Callable[[], str]

    def checked(self) -> Checked:
        """Make the check."""
        try:
            return Checked(self.number, self.name, "passed", self.run())
        except NotCheckedError as reason:
            return Checked(self.number, self.name, "not checked", str(reason))
        except ValueError as reason:
            return Checked(self.number, self.name, "failed", str(reason))


NAMES = (
    "form of the bundle",
    "signature, and the case in the ledger",
    "entries in the ledger",
    "head known from elsewhere",
    "order of events",
    "exhibit",
    "other files",
    "recording",
    "biases",
    "secrets of those named",
    "weights and scores",
    "codewords of those named",
    "bounds",
    "innocents",
    "evidence from the exhibit",
)
"""The names of the checks, number 1 first."""


def named(number: int, run: Callable[[], str]) -> Check:
    """Return the check with a number."""
    return Check(number, NAMES[number - 1], run)


def hopeless(reason: str) -> list[Checked]:
    """Return what is to be said of a file that is no bundle: the first check fails, and no other can be made."""
    rest = (Checked(number, name, "not checked", "the bundle cannot be read") for number, name in _numbered()[1:])
    return [Checked(1, NAMES[0], "failed", reason), *rest]


def _numbered() -> list[tuple[int, str]]:
    return list(enumerate(NAMES, 1))


def holds(checks: Iterable[Checked]) -> bool:
    """Tell whether no check has failed."""
    return all(one.state != "failed" for one in checks)
