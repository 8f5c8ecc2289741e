"""``earmark attack``: what might be done to leaks, on real files."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.api.voices import speech, write_wav
from tests.cli.conftest import Answer, Earmark

from earmark.api import attack
from earmark.attacks import CATALOGUE, Codec, Sound
from earmark.cli.entry import run
from earmark.errors import MediaError
from earmark.media.source import probe


def refused(answer: Answer, status: int, *words: str) -> None:
    assert (answer.status, answer.out) == (status, "")
    assert answer.err.startswith("earmark: error: ")
    assert "\nearmark: hint: " in answer.err
    for word in words:
        assert word in answer.err


def test_a_copy_is_still_named_after_what_was_feared(marked: Earmark) -> None:
    answer = marked("attack", "copies/ben.wav", "--with", "white:30,opus:32k", "-o", "tried.ogg")
    assert (answer.status, answer.err) == (0, "")
    assert answer.out == "tried.ogg: 30.0 s, after white:30, opus:32k\n"
    assert marked("trace", "tried.ogg", "--json").json["named"][0]["listener"] == "ben"


def test_facts(earmark: Earmark) -> None:
    answer = earmark("attack", "briefing.wav", "--with", "speed:10+g711", "--out", "tried.mp3", "--seed", "3", "--json")
    assert answer.status == 0
    facts = answer.json
    assert list(facts) == [
        "schema",
        "path",
        "sha256",
        "effects",
        "seed",
        "in_step",
        "seconds",
        "seconds_before",
        "notes",
    ]
    assert (facts["schema"], facts["path"], facts["seed"]) == ("earmark.attack/1", "tried.mp3", 3)
    assert (facts["effects"], facts["in_step"]) == (["speed:10", "g711"], False)
    assert facts["sha256"] == hashlib.sha256(Path("tried.mp3").read_bytes()).hexdigest()
    assert (facts["seconds_before"], facts["seconds"]) == (30.0, pytest.approx(30 / 1.1, abs=1e-3))
    assert "once more" in facts["notes"][0]
    assert "30.0 s became 27.3 s" in earmark("attack", "briefing.wav", "--with", "speed:10", "-o", "x.wav").out


def test_the_same_seed_does_the_same(earmark: Earmark) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        earmark("attack", "briefing.wav", "--with", "room,white:20", "-o", f"{name}.wav", "--seed", str(seed))
    a, b, c = (Path(f"{name}.wav").read_bytes() for name in "abc")
    assert a == b != c


def test_stereo_stays_stereo(earmark: Earmark) -> None:
    write_wav(Path("stereo.wav"), speech(3, channels=2))
    earmark("attack", "stereo.wav", "--with", "loudspeaker,room:0.3,noise:20,mp3:96k", "-o", "tried.mp3")
    assert probe(Path("tried.mp3")).channels == 2
    earmark("attack", "stereo.wav", "--with", "right", "-o", "right.flac")
    assert probe(Path("right.flac")).channels == 1


def test_materials_of_ones_own(earmark: Earmark) -> None:
    Path("sounds/noise").mkdir(parents=True)
    write_wav(Path("sounds/noise/hum.wav"), np.full((1, 1_000), 0.1, np.float32))
    options = ["--with", "noise:0", "-o", "tried.wav", "--materials", "sounds"]
    assert earmark("attack", "briefing.wav", *options).status == 0
    refused(
        earmark("attack", "briefing.wav", "--with", "music:0", "-o", "x.wav", "--materials", "sounds"), 2, "'music'"
    )
    refused(
        earmark("attack", "briefing.wav", "--with", "clean", "-o", "x.wav", "--materials", "none"), 1, "not a folder"
    )


def test_the_list(earmark: Earmark) -> None:
    lines = earmark("attack", "--list").out.splitlines()
    assert len(lines) == len(CATALOGUE) + 1
    facts = earmark("attack", "--list", "--json").json
    assert facts["schema"] == "earmark.effects/1"
    assert [effect["name"] for effect in facts["effects"]] == list(CATALOGUE)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "are needed"),
        (["briefing.wav", "--with", "clean"], "are needed"),
        (["briefing.wav", "-o", "x.wav"], "are needed"),
        (["briefing.wav", "--with", "romm", "-o", "x.wav"], "Perhaps room?"),
        (["briefing.wav", "--with", "white:loud", "-o", "x.wav"], "-60 to 100 dB"),
        (["briefing.wav", "--with", "clean", "-o", "x.exe"], ".flac"),
        (["briefing.wav", "--with", "clean", "-o", "no/x.wav"], "not a folder"),
        (["briefing.wav", "--with", "clean", "-o", "x.wav", "--seed", "-1"], "seed"),
        (["briefing.wav", "--with", "highpass:9000", "-o", "x.wav"], "nothing would be left"),
    ],
)
def test_usage(earmark: Earmark, arguments: list[str], words: str) -> None:
    before = sorted(Path().iterdir())
    refused(earmark("attack", *arguments), 2, words)
    assert sorted(Path().iterdir()) == before


def test_the_copy_itself_is_never_overwritten(earmark: Earmark) -> None:
    before = Path("briefing.wav").read_bytes()
    os.link("briefing.wav", "twin.wav")
    for name in ("briefing.wav", "./briefing.wav", "twin.wav"):
        refused(earmark("attack", "briefing.wav", "--with", "polarity", "-o", name, "--force"), 2, "the copy itself")
    assert Path("briefing.wav").read_bytes() == before


def test_what_is_in_the_way_stays(earmark: Earmark) -> None:
    Path("x.flac").write_text("mine")
    refused(earmark("attack", "briefing.wav", "--with", "clean", "-o", "x.flac"), 2, "exists already", "--force")
    assert Path("x.flac").read_text() == "mine"
    assert earmark("attack", "briefing.wav", "--with", "clean", "-o", "x.flac", "--force").status == 0
    assert probe(Path("x.flac")).seconds == 30


def test_what_is_no_sound(earmark: Earmark) -> None:
    refused(earmark("attack", "staff.csv", "--with", "clean", "-o", "x.wav"), 1, "not a sound file")
    refused(earmark("attack", "gone.wav", "--with", "clean", "-o", "x.wav"), 1, "cannot be read")
    assert not Path("x.wav").exists()


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (OSError(28, "No space left on device"), 1, "x.flac cannot be written"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_a_file_is_whole_or_not_there(
    earmark: Earmark, monkeypatch: pytest.MonkeyPatch, error: BaseException, status: int, words: str
) -> None:
    def ended(_codec: Codec, _sound: Sound, path: Path, _suffix: str) -> None:
        path.write_bytes(b"half")
        raise error

    monkeypatch.setattr(Codec, "save", ended)
    refused(earmark("attack", "briefing.wav", "--with", "polarity", "-o", "x.flac"), status, words)
    assert sorted(path.name for path in Path().iterdir()) == ["briefing.wav", "earmark.toml", "staff.csv"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(max_size=40), out=st.sampled_from(["x.wav", "x", "", "x.\x00wav", "\x1b[2J.flac"]))
def test_hostile_names(home: Path, capsys: pytest.CaptureFixture[str], name: str, out: str) -> None:
    """Invariant: an attack is made or refused with a hint; never a traceback, and nothing else is written."""
    (home / "x.wav").unlink(missing_ok=True)
    write_wav(home / "tiny.wav", speech(0.3))
    status = run(["attack", "tiny.wav", "--with", name, f"--out={out}"])
    assert status in {0, 1, 2}
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert "\x1b" not in err
    there = {"tiny.wav", "x.wav", "briefing.wav", "earmark.toml", "staff.csv", "\x1b[2J.flac"}
    assert {path.name for path in home.iterdir()} <= there


def test_from_python(home: Path) -> None:
    told: list[tuple[str, float]] = []
    done = attack(home / "briefing.wav", home / "x.flac", "white:20,polarity", progress=lambda *one: told.append(one))
    assert done.path == home / "x.flac"
    assert [stage for stage, _ in told] == ["reading", "attacking", "attacking", "writing", "writing"]
    with pytest.raises(MediaError):
        attack(home / "missing.wav", home / "y.flac", "clean")
