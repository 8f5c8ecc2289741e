"""Calls in plain words, for people."""

from datetime import datetime

from earmark.api.calling import CallList, CallPerson, CallShown, CallStay, CallStream, CallSummary
from earmark.cli.output import table
from earmark.cli.words import clock, yes

SHOWN_DIGITS = 16
"""So much of a device's key is shown; eight digits are enough to ask for it."""

DOUBTS = {
    "alike": "was not marked: all heard the very same, and a leak of it cannot be traced",
    "unopened": "did not reach everybody: some could not open it",
    "unlike": "did not reach everybody as it should: some heard something else",
}


def calls(result: CallList) -> list[str]:
    """Return a line for each call."""
    return table(("call", "began", "length", "people", "classification", "title"), [call(one) for one in result.calls])


def call(one: CallSummary) -> tuple[str, ...]:
    """Return one row of the calls."""
    return (one.id, *times(one), str(one.people), one.classification, one.title)


def times(one: CallSummary | CallShown) -> tuple[str, str]:
    """Return when a call began, and how long it was."""
    if one.started_at is None:
        return "not yet" if one.ended_at is None else "never", ""
    length = "goes on" if one.ended_at is None else clock((one.ended_at - one.started_at).total_seconds())
    return one.started_at.strftime("%Y-%m-%d %H:%M"), length


def shown(result: CallShown) -> list[str]:
    """Return who was in a call, who spoke, and who heard which minutes."""
    began, length = times(result)
    lines = [
        f"call            {result.id} “{result.title}”",
        f"classification  {result.classification or 'none'}",
        f"began           {began}{' UTC' if result.started_at else ''}",
        f"length          {length or 'none'}",
        "",
    ]
    rows = [person(one, result) for one in result.people]
    told = table(("person", "name", "host", "agreed", "spoke", "kept", "device", "heard"), rows)
    return [*lines, *told, *(doubt for stream in result.streams for doubt in doubts(stream))]


def doubts(stream: CallStream) -> list[str]:
    """Return a sentence for each doubt whether a stream can be traced."""
    return [f"What {stream.speaker} said in stream {stream.stream} {DOUBTS.get(one, one)}." for one in stream.doubts]


def person(one: CallPerson, among: CallShown) -> tuple[str, ...]:
    """Return one row of the people: what they said, and the stretches of the call that they heard."""
    said = sum(stream.seconds for stream in among.streams if stream.stream in one.streams)
    kept = sum(stream.kept_s or 0 for stream in among.streams if stream.stream in one.streams)
    heard = ", ".join(stretch(stay, among.started_at or stay.admitted_at) for stay in one.stays)
    agreed = one.consented_at is not None
    return (
        one.id,
        one.name,
        yes(covers=one.host),
        yes(covers=agreed),
        clock(said),
        clock(kept) if kept else "no",
        ", ".join(key[:SHOWN_DIGITS] for key in one.devices) or "–",
        heard or "nothing",
    )


def stretch(stay: CallStay, start: datetime) -> str:
    """Return from when to when somebody was there, on the call's clock."""
    until = "now" if stay.left_at is None else clock((stay.left_at - start).total_seconds())
    return f"{clock((stay.admitted_at - start).total_seconds())} – {until}"
