"""The commands about the ledger. None of them takes a key."""

from pathlib import Path
from typing import Annotated

import typer

from earmark.cli.options import Json, VaultFolder

HOLDS, DOES_NOT_HOLD = 0, 5

ledger = typer.Typer(help="Look into the ledger, and check it.", rich_markup_mode=None)


@ledger.command("verify")
def verify(
    exported: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="An exported ledger. Default: the vault's.", show_default=False),
    ] = None,
    *,
    head: Annotated[
        list[Path] | None,
        typer.Option("--head", metavar="FILE", help="A head from before, which tells if the end was cut off."),
    ] = None,
    vault: VaultFolder = None,
    json: Json = False,
) -> int:
    """Check that nothing in the ledger was removed, changed or put in another order, and say what was.

    Exit status: 0 all holds · 5 something does not.
    """
    from earmark import api
    from earmark.cli import ledger_words, shell

    chosen = shell.settings(vault=vault)
    if exported is not None:
        result = api.verify_exported(exported, heads=head or ())
    else:
        with shell.opened(chosen) as opened:
            result = api.verify_ledger(opened, heads=head or (), stamp_roots=chosen.stamp_roots)
    shell.report("earmark.ledger-verify/1", result, ledger_words.checked(result), json=json)
    return HOLDS if result.holds else DOES_NOT_HOLD


@ledger.command("show")
def show(
    *,
    kind: Annotated[str | None, typer.Option("--kind", metavar="KIND", help="Such as copy-given or trace-run.")] = None,
    about: Annotated[
        str | None, typer.Option("--about", metavar="ID", help="A recording's id, or an exhibit's SHA-256.")
    ] = None,
    last: Annotated[int, typer.Option("--last", metavar="N", help="How many of the newest.")] = 20,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    vault: VaultFolder = None,
    json: Json = False,
) -> None:
    """Show what the ledger says."""
    from earmark import api
    from earmark.cli import ledger_words, shell

    with shell.opened(shell.settings(vault=vault)) as opened:
        result = api.show_ledger(opened, kind=kind, about=about, last=None if everything else last)
    shell.report("earmark.ledger-show/1", result, ledger_words.shown(result), json=json)


@ledger.command("head")
def head(
    size: Annotated[int | None, typer.Option("--size", metavar="N", help="Of the first N entries only.")] = None,
    vault: VaultFolder = None,
    json: Json = False,  # noqa: ARG001 - it is JSON in any case; every command takes the option
) -> None:
    """Print the ledger's signed head as JSON: keep or publish it, and nobody can cut the ledger short unnoticed."""
    from earmark import api
    from earmark.cli import output, shell

    with shell.opened(shell.settings(vault=vault)) as opened:
        output.print_object(dict(api.ledger_head(opened, size)))


@ledger.command("prove")
def prove(
    entry: Annotated[int | None, typer.Option("--entry", metavar="N", help="That this entry is in the ledger.")] = None,
    since: Annotated[
        int | None, typer.Option("--since", metavar="SIZE", help="That it has only grown since it had that size.")
    ] = None,
    size: Annotated[
        int | None, typer.Option("--size", metavar="SIZE", help="With --since: until it had this one. Default: now.")
    ] = None,
    vault: VaultFolder = None,
    json: Json = False,  # noqa: ARG001
) -> None:
    """Print a proof about the ledger as JSON, to go with its head: of one entry, or of growth since an earlier head."""
    from earmark import api
    from earmark.cli import output, shell
    from earmark.errors import UsageError

    with shell.opened(shell.settings(vault=vault)) as opened:
        if entry is not None and since is None:
            proof = api.prove_entry(opened, entry)
        elif since is not None and entry is None:
            proof = api.prove_growth(opened, since, size)
        else:
            raise UsageError("one thing is proved at a time", "Give --entry N or --since SIZE.")
        output.print_object(dict(proof))


@ledger.command("stamp")
def stamp(
    authority: Annotated[
        str | None, typer.Option("--authority", metavar="URL", help="Its address. Default: EARMARK_STAMP_URL.")
    ] = None,
    vault: VaultFolder = None,
    json: Json = False,
) -> None:
    """Have a time stamp authority (RFC 3161) say when the ledger was as it is.

    It is sent a hash and nothing else.
    """
    from earmark import api
    from earmark.cli import ledger_words, shell
    from earmark.errors import UsageError

    chosen = shell.settings(vault=vault, stamp_url=authority)
    if chosen.stamp_url is None:
        raise UsageError("no time stamp authority is known", "Give --authority, or set EARMARK_STAMP_URL.")
    with shell.opened(chosen) as opened:
        result = api.stamp_ledger(opened, chosen.stamp_url, roots=chosen.stamp_roots)
    shell.report("earmark.ledger-stamp/1", result, ledger_words.stamped(result), json=json)


@ledger.command("export")
def export(
    out: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.", show_default=False)],
    vault: VaultFolder = None,
    json: Json = False,
) -> None:
    """Write the ledger and its head into a file that anybody can check with “earmark ledger verify FILE”."""
    from earmark import api
    from earmark.cli import ledger_words, shell

    with shell.opened(shell.settings(vault=vault)) as opened:
        result = api.export_ledger(opened, out)
    shell.report("earmark.ledger-export/1", result, ledger_words.exported(result), json=json)
