from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from earmark.errors import MediaError, UsageError
from earmark.media.source import SoundInfo
from earmark.media.target import ASKABLE, FORMATS, choose_target

WAV = SoundInfo(
    path=Path("a.wav"),
    container="wav",
    codec="pcm_s24le",
    rate=48_000,
    channels=2,
    layout="stereo",
    bits=24,
    is_float=False,
    samples=48_000,
    seconds=1.0,
    bit_rate=2_304_000,
    start_s=Fraction(0),
    tags={},
    has_video=False,
    audio_streams=1,
    stream=0,
)
M4A = replace(
    WAV, path=Path("a.M4A"), container="mov,mp4,m4a,3gp,3g2,mj2", codec="aac", bits=None, bit_rate=129_291, rate=44_100
)
OGG = replace(M4A, path=Path("a.ogg"), container="ogg", codec="vorbis", channels=1, layout="mono")
MKV = replace(M4A, path=Path("a.mkv"), container="matroska,webm", codec="ac3", has_video=True)


def test_a_copy_is_like_its_original() -> None:
    target = choose_target(WAV)
    assert (target.codec, target.rate, target.channels, target.samples.bits) == ("pcm_s24le", 48_000, 2, 24)
    assert (target.suffix, target.way, target.notes) == (".wav", "patch", ())
    target = choose_target(M4A)
    assert (target.codec, target.rate, target.bit_rate) == ("aac", 44_100, 129_291)
    assert (target.suffix, target.way, target.notes) == (".M4A", "encode", ())


def test_vorbis_becomes_opus_and_says_so() -> None:
    target = choose_target(OGG)
    assert (target.muxer, target.codec, target.rate) == ("ogg", "opus", 48_000)
    assert target.notes == ("vorbis becomes opus", "44100 Hz becomes 48000 Hz")


def test_a_codec_without_encoder_becomes_the_containers_own() -> None:
    target = choose_target(MKV)
    assert (target.codec, target.keeps_video, target.notes[0]) == ("opus", True, "ac3 becomes opus")


@pytest.mark.parametrize("asked", ASKABLE)
def test_every_format_can_be_asked_for(asked: str) -> None:
    for info in (WAV, M4A, OGG, MKV):
        target = choose_target(info, asked)
        assert target.suffix == FORMATS[asked].suffix
        assert (target.samples.bits > 16) == (info is WAV) or target.samples.kind == "float"
        assert target.keeps_video == (info is MKV and asked in {"mp4", "mov", "mkv", "webm"})


def test_what_is_lost_is_said() -> None:
    assert "the picture is left out" in choose_target(MKV, "flac").notes
    deep = replace(WAV, codec="pcm_f32le", bits=32, is_float=True)
    assert "32 bits of float become 24" in choose_target(deep, "flac").notes
    assert choose_target(deep).notes == ()


def test_a_bit_rate_that_is_much_higher_is_said() -> None:
    sparing = choose_target(replace(OGG, codec="opus", rate=48_000, bit_rate=24_000))
    assert sparing.bit_rate is not None
    assert sparing.notes == (f"24 kb/s become {sparing.bit_rate / 1000:.0f} kb/s",)


def test_containers_that_cannot_be_written_are_refused_with_a_hint() -> None:
    with pytest.raises(MediaError, match="asf") as caught:
        choose_target(replace(M4A, container="asf", codec="wmav2", path=Path("a.wma")))
    assert "--format" in caught.value.hint


def test_too_many_channels_are_refused_with_a_hint() -> None:
    with pytest.raises(MediaError, match="6 channels") as caught:
        choose_target(replace(WAV, channels=6, layout="5.1"), "mp3")
    assert "--format flac" in caught.value.hint


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(UsageError, match="vorbis"):
        choose_target(WAV, "vorbis")


@pytest.mark.parametrize(("suffix", "muxer"), [(".mp4", "mp4"), (".mov", "mov"), (".m4b", "mp4"), (".3gp", "mp4")])
def test_the_brand_of_an_mp4_follows_its_name(suffix: str, muxer: str) -> None:
    assert choose_target(replace(M4A, path=Path("a" + suffix))).muxer == muxer
