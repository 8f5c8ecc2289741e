"""What all commands need: settings, lists, progress, and a way to print. Imported when a command runs."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from earmark.api import Listener, read_listeners
from earmark.cli.bars import Bars
from earmark.cli.output import print_json, print_lines, print_notes
from earmark.cli.settings import settings
from earmark.errors import ListenersError

__all__ = ["Bars", "ids", "read_list", "report", "settings"]


def read_list(name: str) -> list[Listener]:
    """Return the listeners in the file ``name``, or in standard input where it is "-".

    Raises:
        ListenersError: it cannot be read, or is malformed.
    """
    try:
        if name == "-":
            return read_listeners(sys.stdin.buffer)
        with Path(name).open("rb") as stream:
            return read_listeners(stream)
    except OSError as error:
        raise ListenersError(f"the list {name} cannot be read: {error.strerror}", "Check the path.") from error


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
