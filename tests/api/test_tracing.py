from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soxr
from tests.api.conftest import STAFF
from tests.api.voices import RATE, Sound, cut, load, speech, write_opus, write_wav

from bench.corpus import available, path_of
from earmark.api import Delivered, Listener, Vault, inspect, mark, trace
from earmark.api.finding import hear
from earmark.api.original import sha256_of
from earmark.errors import MediaError, UsageError, VaultError


def names(vault: Vault, leak: Path) -> set[str]:
    return {one.listener for one in trace(vault, leak).named}


@pytest.mark.parametrize("listener", ["anna", "finn"])
def test_a_part_of_a_copy_names_it(vault: Vault, marked: Delivered, out: Path, tmp_path: Path, listener: str) -> None:
    leak = cut(out / f"{listener}.wav", tmp_path / "leak.wav", 11.37, 29.5)
    result = trace(vault, leak)
    assert (result.verdict, result.recording) == ("named", marked.recording)
    assert [one.listener for one in result.named] == [listener]
    assert result.named[0].false_accusation_log10 < -6
    (passage,) = result.passages
    assert passage.leak_start_s == pytest.approx(0, abs=1.0)
    assert passage.leak_end_s == pytest.approx(18.1, abs=1.0)
    assert passage.recording_start_s - passage.leak_start_s == pytest.approx(11.37, abs=0.05)
    assert passage.speed == pytest.approx(1, abs=2e-3)
    assert result.exhibit.seconds == pytest.approx(18.13, abs=0.01)
    assert result.more_needed_s is None
    assert result.elapsed_s > 0


@pytest.mark.usefixtures("marked")
def test_coded(vault: Vault, out: Path, tmp_path: Path) -> None:
    assert names(
        vault, write_opus(tmp_path / "leak.ogg", load(out / "dora.wav")[:, 5 * RATE : 35 * RATE], bit_rate=32_000)
    ) == {"dora"}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda sound: np.clip(6 * sound, -1, 1), id="clipped"),
        pytest.param(lambda sound: sound * np.float32(0.5) + np.float32(0.3), id="offset"),
        pytest.param(lambda sound: np.concatenate([sound, sound]), id="two channels"),
    ],
)
@pytest.mark.usefixtures("marked")
def test_changed_leaks(vault: Vault, out: Path, tmp_path: Path, change: Callable[[Sound], Sound]) -> None:
    assert names(vault, write_wav(tmp_path / "leak.wav", change(load(out / "emil.wav")))) == {"emil"}


@pytest.mark.parametrize("speed", [0.93, 1.08])
@pytest.mark.usefixtures("marked")
def test_a_leak_that_runs_fast_or_slow(vault: Vault, out: Path, tmp_path: Path, speed: float) -> None:
    sound = load(out / "emil.wav")[:, 5 * RATE : 25 * RATE]
    played = soxr.resample(sound.T, 1000 * speed, 1000, quality="HQ").T
    result = trace(vault, write_wav(tmp_path / "leak.wav", played))
    assert [one.listener for one in result.named] == ["emil"]
    (passage,) = result.passages
    assert passage.speed == pytest.approx(speed, rel=2e-3)
    assert passage.leak_end_s == pytest.approx(20 / speed, abs=1)
    assert passage.recording_end_s == pytest.approx(25, abs=1)


@pytest.mark.parametrize("spoil", [lambda x: np.clip(8 * x, -1, 1), lambda x: x + np.float32(0.4)])
def test_spoiled_recordings_can_be_traced(
    vault: Vault, tmp_path: Path, out: Path, spoil: Callable[[Sound], Sound]
) -> None:
    done = mark(vault, write_wav(tmp_path / "x.wav", spoil(speech(40))), STAFF, out)
    assert len(done.notes) == 1
    assert names(vault, out / "carl.wav") == {"carl"}


@pytest.mark.usefixtures("marked")
def test_a_cut_in_the_middle(vault: Vault, out: Path, tmp_path: Path) -> None:
    sound = load(out / "ben.wav")
    leak = write_wav(tmp_path / "x.wav", np.concatenate([sound[:, 24 * RATE : 38 * RATE], sound[:, : 14 * RATE]], 1))
    result = trace(vault, leak)
    assert [one.listener for one in result.named] == ["ben"]
    shifts = [passage.recording_start_s - passage.leak_start_s for passage in result.passages]
    assert shifts == pytest.approx([24, -14], abs=0.1)


@pytest.mark.parametrize("way", ["alternate", "average"])
def test_two_colluders(vault: Vault, tmp_path: Path, out: Path, way: str) -> None:
    source = write_wav(tmp_path / "long.wav", speech(60, seed=3))
    listeners = [Listener(f"l{number:03}") for number in range(100)]
    mark(vault, source, listeners, out, only=["l007", "l042"])
    one, other = load(out / "l007.wav"), load(out / "l042.wav")
    turns = np.arange(one.shape[1]) // RATE % 2
    mixed = (one + other) / 2 if way == "average" else np.where(turns, one, other)
    found = names(vault, write_wav(tmp_path / "leak.wav", mixed.astype(np.float32)))
    assert found
    assert found <= {"l007", "l042"}


@pytest.mark.usefixtures("marked")
def test_the_original_is_unmarked(vault: Vault, briefing: Path) -> None:
    result = trace(vault, briefing)
    assert (result.verdict, result.recording, result.named, result.passages) == ("unmarked", None, (), ())
    assert result.more_needed_s is None


@pytest.mark.parametrize("seconds", [0.05, 1.0, 30.0])
@pytest.mark.usefixtures("marked")
def test_anything_else_is_unmarked(vault: Vault, tmp_path: Path, seconds: float) -> None:
    assert trace(vault, write_wav(tmp_path / "x.wav", speech(seconds, seed=7))).verdict == "unmarked"


@pytest.mark.usefixtures("marked")
def test_silence_is_unmarked(vault: Vault, tmp_path: Path) -> None:
    assert trace(vault, write_wav(tmp_path / "x.wav", np.zeros((1, 9 * RATE), np.float32))).verdict == "unmarked"


def test_an_empty_vault_finds_nothing(vault: Vault, briefing: Path) -> None:
    result = trace(vault, briefing)
    assert (result.verdict, result.exhibit.seconds) == ("unmarked", 40.0)


def test_too_little_says_how_much_more(vault: Vault, marked: Delivered, out: Path, tmp_path: Path) -> None:
    leak = cut(out / "anna.wav", tmp_path / "leak.wav", 10, 18)
    result = trace(vault, leak, family_wise=1e-60)
    assert (result.verdict, result.recording, result.named) == ("insufficient", marked.recording, ())
    assert result.more_needed_s is not None
    assert 0 < result.more_needed_s < 60


def test_the_right_recording_is_found(vault: Vault, marked: Delivered, tmp_path: Path, out: Path) -> None:
    others = [
        mark(vault, write_wav(tmp_path / f"o{seed}.wav", speech(20, seed=seed)), STAFF, tmp_path / f"out{seed}")
        for seed in (5, 6)
    ]
    lead = speech(25, seed=8)
    found = trace(vault, write_wav(tmp_path / "x.wav", np.concatenate([lead, load(tmp_path / "out6/ben.wav")], 1)))
    assert (found.recording, [one.listener for one in found.named]) == (others[1].recording, ["ben"])
    assert found.passages[0].leak_start_s == pytest.approx(25, abs=1)
    assert trace(vault, out / "ben.wav").recording == marked.recording
    assert trace(vault, out / "ben.wav", recording=others[0].recording.id).verdict == "unmarked"


@pytest.mark.usefixtures("marked")
def test_a_copy_given_later_names_its_listener(vault: Vault, briefing: Path, out: Path) -> None:
    mark(vault, briefing, [*STAFF, Listener("gina")], out)
    assert names(vault, out / "gina.wav") == {"gina"}


@pytest.mark.usefixtures("marked")
@pytest.mark.parametrize("leak", ["copies/anna.wav", "briefing.wav"])
def test_secrets_are_read_when_the_evidence_is_complete(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leak: str
) -> None:
    events: list[str] = []

    def noting(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*arguments: Any) -> Any:
            result = call(*arguments)
            events.append(name)
            return result

        return noted

    monkeypatch.setattr(vault, "secrets", noting("secrets read", vault.secrets))
    monkeypatch.setattr("earmark.api.tracing.hear", noting("evidence complete", hear))
    monkeypatch.setattr("earmark.api.tracing.sha256_of", noting("exhibit hashed", sha256_of))
    trace(vault, tmp_path / leak)
    assert events[:2] == ["exhibit hashed", "evidence complete"]
    assert set(events[2:]) == {"secrets read"}


@pytest.mark.parametrize("bound", [0.0, 1.0, -1.0, float("nan")])
def test_a_bound_that_makes_no_sense(vault: Vault, briefing: Path, bound: float) -> None:
    with pytest.raises(UsageError, match="between 0 and 1"):
        trace(vault, briefing, family_wise=bound)


@pytest.mark.parametrize("bound", [0.99, 0.0010001])
def test_a_bound_that_would_rank_suspects(vault: Vault, briefing: Path, bound: float) -> None:
    with pytest.raises(UsageError, match="at most one in a thousand") as refused:
        trace(vault, briefing, family_wise=bound)
    assert "1e-3" in str(refused.value.hint)
    with pytest.raises(UsageError, match="at most one in a thousand"):
        inspect(briefing, family_wise=bound)
    assert not vault.ledger.find("trace-run", sha256_of(briefing))


def test_a_leak_that_is_no_sound(vault: Vault, tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(b"RIFF, or so it says")
    for path in (tmp_path / "x.wav", tmp_path, tmp_path / "missing"):
        with pytest.raises(MediaError):
            trace(vault, path)


@pytest.mark.usefixtures("marked")
def test_a_recording_of_a_newer_version(vault: Vault, briefing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("earmark.api.tracks.DETECTOR", 0)
    with pytest.raises(VaultError, match="newer version"):
        trace(vault, briefing)


@pytest.mark.usefixtures("marked")
def test_nothing_is_said_of_anybody_else(vault: Vault, out: Path) -> None:
    text = repr(trace(vault, out / "anna.wav"))
    assert not any(one.id in text for one in STAFF[1:])


@pytest.mark.skipif(not available(), reason="the recordings of real speech are not here")
def test_real_speech(vault: Vault, tmp_path: Path, out: Path) -> None:
    mark(vault, path_of("speech/librispeech-testother_2609_en"), STAFF, out)
    sound = load(out / "emil.flac")
    assert names(vault, write_opus(tmp_path / "x.ogg", sound[:, 20 * RATE : 32 * RATE])) == {"emil"}


def test_titles_are_told(vault: Vault, briefing: Path, out: Path) -> None:
    mark(vault, briefing, STAFF, out, title="Quarter three")
    found = trace(vault, out / "anna.wav", recording="Quarter three").recording
    assert found is not None
    assert found.title == "Quarter three"
