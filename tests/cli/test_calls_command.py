from pathlib import Path

import pytest
from tests.cli.conftest import Earmark
from tests.members import Clock, short_call

from earmark.records.protection.ways import InTheOpen
from earmark.records.vault import Vault

TITLE = "Board\x1b[2J"


@pytest.fixture
def call_id(home: Path) -> str:
    clock = Clock()
    with Vault.init(home / "vault", way=InTheOpen(), clock=clock) as vault:
        return short_call(vault, clock.wait, TITLE)


def test_no_calls(earmark: Earmark) -> None:
    assert earmark("init").status == 0
    assert earmark("calls", "--json").json == {"schema": "earmark.calls/1", "calls": []}
    assert len(earmark("calls").out.splitlines()) == 1


def test_calls_are_listed(earmark: Earmark, call_id: str) -> None:
    (one,) = earmark("calls", "--json").json["calls"]
    assert (one["id"], one["title"], one["people"]) == (call_id, TITLE, 3)
    line = earmark("calls").out.splitlines()[1]
    assert line.split() == [call_id, "2026-11-24", "09:00", "10:00.0", "3", "secret", r"Board\x1b[2J"]


def test_who_heard_which_minutes(earmark: Earmark, call_id: str) -> None:
    lines = earmark("calls", "show", call_id).out.splitlines()
    assert lines[-3].split("  ")[-1].strip() == "0:00.0 – 10:00.0"
    assert lines[-2].split("  ")[-1].strip() == "1:00.0 – 3:00.0"
    assert lines[-1].split("  ")[-1].strip() == "nothing"
    assert lines[-2].split()[4] == "1:00.0"  # 250 segments of 240 ms
    facts = earmark("calls", "show", call_id[:8], "--json").json
    assert [(one["id"], one["heard_s"], one["streams"]) for one in facts["people"]] == [
        ("anna", 600, []),
        ("ben", 120, [0]),
        ("dora", 0, []),
    ]
    assert [(one["speaker"], one["kept_s"]) for one in facts["streams"]] == [("ben", None)]


@pytest.mark.usefixtures("call_id")
def test_no_secret_is_shown(earmark: Earmark) -> None:
    for arguments in (["calls"], ["calls", "show", TITLE]):
        for json in ([], ["--json"]):
            out = earmark(*arguments, *json).out
            assert "k" * 8 not in out
            assert (b"k" * 32).hex() not in out


def test_unknown_calls_are_refused(earmark: Earmark, call_id: str) -> None:
    answer = earmark("calls", "show", f"{call_id}x")
    assert answer.status == 2
    assert "no call" in answer.err
