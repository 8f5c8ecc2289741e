import wave
from pathlib import Path

import numpy as np
import pytest
from tests.attacks.conftest import RATE, lag

from earmark.attacks import Chain, Codec, Sound, Synthetic, sndfile
from earmark.attacks.drawing import Drawing
from earmark.errors import EarmarkError
from earmark.media.reading import read_resampled
from earmark.media.source import probe

CODECS = ["mp3:64k", "mp3:32k", "aac:64k", "aac:32k", "opus:32k", "opus:8k", "vorbis:48k", "amr:12.2k", "amr:4.75k",
          "gsm", "g711", "g711:a", "g722", "g723", "g726", "g726:40k"]  # fmt: skip
NARROW = {"amr", "gsm", "g711", "g723", "g726"}


def bark(sound: Sound) -> np.ndarray:
    """Return log-powers in 32 ms and 250 Hz, up to 3 kHz."""
    frames = sound.samples[0, : sound.length // 512 * 512].reshape(-1, 512) * np.hanning(512)
    powers = np.abs(np.fft.rfft(frames))[:, :96] ** 2
    return np.asarray(np.log(powers.reshape(len(frames), 12, 8).sum(axis=2) + 1e-4))


@pytest.mark.parametrize("name", CODECS)
def test_a_round_trip_keeps_length_place_and_sound(voice: Sound, name: str) -> None:
    left = Chain.parse(name).apply(voice, 0, Synthetic())
    assert left.length == voice.length
    assert abs(lag(left, voice)) <= 0.001 * voice.rate
    assert np.corrcoef(bark(left).ravel(), bark(voice).ravel())[0, 1] > 0.8
    assert not np.array_equal(left.samples, voice.samples)


@pytest.mark.parametrize(("low", "high"), [("mp3:24k", "mp3:128k"), ("opus:8k", "opus:64k"), ("amr:4.75k", "amr:12.2k"),
                                           ("g726:16k", "g726:40k")])  # fmt: skip
def test_more_bits_keep_more(voice: Sound, low: str, high: str) -> None:
    lost = [np.abs(bark(Chain.parse(name).apply(voice, 0, Synthetic())) - bark(voice)).mean() for name in (low, high)]
    assert lost[1] < lost[0]


@pytest.mark.parametrize("name", CODECS)
def test_files_have_the_bit_rate_and_the_rate(voice: Sound, tmp_path: Path, name: str) -> None:
    path = Chain.parse(name).write(voice, tmp_path / "leak", 0, Synthetic())
    wanted = float(name.partition(":")[2].removesuffix("k") or 0) if name.endswith("k") else 0
    if wanted:
        assert path.stat().st_size * 8 / 1000 / voice.seconds == pytest.approx(wanted, rel=0.25, abs=1)
    if name.partition(":")[0] in NARROW:
        assert probe(path).rate == 8_000


def test_telephones_have_one_channel(stereo: Sound) -> None:
    assert Chain.parse("gsm").apply(stereo, 0, Synthetic()).channels == 1
    assert Chain.parse("opus:32k").apply(stereo, 0, Synthetic()).channels == 2


def test_lossless_files_keep_all(stereo: Sound, tmp_path: Path) -> None:
    path = Codec("flac", ".flac").write(stereo.samples, RATE, tmp_path / "leak")
    kept = np.concatenate(list(read_resampled(path, RATE)), axis=1)
    assert np.abs(kept - stereo.samples).max() <= 1 / 32_768


def test_mono_may_come_as_a_row(voice: Sound, tmp_path: Path) -> None:
    path = Codec("pcm_s16le", ".wav").write(voice.samples[0], RATE, tmp_path / "leak.part")
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getnframes()) == (1, voice.length)


def test_what_is_too_loud_is_clipped(voice: Sound, drawing: Drawing) -> None:
    loud = Codec("flac", ".flac").apply(voice.scaled(10), drawing)
    assert np.abs(loud.samples).max() <= 1


@pytest.mark.parametrize("name", ["gsm", "vorbis:48k"])
def test_without_libsndfile(voice: Sound, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def missing(_name: str) -> None:
        raise ImportError

    monkeypatch.setattr(sndfile, "import_module", missing)
    with pytest.raises(EarmarkError, match="not installed") as caught:
        Chain.parse(name).apply(voice, 0, Synthetic())
    assert "pip install soundfile" in caught.value.hint
