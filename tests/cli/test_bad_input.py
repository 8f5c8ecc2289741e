"""Whatever is handed in: an error and a hint, exit status 1 or 2, nothing lost, no traceback."""

import json
import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.api.voices import RATE, Sound, speech, write_wav
from tests.cli.conftest import Answer, Earmark

from earmark.cli.entry import run


def refused(answer: Answer, status: int, *words: str) -> None:
    """Check that an answer is an error in good order."""
    assert answer.status == status
    assert answer.out == ""
    assert answer.err.startswith("earmark: error: ")
    assert "Traceback" not in answer.err
    for word in words:
        assert word in answer.err


def picture(path: Path) -> None:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=25, width=64, height=48, pix_fmt="yuv420p")
        for _ in range(5):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")))
        out.mux(stream.encode(None))


def coded(path: Path, codec: str, sound: Sound, streams: int = 1) -> Path:
    """Write mono sound with a codec that takes floats, in as many streams."""
    with av.open(str(path), "w") as out:
        for stream in [out.add_stream(codec, rate=RATE, layout="mono") for _ in range(streams)]:
            assert isinstance(stream, AudioStream)
            formats = stream.codec_context.codec.audio_formats or []
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound), "flt", "mono")
            frame.sample_rate = RATE
            resampler = av.AudioResampler(formats[0], "mono", RATE, frame_size=4096)
            for piece in [*resampler.resample(frame), *resampler.resample(None)]:
                out.mux(stream.encode(piece))
            out.mux(stream.encode(None))
    return path


def truncated(path: Path) -> None:
    whole = write_wav(path.with_name("whole.wav"), speech(20)).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def corrupt(path: Path) -> None:
    data = bytearray(coded(path.with_name("whole.flac"), "flac", speech(20)).read_bytes())
    data[len(data) // 2 : len(data) // 2 + 5_000] = bytes(5_000)
    path.write_bytes(bytes(data))


def spoiled(path: Path, value: float) -> None:
    sound = speech(20)
    sound[0, 1000] = value
    coded(path, "pcm_f32le", sound)


INPUTS = {
    "no audio stream": (picture, ".mp4", "no sound"),
    "two streams": (lambda path: coded(path, "pcm_s16le", speech(20), streams=2), ".mov", "2 streams"),
    "truncated": (truncated, ".wav", "cut short"),
    "corrupt": (corrupt, ".flac", "damaged"),
    "zero length": (lambda path: path.write_bytes(b""), ".wav", "empty"),
    "no samples": (lambda path: write_wav(path, np.zeros((1, 0), np.float32)), ".wav", ""),
    "silence": (lambda path: write_wav(path, np.zeros((1, 20 * RATE), np.float32)), ".wav", "silent"),
    "an offset only": (lambda path: write_wav(path, np.full((1, 20 * RATE), 0.5, np.float32)), ".wav", "silent"),
    "not a number": (lambda path: spoiled(path, float("nan")), ".wav", "not numbers"),
    "infinite": (lambda path: spoiled(path, float("inf")), ".wav", "not numbers"),
    "too short": (lambda path: write_wav(path, speech(1)), ".wav", "are needed to tell 3 listeners apart"),
    "text": (lambda path: path.write_text("hello, hello"), ".wav", "not a sound file"),
    "a playlist": (lambda path: path.write_text("#EXTM3U\nhttp://example.com/x.mp3\n"), ".m3u8", "not a sound file"),
    "a folder": (lambda path: path.mkdir(), ".wav", "is a folder"),
    "a pipe": (os.mkfifo, ".wav", "not a regular file"),
    "missing": (lambda _: None, ".wav", "cannot be read"),
}


@pytest.mark.parametrize("kind", INPUTS)
def test_recordings_that_cannot_be_marked(earmark: Earmark, kind: str) -> None:
    make, suffix, words = INPUTS[kind]
    path = Path(f"bad{suffix}")
    make(path)
    earmark("init")
    answer = earmark("mark", path, "--to", "staff.csv", "--out", "copies")
    refused(answer, 1, words)
    assert re.fullmatch(r"earmark: hint: [A-Z].*[.?]", answer.err.splitlines()[1])
    assert earmark("recordings", "--json").json["recordings"] == []
    assert not Path("copies").exists() or not list(Path("copies").iterdir())
    assert not list(Path("vault/work").glob("*"))
    assert earmark("inspect", path).status == (0 if kind == "too short" else 1)


@pytest.mark.parametrize(
    "kind", ["no audio stream", "zero length", "text", "a playlist", "a folder", "a pipe", "missing"]
)
def test_leaks_that_cannot_be_heard(marked: Earmark, kind: str) -> None:
    make, suffix, words = INPUTS[kind]
    make(Path(f"bad{suffix}"))
    refused(marked("trace", f"bad{suffix}"), 1, words)


@pytest.mark.parametrize("kind", ["truncated", "corrupt", "silence", "not a number", "too short"])
def test_leaks_in_bad_order_are_traced_all_the_same(marked: Earmark, kind: str) -> None:
    make, suffix, _ = INPUTS[kind]
    make(Path(f"bad{suffix}"))
    assert marked("trace", f"bad{suffix}", "--json").json["verdict"] == "unmarked"


@pytest.mark.parametrize(
    "spoil", [lambda x: np.clip(9 * x, -1, 1), lambda x: x + np.float32(0.3)], ids=["clipped", "dc"]
)
def test_clipped_and_offset_recordings_are_marked_with_a_note(earmark: Earmark, spoil: object) -> None:
    assert callable(spoil)
    write_wav(Path("x.wav"), spoil(speech(25)))
    earmark("init")
    answer = earmark("mark", "x.wav", "--to", "staff.csv", "--out", "copies")
    assert answer.status == 0
    assert answer.err.startswith("earmark: note: ")
    assert earmark("trace", "copies/ben.wav", "--json").json["named"][0]["listener"] == "ben"


LISTS = {
    "duplicates": ("id\nanna\nANNA\n", "line 3"),
    "a path": ("id\n../x\n", "'../x'"),
    "an absolute path": ("id\n/etc/passwd\n", "line 2"),
    "a device": ("id\nnul\n", "line 2"),
    "hidden": ("id\n.earmark-x.part\n", "line 2"),
    "no id": ("name\nAnna\n", "no column “id”"),
    "empty": ("", "no column “id”"),
    "nobody": ("id\n", "names nobody"),
    "an empty id": ("id,name\n,Anna\n", "line 2"),
    "not JSON": ('{"id": "anna"}\n{"id": \n', "line 2"),
    "JSON without id": ('{"name": "Anna"}\n', "line 1"),
    "an escape": ("id,name\nanna,\x1b[31mred\n", "line 2"),
}


@pytest.mark.parametrize("kind", LISTS)
def test_lists_that_make_no_sense(earmark: Earmark, kind: str) -> None:
    text, words = LISTS[kind]
    Path("bad.csv").write_text(text)
    earmark("init")
    refused(earmark("mark", "briefing.wav", "--to", "bad.csv", "--out", "copies"), 2, words)
    assert not Path("copies").exists()


def test_lists_that_cannot_be_read(earmark: Earmark) -> None:
    earmark("init")
    Path("latin.csv").write_bytes(b"id,name\nanna,J\xfcrgen\n")
    refused(earmark("mark", "briefing.wav", "--to", "latin.csv", "--out", "copies"), 2, "UTF-8")
    refused(earmark("mark", "briefing.wav", "--to", "vault", "--out", "copies"), 1, "cannot be read")


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["mark"],
        ["mark", "briefing.wav"],
        ["mark", "briefing.wav", "--to", "staff.csv"],
        ["mark", "briefing.wav", "--to", "staff.csv", "--out", "c", "--format", "vorbis"],
        ["mark", "briefing.wav", "--to", "staff.csv", "--out", "c", "--only", "zoe"],
        ["mark", "briefing.wav", "--to", "staff.csv", "--out", "c", "--coalition", "many"],
        ["mark", "briefing.wav", "--to", "staff.csv", "--out", "c", "--coalition", "0"],
        ["mark", "briefing.wav", "--to", "staff.csv", "--out", "staff.csv"],
        ["trace", "briefing.wav", "--bound", "2"],
        ["trace", "briefing.wav", "--bound", "0.99"],
        ["case", "new", "briefing.wav", "--out", "c", "--bound", "0.99"],
        ["inspect", "briefing.wav", "--bound", "0.99"],
        ["trace", "briefing.wav", "--recording", "nope"],
        ["trace", "briefing.wav", "--wrong"],
        ["listeners", "nope"],
        ["copy", "nope", "anna", "--out", "c"],
        ["inspect", "briefing.wav", "--listeners", "0"],
    ],
    ids=" ".join,
)
def test_usage(earmark: Earmark, arguments: list[str]) -> None:
    earmark("init")
    refused(earmark(*arguments), 2)
    assert not Path("c").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["trace", "nowhere"],
        ["verify", "nowhere"],
        ["verify", "briefing.wav", "--original", "nowhere"],
        ["inspect", "nowhere"],
        ["mark", "nowhere", "--to", "staff.csv", "--out", "c"],
        ["mark", "briefing.wav", "--to", "nowhere", "--out", "c"],
        ["attack", "nowhere", "--with", "agc", "--out", "x.wav"],
        ["attack", "briefing.wav", "--with", "noise:20", "--out", "x.wav", "--materials", "nowhere"],
        ["case", "new", "nowhere"],
        ["case", "new", "briefing.wav", "--original", "nowhere"],
        ["case", "check", "nowhere"],
        ["case", "check", "nowhere", "--head", "nowhere"],
        ["case", "check", "nowhere", "--proof", "nowhere"],
        ["case", "check", "nowhere", "--exhibit", "nowhere"],
        ["ledger", "verify", "nowhere"],
        ["ledger", "verify", "--head", "nowhere"],
        ["restore", "nowhere", "--vault", "restored"],
    ],
    ids=" ".join,
)
def test_a_file_that_is_not_there_ends_every_command_alike(earmark: Earmark, arguments: list[str]) -> None:
    earmark("init")
    refused(earmark(*arguments), 1, "nowhere", "hint: ")
    Path("nowhere").symlink_to("gone")
    refused(earmark(*arguments), 1, "nowhere", "hint: ")
    assert not {"c", "x.wav", "restored"} & {path.name for path in Path().iterdir()}


def test_a_link_to_nothing_is_said_to_be_one(earmark: Earmark) -> None:
    earmark("init")
    Path("link.wav").symlink_to("gone.wav")
    refused(earmark("trace", "link.wav"), 1, "link.wav cannot be read", "a link to nothing")
    refused(earmark("backup", "link.wav"), 1, "link.wav", "hint: ")
    refused(earmark("attack", "briefing.wav", "--with", "agc", "--out", "link.wav"), 2, "link.wav exists already")
    refused(earmark("case", "new", "briefing.wav", "--out", "link.wav"), 2, "there already", "--out")
    assert not Path("gone.wav").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["trace", ""], "an argument is empty"),
        (["case", "check", ""], "an argument is empty"),
        (["backup", ""], "an argument is empty"),
        (["mark", "briefing.wav", "--to", "staff.csv", "--out", ""], "nothing is given for --out"),
        (["mark", "briefing.wav", "--to", "staff.csv", "--out="], "nothing is given for --out"),
        (["attack", "briefing.wav", "--with", "agc", "-o", ""], "nothing is given for -o"),
        (["case", "new", "briefing.wav", "--out", ""], "nothing is given for --out"),
        (["copy", "briefing", "--out", ""], "nothing is given for --out"),
        (["recordings", "--vault", ""], "nothing is given for --vault"),
        (["trace", "briefing.wav", "--recording", ""], "nothing is given for --recording"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else "",
)
def test_an_argument_with_nothing_in_it_is_refused(earmark: Earmark, arguments: list[str], words: str) -> None:
    earmark("init")
    before = sorted(Path().iterdir())
    refused(earmark(*arguments), 2, words, "hint: ")
    assert sorted(Path().iterdir()) == before


def test_words_may_be_none(earmark: Earmark) -> None:
    earmark("init")
    done = earmark("mark", "briefing.wav", "--to", "staff.csv", "--out", "c", "--classification", "", "--only", "")
    assert done.status == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["mark", "briefing.wav", "--to", "staff.csv", "--out", "c", "--coalition", "0"], "--coalition"),
        (["inspect", "briefing.wav", "--coalition", "0"], "1,000 listeners, and 4"),
        (["exposure", "anna", "--since", "2026-13-01"], "2026-03-03"),
        (["exposure", "anna", "--until", "yesterday"], "2026-03-03"),
        (["exposure", "anna", "--since", "2026-03-03", "--until", "2026-03-01"], "--since is the earlier day"),
        (["ledger", "show", "--kind", "bogus"], "copy-given, exhibit-received"),
        (["ledger", "show", "--kind", "trace-runs"], "Is it trace-run?"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else "",
)
def test_what_makes_no_sense_has_a_hint(earmark: Earmark, arguments: list[str], words: str) -> None:
    earmark("init")
    refused(earmark(*arguments), 2, "hint: ", words)


def test_kinds_of_entries_that_do_not_occur_yet_are_kinds(earmark: Earmark) -> None:
    earmark("init")
    assert earmark("ledger", "show", "--kind", "case-made").status == 0


def test_a_setting_that_is_misspelt_is_told(earmark: Earmark, monkeypatch: pytest.MonkeyPatch) -> None:
    earmark("init")
    Path("earmark.toml").write_text("coaltion = 3\n")
    refused(earmark("recordings"), 2, "no setting 'coaltion'", "Is it coalition?")
    Path("earmark.toml").write_text("zzz = 3\n")
    refused(earmark("recordings"), 2, "no setting 'zzz'", "reference")
    Path("earmark.toml").write_text("")
    monkeypatch.setenv("EARMARK_COALTION", "3")
    refused(earmark("recordings"), 2, "no setting 'coaltion', as EARMARK_COALTION", "Is it coalition?")
    monkeypatch.delenv("EARMARK_COALTION")
    monkeypatch.setenv("EARMARK_OF_SOMEBODY_ELSE", "3")
    assert earmark("recordings").status == 0


def test_errors_as_json(earmark: Earmark) -> None:
    for arguments in (["recordings"], ["mark"], ["trace", "x", "--bound", "y"]):
        answer = earmark(*arguments, "--json")
        assert answer.status in {1, 2}
        assert answer.json["schema"] == "earmark.error/1"
        assert set(answer.json) == {"schema", "error", "hint"}
        assert answer.err.startswith(f"earmark: error: {answer.json['error']}")


def test_no_vault(earmark: Earmark) -> None:
    refused(earmark("trace", "briefing.wav"), 1, "no vault", "earmark init")


def test_a_folder_is_no_file_to_write(marked: Earmark) -> None:
    for folder in (".", "/", "copies"):
        refused(marked("backup", folder), 1, "is a folder")
        refused(marked("ledger", "export", folder), 2, "is a folder")
    assert json.loads(marked("backup", ".", "--json").out)["error"] == ". is a folder"


def test_hints_fit_what_is_wrong(marked: Earmark) -> None:
    long = "x" * 300
    for place, hint in (("nowhere/x", "Is the folder there?"), ("staff.csv/x", "not a folder"), (long, "shorter name")):
        refused(marked("backup", place), 1, hint)
        refused(marked("ledger", "export", place), 1, hint)
    refused(marked("case", "new", "briefing.wav", "--out", "staff.csv/x"), 1, "a file of that name")
    refused(marked("mark", "briefing.wav", "--to", "staff.csv", "--out", "staff.csv/x"), 1, "hint: ")


@pytest.mark.parametrize("group", ["ledger", "keys", "case"])
def test_a_command_that_is_missing_is_said(earmark: Earmark, group: str) -> None:
    refused(earmark(group), 2, "missing command", f"earmark {group} --help")


def test_an_ordinary_folder_is_not_to_be_closed(earmark: Earmark, home: Path) -> None:
    (home / "ordinary").mkdir(mode=0o755)
    answer = earmark("recordings", "--vault", "ordinary")
    refused(answer, 1, "there is no vault at ordinary", "earmark init")
    assert "chmod" not in answer.err


def test_a_folder_for_the_hosts_token_is_not_to_be_closed(earmark: Earmark, home: Path) -> None:
    assert earmark("init").status == 0
    (home / "ordinary").mkdir(mode=0o755)
    answer = earmark("serve", "--host-token-file", "ordinary", "--port", "0")
    refused(answer, 2, "ordinary is a folder")
    assert "chmod" not in answer.err


def test_settings_that_are_named_have_to_be_there(earmark: Earmark, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EARMARK_CONFIG", "nowhere.toml")
    refused(earmark("recordings"), 2, "nowhere.toml", "no such file")


def test_what_is_written_is_its_owners_only(marked: Earmark, home: Path) -> None:
    assert marked("ledger", "export", "ledger.jsonl").status == 0
    assert marked("attack", "copies/anna.wav", "--with", "agc", "--out", "attacked.wav").status == 0
    assert (home / "copies").stat().st_mode & 0o777 == 0o700
    for name in ("copies/anna.wav", "ledger.jsonl", "attacked.wav"):
        assert (home / name).stat().st_mode & 0o777 == 0o600, name


def test_that_nothing_was_found_is_no_proof(marked: Earmark, home: Path) -> None:
    write_wav(home / "other.wav", speech(5, seed=9))
    for arguments in (("trace", "other.wav"), ("case", "new", "other.wav", "--out", "case")):
        answer = marked(*arguments)
        assert answer.status == 3
        assert "no proof" in answer.out


def test_a_vault_that_others_may_read(marked: Earmark) -> None:
    Path("vault/vault.sqlite").chmod(0o644)
    refused(marked("recordings"), 1, "others may read", "chmod")


def test_a_vault_that_is_none(earmark: Earmark) -> None:
    Path("vault").mkdir(mode=0o700)
    Path("vault/vault.sqlite").write_bytes(b"not a database" * 100)
    Path("vault/vault.sqlite").chmod(0o600)
    refused(earmark("recordings"), 1, "not a vault")


def test_a_vault_of_a_newer_version(marked: Earmark) -> None:
    with closing(sqlite3.connect("vault/vault.sqlite")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    refused(marked("recordings"), 1, "newer version", "Update Earmark")


def test_files_in_the_way(marked: Earmark) -> None:
    Path("copies/anna.wav").write_text("mine")
    refused(marked("mark", "briefing.wav", "--to", "staff.csv", "--out", "copies"), 2, "anna.wav", "--force")
    assert Path("copies/anna.wav").read_text() == "mine"
    assert marked("mark", "briefing.wav", "--to", "staff.csv", "--out", "copies", "--force").status == 0


def test_the_input_is_never_overwritten(earmark: Earmark) -> None:
    earmark("init")
    before = Path("briefing.wav").read_bytes()
    Path("one.csv").write_text("id\nbriefing\n")
    refused(earmark("mark", "briefing.wav", "--to", "one.csv", "--out", ".", "--force"), 2, "the recording itself")
    assert Path("briefing.wav").read_bytes() == before


def test_strangers_names_do_not_steer_the_terminal(earmark: Earmark) -> None:
    earmark("init")
    name = "x\x1b[2J\u202e.wav"
    Path("briefing.wav").rename(name)
    assert "\x1b" not in earmark("mark", name, "--to", "staff.csv", "--out", "co\x07pies").out
    assert "\\x1b[2J\\u202e" in earmark("recordings").out
    assert "co\\x07pies" in earmark("listeners", "r-").out
    refused(earmark("trace", "\x1b]0;gone\x07"), 1, "\\x1b]0;gone\\x07")


def test_names_that_are_not_unicode(earmark: Earmark) -> None:
    earmark("init")
    name = os.fsdecode(b"brief\xff.wav")
    Path("briefing.wav").rename(name)
    refused(earmark("mark", name, "--to", "staff.csv", "--out", "copies"), 1, "not Unicode", "Rename")
    assert earmark("mark", name, "--to", "staff.csv", "--out", "copies", "--title", "x").status == 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300) | st.text(max_size=100).map(lambda text: f"id,name\n{text}".encode()))
def test_any_list(home: Path, capsys: pytest.CaptureFixture[str], data: bytes) -> None:
    """Invariant: a list is taken, or refused with exit status 2; never a traceback, and never a file elsewhere."""
    Path("any.csv").write_bytes(data)
    status = run(["mark", "missing.wav", "--to", "any.csv", "--out", "copies"])
    assert status in {1, 2}
    assert "Traceback" not in capsys.readouterr().err
    assert sorted(path.name for path in home.iterdir()) == ["any.csv", "briefing.wav", "earmark.toml", "staff.csv"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    places=st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 255)), max_size=20), length=st.integers(0, 40_000)
)
def test_any_leak(earmark: Earmark, spoken: Path, places: list[tuple[int, int]], length: int) -> None:
    """Invariant: a file is heard or refused; never a traceback."""
    if not Path("vault").exists():
        earmark("init")
    data = bytearray(spoken.read_bytes()[:length])
    for place, value in places:
        if place < len(data):
            data[place] = value
    Path("any.wav").write_bytes(bytes(data))
    answer = earmark("trace", "any.wav")
    assert answer.status in {1, 3}
    assert "Traceback" not in answer.err
