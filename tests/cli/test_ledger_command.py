"""The commands about the ledger, as they are typed."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.cli.conftest import Earmark

from earmark.records.ledger import exporting
from earmark.records.ledger.heads import parse_head
from earmark.records.ledger.proofs import parse_consistency, parse_inclusion


def test_a_whole_ledger_holds(marked: Earmark) -> None:
    answer = marked("ledger", "verify")
    assert answer.status == 0
    assert answer.out.startswith("the ledger holds: 7 entries\n")
    facts = marked("ledger", "verify", "--json").json
    assert (facts["schema"], facts["holds"], facts["findings"]) == ("earmark.ledger-verify/1", True, [])


def test_a_changed_entry_is_named_and_ends_with_five(marked: Earmark) -> None:
    with closing(sqlite3.connect("vault/vault.sqlite")) as connection:
        connection.execute("UPDATE ledger_entries SET leaf = leaf || ' ' WHERE position = 4")
        connection.commit()
    answer = marked("ledger", "verify")
    assert answer.status == 5
    assert "entry 4 was changed" in answer.out
    facts = marked("ledger", "verify", "--json").json
    assert (facts["holds"], facts["findings"][0]["entry"], facts["root"]) == (False, 4, None)


def test_it_is_shown_in_part_or_in_whole_without_a_key(marked: Earmark, home: Path) -> None:
    (home / "vault.key").unlink()
    recording = marked("recordings", "--json").json["recordings"][0]["id"]
    lines = marked("ledger", "show", "--all").out.splitlines()
    assert [line.split()[3] for line in lines[1:4]] == ["vault-made", "recording-marked", "key-opened"]
    assert len(marked("ledger", "show", "--last", "2").out.splitlines()) == 3
    copies = marked("ledger", "show", "--kind", "copy-given", "--about", recording, "--json").json
    assert [entry["body"]["listener"] for entry in copies["entries"]] == ["anna", "ben", "carl"]
    assert copies["size"] == 7
    assert marked("ledger", "show", "--last", "0").status == 2


def test_a_head_tells_later_what_was_cut_off(marked: Earmark) -> None:
    assert marked("ledger", "head").out == marked("ledger", "head", "--json").out
    assert marked("ledger", "prove", "--entry", "1").out == marked("ledger", "prove", "--entry", "1", "--json").out
    Path("head.json").write_text(marked("ledger", "head").out)
    assert marked("ledger", "verify", "--head", "head.json").status == 0
    with closing(sqlite3.connect("vault/vault.sqlite")) as connection:
        connection.execute("DELETE FROM ledger_entries WHERE position = 6")
        connection.execute("DELETE FROM copies WHERE listener_id = 'carl'")
        connection.execute("DELETE FROM ledger_nodes WHERE number = 12")
        connection.commit()
    assert marked("ledger", "verify").status == 0
    answer = marked("ledger", "verify", "--head", "head.json")
    assert answer.status == 5
    assert "the ledger was cut: it had 7 entries, and has 6" in answer.out


@pytest.mark.parametrize("text", ["", "{}", "[]", "\xff", '{"schema": "earmark/ledger-head/1"}'])
def test_what_is_no_head_is_said_so(marked: Earmark, text: str) -> None:
    Path("head.json").write_text(text, "latin-1")
    answer = marked("ledger", "verify", "--head", "head.json")
    assert answer.status == 2
    assert "head.json is no head" in answer.err
    assert marked("ledger", "verify", "--head", "nowhere.json").status == 1


def test_proofs_hold_for_the_head(marked: Earmark) -> None:
    head = parse_head(marked("ledger", "head").out.encode())
    old = parse_head(marked("ledger", "head", "--size", "3").out.encode())
    entries = marked("ledger", "show", "--all", "--json").json["entries"]
    inclusion = parse_inclusion(json.loads(marked("ledger", "prove", "--entry", "1").out))
    assert (inclusion.index, inclusion.size, len(entries)) == (1, 7, 7)
    parse_consistency(json.loads(marked("ledger", "prove", "--since", "3").out)).verify(old.root, head.root)
    for wrong in ([], ["--entry", "1", "--since", "2"], ["--entry", "7"], ["--since", "8"], ["--since", "0"]):
        assert marked("ledger", "prove", *wrong).status == 2


def test_an_exported_ledger_is_checked_without_a_vault(marked: Earmark, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("head.json").write_text(marked("ledger", "head").out)
    exported = marked("ledger", "export", "ledger.jsonl")
    assert exported.out.startswith("7 entries in ledger.jsonl\n")
    assert marked("ledger", "export", "ledger.jsonl").status == 2
    monkeypatch.setenv("EARMARK_VAULT", "nowhere")
    assert marked("ledger", "verify", "ledger.jsonl", "--head", "head.json").status == 0
    lines = Path("ledger.jsonl").read_bytes().splitlines(keepends=True)
    head = lines[-1]
    for number in range(7):
        less = [*lines[:number], *lines[number + 1 :]]
        changed = [*lines[:number], lines[number].replace(b"e", b"f", 1), *lines[number + 1 :]]
        swapped = [*lines[:number], *lines[number : number + 2][::-1], *lines[number + 2 :]]
        for tampered in (less, changed, swapped, [*lines[:number], head], lines[:number]):
            Path("tampered.jsonl").write_bytes(b"".join(tampered))
            assert marked("ledger", "verify", "tampered.jsonl").status == 5
    assert marked("ledger", "verify", "nowhere.jsonl").status == 1


def test_a_file_that_is_no_ledger_is_said_to_be_none(earmark: Earmark) -> None:
    answer = earmark("ledger", "verify", "briefing.wav")
    assert answer.status == 5
    assert answer.out.splitlines() == ["the ledger does not hold:", exporting.NO_LEDGER]
