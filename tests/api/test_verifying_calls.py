"""Time lines of leaks of calls: of who has kept their words against these, of the others by the mark alone."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import update
from tests.api.voices import Sound, speech, write_opus
from tests.conversation import Call, hold, in_turns, made_up
from tests.members import Clock

from earmark.api import StretchTimes, Verified, trace, verify
from earmark.errors import MediaError, VaultError
from earmark.records import schema
from earmark.records.protection.ways import InTheOpen
from earmark.records.vault import Vault
from earmark.signal.calls import RATE

SECONDS = 48.0
TURN_S = 6.0
BIT_RATE = 32_000
SPEAKERS = ("sam", "tia")
LISTENER = "l1"
EXACT_S = 0.4
"""Streams are late by up to a quarter of a second each, and a jitter buffer adds to that."""


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    """A vault whose keys are always the same, so that what is told is: ``bench/call_tampering.py`` draws them anew."""
    folder = tmp_path_factory.mktemp("calls") / "vault"
    with Vault.init(folder, way=InTheOpen(), clock=Clock(), randomness=np.random.default_rng(4).bytes) as opened:
        yield opened


@pytest.fixture(scope="module")
def calls(vault: Vault) -> dict[str, Call]:
    """Two calls in which the same is said: in one sam keeps what he says, in the other nobody does."""
    clock = vault._clock
    assert isinstance(clock, Clock)
    turns = in_turns(made_up(SPEAKERS, SECONDS), seconds=SECONDS, turn_s=TURN_S)
    people = [LISTENER, "l2", "l3"]
    kept = hold(vault, clock, turns, people, title="Kept", keepers=["sam"])
    clock.wait(3600)
    return {"kept": kept, "not kept": hold(vault, clock, turns, people, title="Not kept")}


def heard(call: Call) -> Sound:
    return call.heard(LISTENER, late=b"the same")[:, : round(SECONDS * RATE)]


def part(sound: Sound, start_s: float, end_s: float) -> Sound:
    return sound[:, round(start_s * RATE) : round(end_s * RATE)]


def joined(*parts: Sound) -> Sound:
    return np.concatenate(parts, axis=1)


def leak(folder: Path, sound: Sound) -> Path:
    return write_opus(folder / "leak.ogg", sound, RATE, BIT_RATE)


def of(result: Verified, state: str) -> list[StretchTimes]:
    return [one for one in result.stretches if one.state == state]


def close_to(result: Verified, at: float) -> bool:
    """Whether an edit is told of within a turn of a speaker: when it was, between two words of theirs, is not known."""
    return any(abs(edit - at) <= TURN_S / 2 for edit in result.edits_s)


@pytest.mark.parametrize(("which", "compared"), [("kept", "mark and original"), ("not kept", "mark")])
def test_a_whole_leak_is_genuine_and_says_what_it_was_compared_with(
    calls: dict[str, Call], vault: Vault, tmp_path: Path, which: str, compared: str
) -> None:
    call = calls[which]
    result = verify(vault, leak(tmp_path, heard(call)))
    assert result.recording is not None
    assert (result.recording.id, result.recognised_by, result.compared_with) == (call.recording.id, "mark", compared)
    assert {one.speaker: one.compared_with for one in result.speakers} == {"sam": compared, "tia": "mark"}
    assert (of(result, "cut here"), of(result, "moved")) == ([], [])
    for one in of(result, "genuine"):
        assert one.recording_start_s == pytest.approx(one.leak_start_s, abs=EXACT_S)
        assert 0 < (one.error_rate or 0) < 1
    for speaker in SPEAKERS:
        said = sum(one.leak_end_s - one.leak_start_s for one in of(result, "genuine") if one.speaker == speaker)
        assert said > SECONDS / 4
    assert {one.with_original for one in result.error_rates} == ({True, False} if which == "kept" else {False})
    assert any("nothing was kept of what" in note and "tia" in note for note in result.notes)


@pytest.mark.parametrize("which", ["kept", "not kept"])
def test_a_cut_is_found_where_it_was_made(calls: dict[str, Call], vault: Vault, tmp_path: Path, which: str) -> None:
    sound = heard(calls[which])
    result = verify(vault, leak(tmp_path, joined(part(sound, 0, 14), part(sound, 17.5, SECONDS))))
    cuts = of(result, "cut here")
    assert cuts
    assert all(cut.missing_s == pytest.approx(3.5, abs=EXACT_S) for cut in cuts)
    assert any(cut.leak_start_s == pytest.approx(14, abs=1.0) for cut in cuts)
    assert close_to(result, 14)
    assert of(result, "moved") == []


@pytest.mark.parametrize("which", ["kept", "not kept"])
def test_what_was_moved_is_found(calls: dict[str, Call], vault: Vault, tmp_path: Path, which: str) -> None:
    sound = heard(calls[which])
    parts = part(sound, 0, 9), part(sound, 31, 35), part(sound, 9, 31), part(sound, 35, SECONDS)
    result = verify(vault, leak(tmp_path, joined(*parts)))
    moved = [one for one in of(result, "moved") if one.leak_end_s - one.leak_start_s > 2]
    assert moved
    assert all(8 < one.leak_start_s < one.leak_end_s < 14 for one in moved)
    assert all(30 < (one.recording_start_s or 0) < (one.recording_end_s or 0) < 36 for one in moved)
    assert close_to(result, 9)
    assert close_to(result, 13)


@pytest.mark.parametrize("which", ["kept", "not kept"])
def test_what_nobody_said_is_nobodys(calls: dict[str, Call], vault: Vault, tmp_path: Path, which: str) -> None:
    sound = heard(calls[which])
    words = speech(6, rate=RATE, seed=999) / np.float32(2)
    result = verify(vault, leak(tmp_path, joined(part(sound, 0, 20), words, part(sound, 20, SECONDS))))
    placed = [one for one in result.stretches if one.recording_start_s is not None and one.state != "cut here"]
    inside = [min(one.leak_end_s, 25) - max(one.leak_start_s, 21) for one in placed]
    assert max(inside) <= 0
    assert result.altered


def test_other_words_show_against_what_was_kept(calls: dict[str, Call], vault: Vault, tmp_path: Path) -> None:
    sound = heard(calls["kept"]).copy()
    level = float(np.abs(part(sound, 14.5, 15.5)).max())
    word = speech(1.0, rate=RATE, seed=77)
    part(sound, 14.5, 15.5)[:] = word * (level / float(np.abs(word).max()))
    result = verify(vault, leak(tmp_path, sound))
    assert result.altered
    put_in = [one for one in result.stretches if one.speaker == "sam" and one.missing_s and one.state != "genuine"]
    assert any(14 < one.leak_start_s < one.leak_end_s < 16 for one in put_in)


def test_it_takes_no_secret_and_is_entered(calls: dict[str, Call], vault: Vault, tmp_path: Path) -> None:
    call = calls["kept"].recording.id
    before = len(vault.ledger.find("key-opened", call))
    verify(vault, leak(tmp_path, part(heard(calls["kept"]), 0, 20)), recording="Kept")
    opened = [key for entry in vault.ledger.find("key-opened", call)[before:] for key in entry.body["keys"]]  # type: ignore[union-attr]
    assert "speech-keys" in opened
    assert not any(str(key).startswith("listener") for key in opened)
    (run,) = vault.ledger.newest(1, "verify-run")
    assert (run.body["recording"], run.body["with_original"]) == (call, True)


def test_a_call_has_no_original(calls: dict[str, Call], vault: Vault, tmp_path: Path) -> None:
    path = leak(tmp_path, part(heard(calls["kept"]), 0, 15))
    with pytest.raises(MediaError, match="a call has no original") as caught:
        verify(vault, path, original=path)
    assert "in the vault" in caught.value.hint


def test_what_was_kept_and_changed_since_is_no_proof(calls: dict[str, Call], vault: Vault, tmp_path: Path) -> None:
    path = leak(tmp_path, part(heard(calls["kept"]), 0, 15))
    spoilt = update(schema.speech_pieces).filter_by(number=3)
    with vault.safe.writing() as sitting:
        before = sitting.connection.execute(schema.speech_pieces.select().filter_by(number=3)).one()
        sitting.connection.execute(spoilt.values(sealed=before.sealed[:-1]))
    try:
        with pytest.raises(VaultError, match="not what the ledger says"):
            verify(vault, path)
        assert trace(vault, path).verdict == "named"  # which does not need it
    finally:
        with vault.safe.writing() as sitting:
            sitting.connection.execute(spoilt.values(sealed=before.sealed))
