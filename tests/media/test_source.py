from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from earmark.errors import MediaError
from earmark.media.source import probe, require_markable

if TYPE_CHECKING:
    from tests.media.conftest import Kit

FILES = [
    ("a.wav", "pcm_s16le", {"frame": "s16"}, 16),
    ("a.wav", "pcm_s24le", {"frame": "s32", "rate": 192_000, "layout": "5.1"}, 24),
    ("a.wav", "pcm_f32le", {"rate": 8_000}, 32),
    ("a.flac", "flac", {"frame": "s32", "layout": "7.1"}, 24),
    ("a.m4a", "alac", {"frame": "s16", "layout": "stereo"}, 16),
    ("a.m4a", "alac", {"frame": "s32"}, 24),
    ("a.m4a", "aac", {"rate": 44_100, "layout": "stereo"}, None),
    ("a.mp3", "mp3", {"rate": 22_050}, None),
    ("a.opus", "opus", {"layout": "7.1"}, None),
]


@pytest.mark.parametrize(("name", "codec", "more", "bits"), FILES)
def test_a_file_is_described(kit: Kit, name: str, codec: str, more: dict[str, object], bits: int | None) -> None:
    path = kit.make(name, codec, **more)
    info = probe(path)
    assert (info.codec, info.rate, info.bits) == (codec, more.get("rate", 48_000), bits)
    assert info.lossless == (bits is not None)
    assert info.is_float == (codec == "pcm_f32le")
    assert info.samples == (None if codec == "opus" else 60_001)
    assert info.seconds == pytest.approx(60_001 / info.rate, abs=0.01)
    assert info.tags["title"] == "Briefing, Köln"
    assert not info.has_video
    require_markable(info)


def test_cover_art_is_no_video_and_a_picture_is(kit: Kit) -> None:
    assert not probe(kit.make("a.mp3", "mp3", cover=True)).has_video
    assert probe(kit.make("a.mkv", "opus", picture="mpeg4")).has_video


def test_a_second_stream_of_sound_is_refused(kit: Kit) -> None:
    info = probe(kit.make("a.mkv", "flac", frame="s16", streams=2))
    with pytest.raises(MediaError, match="2 streams of sound"):
        require_markable(info)


def test_rates_out_of_range_are_refused(kit: Kit) -> None:
    info = probe(kit.make("a.wav", "pcm_s16le", frame="s16", rate=4_000))
    with pytest.raises(MediaError, match="4000 samples a second"):
        require_markable(info)


NO_SOUND = {
    "empty.wav": b"",
    "text.wav": b"this is no sound at all " * 100,
    "list.m3u8": b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n",
    "list.ffconcat": b"ffconcat version 1.0\nfile /etc/hostname\n",
    "stream.sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
}


@pytest.mark.parametrize("name", NO_SOUND)
def test_what_is_no_sound_is_refused(kit: Kit, name: str) -> None:
    (kit.folder / name).write_bytes(NO_SOUND[name])
    with pytest.raises(MediaError):
        probe(kit.folder / name)


def test_a_playlist_cannot_name_a_sound(kit: Kit) -> None:
    sound = kit.make("a.wav", "pcm_s16le", frame="s16")
    playlist = kit.folder / "list.m3u8"
    playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{sound}\n#EXT-X-ENDLIST\n")
    with pytest.raises(MediaError, match="not a sound file"):
        probe(playlist)


@pytest.mark.parametrize("name", ["nowhere.wav", "http://localhost/a.wav", "concat:a.wav|b.wav", "pipe:0", "a\0b"])
def test_names_are_files_and_nothing_else(name: str) -> None:
    with pytest.raises(MediaError):
        probe(Path(name))


def test_folders_and_pipes_are_refused(kit: Kit) -> None:
    os.mkfifo(kit.folder / "pipe")
    with pytest.raises(MediaError, match="not a regular file"):
        probe(kit.folder / "pipe")
    with pytest.raises(MediaError, match="a folder"):
        probe(kit.folder)


def test_a_picture_without_sound_is_refused(kit: Kit) -> None:
    with pytest.raises(MediaError, match="has no sound in it"):
        probe(kit.make("silent.mkv", "opus", picture="mpeg4", streams=0))
