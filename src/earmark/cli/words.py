"""Results in plain words, for people."""

from collections.abc import Iterator, Sequence
from math import floor
from pathlib import Path

from earmark.api.backing_up import BackupMade, BackupRestored
from earmark.api.keeping import OfficersMade, VaultMade, WayList
from earmark.api.results import Delivered, Inspected, Named, PassageTimes, Traced
from earmark.api.summaries import ListenerList, ListenerSummary, RecordingList, RecordingSummary
from earmark.cases.bound import said
from earmark.cases.report.words import UNTOLD, caution
from earmark.cli.output import table
from earmark.signal.alignment import SHORTEST_PART_S

COPY_NOT_PERSON = (
    "A verdict names a copy, not a person: whose it was, not who passed it on. Ask how else it may have got out."
)
UNMARKED = "unmarked: nothing of any recording in this vault was found in it."
NO_PROOF = "That is no proof of where the sound comes from: it may be too short, or too damaged, to be recognised."
TOO_SHORT = f"unmarked: it is too short to look for anything in it, which takes {SHORTEST_PART_S:g} s."
TOO_LITTLE = "insufficient: the recording is marked, but this is too little of it to name anybody."
SCALES = ((12, "trillion"), (9, "billion"), (6, "million"), (3, "thousand"))


def chance(log10: float) -> str:
    """Return an upper bound on a chance in words, rounded towards the larger chance, and none smaller than is said.

    Args:
        log10: decimal logarithm of the bound, at most 0.
    """
    log10 = said(log10)
    if log10 > -1:
        return "no useful bound on the chance"
    power = floor(-log10 + 1e-9)
    digit = floor(10 ** (-log10 - power) + 1e-9)
    if power >= 15:
        return f"less than one chance in 10^{power}"
    exponent, word = next(((e, w) for e, w in SCALES if power >= e), (0, ""))
    return f"less than one chance in {digit * 10 ** (power - exponent)} {word}".rstrip()


def clock(seconds: float) -> str:
    """Return a time in the recording: minutes, seconds and tenths, with hours where there are any."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest / 10:04.1f}" if hours else f"{minutes}:{rest / 10:04.1f}"


def traced(result: Traced) -> list[str]:
    """Return a verdict in words."""
    lines = [f"exhibit    SHA-256 {result.exhibit.sha256}, {result.exhibit.seconds:.1f} s"]
    if result.recording is None:
        return [*lines, TOO_SHORT if result.exhibit.seconds < SHORTEST_PART_S else UNMARKED, NO_PROOF]
    lines += [f"recording  {result.recording.id} “{result.recording.title}”", ""]
    lines += [*passages(result.passages), ""]
    for named in result.named:
        lines += [*name(named), ""]
    if result.named:
        return [*lines, *others(untold=result.untold), COPY_NOT_PERSON]
    return [*lines, TOO_LITTLE, more_needed(result.more_needed_s)]


def name(named: Named) -> Iterator[str]:
    """Yield the lines of who is named, by whose words if not by all that were recognised, and what is to be feared."""
    yield f"named: {named.listener}"
    yield f"  {chance(named.false_accusation_log10)} that an innocent listener is named"
    if named.alone:
        yield f"  by the words of {' and '.join(named.speakers)} alone"
    if named.own_words:
        yield from (f"  {sentence}" for sentence in caution([named.listener]))


def others(*, untold: bool) -> list[str]:
    """Return what is said of those whom the evidence names and who are not told."""
    return [UNTOLD, ""] if untold else []


def passages(found: Sequence[PassageTimes]) -> Iterator[str]:
    """Yield the lines of where passages lie; of a call, with whose words they are."""
    if any(one.speaker is not None for one in found):
        rows = [(*passage(one), one.speaker or "") for one in found]
        yield from table(("in the leak", "in the call", "speed", "speaker"), rows)
    else:
        yield from table(("in the leak", "in the recording", "speed"), [passage(one) for one in found])


def passage(times: PassageTimes) -> tuple[str, str, str]:
    """Return one row of the passages."""
    leak = f"{clock(times.leak_start_s)} – {clock(times.leak_end_s)}"
    recording = f"{clock(times.recording_start_s)} – {clock(times.recording_end_s)}"
    return leak, recording, f"{times.speed:.4f}"


def more_needed(seconds: float | None) -> str:
    """Return how much more audio it takes."""
    if seconds is None:
        return "More of the same would hardly help; look for a better copy of the leak."
    return f"About {max(1, round(seconds))} s more of it, as clear as this, should do."


def made(result: VaultMade) -> list[str]:
    """Return where the vault is."""
    return [f"vault made in {result.vault}"]


def delivered(result: Delivered, out: Path) -> list[str]:
    """Return what was done, in one line."""
    count, there = len(result.copies), len(result.copies) - result.made
    copies = "1 copy" if count == 1 else f"{count:,} copies"
    before = f", {there:,} of them there before" if there else ""
    return [f"{result.recording.id} “{result.recording.title}”: {copies} in {out}{before}"]


def inspected(result: Inspected) -> list[str]:
    """Return what is to be expected of a recording."""
    rows = [(str(n.colluders), needed(n.clean_s), needed(n.coded_s), yes(covers=n.covered)) for n in result.needed]
    return [
        f"length       {clock(result.seconds)}, of which {clock(result.audible_s)} are not silent",
        f"traceable    {'yes' if result.traceable else 'no: it is too short, or says too little'}",
        f"colluders    up to {result.colluders_covered} are covered by its length (as far as 4 are forecast)",
        "",
        f"Leak needed to name one of {result.listeners:,} listeners, with a chance of at most "
        f"{result.family_wise:g} of naming an innocent, in 19 cases of 20:",
        "",
        *table(("leakers", "as given", "Opus 16 kb/s", "covered"), rows),
        "",
        f"Measured on {clock(result.measured_s)} of it, with a codebook made for {result.coalition} colluders.",
    ]


def needed(seconds: float | None) -> str:
    """Return how much of a leak is needed."""
    return "no length" if seconds is None else f"{seconds:.0f} s"


def yes(*, covers: bool) -> str:
    """Return a yes or a no."""
    return "yes" if covers else "no"


def recordings(result: RecordingList) -> list[str]:
    """Return a line for each recording."""
    head = ("recording", "made", "length", "status", "listeners", "copies", "sealed", "format", "title")
    return table(head, [recording(one) for one in result.recordings])


def recording(one: RecordingSummary) -> tuple[str, ...]:
    """Return one row of the recordings."""
    made = one.created_at.strftime("%Y-%m-%d %H:%M")
    counts = (str(one.listeners), str(one.copies), yes(covers=one.sealed))
    return (one.id, made, clock(one.seconds), one.status, *counts, one.format, one.title)


def listeners(result: ListenerList) -> list[str]:
    """Return a line for each listener."""
    return table(("listener", "name", "email", "last copy"), [listener(one) for one in result.listeners])


def listener(one: ListenerSummary) -> tuple[str, str, str, str]:
    """Return one row of the listeners."""
    last = one.copies[-1] if one.copies else None
    given = f"{last.given_at.strftime('%Y-%m-%d %H:%M')} {last.path}" if last else "none"
    return one.id, one.name, one.email, given


def ways(result: WayList) -> list[str]:
    """Return a line for each way of opening the vault."""
    rows = [(way.id, way.kind, way.made_at.strftime("%Y-%m-%d %H:%M"), way.name) for way in result.ways]
    return table(("way", "kind", "made", "name"), rows)


def officers(result: OfficersMade) -> list[str]:
    """Return where officers' keys are."""
    return [str(path) for path in result.files]


def backed_up(result: BackupMade) -> list[str]:
    """Return where the backup is."""
    return [f"backup of {result.size:,} bytes in {result.path}", f"SHA-256 {result.sha256}"]


def restored(result: BackupRestored) -> list[str]:
    """Return where the vault is."""
    return [f"vault restored to {result.vault}"]
