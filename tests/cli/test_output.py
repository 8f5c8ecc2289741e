import json
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.cli.output import UNPRINTABLE, print_json, printable, table


@given(st.text())
def test_nothing_steers_a_terminal(text: str) -> None:
    shown = printable(text)
    assert not any(unicodedata.category(character) in UNPRINTABLE for character in shown)
    assert printable(shown) == shown


@given(st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Cn", "Zl", "Zp"))))
def test_plain_text_is_left_alone(text: str) -> None:
    assert printable(text) == text


def test_escapes() -> None:
    assert printable("a\x1b\u202e\U000e0001") == "a\\x1b\\u202e\\U000e0001"


def test_tables() -> None:
    assert table(("id", "name"), [("anna", "A"), ("b", "")]) == ["id    name", "anna  A", "b"]


@dataclass(frozen=True)
class Facts:
    at: datetime
    path: Path


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    print_json("test/1", Facts(datetime(2026, 1, 2, tzinfo=UTC), Path("a/b")))
    assert json.loads(capsys.readouterr().out) == {"schema": "test/1", "at": "2026-01-02T00:00:00+00:00", "path": "a/b"}


def test_what_has_no_place_in_json() -> None:
    with pytest.raises(TypeError, match="no place in JSON"):
        print_json("test/1", Facts(datetime(2026, 1, 2, tzinfo=UTC), b"bytes"))  # type: ignore[arg-type]
