"""What the use cases about cases return: plain facts, the same that ``--json`` prints."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from earmark.api.results import Named, RecordingName, Verdict


@dataclass(frozen=True)
class CaseMade:
    """A new case.

    Attributes:
        case: its id, "c-" and eight letters or digits.
        title: for people.
        verdict: "named", "insufficient" or "unmarked".
        folder: where it is.
        exhibit: the SHA-256 of the leak, in hexadecimal.
        recording: what leaked; None if unmarked.
        named: the listeners named, the surest first; nobody else is ever mentioned.
        family_wise: the allowed chance that any innocent listener is named.
        untold: see ``Traced``.
        mark_key_opened: whether the bundle lets an expert compute the evidence anew.
        notes: what is worth knowing, each a clause that can be printed.
    """

    case: str
    title: str
    verdict: Verdict
    folder: Path
    exhibit: str
    recording: RecordingName | None
    named: tuple[Named, ...]
    family_wise: float
    untold: bool
    mark_key_opened: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class CaseSummary:
    """A case as the ledger has it.

    Attributes:
        case: its id.
        made_at: when, as the ledger says.
        exhibit: the SHA-256 of the leak.
        verdict: see ``CaseMade``.
    """

    case: str
    made_at: str
    exhibit: str
    verdict: str


@dataclass(frozen=True)
class CaseList:
    """The cases of a vault, the oldest first."""

    cases: tuple[CaseSummary, ...]


@dataclass(frozen=True)
class CaseEvent:
    """Something in the ledger that belongs to a case.

    Attributes:
        index: the entry's.
        time: the entry's.
        kind: the entry's, such as "trace-run".
        about: in words.
    """

    index: int
    time: str
    kind: str
    about: str


@dataclass(frozen=True)
class CaseShown:
    """What the ledger has of a case.

    Attributes:
        case: which.
        recording: what leaked; None if unmarked.
        named: listeners named by the trace it rests on.
        statement_sha256: of the first two lines of its bundle.
        events: in the ledger's order.
    """

    case: CaseSummary
    recording: str | None
    named: tuple[str, ...]
    statement_sha256: str
    events: tuple[CaseEvent, ...]


@dataclass(frozen=True)
class CheckResult:
    """What came of a check.

    Attributes:
        number: of the check, from 1 on.
        name: what is checked.
        state: how it ended.
        detail: what was found, or why not.
    """

    number: int
    name: str
    state: Literal["passed", "failed", "not checked"]
    detail: str


@dataclass(frozen=True)
class CaseChecked:
    """What a stranger finds about a bundle.

    Attributes:
        bundle: the file.
        case: its id; None, as what follows, where it cannot be read.
        title: what the owner calls it.
        verdict: what the owner states.
        named: whom, and with what bound; nobody where a check has failed.
        public_key: the ledger's, in hexadecimal.
        holds: whether no check has failed.
        checks: number 1 first.
    """

    bundle: Path
    case: str | None
    title: str | None
    verdict: Verdict | None
    named: tuple[Named, ...]
    public_key: str | None
    holds: bool
    checks: tuple[CheckResult, ...]
