"""The commands that look back on calls."""

from typing import Annotated

import typer

from earmark.cli.options import Json, VaultFolder

calls = typer.Typer(help="List the vault's calls, or show one.", rich_markup_mode=None)


@calls.callback(invoke_without_command=True)
def listed(context: typer.Context, vault: VaultFolder = None, json: Json = False) -> None:
    """List the vault's calls, or show one."""
    if context.invoked_subcommand is not None:
        return
    from earmark import api
    from earmark.cli import call_words, shell

    with shell.opened(shell.settings(vault=vault)) as opened:
        result = api.calls(opened)
    shell.report("earmark.calls/1", result, call_words.calls(result), json=json)


@calls.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="CALL", help="Id (or its start) or title.", show_default=False)],
    vault: VaultFolder = None,
    json: Json = False,
) -> None:
    """Show who was in a call, who spoke, and who heard which minutes."""
    from earmark import api
    from earmark.cli import call_words, shell

    with shell.opened(shell.settings(vault=vault)) as opened:
        result = api.call(opened, name)
    shell.report("earmark.calls-show/1", result, call_words.shown(result), json=json)
