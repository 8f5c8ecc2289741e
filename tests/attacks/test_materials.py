from pathlib import Path

import numpy as np
import pytest
from tests.api.voices import speech, write_wav

from earmark.attacks import Recorded, Synthetic
from earmark.attacks.drawing import Background
from earmark.attacks.materials import stretch
from earmark.errors import MediaError, UsageError

RATE = 8_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for kind in ("rooms", "noise", "talk", "music"):
        (tmp_path / kind).mkdir()
    for rt60 in (0.2, 0.5, 1.0):
        response = Synthetic().room(rng, RATE, rt60)
        write_wav(tmp_path / f"rooms/{rt60}.wav", 0.9 * response[None], RATE)
    write_wav(tmp_path / "noise/hum.wav", np.full((1, 100), 0.25, np.float32), RATE)
    write_wav(tmp_path / "talk/one.wav", speech(1.0, rate=RATE, channels=2), RATE)
    (tmp_path / "noise/readme.txt").write_text("not sound")
    return tmp_path


@pytest.mark.parametrize("rt60", [0.2, 0.5, 1.0])
def test_the_room_that_is_asked_for(folder: Path, rt60: float) -> None:
    materials = Recorded.in_folder(folder)
    heard = [materials.room(np.random.default_rng(seed), RATE, rt60) for seed in range(10)]
    assert all(np.array_equal(one, heard[0]) for one in heard)
    assert len(heard[0]) / RATE == pytest.approx(1.2 * rt60, abs=0.02)


def test_any_room(folder: Path) -> None:
    materials = Recorded.in_folder(folder)
    lengths = {len(materials.room(np.random.default_rng(seed), RATE, None)) for seed in range(20)}
    assert len(lengths) == 3


def test_short_sounds_are_repeated_and_long_ones_cut(folder: Path) -> None:
    materials = Recorded.in_folder(folder)
    hum = materials.background("noise", np.random.default_rng(0), RATE, 5_000)
    assert hum.shape == (5_000,)
    assert np.allclose(hum, 0.25, atol=1e-3)
    assert materials.background("talk", np.random.default_rng(0), RATE, 500).shape == (500,)


def test_what_is_not_there(folder: Path) -> None:
    materials = Recorded.in_folder(folder)
    with pytest.raises(UsageError, match="nothing for 'music'") as caught:
        materials.background("music", np.random.default_rng(0), RATE, 10)
    assert "'music'" in caught.value.hint
    with pytest.raises(MediaError, match="not a folder"):
        Recorded.in_folder(folder / "noise/hum.wav")


def test_a_file_that_is_no_sound(folder: Path) -> None:
    (folder / "music/broken.wav").write_bytes(b"RIFFxxxx")
    with pytest.raises(MediaError, match=r"broken\.wav"):
        Recorded.in_folder(folder).background("music", np.random.default_rng(0), RATE, 10)


@pytest.mark.parametrize("kind", ["noise", "talk", "music"])
@pytest.mark.parametrize("rate", [8_000, 22_050])
def test_synthetic_sounds(kind: Background, rate: int) -> None:
    sound = Synthetic().background(kind, np.random.default_rng(0), rate, 3 * rate)
    assert sound.shape == (3 * rate,)
    assert sound.dtype == np.float32
    assert np.isfinite(sound).all()
    frames = (sound[: rate * 3 // 800 * 800].reshape(-1, 800) ** 2).mean(axis=1)
    assert frames.max() > 0
    # A talker comes and goes; noise does not.
    spread = 10 * np.log10(np.quantile(frames, 0.95) / np.quantile(frames, 0.05))
    assert spread > 12 if kind == "talk" else spread < 30


def test_a_stretch_begins_anywhere() -> None:
    sound = np.arange(100, dtype=np.float32)
    pieces = [stretch(sound, np.random.default_rng(seed), 250) for seed in range(10)]
    assert len({piece[0] for piece in pieces}) > 5
    assert all(set(np.diff(piece)) == {1.0, -99.0} for piece in pieces)
