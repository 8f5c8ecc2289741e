"""The command that tells what of a leak is genuine."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from earmark.cli.options import Json, VaultFolder

if TYPE_CHECKING:
    from earmark.api import ErrorRate, StretchTimes, Verified

UNMARKED, ALTERED = 3, 5
NOTABLE_SPEED = 0.003

NOTHING = "unmarked: nothing of any recording in this vault was found in it, so that nothing can be said of it."
COMPARED = {"mark": "mark alone", "mark and original": "mark and the original"}
UNBROKEN = "No edit shows."
SOMEWHERE = "It was edited, though not exactly where."
UNSEEN = "A time line shows edits; that none shows is no proof that there is none."


def verify(
    leak: Annotated[Path, typer.Argument(metavar="LEAK", help="Any sound file.", show_default=False)],
    *,
    recording: Annotated[
        str | None, typer.Option("--recording", metavar="RECORDING", help="Look for this one only.")
    ] = None,
    original: Annotated[
        Path | None,
        typer.Option("--original", metavar="FILE", help="The file that was marked. Default: the sealed one, if any."),
    ] = None,
    vault: VaultFolder = None,
    json: Json = False,
) -> int:
    """Tell what of a leak is genuine, and what was cut out, moved or put in.

    With the original, sealed in the vault or given, shorter edits show than by the mark alone.

    Exit status: 0 no edit shows · 3 unmarked · 5 it was edited.
    """
    from earmark import api
    from earmark.cli import shell

    with shell.opened(shell.settings(vault=vault)) as opened, shell.Bars() as bars:
        result = api.verify(opened, leak, recording=recording, original=original, progress=bars)
    shell.report("earmark.verify/1", result, verified(result), json=json)
    return UNMARKED if result.recording is None else ALTERED if result.altered else 0


def verified(result: "Verified") -> list[str]:
    """Return a time line in words."""
    from earmark.cli.output import table

    lines = [f"exhibit    SHA-256 {result.exhibit.sha256}, {result.exhibit.seconds:.1f} s"]
    if result.recording is None:
        return [*lines, NOTHING]
    lines += [f"recording  {result.recording.id} “{result.recording.title}”", *compared(result), ""]
    heads = (
        ("in the leak", "", "in the call", "words of") if result.speakers else ("in the leak", "", "in the recording")
    )
    lines += [*table(heads, [row(one)[: len(heads)] for one in result.stretches]), ""]
    lines += [
        found(len(result.edits_s), altered=result.altered),
        *rates(result.error_rates, {one.state for one in result.stretches}),
        UNSEEN,
    ]
    return lines


def found(edits: int, *, altered: bool) -> str:
    """Return how many edits there are; some are known to be, but not exactly where."""
    if not edits:
        return SOMEWHERE if altered else UNBROKEN
    return f"Edited in {edits} place{'s' if edits > 1 else ''}."


def compared(result: "Verified") -> list[str]:
    """Return what the leak was compared with: of a call, each speaker's words."""
    if not result.speakers:
        return [f"compared   with the {COMPARED[result.compared_with]}"]
    kept = {"mark": "the mark alone", "mark and original": "the mark and what they have kept"}
    return [f"compared   {one.speaker}: with {kept[one.compared_with]}" for one in result.speakers]


def row(one: "StretchTimes") -> tuple[str, str, str, str]:
    """Return one row of the time line."""
    from earmark.cli.words import clock

    leak = clock(one.leak_start_s)
    if one.leak_end_s > one.leak_start_s:
        leak += f" – {clock(one.leak_end_s)}"
    return leak, one.state, where(one), one.speaker or ""


def where(one: "StretchTimes") -> str:
    """Return where in the recording a stretch is from, or what is missing."""
    from earmark.cli.words import clock

    parts = []
    if one.recording_start_s is not None and one.recording_end_s is not None and one.state != "too degraded to say":
        parts.append(f"{clock(one.recording_start_s)} – {clock(one.recording_end_s)}")
    if one.missing_s:
        parts.append(f"{one.missing_s:.1f} s missing")
    if one.speed is not None and abs(one.speed - 1) > NOTABLE_SPEED:
        parts.append(f"at {one.speed:.3f} times the speed")
    return ", ".join(parts)


def rates(measured: Sequence["ErrorRate"], states: set[str]) -> list[str]:
    """Return how often such statements are wrong."""
    both = len({one.with_original for one in measured}) > 1  # of a call, of whose speakers some have kept their words
    seen = {True: ", against what was kept", False: ", by the mark alone"} if both else {True: "", False: ""}
    return [
        f"measured: {one.wrong} of {one.stated} statements “{one.state}” were wrong after {one.after}"
        f"{seen[one.with_original]}"
        for one in measured
        if one.state in states
    ]
