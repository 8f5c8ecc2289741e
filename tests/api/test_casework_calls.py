"""A case of a call names a copy, says whose words leaked, and holds on a machine that has never seen the vault."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soxr
from tests.api.voices import Sound, speech, write_opus, write_wav
from tests.cases.pages import assert_harmless
from tests.conversation import Call, Turn, hold, in_turns, made_up
from tests.members import Clock

from earmark.api import Listener, case, case_line, check_case, mark, new_case, trace, verify
from earmark.api.comparing import Recognised
from earmark.api.original import sha256_of
from earmark.api.verifying import OF_SEVERAL
from earmark.cases import bundle as bundles
from earmark.cases.evidence import read
from earmark.errors import MediaError
from earmark.records.protection.ways import InTheOpen
from earmark.records.vault import Vault
from earmark.signal.calls import RATE

SECONDS = 40.0
BIT_RATE = 32_000
SPEAKERS = ("sam", "tia")
PEOPLE = tuple(f"listener{number}" for number in range(6))


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    folder = tmp_path_factory.mktemp("calls") / "vault"
    with Vault.init(folder, way=InTheOpen(), clock=Clock()) as opened:
        yield opened


@pytest.fixture(scope="module")
def call(vault: Vault) -> Call:
    """A call of two who speak, of whom sam keeps his words, and six who listen."""
    clock = vault._clock
    assert isinstance(clock, Clock)
    turns = in_turns(made_up(SPEAKERS, SECONDS), seconds=SECONDS)
    return hold(vault, clock, turns, PEOPLE, title="Third <quarter>", keepers=["sam"])


def sound_of(call: Call, listener: str) -> Sound:
    return call.heard(listener)[:, : round(SECONDS * RATE)]


@pytest.fixture(scope="module")
def leak(call: Call, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a listener heard, with three seconds cut out."""
    sound = sound_of(call, "listener3")
    forged = np.concatenate([sound[:, : 14 * RATE], sound[:, 17 * RATE :]], axis=1)
    return write_opus(tmp_path_factory.mktemp("leak") / "leak.ogg", forged, RATE, BIT_RATE)


def states(folder: Path) -> dict[int, str]:
    return {one.number: one.state for one in check_case(folder).checks}


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", errors="replace")


def test_a_case_that_names_a_copy(vault: Vault, call: Call, leak: Path, tmp_path: Path) -> None:
    made = new_case(vault, leak, tmp_path / "case")
    assert (made.verdict, [one.listener for one in made.named]) == ("named", ["listener3"])
    assert made.recording is not None
    assert made.recording.id == call.recording.id
    checked = check_case(made.folder)
    assert [(one.number, one.detail) for one in checked.checks if one.state == "failed"] == []
    assert {one.number for one in checked.checks if one.state == "not checked"} == {4, 15}
    assert checked.named == made.named
    assert any("nothing was kept of what tia said" in note for note in made.notes)


def test_what_it_says_is_what_trace_and_verify_say(vault: Vault, call: Call, leak: Path, tmp_path: Path) -> None:
    folder = new_case(vault, leak, tmp_path / "case").folder
    evidence = read((folder / "evidence.json").read_bytes())
    assert evidence.recording is not None
    assert evidence.recording.call is not None
    assert [one.speaker for one in evidence.recording.call.streams] == list(SPEAKERS)
    traced = trace(vault, leak)
    assert [(one.speaker, one.recording_start_s) for one in evidence.passages] == [
        (one.speaker, one.recording_start_s) for one in traced.passages
    ]
    (run,) = vault.ledger.newest(1, "verify-run")
    assert (run.body["recording"], run.body["with_original"]) == (call.recording.id, True)
    stated = [(one.state, one.speaker, one.leak_start_s, one.recording_start_s) for one in evidence.stretches]
    verified = verify(vault, leak).stretches
    assert stated == [(one.state, one.speaker, one.leak_start_s, one.recording_start_s) for one in verified]
    assert {speaker for state, speaker, *_ in stated if state == "genuine"} == set(SPEAKERS)
    page = (folder / "report.html").read_text("utf-8")
    assert_harmless(page)
    assert "The leak was made from what the call let listener3 hear." in page
    assert "The leak is not the call as it was." in page
    assert "Third &lt;quarter&gt;" in page
    assert "listener3 was let into the call first on 24 November 2026" in page


def test_who_is_not_named_is_mentioned_only_where_they_speak(vault: Vault, leak: Path, tmp_path: Path) -> None:
    folder = new_case(vault, leak, tmp_path / "case").folder
    for path in folder.iterdir():
        for listener in PEOPLE:
            assert (
                listener == "listener3"
                or not re.search(rf"\b{listener}\b", text_of(path))
                or path.name == "exhibit.bin"
            )


def test_below_the_bound_nobody_is_mentioned(vault: Vault, call: Call, leak: Path, tmp_path: Path) -> None:
    made = new_case(vault, leak, tmp_path / "case", family_wise=1e-250)
    assert (made.verdict, made.named) == ("insufficient", ())
    assert "failed" not in states(made.folder).values()
    for path in made.folder.iterdir():
        if path.name != "exhibit.bin":
            assert not any(re.search(rf"\b{listener}\b", text_of(path)) for listener in PEOPLE)
            assert not any(secret.hex() in text_of(path) for secret in call.secrets.values())
    assert "a marked call" in (made.folder / "report.html").read_text("utf-8")


def test_where_nothing_runs_straight_nothing_is_said_of_edits(
    vault: Vault, leak: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How often statements are wrong was measured of what is found straight; so there are none of anything else."""
    monkeypatch.setattr(case_line, "recognised", lambda *_: Recognised(0.0, ()))
    compared = len(vault.ledger.find("verify-run", sha256_of(leak)))
    made = new_case(vault, leak, tmp_path / "case")
    assert [one.listener for one in made.named] == ["listener3"]
    assert case_line.NOT_COMPARED in made.notes
    assert len(vault.ledger.find("verify-run", sha256_of(leak))) == compared
    evidence = read((made.folder / "evidence.json").read_bytes())
    assert {one.state for one in evidence.stretches} <= {"found", "not found"}
    placed = [(one.speaker, one.leak_start_s, one.recording_start_s) for one in evidence.stretches if one.speaker]
    assert placed == [(one.speaker, one.leak_start_s, one.recording_start_s) for one in evidence.passages]
    page = (made.folder / "report.html").read_text("utf-8")
    assert "What was altered?" in page
    assert "That cannot be said: too little of the leak runs straight" in page
    assert not any(word in page for word in ("it was moved", "put together from", "in the order in which"))
    assert "failed" not in states(made.folder).values()


def test_an_expert_can_compute_the_evidence_anew(vault: Vault, leak: Path, tmp_path: Path) -> None:
    made = new_case(vault, leak, tmp_path / "case", open_mark_key=True)
    assert made.mark_key_opened
    assert states(made.folder)[15] == "passed"
    opened = bundles.read_file(made.folder / "bundle.earmark").statement.openings
    assert ([one.stream for one in opened.stream_keys], opened.mark_key) == ([0, 1], None)
    shown = case(vault, made.case)
    assert "key-opened" in [event.kind for event in shown.events]


def test_a_speaker_whose_copy_leaked(vault: Vault, call: Call, tmp_path: Path) -> None:
    path = write_opus(tmp_path / "leak.ogg", sound_of(call, "tia"), RATE, BIT_RATE)
    made = new_case(vault, path, tmp_path / "case")
    assert [one.listener for one in made.named] == ["tia"]
    assert "failed" not in states(made.folder).values()


def test_two_who_leaked_together_are_named_by_what_the_other_said(vault: Vault, call: Call, tmp_path: Path) -> None:
    """All voices together are of two copies; each by itself is of one."""
    one, other = (call.heard(speaker, late=b"alike")[:, : round(SECONDS * RATE)] for speaker in SPEAKERS)
    path = write_opus(tmp_path / "leak.ogg", ((one + other) / 2).astype(np.float32), RATE, BIT_RATE)
    made = new_case(vault, path, tmp_path / "case", open_mark_key=True)
    assert {one.listener: (one.speakers, one.alone) for one in made.named} == {
        "sam": (("tia",), True),
        "tia": (("sam",), True),
    }
    assert all(one.own_words for one in made.named)
    checked = check_case(made.folder)
    assert checked.named == made.named
    assert {one.number for one in checked.checks if one.state != "passed"} == {4}
    evidence = read((made.folder / "evidence.json").read_bytes())
    assert sorted(one.streams or () for one in evidence.attempts) == [(0,), (1,)]
    assert [one.heard.share for one in evidence.attempts] == pytest.approx([0.1, 0.1])
    assert [one.attempt for one in evidence.accusations] == [0, 1]
    page = (made.folder / "report.html").read_text("utf-8")
    assert_harmless(page)
    assert re.search("Caution: the own words of (sam and tia|tia and sam) are in this leak as well", page)
    assert "hear, or from an echo of it." in page
    for listener, speaker in (SPEAKERS, SPEAKERS[::-1]):
        assert f"{listener} is named by the words of {speaker} alone" in page
    assert case_line.OF_SEVERAL in made.notes
    assert {one.state for one in evidence.stretches} <= {"found", "not found"}
    assert "That cannot be said: the leak is of several copies" in page
    verified = verify(vault, path)
    assert verified.notes[0] == OF_SEVERAL
    assert verified.stretches
    assert {one.error_rate for one in verified.stretches} == {None}
    assert verified.error_rates == ()


def test_one_copy_is_named_by_all_voices(vault: Vault, leak: Path, tmp_path: Path) -> None:
    made = new_case(vault, leak, tmp_path / "case")
    assert [(one.speakers, one.alone, one.share) for one in made.named] == [(SPEAKERS, False, 0.8)]
    assert not made.named[0].own_words
    assert "own words are" not in (made.folder / "report.html").read_text("utf-8")
    assert " alone, which the leak has as they were made for " not in (made.folder / "report.html").read_text("utf-8")


def test_who_loaded_their_page_anew_is_one_voice(vault: Vault, tmp_path: Path) -> None:
    """They have two streams; that each of them may name somebody by itself makes them no two speakers."""
    clock = vault._clock
    assert isinstance(clock, Clock)
    first, second = (made_up([name], 20.0)[name] for name in ("sam", "tia"))
    call = hold(vault, clock, [Turn("sam", first), Turn("sam", second * 0.8, 21.0)], PEOPLE)
    path = write_opus(tmp_path / "leak.ogg", call.heard("listener1"), RATE, BIT_RATE)
    result = trace(vault, path, recording=call.recording.id)
    assert [(one.listener, one.speakers, one.alone) for one in result.named] == [("listener1", ("sam",), False)]
    made = new_case(vault, path, tmp_path / "case", recording=call.recording.id)
    assert [(one.listener, one.speakers, one.alone) for one in made.named] == [("listener1", ("sam",), False)]
    evidence = read((made.folder / "evidence.json").read_bytes())
    assert evidence.recording is not None
    assert evidence.recording.call is not None
    assert len(evidence.recording.call.streams) == 2
    page = (made.folder / "report.html").read_text("utf-8")
    assert "by the words of" not in page
    assert "all speakers together" not in page


def test_who_was_invited_later_has_a_case_that_holds(tmp_path: Path) -> None:
    """The tree over the listeners has grown since the call was opened."""
    clock = Clock()
    with Vault.init(tmp_path / "vault", way=InTheOpen(), clock=clock) as vault:
        turns = in_turns(made_up(SPEAKERS, SECONDS), seconds=SECONDS)
        call = hold(vault, clock, turns, PEOPLE, later=["late"])
        assert vault.ledger.find("listeners-added", call.recording.id)
        path = write_opus(tmp_path / "leak.ogg", sound_of(call, "late"), RATE, BIT_RATE)
        made = new_case(vault, path, tmp_path / "case")
    assert [one.listener for one in made.named] == ["late"]
    assert "failed" not in states(made.folder).values()


def test_an_expert_hears_a_call_at_another_speed_as_it_was_heard_among_files(
    vault: Vault, call: Call, tmp_path: Path
) -> None:
    """Files have other cells, which say most at other moments of the leak; what is heard must not depend on them."""
    for number in range(2):
        briefing = write_wav(tmp_path / f"briefing{number}.wav", speech(20.0, seed=80 + number))
        mark(vault, briefing, [Listener("anna"), Listener("ben")], tmp_path / f"copies{number}")
    fast = soxr.resample(sound_of(call, "listener3")[0], 103, 100)[None].astype(np.float32)
    path = write_opus(tmp_path / "leak.ogg", fast, RATE, BIT_RATE)
    made = new_case(vault, path, tmp_path / "case", open_mark_key=True, family_wise=1e-4)
    assert [one.listener for one in made.named] == ["listener3"]
    evidence = read((made.folder / "evidence.json").read_bytes())
    assert [one.speed for one in evidence.passages] == pytest.approx([1.03] * len(evidence.passages), abs=0.025)
    assert {one.number for one in check_case(made.folder).checks if one.state != "passed"} == {4}


def test_a_call_has_no_original_and_nothing_is_left(vault: Vault, leak: Path, tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="a call has no original"):
        new_case(vault, leak, tmp_path / "out" / "case", original=leak)
    assert not list(tmp_path.glob("out/*"))


def test_a_receipt_that_names_another_ledger_does_not_hold(tmp_path: Path) -> None:
    clock = Clock()
    with Vault.init(tmp_path / "vault", way=InTheOpen(), clock=clock) as vault:
        turns = in_turns(made_up(SPEAKERS, SECONDS), seconds=SECONDS)
        call = hold(vault, clock, turns, PEOPLE, ledger_root="ab" * 32)
        path = write_opus(tmp_path / "leak.ogg", sound_of(call, "listener1"), RATE, BIT_RATE)
        made = new_case(vault, path, tmp_path / "case")
    assert [one.number for one in check_case(made.folder).checks if one.state == "failed"] == [10]
    facts = json.loads((made.folder / "bundle.earmark").read_bytes().split(b"\n")[1])
    assert facts["openings"]["listeners"][0]["receipt"] is None
