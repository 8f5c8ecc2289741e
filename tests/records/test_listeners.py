import csv
import io
import json
import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from earmark.errors import ListenersError
from earmark.records import listeners
from earmark.records.listeners import Listener, read_listeners

IDS = st.from_regex(r"[a-zA-Z0-9_äßж語][a-zA-Z0-9_äßж語.@+=-]{0,20}", fullmatch=True)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=20)


def read(text: str | bytes) -> list[Listener]:
    return read_listeners(io.BytesIO(text if isinstance(text, bytes) else text.encode()))


def valid(name: str) -> bool:
    try:
        Listener(name)
    except ListenersError:
        return False
    return True


@st.composite
def lists(draw: st.DrawFn) -> list[Listener]:
    ids = draw(st.lists(IDS.filter(valid), min_size=1, max_size=8, unique_by=lambda text: Listener(text).key))
    texts = TEXTS.map(lambda text: unicodedata.normalize("NFC", text))
    return [Listener(name, draw(texts), draw(texts)) for name in ids]


def test_csv_gives_listeners_in_order() -> None:
    assert read("id,name,email\nzoe,Zoë Ö,z@x.org\n\nanna,,\n") == [
        Listener("zoe", "Zoë Ö", "z@x.org"),
        Listener("anna"),
    ]


@pytest.mark.parametrize("text", ["id\nanna\n", "ID \r\n anna \r\n", "id\ranna", "\ufeffid\nanna", "id;name\nanna;\n"])
def test_csv_is_taken_as_spreadsheets_write_it(text: str) -> None:
    assert read(text) == [Listener("anna")]


@pytest.mark.parametrize("blank", ["\n", "\r\n\r\n", "  \n", ";;;;\n\n"])
def test_blank_lines_before_the_header_are_passed_over(blank: str) -> None:
    assert read(f"{blank}id;name\nanna;Anna, Lady\n") == [Listener("anna", "Anna, Lady")]


def test_other_columns_are_passed_over_and_short_rows_filled() -> None:
    assert read('room,name,id,email\n12,"Meier, Anna",anna\n') == [Listener("anna", "Meier, Anna")]


def test_json_lines_give_listeners() -> None:
    assert read('{"id": "zoe", "name": "Zoë", "age": 3}\r\n\n{"id": "anna", "email": null}') == [
        Listener("zoe", "Zoë"),
        Listener("anna"),
    ]


def test_ids_and_names_are_composed() -> None:
    assert read("id,name\nrene\u0301,Rene\u0301\n") == [Listener("ren\xe9", "Ren\xe9")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "line 1: there is no column"),
        ("id\n", "names nobody"),
        ("name,email\nanna,a@x.org", "line 1: there is no column “id”"),
        ("id,ID\nanna,zoe", "line 1: there are two columns"),
        ("\n\nname\nanna", "line 3: there is no column “id”"),
        ("\n", "line 1: there is no column"),
        ("\nid\n..", "line 3: the id '..' does not do"),
        ("id,name\nanna,Meier,Anna", "line 2: 3 cells under 2 columns"),
        ("id,name\nanna,Anna\n,Zoe", "line 3: the id is empty"),
        ("id\nanna\nzoe\nAnna", "line 4: the id 'Anna' is on line 2 already"),
        ("id\nstraße\nSTRASSE", "line 3: the id 'STRASSE' is on line 2"),
        ("id\nfile\nﬁle", "line 3"),
        ('id\n"anna', "line 2: this is not CSV"),
        (b"id\nanna\nren\xe9", "line 3: the list is not UTF-8"),
        ("id\nanna".encode("utf-16"), "line 1: the list is not UTF-8"),
        ("id,name\nanna,\x1b[2J", r"line 2: the name '\\x1b\[2J' has control characters"),
        ("id,email\nanna," + 501 * "a", "line 2: the email .* too long"),
        ("id\n" + 200_000 * "a", "line 2"),
        ('{"id": "anna"}\n{"id": "anna"}', "line 2: the id 'anna' is on line 1 already"),
        ('{"id": "anna"}\n["zoe"]', "line 2: there is no “id”"),
        ('{"id": "anna"}\n{"name": "zoe"}', "line 2: there is no “id”"),
        ('{"id": 7}', "line 1: “id” is not text"),
        ('{"id": null}', "line 1: the id is empty"),
        ('{"id": "anna"', "line 1: this is not JSON"),
        ('{"id": ' + 100_000 * "[", "line 1: this is not JSON"),
        (r'{"id": "\ud800"}', r"line 1: the id '\\ud800' does not do"),
        (r'{"id": "anna", "name": "\ud800"}', "line 1: the name"),
    ],
)
def test_a_malformed_list_is_refused_with_its_line(text: str | bytes, message: str) -> None:
    with pytest.raises(ListenersError, match=message) as caught:
        read(text)
    assert caught.value.hint


@pytest.mark.parametrize(
    "name",
    [
        *(
            "../x",
            "/x",
            "a/b",
            "a\\b",
            ".",
            "..",
            ".x",
            "-x",
            "@x",
            "x.",
            "x ",
            "a b",
            "a\0b",
            "a\nb",
            "a:b",
            "x*",
            "~x",
        ),
        *(
            "con",
            "NUL",
            "Aux.txt",
            "com1",
            "COM¹",
            "lpt9.tar.gz",
            "e\u0301",
            101 * "x",
            51 * "𠀀",
            "\u202ex",
            "x\u200b",
        ),
    ],
)
def test_an_id_that_would_not_do_as_a_file_name_is_refused(name: str) -> None:
    with pytest.raises(ListenersError):
        Listener(name)


@pytest.mark.parametrize("name", ["_", "7", "a.b@x-y.org", "a+b=c", "Ådne", "語", "console", "com", 100 * "x"])
def test_other_ids_do(name: str) -> None:
    assert Listener(name).id == name


def test_a_list_may_be_long_but_not_endless(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "id\n" + "\n".join(f"u{n}" for n in range(listeners.MAX_LISTENERS))
    assert len(read(rows)) == listeners.MAX_LISTENERS
    with pytest.raises(ListenersError, match="more than 100,000"):
        read(rows + "\none-more")
    monkeypatch.setattr(listeners, "MAX_LIST_BYTES", 2**20)
    with open("/dev/zero", "rb") as endless, pytest.raises(ListenersError, match="longer than 1 MiB"):  # noqa: PTH123
        read_listeners(endless)


@given(lists(), st.sampled_from([",", ";", "\t"]), st.sampled_from(["utf-8", "utf-8-sig"]))
def test_written_csv_reads_back(people: list[Listener], delimiter: str, encoding: str) -> None:
    stream = io.StringIO(newline="")
    rows = [["id", "name", "email"], *([person.id, person.name, person.email] for person in people)]
    csv.writer(stream, delimiter=delimiter).writerows(rows)
    assert read(stream.getvalue().encode(encoding)) == people


@given(lists(), st.booleans())
def test_written_json_lines_read_back(people: list[Listener], ascii_only: bool) -> None:
    assert read("\n".join(json.dumps(vars(person), ensure_ascii=ascii_only) for person in people)) == people


# Whatever the bytes, a list is refused as malformed or gives ids that are one plain file name each, none twice.
@given(st.binary(max_size=200) | st.text(max_size=80).map(lambda text: f"id,name\n{text}".encode()))
def test_no_bytes_do_harm(data: bytes) -> None:
    try:
        people = read(data)
    except ListenersError:
        return
    for person in people:
        assert PurePosixPath(person.id).name == PureWindowsPath(person.id).name == person.id
    assert len({person.key for person in people}) == len(people) > 0


@given(lists(), st.data())
def test_a_changed_byte_does_no_harm(people: list[Listener], data: st.DataObject) -> None:
    written = bytearray("\n".join(json.dumps(vars(person)) for person in people).encode())
    written[data.draw(st.integers(0, len(written) - 1))] = data.draw(st.integers(0, 255))
    try:
        changed = read(bytes(written))
    except ListenersError:
        return
    assert all(valid(person.id) for person in changed)


@given(IDS.filter(valid))
def test_one_key_has_one_case(text: str) -> None:
    assume(valid(text.upper()))
    assert Listener(text).key == Listener(text.upper()).key
