import json
from pathlib import Path

import pytest
from tests.api.voices import cut, speech, write_wav
from tests.cli.conftest import Earmark
from tests.members import Member, short_call

from earmark.cli import shell


@pytest.fixture
def leak(earmark: Earmark, home: Path) -> Path:
    earmark("init", "--no-encryption")
    earmark("mark", "briefing.wav", "--to", "staff.csv", "--out", "copies", "--title", "October")
    return cut(home / "copies/anna.wav", home / "leak.wav", 5, 25)


@pytest.mark.usefixtures("leak")
def test_a_case_is_made_checked_listed_and_shown(earmark: Earmark, home: Path) -> None:
    made = earmark("case", "new", "leak.wav", "--out", "case", "--title", "The leak")
    assert made.status == 0, made.err
    case = made.out.split()[1].rstrip(":")
    assert "named: anna" in made.out
    assert made.out.splitlines()[-1].startswith("A verdict names a copy, not a person")
    checked = earmark("case", "check", "case")
    assert checked.status == 0
    assert [line.split()[:2] for line in checked.out.splitlines()[1:4]] == [
        ["1", "passed"],
        ["2", "passed"],
        ["3", "passed"],
    ]
    assert case in earmark("case", "list").out
    assert "trace-run" in earmark("case", "show", case).out
    (home / "case" / "report.html").write_text("<p>somebody else</p>")
    changed = earmark("case", "check", "case/bundle.earmark")
    assert changed.status == 5
    assert "7   FAILED" in changed.out
    assert "does not hold" in changed.out
    assert "named: anna" not in changed.out


@pytest.mark.usefixtures("leak")
def test_json(earmark: Earmark) -> None:
    made = earmark("case", "new", "leak.wav", "--out", "case", "--open-mark-key", "--json")
    assert made.json["schema"] == "earmark.case-new/1"
    assert made.json["mark_key_opened"] is True
    checked = earmark("case", "check", "case", "--json").json
    assert checked["holds"] is True
    assert [one["number"] for one in checked["checks"]] == list(range(1, 16))
    assert {one["number"] for one in checked["checks"] if one["state"] != "passed"} == {4}
    assert earmark("case", "list", "--json").json["cases"][0]["case"] == made.json["case"]
    assert earmark("case", "show", made.json["case"], "--json").json["named"] == ["anna"]


@pytest.mark.usefixtures("leak")
def test_an_exhibit_that_is_named_has_to_be_there(earmark: Earmark, home: Path) -> None:
    assert earmark("case", "new", "leak.wav", "--out", "case").status == 0
    (home / "empty").touch()
    for name, words in (("nowhere", "nowhere cannot be read"), (".", "is a folder"), ("empty", "is empty")):
        answer = earmark("case", "check", "case", "--exhibit", name, "--json")
        assert answer.status == 1
        assert words in answer.json["error"]
    (home / "case/exhibit.bin").unlink()
    assert earmark("case", "check", "case").status == 0
    assert earmark("case", "check", "case", "--exhibit", "leak.wav").status == 0


@pytest.mark.usefixtures("leak")
def test_names_in_every_script(earmark: Earmark, home: Path) -> None:
    (home / "leak.wav").rename(home / "会议录音 😀.wav")
    made = earmark("case", "new", "会议录音 😀.wav", "--out", "case", "--title", "日本語", "--json")
    assert made.status == 0, made.err
    assert made.json["title"] == "日本語"
    assert "会议录音 😀.wav" in (home / "case/report.html").read_text()
    assert earmark("case", "check", "case").status == 0


@pytest.mark.usefixtures("leak")
def test_exit_statuses(earmark: Earmark, home: Path) -> None:
    write_wav(home / "other.wav", speech(5, seed=9))
    assert earmark("case", "new", "other.wav", "--out", "a").status == 3
    insufficient = earmark("case", "new", "leak.wav", "--out", "b", "--bound", "1e-250")
    assert insufficient.status == 4
    assert "anna" not in insufficient.out + insufficient.err
    assert earmark("case", "new", "leak.wav", "--out", "b").status == 2
    assert earmark("case", "new", "missing.wav", "--out", "c").status == 1
    assert earmark("case", "check", "nowhere").status == 1
    assert earmark("case", "check", "staff.csv").status == 5
    assert earmark("case", "show", "c-nothere").status == 2
    assert earmark("case").status == 2
    assert earmark("case", "check", "a", "--head", "staff.csv").status == 2


def test_a_vault_is_not_needed_to_check(
    earmark: Earmark, home: Path, leak: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert earmark("case", "new", leak, "--out", "case").status == 0
    (home / "vault").rename(home / "gone")
    monkeypatch.setenv("EARMARK_VAULT", str(home / "nowhere"))
    assert earmark("case", "check", "case").status == 0


@pytest.mark.usefixtures("leak")
def test_what_did_they_hear(earmark: Earmark) -> None:
    heard = earmark("exposure", "anna", "--leak", "leak.wav")
    assert heard.status == 0
    assert "October" in heard.out
    assert heard.out.splitlines()[-1].startswith("anna has heard 1 recording, 0:")
    assert "no copy" in earmark("exposure", "anna", "--until", "2020-03-03").out
    found = earmark("exposure", "anna", "--json").json
    assert found["schema"] == "earmark.exposure/1"
    assert found["recordings"][0]["exposed"] == [{"start_s": 0.0, "end_s": 30.0}]
    assert earmark("exposure", "nobody").status == 2
    assert earmark("exposure", "anna", "--since", "yesterday").status == 2
    assert json.loads(earmark("exposure", "nobody", "--json").out)["schema"] == "earmark.error/1"


def test_what_did_this_device_hear(earmark: Earmark) -> None:
    earmark("init", "--no-encryption")
    with shell.opened(shell.settings()) as vault:
        short_call(vault)
    key = Member("ben").public_key.hex()
    assert key[:16] in earmark("calls", "show", "Board").out
    heard = earmark("exposure", "--device", key[:12])
    assert heard.status == 0, heard.err
    assert heard.out.splitlines()[-1].startswith(f"the device {key[:16]} of ben has heard 1 recording")
    found = earmark("exposure", "--device", key, "--json").json
    assert (found["listener"], found["device"], found["used_by"]) == (None, key, ["ben"])
    assert found["recordings"][0]["kind"] == "call"
    assert f"devices in calls: {key[:16]}" in earmark("exposure", "ben").out
    assert earmark("exposure", "ben", "--device", key).status == 2
    assert earmark("exposure").status == 2
    assert earmark("exposure", "--device", "00000000").status == 2
