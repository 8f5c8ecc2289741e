"""The commands. What they need is imported when they run, so that ``--help`` is there at once."""

from pathlib import Path
from typing import Annotated

import typer

from earmark import __version__
from earmark.cli import attacking, calling, casework, keeping, ledger, serving, verifying
from earmark.cli.options import Bound, Coalition, Force, Json, Out, Recording, VaultFolder

NAMED, UNMARKED, INSUFFICIENT = 0, 3, 4
VERDICTS = {"named": NAMED, "unmarked": UNMARKED, "insufficient": INSUFFICIENT}

HELP = """Makes confidential speech traceable: every listener gets a copy of their own, and a leak names the copy.

Exit status: 0 done, or a listener named · 1 failed · 2 usage · 3 unmarked · 4 insufficient ·
5 a check did not hold.

Settings come from flags, then EARMARK_VAULT, EARMARK_BOUND and EARMARK_COALITION, then the file earmark.toml in the
platform's folder for settings (or EARMARK_CONFIG), then defaults. Data goes to standard output, talk to standard error.
"""

app = typer.Typer(help=HELP, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


def show_version(wanted: bool) -> None:
    """Print the version and end."""
    if wanted:
        typer.echo(f"earmark {__version__}")
        raise typer.Exit


@app.callback()
def earmark(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Hold what is common to all commands."""


app.command()(keeping.init)


@app.command()
def mark(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="The recording.", show_default=False)],
    *,
    to: Annotated[str, typer.Option("--to", metavar="LIST", help="Listeners: CSV or JSON lines; - reads stdin.")],
    out: Out,
    only: Annotated[
        str, typer.Option("--only", metavar="ID,ID", help="Register all, but make these copies only.")
    ] = "",
    format: Annotated[  # noqa: A002 - the option's name
        str | None, typer.Option("--format", metavar="NAME", help="wav, flac, mp3, m4a, … Default: as the input.")
    ] = None,
    title: Annotated[str | None, typer.Option("--title", help="Default: the file's name.")] = None,
    coalition: Coalition = None,
    classification: Annotated[
        str | None, typer.Option("--classification", metavar="TEXT", help="How confidential it is, in your words.")
    ] = None,
    seal: Annotated[bool, typer.Option("--seal", help="Keep the original in the vault, encrypted.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Make a new recording of a file marked before.")] = False,
    force: Force = False,
    depth: Annotated[float | None, typer.Option("--depth", hidden=True)] = None,
    vault: VaultFolder = None,
    json: Json = False,
) -> None:
    """See that every listener has their copy of a recording.

    Run it again to go on after an interruption, or with a longer list: only what is missing is made.
    """
    from earmark import api
    from earmark.cli import shell, words

    chosen = shell.settings(vault=vault, coalition=coalition, classification=classification)
    listeners = shell.read_list(to)
    with shell.opened(chosen) as opened, shell.Bars() as bars:
        done = api.mark(
            opened,
            source,
            listeners,
            out,
            only=shell.ids(only),
            format=format,
            title=title,
            coalition=chosen.coalition,
            depth=depth,
            classification=chosen.classification,
            seal_original=seal,
            again=again,
            force=force,
            progress=bars,
        )
        shell.stamp(opened, chosen)
    shell.report("earmark.mark/1", done, words.delivered(done, out), json=json)


@app.command()
def copy(
    recording: Recording,
    listener: Annotated[
        list[str] | None,
        typer.Argument(metavar="LISTENER…", help="Ids; everybody on --to if none.", show_default=False),
    ] = None,
    *,
    out: Out,
    source: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="The file that was marked. Default: the sealed one.")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="LIST", help="More listeners for the recording.")] = None,
    force: Force = False,
    vault: VaultFolder = None,
    json: Json = False,
) -> None:
    """Make more copies, from the input or the sealed original."""
    from earmark import api
    from earmark.cli import shell, words

    add = shell.read_list(to) if to is not None else []
    with shell.opened(shell.settings(vault=vault)) as opened, shell.Bars() as bars:
        done = api.copy(opened, recording, listener or [], out, source=source, add=add, force=force, progress=bars)
    shell.report("earmark.copy/1", done, words.delivered(done, out), json=json)


@app.command()
def trace(
    leak: Annotated[Path, typer.Argument(metavar="LEAK", help="Any sound file.", show_default=False)],
    *,
    bound: Bound = None,
    recording: Annotated[
        str | None, typer.Option("--recording", metavar="RECORDING", help="Look for this one only.")
    ] = None,
    vault: VaultFolder = None,
    json: Json = False,
) -> int:
    """Name whose copy a leak is, or say that nobody can be named.

    A name comes with a proven bound on the chance that an innocent listener is named.

    Exit status: 0 named · 3 unmarked · 4 insufficient.
    """
    from earmark import api
    from earmark.cli import shell, words

    chosen = shell.settings(vault=vault, bound=bound)
    with shell.opened(chosen) as opened, shell.Bars() as bars:
        result = api.trace(opened, leak, family_wise=chosen.bound, recording=recording, progress=bars)
        shell.stamp(opened, chosen)
    shell.report("earmark.trace/1", result, words.traced(result), json=json)
    return VERDICTS[result.verdict]


app.command()(verifying.verify)


@app.command()
def inspect(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="The recording.", show_default=False)],
    listeners: Annotated[
        int, typer.Option("--listeners", metavar="N", help="Among how many one is to be found.")
    ] = 1000,
    bound: Bound = None,
    coalition: Coalition = None,
    json: Json = False,
) -> None:
    """Tell, before marking, if a recording can be traced.

    Is there enough speech, how many seconds of a leak will be needed, and how many colluders are covered?
    """
    from earmark import api
    from earmark.cli import shell, words

    chosen = shell.settings(bound=bound, coalition=coalition)
    with shell.Bars() as bars:
        result = api.inspect(
            source, listeners=listeners, family_wise=chosen.bound, coalition=chosen.coalition, progress=bars
        )
    shell.report("earmark.inspect/1", result, words.inspected(result), json=json)


@app.command()
def recordings(vault: VaultFolder = None, json: Json = False) -> None:
    """List the vault's recordings."""
    from earmark import api
    from earmark.cli import shell, words

    with shell.opened(shell.settings(vault=vault)) as opened:
        result = api.recordings(opened)
    shell.report("earmark.recordings/1", result, words.recordings(result), json=json)


@app.command()
def listeners(recording: Recording, vault: VaultFolder = None, json: Json = False) -> None:
    """List a recording's listeners and what they were given."""
    from earmark import api
    from earmark.cli import shell, words

    with shell.opened(shell.settings(vault=vault)) as opened:
        result = api.listeners(opened, recording)
    shell.report("earmark.listeners/1", result, words.listeners(result), json=json)


app.command()(serving.serve)
app.add_typer(calling.calls, name="calls")
app.command()(attacking.attack)
app.add_typer(casework.case, name="case")
app.command()(casework.exposure)
app.command()(keeping.backup)
app.command()(keeping.restore)
app.add_typer(keeping.keys, name="keys")
app.add_typer(ledger.ledger, name="ledger")
