"""Lists of listeners: CSV or JSON lines in, checked listeners out.

A list comes from a stranger's spreadsheet and its ids become file names. So an id is checked as a file name would be
on the strictest of file systems, and two ids that such a file system takes for one are refused.
"""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from earmark.errors import ListenersError

MAX_LISTENERS = 100_000
MAX_LIST_BYTES = 64 * 2**20
MAX_ID_CHARACTERS = 100
MAX_ID_BYTES = 200  # file systems allow 255, some of which go to the ending
MAX_TEXT_CHARACTERS = 500

COLUMNS = ("id", "name", "email")
DELIMITERS = ",;\t"  # spreadsheets write semicolons where the comma is the decimal sign
DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})

_ID = re.compile(r"\w[\w.@+=-]*")
_CONTROLS = frozenset({"Cc", "Cs", "Zl", "Zp"})
_ID_HINT = "An id has letters, digits and _ . @ + = - only, and starts with a letter, a digit or _."
_ENCODING_HINT = "Save the list as UTF-8 (spreadsheets call it “CSV UTF-8”)."


@dataclass(frozen=True)
class Listener:
    """Someone who is given a recording.

    Attributes:
        id: names the listener and their copy's file; in Unicode's composed form, at most 100 characters and 200 bytes.
        name: for people to read; may be empty.
        email: likewise.

    Raises:
        ListenersError: an attribute is not what it should be.
    """

    id: str
    name: str = ""
    email: str = ""

    def __post_init__(self) -> None:
        _check_id(self.id)
        _check_text("name", self.name)
        _check_text("email", self.email)

    @property
    def key(self) -> str:
        """The id without what a file system may overlook: case and Unicode's compatible forms."""
        return _key(self.id)


def read_listeners(stream: BinaryIO) -> list[Listener]:
    """Read a list in CSV (column names first) or JSON lines, told apart by their first character; skip blank lines.

    Columns other than ``id``, ``name`` and ``email`` are passed over; order is kept.

    Args:
        stream: bytes in UTF-8, with or without a byte order mark; read to its end, at most 64 MiB.

    Returns:
        1 to 100,000 listeners with distinct keys.

    Raises:
        ListenersError: the list is malformed; the message has the line's number.
    """
    text = _decode(stream.read(MAX_LIST_BYTES + 1))
    rows = _json_rows(text) if text.lstrip().startswith("{") else _csv_rows(text)
    lines: dict[str, int] = {}
    listeners: list[Listener] = []
    for line, row in rows:
        listener = _listener(line, row)
        first = lines.setdefault(listener.key, line)
        if first != line:
            raise ListenersError(
                f"line {line}: the id {listener.id!r} is on line {first} already",
                "Upper and lower case make no difference. Give every listener an id of their own.",
            )
        listeners.append(listener)
        if len(listeners) > MAX_LISTENERS:
            raise ListenersError(f"the list has more than {MAX_LISTENERS:,} listeners", "Split the recording's list.")
    if not listeners:
        raise ListenersError("the list names nobody", "One line for each listener follows the line of column names.")
    return listeners


def _decode(data: bytes) -> str:
    if len(data) > MAX_LIST_BYTES:
        raise ListenersError(f"the list is longer than {MAX_LIST_BYTES // 2**20} MiB", "Is it the right file?")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ListenersError(f"line {line}: the list is not UTF-8 text", _ENCODING_HINT) from error


def _csv_rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    header = text.lstrip().partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=header.count), strict=True)
    try:
        header_cells = next((cells for cells in reader if any(map(str.strip, cells))), [])
        columns = _columns(max(1, reader.line_num), header_cells)
        for cells in reader:
            if any(cells):
                yield reader.line_num, _cells(reader.line_num, columns, cells)
    except csv.Error as error:
        raise ListenersError(
            f"line {reader.line_num}: this is not CSV: {error}", "Is a quotation mark open?"
        ) from error


def _columns(line: int, header: list[str]) -> list[str]:
    columns = [cell.strip().casefold() for cell in header]
    if "id" not in columns:
        raise ListenersError(
            f"line {line}: there is no column “id”",
            "The first line names the columns: id and, if you like, name and email. "
            "Tables are CSV in UTF-8; JSON has one object on each line.",
        )
    twice = [column for column in COLUMNS if columns.count(column) > 1]
    if twice:
        raise ListenersError(f"line {line}: there are two columns “{twice[0]}”", "Keep one of them.")
    return columns


def _cells(line: int, columns: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) > len(columns):
        raise ListenersError(
            f"line {line}: {len(cells)} cells under {len(columns)} columns",
            "Put a cell that contains the delimiter in quotation marks.",
        )
    return dict(zip(columns, cells, strict=False))


def _json_rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    for line, row in enumerate(io.StringIO(text, newline=None), 1):
        if row.strip():
            yield line, _json_row(line, row)


def _json_row(line: int, text: str) -> dict[str, str]:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ListenersError(
            f"line {line}: this is not JSON", 'Each line is an object such as {"id": "anna"}.'
        ) from error
    if not isinstance(row, dict) or "id" not in row:
        raise ListenersError(f"line {line}: there is no “id”", 'Each line is an object such as {"id": "anna"}.')
    wrong = [column for column in COLUMNS if not isinstance(row.get(column) or "", str)]
    if wrong:
        raise ListenersError(f"line {line}: “{wrong[0]}” is not text", "Put it in quotation marks.")
    return {column: row.get(column) or "" for column in COLUMNS}


def _listener(line: int, row: dict[str, str]) -> Listener:
    try:
        return Listener(*(unicodedata.normalize("NFC", row.get(column, "").strip()) for column in COLUMNS))
    except ListenersError as error:
        raise ListenersError(f"line {line}: {error}", error.hint) from error


def _key(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _check_id(text: str) -> None:
    if not text:
        raise ListenersError("the id is empty", "Every listener needs one.")
    if len(text) > MAX_ID_CHARACTERS or len(text.encode(errors="replace")) > MAX_ID_BYTES:
        raise ListenersError(
            f"the id {text[:20]!r}… is too long", f"At most {MAX_ID_CHARACTERS} characters and {MAX_ID_BYTES} bytes."
        )
    if not _ID.fullmatch(text):
        raise ListenersError(f"the id {text!r} does not do as a file name", _ID_HINT)
    if not unicodedata.is_normalized("NFC", text):
        raise ListenersError(f"the id {text!r} has characters in pieces", "Use Unicode's composed form, NFC.")
    if text.endswith(".") or _key(text).partition(".")[0] in DEVICES:
        raise ListenersError(
            f"the id {text!r} does not do as a file name", "Windows keeps names such as con and nul, or drops the dot."
        )


def _check_text(column: str, text: str) -> None:
    if len(text) > MAX_TEXT_CHARACTERS:
        raise ListenersError(f"the {column} {text[:20]!r}… is too long", f"At most {MAX_TEXT_CHARACTERS} characters.")
    if any(unicodedata.category(character) in _CONTROLS for character in text):
        raise ListenersError(f"the {column} {text!r} has control characters", "Keep it to one line of plain text.")
