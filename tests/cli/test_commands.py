import io
import json
from pathlib import Path

import pytest
from tests.api.voices import cut, speech, write_wav
from tests.cli.conftest import STAFF, Earmark

RECORDING = {
    "id", "title", "created_at", "status", "input_name", "input_sha256", "seconds", "rate", "channels", "segment_ms",
    "segments", "coalition", "format", "codec", "sealed", "classification", "listeners", "copies",
}  # fmt: skip


def test_help(earmark: Earmark) -> None:
    answer = earmark("--help")
    assert answer.status == 0
    for command in ("init", "mark", "copy", "trace", "inspect", "recordings", "listeners"):
        assert command in answer.out
        assert earmark(command, "--help").status == 0
    assert earmark().out == answer.out


def test_version(earmark: Earmark) -> None:
    assert earmark("--version").out.startswith("earmark 0.")


def test_init(earmark: Earmark) -> None:
    answer = earmark("init", "--json")
    assert (answer.status, answer.err) == (0, "")
    facts = answer.json
    assert (facts["schema"], facts["vault"]) == ("earmark.init/1", str(Path("vault").absolute()))
    assert (facts["opened_by"], facts["key_file"]) == ("key", str(Path("vault.key").absolute()))
    assert earmark("init", "--vault", "other").out == "vault made in other\n"
    assert earmark("init").status == 1


def test_mark(earmark: Earmark) -> None:
    earmark("init")
    answer = earmark("mark", "briefing.wav", "--to", "staff.csv", "--out", "copies", "--json")
    assert (answer.status, answer.err) == (0, "")
    facts = answer.json
    assert set(facts) == {"schema", "recording", "copies", "made", "notes"}
    assert (facts["schema"], facts["made"], facts["notes"]) == ("earmark.mark/1", 3, [])
    assert set(facts["recording"]) == {"id", "title"}
    assert facts["copies"] == [{"listener": one, "path": f"copies/{one}.wav"} for one in ("anna", "ben", "carl")]
    assert all(Path(copy["path"]).is_file() for copy in facts["copies"])


def test_mark_in_words(marked: Earmark) -> None:
    answer = marked("mark", "briefing.wav", "--to", "staff.csv", "--out", "copies")
    assert answer.out.endswith("“briefing”: 3 copies in copies, 3 of them there before\n")


def test_options_of_mark(earmark: Earmark) -> None:
    earmark("init")
    options = ["--only", "anna, carl", "--format", "flac", "--title", "Q3", "--coalition", "6", "--seal"]
    answer = earmark("mark", "briefing.wav", "--to", "staff.csv", "--out", "copies", *options)
    assert answer.status == 0
    assert "earmark: note: pcm_s16le becomes flac" in answer.err
    assert sorted(path.name for path in Path("copies").iterdir()) == ["anna.flac", "carl.flac"]
    (facts,) = earmark("recordings", "--json").json["recordings"]
    assert (facts["title"], facts["coalition"], facts["sealed"], facts["copies"]) == ("Q3", 6, True, 2)
    assert earmark("mark", "briefing.wav", "--to", "staff.csv", "--out", "more", "--again").status == 0
    assert len(earmark("recordings", "--json").json["recordings"]) == 2


def test_lists_from_standard_input(earmark: Earmark, monkeypatch: pytest.MonkeyPatch) -> None:
    earmark("init")
    lines = b'{"id": "dora", "name": "D"}\n{"id": "emil"}\n'
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines)))
    assert earmark("mark", "briefing.wav", "--to", "-", "--out", "copies").status == 0
    assert sorted(path.name for path in Path("copies").iterdir()) == ["dora.wav", "emil.wav"]


def test_lists_with_a_byte_order_mark(earmark: Earmark) -> None:
    earmark("init")
    Path("bom.csv").write_bytes(b"\xef\xbb\xbf" + STAFF.encode())
    assert earmark("mark", "briefing.wav", "--to", "bom.csv", "--out", "copies").status == 0


def test_copy(marked: Earmark) -> None:
    answer = marked("copy", "briefing", "ben", "--out", "later", "--from", "briefing.wav", "--json")
    assert answer.status == 0
    assert (answer.json["schema"], answer.json["made"]) == ("earmark.copy/1", 1)
    assert Path("later/ben.wav").read_bytes() == Path("copies/ben.wav").read_bytes()


def test_copy_for_new_listeners(marked: Earmark) -> None:
    Path("more.csv").write_text("id\ngina\n")
    answer = marked("copy", "briefing", "--to", "more.csv", "--out", "copies", "--from", "briefing.wav")
    assert answer.out.endswith(": 1 copy in copies\n")
    assert marked("trace", "copies/gina.wav", "--json").json["named"][0]["listener"] == "gina"


def test_copy_from_the_sealed_original(marked: Earmark) -> None:
    assert marked("mark", "briefing.wav", "--to", "staff.csv", "--out", "copies", "--seal").status == 0
    Path("briefing.wav").unlink()
    assert marked("copy", "briefing", "anna", "carl", "--out", "later").status == 0
    assert len(list(Path("later").iterdir())) == 2


def test_trace_names(marked: Earmark) -> None:
    cut(Path("copies/ben.wav"), Path("leak.wav"), 3, 23)
    answer = marked("trace", "leak.wav", "--json")
    assert (answer.status, answer.err) == (0, "")
    facts = answer.json
    assert set(facts) == {
        "schema", "verdict", "exhibit", "recording", "named", "family_wise", "passages", "notes", "more_needed_s",
        "elapsed_s", "untold",
    }  # fmt: skip
    assert (facts["schema"], facts["verdict"], facts["family_wise"]) == ("earmark.trace/1", "named", 1e-6)
    assert set(facts["exhibit"]) == {"sha256", "seconds"}
    assert facts["recording"]["title"] == "briefing"
    assert [set(named) for named in facts["named"]] == [
        {"listener", "false_accusation_log10", "share", "speakers", "alone", "own_words"}
    ]
    assert set(facts["passages"][0]) == {
        "leak_start_s", "leak_end_s", "recording_start_s", "recording_end_s", "speed", "stream", "speaker",
    }  # fmt: skip


def test_trace_in_words(marked: Earmark) -> None:
    answer = marked("trace", "copies/ben.wav")
    assert answer.status == 0
    assert "SHA-256" in answer.out
    assert "named: ben\n  less than one chance in 10^" in answer.out
    assert "names a copy, not a person" in answer.out
    assert "anna" not in answer.out


def test_trace_unmarked(marked: Earmark) -> None:
    answer = marked("trace", "briefing.wav", "--json")
    assert (answer.status, answer.json["verdict"], answer.json["recording"]) == (3, "unmarked", None)
    assert "unmarked: " in marked("trace", "briefing.wav").out


def test_trace_insufficient(marked: Earmark) -> None:
    cut(Path("copies/ben.wav"), Path("leak.wav"), 3, 7)
    answer = marked("trace", "leak.wav", "--bound", "1e-40", "--json")
    assert (answer.status, answer.json["verdict"], answer.json["named"]) == (4, "insufficient", [])
    assert answer.json["family_wise"] == 1e-40
    assert answer.json["more_needed_s"] > 0
    words = marked("trace", "leak.wav", "--bound", "1e-40").out
    assert "insufficient: " in words
    assert " s more of it" in words


def test_trace_in_one_recording(marked: Earmark) -> None:
    write_wav(Path("other.wav"), speech(15, seed=4))
    marked("mark", "other.wav", "--to", "staff.csv", "--out", "others")
    assert marked("trace", "copies/ben.wav", "--recording", "other").status == 3
    assert marked("trace", "copies/ben.wav", "--recording", "briefing").status == 0


def test_inspect(earmark: Earmark) -> None:
    answer = earmark("inspect", "briefing.wav", "--listeners", "100", "--json")
    assert (answer.status, answer.err) == (0, "")
    facts = answer.json
    assert (facts["schema"], facts["traceable"], facts["listeners"]) == ("earmark.inspect/1", True, 100)
    assert set(facts["needed"][0]) == {"colluders", "clean_s", "coded_s", "covered"}
    words = earmark("inspect", "briefing.wav").out
    assert "traceable    yes" in words
    assert "1,000 listeners" in words


def test_recordings(marked: Earmark) -> None:
    answer = marked("recordings", "--json")
    assert answer.json["schema"] == "earmark.recordings/1"
    assert [set(facts) for facts in answer.json["recordings"]] == [RECORDING]
    assert "briefing" in marked("recordings").out.splitlines()[1]


def test_listeners(marked: Earmark) -> None:
    facts = marked("listeners", "briefing", "--json").json
    assert (facts["schema"], facts["recording"]["title"]) == ("earmark.listeners/1", "briefing")
    assert [one["id"] for one in facts["listeners"]] == ["anna", "ben", "carl"]
    assert set(facts["listeners"][0]) == {"id", "name", "email", "copies"}
    assert set(facts["listeners"][0]["copies"][0]) == {"path", "sha256", "format", "given_at"}
    assert len(marked("listeners", "briefing").out.splitlines()) == 4


def test_json_is_one_object_without_keys(marked: Earmark) -> None:
    for command in (["recordings"], ["listeners", "briefing"], ["trace", "copies/anna.wav"]):
        text = marked(*command, "--json").out
        assert isinstance(json.loads(text), dict)
        assert not {"mark_key", "bias_seed", "seal_secret", "secret"} & set(text.replace('"', " ").split())
