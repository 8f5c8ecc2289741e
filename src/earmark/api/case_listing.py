"""Looking up cases in the ledger."""

from collections.abc import Iterator

from earmark.api.case_results import CaseEvent, CaseList, CaseShown, CaseSummary
from earmark.api.sealing import PURPOSES
from earmark.errors import UsageError
from earmark.records.ledger import acts
from earmark.records.ledger.entries import Entry
from earmark.records.vault import Vault


def cases(vault: Vault) -> CaseList:
    """Return the vault's cases, the oldest first."""
    return CaseList(tuple(map(summary, vault.ledger.find(acts.CASE_MADE))))


def case(vault: Vault, name: str) -> CaseShown:
    """Return what the ledger has of a case.

    Args:
        vault: has the case.
        name: its id, or the start of it.

    Raises:
        UsageError: there is no such case, or more than one.
    """
    found = [entry for entry in vault.ledger.find(acts.CASE_MADE) if name and str(entry.body["case"]).startswith(name)]
    if len(found) != 1:
        many = f"may be any of {len(found)} cases" if found else "is no case of this vault"
        raise UsageError(f"{name!r} {many}", "“earmark case list” lists them.")
    made = found[0]
    events = sorted(_events(vault, made), key=lambda entry: entry.index)
    trace = [entry for entry in events if entry.kind == acts.TRACE_RUN][-1]
    recording = trace.body["recording"]
    return CaseShown(
        case=summary(made),
        recording=recording if isinstance(recording, str) else None,
        named=tuple(named(trace)),
        statement_sha256=str(made.body["statement_sha256"]),
        events=tuple(CaseEvent(entry.index, entry.time, entry.kind, about(entry)) for entry in events),
    )


def summary(made: Entry) -> CaseSummary:
    """Return what an entry says of a case."""
    return CaseSummary(str(made.body["case"]), made.time, str(made.body["exhibit"]), str(made.body["verdict"]))


def _events(vault: Vault, made: Entry) -> Iterator[Entry]:
    """Yield the entries about a case's exhibit up to the case, and the keys that were opened for it."""
    exhibit = str(made.body["exhibit"])
    yield made
    yield from (one for one in vault.ledger.find(acts.EXHIBIT_RECEIVED, exhibit) if one.index < made.index)
    traces = [one for one in vault.ledger.find(acts.TRACE_RUN, exhibit) if one.index < made.index]
    yield from traces
    for opened in vault.ledger.find(acts.KEY_OPENED, str(traces[-1].body["recording"])):
        if traces[-1].index < opened.index < made.index and opened.body["purpose"] in PURPOSES:
            yield opened


def named(trace: Entry) -> Iterator[str]:
    """Yield who was named by a trace."""
    listed = trace.body["named"]
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict):
            yield str(one["listener"])


def about(entry: Entry) -> str:
    """Return what an entry is about."""
    body = entry.body
    if entry.kind == acts.EXHIBIT_RECEIVED:
        return f"SHA-256 {body['sha256']}, {body['size']:,} bytes"
    if entry.kind == acts.TRACE_RUN:
        who = f": {', '.join(named(entry))}" if body["named"] else ""
        return f"{body['verdict']}{who}"
    if entry.kind == acts.KEY_OPENED:
        keys = body["keys"]
        return f"{', '.join(map(str, keys)) if isinstance(keys, list) else ''} for {body['purpose']}"
    return f"{body['case']}, {body['verdict']}"
