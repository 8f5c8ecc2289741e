"""Cases, checks and exposure in plain words, for people."""

from earmark.api.case_results import CaseChecked, CaseList, CaseMade, CaseShown
from earmark.api.exposing import Covered, Exposed, Exposure
from earmark.cli.call_words import SHOWN_DIGITS
from earmark.cli.output import table
from earmark.cli.words import COPY_NOT_PERSON, NO_PROOF, clock, name, others

STATES = {"passed": "passed", "failed": "FAILED", "not checked": "–"}
VERDICTS = {
    "insufficient": "insufficient: the recording is marked, but this is too little of it to name anybody.",
    "unmarked": "unmarked: nothing of any recording in this vault was found in it.",
}


def made(result: CaseMade) -> list[str]:
    """Return what has become of a leak."""
    lines = [
        f"case       {result.case}: {result.title}",
        f"folder     {result.folder}",
        f"exhibit    SHA-256 {result.exhibit}",
    ]
    if result.recording is not None:
        lines.append(f"recording  {result.recording.id} “{result.recording.title}”")
    if result.mark_key_opened:
        lines.append("mark key   opened: whoever has the bundle can find and remove the marks of this recording")
    lines.append("")
    for one in result.named:
        lines += [*name(one), ""]
    lines += others(untold=result.untold)
    no_proof = [NO_PROOF] if result.verdict == "unmarked" else []
    return [*lines, COPY_NOT_PERSON if result.named else VERDICTS[result.verdict], *no_proof]


def cases(result: CaseList) -> list[str]:
    """Return a line for each case."""
    rows = [(one.case, minute(one.made_at), one.verdict, one.exhibit) for one in result.cases]
    return table(("case", "made", "verdict", "exhibit"), rows)


def shown(result: CaseShown) -> list[str]:
    """Return what the ledger has of a case."""
    rows = [(str(one.index), minute(one.time), one.kind, one.about) for one in result.events]
    return [
        f"case       {result.case.case}, {result.case.verdict}",
        f"recording  {result.recording or 'none'}",
        f"statement  SHA-256 {result.statement_sha256}",
        "",
        *table(("entry", "when", "what", "about"), rows),
    ]


def checked(result: CaseChecked) -> list[str]:
    """Return every check by its number, and what it comes to."""
    rows = [(str(one.number), STATES[one.state], one.name, one.detail) for one in result.checks]
    lines = [*table(("", "", "check", ""), rows), ""]
    if not result.holds:
        return [*lines, f"{result.bundle} does not hold: do not rely on anything in it."]
    lines.append(f"No check has failed. If the key is the owner's, this is what they state: {result.verdict}.")
    for one in result.named:
        lines += name(one)
    return [*lines, COPY_NOT_PERSON] if result.named else lines


def exposed(result: Exposure) -> list[str]:
    """Return what a listener or a device has heard."""
    who = result.listener or f"the device {(result.device or '')[:SHOWN_DIGITS]} of {' and '.join(result.used_by)}"
    if not result.recordings:
        return [f"{who} was given no copy in that time, and in no call."]
    head = ("recording", "classification", "since", "length", "not public", "title")
    count = "1 recording" if len(result.recordings) == 1 else f"{len(result.recordings)} recordings"
    lines = [*table(head, [exposed_row(one) for one in result.recordings]), ""]
    lines += [
        f"{one.recording.id}  public {parts(one.public)}; not public {parts(one.exposed)}"
        for one in result.recordings
        if one.public or one.kind == "call"
    ]
    if result.devices:
        lines.append(f"devices in calls: {', '.join(key[:SHOWN_DIGITS] for key in result.devices)}")
    return [*lines, f"{who} has heard {count}, {clock(result.exposed_s)} of them not public."]


def exposed_row(one: Exposed) -> tuple[str, ...]:
    """Return one row of what was heard."""
    since = one.since.strftime("%Y-%m-%d %H:%M")
    lengths = (clock(one.seconds), clock(one.exposed_s))
    return (one.recording.id, one.classification or "–", since, *lengths, one.recording.title)


def parts(listed: tuple[Covered, ...]) -> str:
    """Return parts of a recording."""
    return ", ".join(f"{clock(one.start_s)} – {clock(one.end_s)}" for one in listed) or "nothing"


def minute(time: str) -> str:
    """Return a time of the ledger, to the minute."""
    return time[:16].replace("T", " ")
