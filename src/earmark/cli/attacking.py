"""The command that tries on copies what might be done to leaks."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from earmark.errors import UsageError

if TYPE_CHECKING:
    from earmark.api import Attacked, EffectList


def attack(
    copy: Annotated[
        Path | None, typer.Argument(metavar="COPY", help="The copy, or any sound file.", show_default=False)
    ] = None,
    *,
    effects: Annotated[
        str, typer.Option("--with", metavar="EFFECT,EFFECT", help="What happens to it, in this order.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="What is written; its ending says of what kind.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Chance begins here; the same does the same.")] = 0,
    materials: Annotated[
        Path | None,
        typer.Option(
            "--materials", metavar="FOLDER", help="Recordings in rooms, noise, talk, music. Default: synthetic ones."
        ),
    ] = None,
    catalogue: Annotated[bool, typer.Option("--list", help="Print all effects, and do nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there; never the input.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Try on a copy what might be done to a leak.

    Effects are named, take amounts, and follow each other: --with room:0.4,noise:20,opus:16k. A range is drawn from:
    speed:-3..3. If the last one is a codec that the file can hold, the file is what that codec leaves.

    All of the sound is in memory: about 5 GB for an hour of stereo at 48 kHz; three hours are the most.
    """
    from earmark import api
    from earmark.cli import shell

    if catalogue:
        shell.report("earmark.effects/1", known := api.effects(), listed(known), json=json)
        return
    if copy is None or out is None or not effects:
        raise UsageError("a copy, --with and --out are needed", "“earmark attack --list” has all effects.")
    with shell.Bars() as bars:
        done = api.attack(copy, out, effects, seed=seed, materials=materials, force=force, progress=bars)
    shell.report("earmark.attack/1", done, attacked(done), json=json)


def listed(known: "EffectList") -> list[str]:
    """Return a line for each effect."""
    from earmark.cli.output import table

    return table(
        ("effect", "in step", "what happens"), [(e.usage, "yes" if e.in_step else "no", e.help) for e in known.effects]
    )


def attacked(done: "Attacked") -> list[str]:
    """Return what was done, in one line."""
    length = f"{done.seconds:.1f} s" if done.in_step else f"{done.seconds_before:.1f} s became {done.seconds:.1f} s"
    return [f"{done.path}: {length}, after {', '.join(done.effects)}"]
