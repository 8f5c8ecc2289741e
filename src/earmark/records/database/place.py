"""Which database is a vault's: the SQLite file in its folder, unless ``database.json`` there names another."""

import json
from pathlib import Path

from sqlalchemy import Connection

from earmark.errors import VaultError
from earmark.records.database.base import Fill, Place, nothing
from earmark.records.database.migrating import copy_rows
from earmark.records.database.postgresql import PostgresPlace
from earmark.records.database.sqlite import SqlitePlace
from earmark.records.folder import check_private
from earmark.records.ledger.canonical import parse_object
from earmark.records.seal import reading, whole

FILE_NAME = "vault.sqlite"
NOTE_NAME = "database.json"
NOTE_SCHEMA = "earmark/database/1"
MAX_NOTE_BYTES = 2**14


def place_of(folder: Path) -> Place:
    """Return where the tables of the vault in ``folder`` are.

    Raises:
        VaultError: there is no vault, others may read it, or its ``database.json`` is damaged.
    """
    note = folder / NOTE_NAME
    if note.exists():
        check_private(folder, note)
        return PostgresPlace(_read(note))
    if folder.is_dir() and not (folder / FILE_NAME).exists():  # who is told to close a folder has to mean a vault
        raise VaultError(f"there is no vault at {folder}", "Make one with “earmark init”.")
    check_private(folder, folder / FILE_NAME)
    return SqlitePlace(folder / FILE_NAME)


def create(folder: Path, url: str | None, fill: Fill = nothing) -> None:
    """Make the tables of a new vault in ``folder``: in the database at ``url``, or in a file if None.

    Raises:
        UsageError: ``url`` is no address of a database, or there is a password in it.
        VaultError: there is a vault already, or it cannot be written.
    """
    _require_none(folder)
    if url is None:
        SqlitePlace(folder / FILE_NAME).create(fill)
        return
    _create_at(folder / NOTE_NAME, url, fill)


def attach(folder: Path, url: str) -> None:
    """Let the vault that is at ``url`` already be used from ``folder`` too.

    Raises:
        UsageError: ``url`` is no address of a database, or there is a password in it.
        VaultError: there is a vault in the folder, or none at ``url``.
    """
    _require_none(folder)
    PostgresPlace(url).open().close()
    _write(folder / NOTE_NAME, url)


def move(folder: Path, url: str) -> None:
    """Move the tables of a vault that nobody uses from the file in ``folder`` into the database at ``url``.

    Raises:
        UsageError: ``url`` is no address of a database, or there is a password in it.
        VaultError: there is a vault already, or it cannot be written; the file stays then.
    """
    file = folder / FILE_NAME
    with SqlitePlace(file).open() as source, source.reading() as rows:
        _create_at(folder / NOTE_NAME, url, lambda target: copy_rows(rows, target))
    for part in folder.glob(f"{FILE_NAME}*"):
        part.unlink()


def _require_none(folder: Path) -> None:
    for name in (FILE_NAME, NOTE_NAME):
        if (folder / name).exists():
            raise VaultError(f"there is a vault at {folder / name} already", "Use it, or choose another folder.")


def _create_at(note: Path, url: str, fill: Fill) -> None:
    """Make the tables at ``url``; the note is there before they are, so that nothing is made that nobody finds."""
    written = False

    def fill_and_note(connection: Connection) -> None:
        nonlocal written
        fill(connection)
        _write(note, url)
        written = True

    try:
        PostgresPlace(url).create(fill_and_note)
    except BaseException:
        if written:
            note.unlink()
        raise


def _write(note: Path, url: str) -> None:
    with whole(note, replace=False) as file:
        file.write(json.dumps({"schema": NOTE_SCHEMA, "url": url}, indent=2).encode() + b"\n")


def _read(note: Path) -> str:
    with reading(note) as file:
        data = file.read(MAX_NOTE_BYTES)
    try:
        facts = parse_object(data)
    except ValueError as error:
        raise _damaged(note) from error
    if facts.get("schema") != NOTE_SCHEMA or not isinstance(facts.get("url"), str):
        raise _damaged(note)
    return str(facts["url"])


def _damaged(note: Path) -> VaultError:
    hint = "It names the vault's database: remove it, and make it anew with “earmark init --attach”."
    return VaultError(f"{note} is damaged", hint)
