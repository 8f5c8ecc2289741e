"""The commands about the vault itself: making one, and who can open it."""

from pathlib import Path
from typing import Annotated

import typer

from earmark.cli.options import Database, Json, VaultFolder

keys = typer.Typer(help="Say who can open the vault, and rotate its key.", rich_markup_mode=None)

KeyFile = Annotated[
    Path | None, typer.Option("--key-file", metavar="PATH", help="Put a new key there; the file is not to exist yet.")
]
Passphrase = Annotated[bool, typer.Option("--passphrase", help="Ask for a new passphrase, twice.")]


def init(
    key_file: KeyFile = None,
    passphrase: Passphrase = False,
    *,
    no_encryption: Annotated[bool, typer.Option("--no-encryption", help="Leave the vault's keys as they are.")] = False,
    database: Database = None,
    attach: Annotated[
        bool, typer.Option("--attach", help="Use the vault that is in the database already from this folder too.")
    ] = False,
    vault: VaultFolder = None,
    json: Json = False,
) -> None:
    """Make a vault, which keeps keys and records.

    Its keys are encrypted under a passphrase that is asked for, or, where nobody is there to ask, under a key in a new
    file in the folder for settings. EARMARK_VAULT_KEY_FILE names another file, EARMARK_VAULT_KEY has the key itself.

    Back it up: without it no leak can be traced.
    """
    from earmark import api
    from earmark.cli import shell, words

    chosen = shell.settings(vault=vault)
    if attach:
        made = api.attach(chosen.vault, shell.attached(database, key_file, passphrase, no_encryption))
    else:
        sources = api.Sources(chosen.vault_key_file)
        asked = shell.somebody_is_there() and not (key_file or no_encryption or sources.names_a_key())
        new = shell.new_passphrase() if passphrase or asked else None
        made = api.init(
            chosen.vault,
            passphrase=new,
            key_file=key_file,
            encrypted=not no_encryption,
            database=database,
            sources=sources,
        )
    shell.report("earmark.init/1", made, words.made(made), json=json)


@keys.command("list")
def listed(vault: VaultFolder = None, json: Json = False) -> None:
    """List the ways of opening the vault. Takes no key."""
    from earmark import api
    from earmark.cli import shell, words

    with shell.opened(shell.settings(vault=vault)) as opened:
        result = api.ways(opened)
    shell.report("earmark.keys-list/1", result, words.ways(result), json=json)


@keys.command("add")
def add(
    key_file: KeyFile = None, passphrase: Passphrase = False, vault: VaultFolder = None, json: Json = False
) -> None:
    """Let the vault be opened in one more way.

    A vault whose keys were not encrypted is encrypted with it.
    """
    from earmark import api
    from earmark.cli import shell, words

    with shell.opened(shell.settings(vault=vault)) as opened:
        new = shell.new_passphrase() if passphrase else None
        result = api.add_way(opened, passphrase=new, key_file=key_file)
    shell.report("earmark.keys-add/1", result, words.ways(result), json=json)


@keys.command("remove")
def remove(
    way: Annotated[str, typer.Argument(metavar="WAY", help="Its id, or a kind for all of it.", show_default=False)],
    vault: VaultFolder = None,
    json: Json = False,
) -> None:
    """Remove a way of opening the vault; never the last one."""
    from earmark import api
    from earmark.cli import shell, words

    with shell.opened(shell.settings(vault=vault)) as opened:
        result = api.remove_way(opened, way)
    shell.report("earmark.keys-remove/1", result, words.ways(result), json=json)


@keys.command("rotate")
def rotate(
    key_file: KeyFile = None,
    passphrase: Passphrase = False,
    *,
    deep: Annotated[
        bool, typer.Option("--deep", help="Encrypt everything under a new vault key; no other way is left.")
    ] = False,
    end_officers: Annotated[
        bool, typer.Option("--end-officers", help="Let one person alone open a vault that officers open.")
    ] = False,
    vault: VaultFolder = None,
    json: Json = False,
) -> None:
    """Replace what the vault is opened with: a new passphrase, or a new key file.

    With neither option, the key file in the folder for settings is replaced.
    """
    from earmark import api
    from earmark.cli import shell, words

    with shell.opened(shell.settings(vault=vault)) as opened:
        opened.safe.open()  # the old passphrase is asked for before the new one
        new = shell.new_passphrase() if passphrase else None
        result = api.rotate(opened, passphrase=new, key_file=key_file, deep=deep, end_officers=end_officers)
    shell.report("earmark.keys-rotate/1", result, words.ways(result), json=json)


@keys.command("officers")
def officers(
    names: Annotated[list[str], typer.Argument(metavar="NAME…", help="Two or more.", show_default=False)],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where their key files go.")],
    vault: VaultFolder = None,
    json: Json = False,
) -> None:
    """Draw keys for officers, any two of whom can open the vault.

    Hand each their file, and remove the other ways: from then on one alone can open nothing. EARMARK_OFFICER_FILES
    names the files of two when the vault is to be opened.
    """
    from earmark import api
    from earmark.cli import shell, words

    with shell.opened(shell.settings(vault=vault)) as opened:
        result = api.officers(opened, names, out)
    shell.report("earmark.keys-officers/1", result, words.officers(result), json=json)


def backup(
    out: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.", show_default=False)],
    vault: VaultFolder = None,
    json: Json = False,
) -> None:
    """Write the whole vault into one encrypted file, opened in the same ways as the vault."""
    from earmark import api
    from earmark.cli import shell, words

    with shell.opened(shell.settings(vault=vault)) as opened, shell.Bars() as bars:
        result = api.backup(opened, out, progress=bars)
    shell.report("earmark.backup/1", result, words.backed_up(result), json=json)


def restore(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.", show_default=False)],
    database: Database = None,
    vault: VaultFolder = None,
    json: Json = False,
) -> None:
    """Restore the vault from a backup, into a folder that is not there yet."""
    from earmark import api
    from earmark.cli import shell, words

    chosen = shell.settings(vault=vault)
    result = api.restore(source, chosen.vault, database=database, sources=shell.sources(chosen))
    shell.report("earmark.restore/1", result, words.restored(result), json=json)
