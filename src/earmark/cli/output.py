"""What is printed: one JSON object, or plain lines. Text from strangers is printed so that no terminal obeys it."""

import json
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

ERROR_SCHEMA = "earmark.error/1"

# Controls, surrogates, invisible directions, unassigned characters, and the separators of lines.
UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})

Row: TypeAlias = Sequence[str]


def print_json(schema: str, result: Any) -> None:
    """Print a result (a dataclass) as one JSON object with its ``schema``."""
    print_object({"schema": schema, **asdict(result)})


def print_object(facts: dict[str, Any]) -> None:
    """Print one JSON object."""
    sys.stdout.write(json.dumps(facts, indent=2, default=_plain, allow_nan=False) + "\n")


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{value!r} has no place in JSON")


def print_lines(lines: Sequence[str]) -> None:
    """Print lines of data."""
    sys.stdout.writelines(f"{printable(line)}\n" for line in lines)


def print_notes(notes: Sequence[str]) -> None:
    """Print what is worth knowing to standard error."""
    for note in notes:
        sys.stderr.write(f"earmark: note: {printable(note)}\n")


def print_error(message: str, hint: str, *, as_json: bool) -> None:
    """Print an error and what helps to standard error, and as an object to standard output where JSON is expected."""
    sys.stderr.write(f"earmark: error: {printable(message)}\n")
    if hint:
        sys.stderr.write(f"earmark: hint: {printable(hint)}\n")
    if as_json:
        print_object({"schema": ERROR_SCHEMA, "error": message, "hint": hint})
        sys.stdout.flush()


def printable(text: str) -> str:
    """Return ``text`` with everything that might steer a terminal written as an escape."""
    return "".join(_escaped(c) if unicodedata.category(c) in UNPRINTABLE else c for c in text)


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def table(head: Row, rows: Sequence[Row]) -> list[str]:
    """Return lines in which the columns stand one below the other."""
    shown = [[printable(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in shown) for column in range(len(head))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in shown]
