"""The commands about who can open the vault, as they are typed."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.cli.conftest import Earmark

from earmark.cli import shell

Typing = Callable[..., list[str]]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def typing(home: Path, monkeypatch: pytest.MonkeyPatch) -> Typing:
    """Somebody at a terminal, who types one answer after the other; no key is about."""
    monkeypatch.delenv("EARMARK_VAULT_KEY_FILE")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setattr(shell, "somebody_is_there", lambda: True)
    asked: list[str] = []

    def answers(*texts: str) -> list[str]:
        waiting = list(texts)

        def answer(question: str, _stream: object) -> str:
            asked.append(question)
            return waiting.pop(0)

        monkeypatch.setattr(shell, "getpass", answer)
        return asked

    return answers


def test_at_a_terminal_a_passphrase_is_asked_for(earmark: Earmark, typing: Typing) -> None:
    asked = typing("correct horse", "correct horse")
    made = earmark("init", "--json")
    assert (made.json["opened_by"], made.json["key_file"]) == ("passphrase", None)
    assert len(asked) == 2
    assert "correct" not in made.out + made.err
    typing("correct horse")
    marked = earmark("mark", "briefing.wav", "--to", "staff.csv", "--out", "copies")
    assert marked.status == 0
    assert len(asked) == 3
    assert earmark("listeners", "briefing").status == 0
    typing("wrong horse")
    refused = earmark("trace", "copies/anna.wav")
    assert (refused.status, refused.out) == (1, "")
    assert "the passphrase is wrong" in refused.err


def test_a_passphrase_typed_in_two_ways_or_too_short_makes_no_vault(
    earmark: Earmark, home: Path, typing: Typing
) -> None:
    typing("correct horse", "correct house")
    assert "differ" in earmark("init").err
    typing("horse", "horse")
    assert "at least 8" in earmark("init").err
    assert not (home / "vault").exists()


def test_where_nobody_is_there_a_key_file_is_made_and_named(earmark: Earmark, home: Path) -> None:
    made = earmark("init")
    assert made.out == f"vault made in {home / 'vault'}\n"
    assert str(home / "vault.key") in made.err
    refused = earmark("keys", "add", "--passphrase")
    assert refused.status == 2
    assert "at a terminal only" in refused.err


def test_keys_from_one_end_to_the_other(earmark: Earmark, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert earmark("init", "--no-encryption").err.startswith("earmark: note: the vault's keys are not encrypted")
    assert "“earmark keys add” encrypts them" in earmark("keys", "list").err
    assert earmark("keys", "add", "--key-file", "vault.key").status == 0
    listed = earmark("keys", "list", "--json").json["ways"]
    assert [(way["kind"], way["name"]) for way in listed] == [("key", str(home / "vault.key"))]
    assert earmark("keys", "rotate", "--deep", "--key-file", "new.key").status == 0
    refused = earmark("keys", "add", "--key-file", "third.key")
    assert "does not open this vault" in refused.err
    monkeypatch.setenv("EARMARK_VAULT_KEY_FILE", str(home / "new.key"))
    made = earmark("keys", "officers", "vera", "ben", "--out", "officers")
    assert made.out.splitlines() == ["officers/vera.officer", "officers/ben.officer"]
    assert "without officers" in made.err
    assert earmark("keys", "remove", "key").status == 0
    assert "two officers are needed" in earmark("keys", "remove", "officers").err
    monkeypatch.setenv("EARMARK_OFFICER_FILES", "officers/vera.officer")
    assert "one officer alone" in earmark("keys", "rotate", "--key-file", "again.key").err
    monkeypatch.setenv("EARMARK_OFFICER_FILES", "officers/vera.officer:officers/ben.officer")
    assert earmark("mark", "briefing.wav", "--to", "staff.csv", "--out", "copies").status == 0


@pytest.mark.parametrize("way", [["--deep"], []], ids=["deep", "as officers"])
def test_the_rule_of_two_does_not_end_without_a_word(
    earmark: Earmark, home: Path, monkeypatch: pytest.MonkeyPatch, way: list[str]
) -> None:
    earmark("init")
    earmark("keys", "officers", "vera", "ben", "--out", "officers")
    earmark("keys", "remove", "key")
    (home / "vault.key").unlink()
    monkeypatch.setenv("EARMARK_OFFICER_FILES", "officers/vera.officer:officers/ben.officer")
    command = ["keys", "rotate", *way, "--key-file", "new.key"]
    refused = earmark(*command)
    assert refused.status == 2
    assert "officers open this vault, and would no more" in refused.err
    assert "--end-officers" in refused.err
    assert not (home / "new.key").exists()
    assert {one["kind"] for one in earmark("keys", "list", "--json").json["ways"]} == {"officers"}
    ended = earmark(*command, "--end-officers")
    assert ended.status == 0
    assert "officers do not open the vault any more" in ended.err
    assert {one["kind"] for one in earmark("keys", "list", "--json").json["ways"]} == {"key"}


def test_where_officers_stay_nothing_is_asked(earmark: Earmark) -> None:
    earmark("init")
    earmark("keys", "officers", "vera", "ben", "--out", "officers")
    rotated = earmark("keys", "rotate", "--key-file", "new.key")
    assert (rotated.status, rotated.err) == (0, "")
    assert "officers" in {one["kind"] for one in earmark("keys", "list", "--json").json["ways"]}


def test_the_file_may_be_named_in_the_settings(earmark: Earmark, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EARMARK_VAULT_KEY_FILE")
    (home / "earmark.toml").write_text(f'vault_key_file = "{home / "stick.key"}"\nclassification = "secret"\n')
    assert earmark("init", "--json").json["key_file"] == str(home / "stick.key")
    assert earmark("mark", "briefing.wav", "--to", "staff.csv", "--out", "copies").status == 0
    assert earmark("recordings", "--json").json["recordings"][0]["classification"] == "secret"
    (home / "stick.key").unlink()
    assert "cannot be read" in earmark("trace", "copies/anna.wav").err


def test_a_vault_of_the_first_version_is_taken_over_with_a_word(earmark: Earmark, home: Path) -> None:
    (home / "vault").mkdir(mode=0o700)
    (home / "vault" / "vault.sqlite").touch(mode=0o600)
    with closing(sqlite3.connect(home / "vault" / "vault.sqlite")) as connection:
        connection.executescript((ROOT / "tests/records/v0001.sql").read_text("utf-8"))
    first, second = earmark("recordings"), earmark("recordings")
    assert "its ledger starts now" in first.err
    assert "“earmark keys add” encrypts them" in first.err
    assert second.err == ""
    assert first.out == second.out
    assert earmark("ledger", "verify").out.startswith("the ledger holds: 5 entries\n")
    assert earmark("keys", "add", "--key-file", "vault.key").status == 0
    assert earmark("trace", "briefing.wav").status == 3
