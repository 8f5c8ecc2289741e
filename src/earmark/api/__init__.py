"""What Earmark does, each a function: ``init``, ``mark``, ``copy``, ``trace``, ``inspect`` and so on.

    with Vault(folder) as vault:
        marked = mark(vault, Path("briefing.m4a"), read_listeners(open("staff.csv", "rb")), Path("copies"))
        traced = trace(vault, Path("leaked.ogg"))

All raise ``earmark.errors.EarmarkError``, with a message and a hint, for whatever a user can put right, and take a
``progress`` that is called with a stage's name and the part of it that is done.
"""

from earmark.api.attacking import Attacked, EffectList, EffectSummary, attack, effects
from earmark.api.backing_up import BackupMade, BackupRestored, backup, restore
from earmark.api.calling import CallList, CallPerson, CallShown, CallStay, CallStream, CallSummary, call, calls
from earmark.api.case_listing import case, cases
from earmark.api.case_results import (
    CaseChecked,
    CaseEvent,
    CaseList,
    CaseMade,
    CaseShown,
    CaseSummary,
    CheckResult,
)
from earmark.api.casework import new_case
from earmark.api.checking import check_case
from earmark.api.copying import copy
from earmark.api.error_rates import ErrorRate
from earmark.api.exposing import Covered, Exposed, Exposure, Published, exposure
from earmark.api.inspecting import inspect
from earmark.api.keeping import (
    OfficersMade,
    VaultMade,
    WayList,
    WaySummary,
    add_way,
    attach,
    init,
    officers,
    remove_way,
    rotate,
    ways,
)
from earmark.api.ledgering import (
    EntryShown,
    FindingAt,
    LedgerChecked,
    LedgerExported,
    LedgerShown,
    export_ledger,
    ledger_head,
    prove_entry,
    prove_growth,
    show_ledger,
    verify_exported,
    verify_ledger,
)
from earmark.api.listing import listeners, recordings
from earmark.api.marking import mark
from earmark.api.progress import Progress
from earmark.api.results import (
    CopyAt,
    Delivered,
    Exhibit,
    Inspected,
    LeakNeeded,
    Named,
    PassageTimes,
    RecordingName,
    Traced,
    Verdict,
)
from earmark.api.stamping import LedgerStamped, StampChecked, stamp_ledger
from earmark.api.summaries import CopyGiven, ListenerList, ListenerSummary, RecordingList, RecordingSummary
from earmark.api.timelines import SpeakerCompared, StretchTimes, Verified
from earmark.api.tracing import trace
from earmark.api.verifying import verify
from earmark.records.folder import default_folder
from earmark.records.listeners import Listener, read_listeners
from earmark.records.protection.sources import Sources
from earmark.records.vault import Vault

__all__ = [
    "Attacked",
    "BackupMade",
    "BackupRestored",
    "CallList",
    "CallPerson",
    "CallShown",
    "CallStay",
    "CallStream",
    "CallSummary",
    "CaseChecked",
    "CaseEvent",
    "CaseList",
    "CaseMade",
    "CaseShown",
    "CaseSummary",
    "CheckResult",
    "CopyAt",
    "CopyGiven",
    "Covered",
    "Delivered",
    "EffectList",
    "EffectSummary",
    "EntryShown",
    "ErrorRate",
    "Exhibit",
    "Exposed",
    "Exposure",
    "FindingAt",
    "Inspected",
    "LeakNeeded",
    "LedgerChecked",
    "LedgerExported",
    "LedgerShown",
    "LedgerStamped",
    "Listener",
    "ListenerList",
    "ListenerSummary",
    "Named",
    "OfficersMade",
    "PassageTimes",
    "Progress",
    "Published",
    "RecordingList",
    "RecordingName",
    "RecordingSummary",
    "Sources",
    "SpeakerCompared",
    "StampChecked",
    "StretchTimes",
    "Traced",
    "Vault",
    "VaultMade",
    "Verdict",
    "Verified",
    "WayList",
    "WaySummary",
    "add_way",
    "attach",
    "attack",
    "backup",
    "call",
    "calls",
    "case",
    "cases",
    "check_case",
    "copy",
    "default_folder",
    "effects",
    "export_ledger",
    "exposure",
    "init",
    "inspect",
    "ledger_head",
    "listeners",
    "mark",
    "new_case",
    "officers",
    "prove_entry",
    "prove_growth",
    "read_listeners",
    "recordings",
    "remove_way",
    "restore",
    "rotate",
    "show_ledger",
    "stamp_ledger",
    "trace",
    "verify",
    "verify_exported",
    "verify_ledger",
    "ways",
]
