"""What all commands need: settings, lists, progress, and a way to print. Imported when a command runs."""

import sys
from collections.abc import Sequence
from getpass import getpass
from pathlib import Path
from typing import Any

from earmark.api import Listener, Sources, Vault, read_listeners, stamp_ledger
from earmark.cli.bars import Bars
from earmark.cli.output import print_json, print_lines, print_notes, print_object
from earmark.cli.settings import Settings, settings
from earmark.errors import EarmarkError, InputError, UsageError

__all__ = [
    "Bars",
    "attached",
    "ids",
    "new_passphrase",
    "opened",
    "read_list",
    "report",
    "settings",
    "somebody_is_there",
    "sources",
    "stamp",
    "tell",
]

ADOPTED = (
    "this vault was made by an earlier version: its ledger starts now",
    "its keys are not encrypted yet; “earmark keys add” encrypts them",
)


def read_list(name: str) -> list[Listener]:
    """Return the listeners in the file ``name``, or in standard input where it is "-".

    Raises:
        InputError: it cannot be read.
        ListenersError: it is malformed.
    """
    try:
        if name == "-":
            return read_listeners(sys.stdin.buffer)
        with Path(name).open("rb") as stream:
            return read_listeners(stream)
    except OSError as error:
        raise InputError(f"the list {name} cannot be read: {error.strerror}", "Check the path.") from error


def ids(text: str) -> list[str]:
    """Return the ids in a list with commas."""
    return [one for one in (part.strip() for part in text.split(",")) if one]


def report(schema: str, result: Any, lines: Sequence[str], *, json: bool) -> None:
    """Print a result: as one JSON object with its ``schema``, or as ``lines`` with its notes beside them."""
    if json:
        print_json(schema, result)
    else:
        print_notes(getattr(result, "notes", ()))
        print_lines(lines)


def tell(schema: str, facts: dict[str, Any], lines: Sequence[str], *, json: bool) -> None:
    """Print facts at once, while the command goes on: as one JSON object with its ``schema``, or as ``lines``."""
    if json:
        print_object({"schema": schema, **facts})
    else:
        print_lines(lines)
    sys.stdout.flush()


def opened(chosen: Settings) -> Vault:
    """Open the vault that the settings name; its key is looked for, or asked for, when it is needed first."""
    vault = Vault(chosen.vault, sources=sources(chosen))
    if vault.adopted:
        print_notes(ADOPTED)
    return vault


def sources(chosen: Settings) -> Sources:
    """Return where the vault's key is looked for."""
    return Sources(chosen.vault_key_file, ask=ask if somebody_is_there() else None)


def somebody_is_there() -> bool:
    """Tell whether a person at a terminal can be asked."""
    return sys.stdin is not None and sys.stdin.isatty()


def ask() -> str:
    """Ask for the passphrase."""
    return getpass("Passphrase of the vault: ", sys.stderr)


def new_passphrase() -> str:
    """Ask for a new passphrase, twice.

    Raises:
        UsageError: nobody is there to ask, or the two differ.
    """
    if not somebody_is_there():
        raise UsageError("a passphrase is asked for at a terminal only", "Use a key file in scripts and on servers.")
    first = getpass("New passphrase for the vault: ", sys.stderr)
    if getpass("The same again: ", sys.stderr) != first:
        raise UsageError("the two passphrases differ", "Run the command again.")
    return first


def attached(database: str | None, *others: object) -> str:
    """Return the address of the database of which the vault is to be used.

    Raises:
        UsageError: there is none, or there are options that only a new vault takes.
    """
    if database is None:
        raise UsageError("there is no database to attach to", "Name it with --database.")
    if any(others):
        raise UsageError("the vault is there already, and opened as it is", "Give --attach and --database only.")
    return database


def stamp(vault: Vault, chosen: Settings) -> None:
    """Have the ledger stamped, if an authority is set; where that fails, say so and go on."""
    if chosen.stamp_url is not None:
        try:
            stamp_ledger(vault, chosen.stamp_url, roots=chosen.stamp_roots)
        except EarmarkError as error:
            print_notes([f"the ledger has no time stamp of this: {error}"])
