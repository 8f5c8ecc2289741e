"""The ledger in plain words, for people."""

from collections.abc import Sequence
from json import dumps

from earmark.api.ledgering import EntryShown, LedgerChecked, LedgerExported, LedgerShown
from earmark.api.stamping import LedgerStamped, StampChecked
from earmark.cli.output import table

LISTED = 10


def checked(result: LedgerChecked) -> list[str]:
    """Return what came of checking a ledger."""
    clocks = clocks_behind(result.clock_behind)
    if not result.holds:
        more = len(result.findings) - LISTED
        found = [finding.what for finding in result.findings[:LISTED]]
        return ["the ledger does not hold:", *found, *([f"and {more} more"] if more > 0 else []), *clocks]
    counted = "1 entry" if result.entries == 1 else f"{result.entries:,} entries"
    stamps = [stamp(one) for one in result.stamps]
    return [f"the ledger holds: {counted}", f"root  {result.root}", f"key   {result.public_key}", *stamps, *clocks]


def stamp(one: StampChecked) -> str:
    """Return what a time stamp says."""
    when = one.stamped_at.strftime("%Y-%m-%d %H:%M:%S") if one.stamped_at else "never"
    trusted = "" if one.by_roots else " (by whom is not checked: there is no EARMARK_STAMP_ROOTS)"
    return f"stamp of the first {one.entries:,}: {when} UTC{trusted}"


def stamped(result: LedgerStamped) -> list[str]:
    """Return what was stamped, and when."""
    return [f"{result.entries:,} entries stamped at {result.stamped_at:%Y-%m-%d %H:%M:%S} UTC by {result.authority}"]


def clocks_behind(entries: Sequence[int]) -> list[str]:
    """Return a note on clocks that ran backwards, if any did."""
    if not entries:
        return []
    count = "1 entry has a time" if len(entries) == 1 else f"{len(entries):,} entries have times"
    return [f"note: {count} before that of an entry before, entry {entries[0]} first: a clock was set back"]


def shown(result: LedgerShown) -> list[str]:
    """Return a line for each entry."""
    return table(("entry", "time", "what", ""), [row(entry) for entry in result.entries])


def row(entry: EntryShown) -> tuple[str, ...]:
    """Return one row of the ledger."""
    facts = ", ".join(f"{name} {fact(value)}" for name, value in entry.body.items())
    return str(entry.index), entry.time[:19].replace("T", " "), entry.kind, facts


def fact(value: object) -> str:
    """Return a value of an entry in short."""
    text = value if isinstance(value, str) else dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:12]}…"


def exported(result: LedgerExported) -> list[str]:
    """Return where the ledger is, and what to keep of it."""
    return [f"{result.entries:,} entries in {result.path}", f"root  {result.root}"]
