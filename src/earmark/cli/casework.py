"""The commands about cases, and what a listener has heard."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from earmark.cli.options import Bound, Json, VaultFolder
from earmark.errors import UsageError

NAMED, NOT_HOLDING = 0, 5
VERDICTS = {"named": NAMED, "unmarked": 3, "insufficient": 4}

case = typer.Typer(help="Make a case of a leak, and check one as a stranger.", rich_markup_mode=None)


@case.command("new")
def new(
    leak: Annotated[Path, typer.Argument(metavar="LEAK", help="Any sound file.", show_default=False)],
    *,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="The case's folder. Default: its id, here.")
    ] = None,
    title: Annotated[str | None, typer.Option("--title", help="Default: after the recording.")] = None,
    recording: Annotated[
        str | None, typer.Option("--recording", metavar="RECORDING", help="Look for this one only.")
    ] = None,
    original: Annotated[
        Path | None, typer.Option("--original", metavar="FILE", help="The file that was marked, if it is not sealed.")
    ] = None,
    open_mark_key: Annotated[
        bool, typer.Option("--open-mark-key", help="Let an expert compute the evidence anew, and see all marks.")
    ] = False,
    bound: Bound = None,
    vault: VaultFolder = None,
    json: Json = False,
) -> int:
    """Copy, hash and trace a leak, and write a report and a sealed bundle.

    The folder has report.html, report.pdf, evidence.json, the exhibit, and bundle.earmark for “earmark case check”.

    Exit status: 0 named · 3 unmarked · 4 insufficient.
    """
    from earmark import api
    from earmark.cli import case_words, shell

    chosen = shell.settings(vault=vault, bound=bound)
    with shell.opened(chosen) as opened, shell.Bars() as bars:
        made = api.new_case(
            opened,
            leak,
            out,
            title=title,
            recording=recording,
            original=original,
            family_wise=chosen.bound,
            open_mark_key=open_mark_key,
            progress=bars,
        )
    shell.report("earmark.case-new/1", made, case_words.made(made), json=json)
    return VERDICTS[made.verdict]


@case.command("list")
def listed(vault: VaultFolder = None, json: Json = False) -> None:
    """List the vault's cases."""
    from earmark import api
    from earmark.cli import case_words, shell

    with shell.opened(shell.settings(vault=vault)) as opened:
        result = api.cases(opened)
    shell.report("earmark.case-list/1", result, case_words.cases(result), json=json)


@case.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="CASE", help="Id, or its start.", show_default=False)],
    vault: VaultFolder = None,
    json: Json = False,
) -> None:
    """Show what the ledger has of a case."""
    from earmark import api
    from earmark.cli import case_words, shell

    with shell.opened(shell.settings(vault=vault)) as opened:
        result = api.case(opened, name)
    shell.report("earmark.case-show/1", result, case_words.shown(result), json=json)


@case.command("check")
def check(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A bundle, or a case's folder.", show_default=False)],
    *,
    exhibit: Annotated[
        Path | None, typer.Option("--exhibit", metavar="FILE", help="The leak. Default: the copy beside the bundle.")
    ] = None,
    head: Annotated[
        Path | None, typer.Option("--head", metavar="FILE", help="A head of the ledger known from elsewhere.")
    ] = None,
    proof: Annotated[
        Path | None, typer.Option("--proof", metavar="FILE", help="That it is of the same ledger, at another size.")
    ] = None,
    json: Json = False,
) -> int:
    """Check a case, without a vault and without trusting who made it.

    Exit status: 0 no check has failed · 5 one has.
    """
    from earmark import api
    from earmark.cli import case_words, shell

    with shell.Bars() as bars:
        result = api.check_case(bundle, exhibit=exhibit, head=head, proof=proof, progress=bars)
    shell.report("earmark.case-check/1", result, case_words.checked(result), json=json)
    return NAMED if result.holds else NOT_HOLDING


def exposure(
    listener: Annotated[str | None, typer.Argument(metavar="LISTENER", help="The id.", show_default=False)] = None,
    *,
    device: Annotated[
        str | None, typer.Option("--device", metavar="KEY", help="What a device has heard of calls, by its key.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Given or heard from that day on, as 2026-03-03.")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="Given or heard up to that day.")] = None,
    leak: Annotated[
        list[Path] | None, typer.Option("--leak", metavar="FILE", help="Subtract what is public; may be repeated.")
    ] = None,
    vault: VaultFolder = None,
    json: Json = False,
) -> None:
    """Tell what a listener or a device has heard, and what of it is not public yet.

    “If this laptop was compromised on 3 March, what did they hear?”: earmark exposure chloe --until 2026-03-03

    Of calls, by the key that “earmark calls show” has of it: earmark exposure --device 0f1e2d3c --until 2026-03-03
    """
    from earmark import api
    from earmark.cli import case_words, shell

    first, last = day(since), day(until)
    with shell.opened(shell.settings(vault=vault)) as opened, shell.Bars() as bars:
        result = api.exposure(
            opened,
            listener,
            device=device,
            since=first,
            until=last,
            leaks=leak or (),
            progress=bars,
        )
    shell.report("earmark.exposure/1", result, case_words.exposed(result), json=json)


def day(text: str | None) -> date | None:
    """Return the day that is meant; None if there is none.

    Raises:
        UsageError: it is no day.
    """
    try:
        return None if text is None else datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError as error:
        raise UsageError(f"{text!r} is no day", "Write it as in 2026-03-03.") from error
