from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.api.conftest import STAFF
from tests.api.voices import RATE, Sound, load, speech, write_opus, write_wav

from earmark.api import Delivered, Vault, Verified, mark, verify
from earmark.api.progress import silent
from earmark.api.verifying_files import opened
from earmark.errors import EarmarkError, MediaError, UsageError


def at(seconds: float) -> int:
    return round(seconds * RATE)


def states(result: Verified) -> list[str]:
    return [one.state for one in result.stretches if one.state != "too degraded to say"]


@pytest.fixture
def sealed(vault: Vault, briefing: Path, out: Path) -> Delivered:
    return mark(vault, briefing, STAFF, out, seal_original=True)


def cut_out(sound: Sound) -> Sound:
    return np.concatenate([sound[:, at(4) : at(15)], sound[:, at(17) : at(30)]], axis=1)


def moved(sound: Sound) -> Sound:
    return np.concatenate([sound[:, at(4) : at(16)], sound[:, at(30) : at(34)], sound[:, at(16) : at(28)]], axis=1)


def replaced(sound: Sound) -> Sound:
    return np.concatenate([sound[:, at(4) : at(15)], speech(3.0, seed=9), sound[:, at(18) : at(30)]], axis=1)


FORGERIES: dict[str, tuple[Callable[[Sound], Sound], list[str], list[float]]] = {
    "untouched": (lambda sound: sound[:, at(4) : at(30)], ["genuine"], []),
    "cut": (cut_out, ["genuine", "cut here", "genuine"], [11]),
    "moved": (moved, ["genuine", "moved", "genuine"], [12, 16]),
    "replaced": (replaced, ["genuine", "not from this recording", "genuine"], [11, 14]),
}


@pytest.mark.usefixtures("marked")
@pytest.mark.parametrize("kind", FORGERIES)
def test_by_the_mark_alone(vault: Vault, out: Path, tmp_path: Path, kind: str) -> None:
    forge, expected, edits = FORGERIES[kind]
    result = verify(vault, write_wav(tmp_path / "leak.wav", forge(load(out / "anna.wav"))))
    assert states(result) == expected
    told = [min(edits, key=lambda edit: abs(edit - one)) for one in result.edits_s]
    assert result.edits_s == pytest.approx(told, abs=1.5)  # one in five may be off by more than half a second
    assert len(set(told)) == len(told) >= len(edits) / 2  # where one is not known so closely, it is not told
    assert result.compared_with == "mark"
    assert result.notes


@pytest.mark.usefixtures("sealed")
def test_a_word_shows_against_the_sealed_original(vault: Vault, out: Path, tmp_path: Path) -> None:
    sound = load(out / "ben.wav")[:, at(4) : at(28)]
    forged = np.concatenate([sound[:, : at(10)], speech(0.5, seed=5), sound[:, at(10.5) :]], axis=1)
    result = verify(vault, write_opus(tmp_path / "leak.ogg", forged, bit_rate=24_000))
    assert result.compared_with == "mark and original"
    assert states(result) == ["genuine", "not from this recording", "genuine"]
    assert result.edits_s == pytest.approx([10, 10.5], abs=0.25)
    assert not list((vault.folder / "work").glob("*/*"))


def test_several_runs_may_compare_with_one_sealed_original(vault: Vault, sealed: Delivered, briefing: Path) -> None:
    """Such as a case that is made while a leak of the same recording is verified."""
    recording = vault.recording(sealed.recording.id)
    with opened(vault, recording, None, silent) as one, opened(vault, recording, None, silent) as other:
        assert one is not None
        assert other is not None
        assert one != other
        assert one.read_bytes() == other.read_bytes() == briefing.read_bytes()
    assert not list((vault.folder / "work").iterdir())


@pytest.mark.usefixtures("marked")
def test_the_original_may_be_given(vault: Vault, briefing: Path, out: Path, tmp_path: Path) -> None:
    leak = write_wav(tmp_path / "leak.wav", load(out / "ben.wav")[:, : at(15)])
    result = verify(vault, leak, original=briefing)
    assert (result.compared_with, states(result), result.altered) == ("mark and original", ["genuine"], False)
    with pytest.raises(MediaError, match="not the file"):
        verify(vault, leak, original=out / "carl.wav")


def test_what_has_lost_its_mark_is_recognised_by_its_sound(
    vault: Vault, sealed: Delivered, briefing: Path, tmp_path: Path
) -> None:
    leak = write_wav(tmp_path / "leak.wav", cut_out(load(briefing)))
    result = verify(vault, leak)
    assert (result.recording, result.recognised_by) == (sealed.recording, "sound")
    assert "cut here" in states(result)
    assert result.edits_s == pytest.approx([11], abs=0.25)
    assert "proves less" in result.notes[0]


def test_a_stranger_is_of_no_recording(vault: Vault, marked: Delivered, tmp_path: Path) -> None:
    leak = write_wav(tmp_path / "leak.wav", speech(12.0, seed=3))
    result = verify(vault, leak, recording=marked.recording.id)
    assert (result.recording, result.stretches, result.edits_s) == (None, (), ())
    with pytest.raises(UsageError):
        verify(vault, leak, recording="r-none")


def test_nobodys_secret_is_read(
    vault: Vault, marked: Delivered, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object) -> None:
        raise AssertionError("a listener's secret was read")

    monkeypatch.setattr(Vault, "secrets", forbidden)
    leak = write_wav(tmp_path / "leak.wav", load(out / "anna.wav")[:, : at(12)])
    verify(vault, leak)
    opened = [
        entry for entry in vault.ledger.find("key-opened", marked.recording.id) if entry.body["purpose"] == "verify"
    ]
    assert opened
    assert all("listener-secrets" not in str(entry.body["keys"]) for entry in opened)


@pytest.mark.usefixtures("marked")
def test_the_run_is_in_the_ledger(vault: Vault, out: Path, tmp_path: Path) -> None:
    leak = write_wav(tmp_path / "leak.wav", cut_out(load(out / "anna.wav")))
    result = verify(vault, leak)
    (entry,) = vault.ledger.find("verify-run", result.exhibit.sha256)
    assert result.recording is not None
    assert entry.body == {
        "exhibit": result.exhibit.sha256,
        "recording": result.recording.id,
        "with_original": False,
        "edits": 1,
    }


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize("content", [b"", b"RIFF", b"ID3\x04" + bytes(200), bytes(5000)])
def test_what_is_no_sound_is_refused(vault: Vault, tmp_path: Path, content: bytes) -> None:
    leak = tmp_path / "leak.wav"
    leak.write_bytes(content)
    with pytest.raises(EarmarkError):
        verify(vault, leak)


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize("sound", [np.zeros((1, RATE * 3)), np.ones((1, 200)), np.full((2, RATE * 2), 1.0)])
def test_what_says_nothing_is_of_no_recording(vault: Vault, tmp_path: Path, sound: Sound) -> None:
    assert verify(vault, write_wav(tmp_path / "leak.wav", sound.astype(np.float32))).recording is None
