from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

from earmark.media.encode import joined
from earmark.media.reading import resampled
from earmark.media.source import probe
from earmark.media.target import choose_target

if TYPE_CHECKING:
    from tests.media.conftest import Kit

CASES = [
    ("a.m4a", "aac", "mono", 48_000, None),
    ("a.m4a", "aac", "stereo", 44_100, None),
    ("a.m4a", "aac", "5.1", 48_000, None),
    ("a.m4a", "aac", "7.1", 48_000, None),
    ("a.mp4", "aac", "mono", 8_000, None),
    ("a.mov", "aac", "mono", 96_000, None),
    ("a.mkv", "aac", "mono", 48_000, None),
    ("a.mp3", "mp3", "stereo", 44_100, None),
    ("a.mp3", "mp3", "mono", 16_000, None),
    ("a.mp3", "mp3", "mono", 8_000, None),
    ("a.mkv", "mp3", "mono", 48_000, None),
    ("a.ogg", "opus", "mono", 48_000, None),
    ("a.opus", "opus", "7.1", 48_000, None),
    ("a.webm", "opus", "stereo", 48_000, None),
    ("a.mp4", "opus", "mono", 48_000, None),
    ("a.wav", "pcm_s16le", "stereo", 44_100, "opus"),
    ("a.wav", "pcm_s16le", "stereo", 44_100, "webm"),
    ("a.wav", "pcm_s16le", "mono", 96_000, "mp3"),
    ("a.wav", "pcm_s16le", "mono", 192_000, "mp4"),
    ("a.flac", "flac", "mono", 44_100, "mp3"),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_lossy_copy_has_every_sample_where_it_was(kit: Kit, case: tuple[str, str, str, int, str | None]) -> None:
    name, codec, layout, rate, asked = case
    frame = "flt" if codec in {"aac", "mp3", "opus"} else "s16"
    built = kit.build(kit.make(name, codec, layout=layout, rate=rate, frame=frame, samples=rate + 777), asked)
    codeword = kit.codeword(built.grid)
    copy = kit.copy(built, codeword)
    want = kit.expected(built.sound, built.grid, rate, codeword)
    if built.target.rate != rate:
        want = np.concatenate(list(resampled([want], rate, built.target.rate, want.shape[0])), axis=1)
    got = kit.read(copy)
    assert got.shape == want.shape
    assert np.corrcoef(got[0], want[0])[0, 1] > 0.97
    assert abs(20 * np.log10(got[0].std() / want[0].std())) < 0.2
    assert probe(copy).codec == built.target.codec


LOSSLESS = [
    ("a.m4a", "alac", "s16", None),
    ("a.m4a", "alac", "s32", None),
    ("a.mkv", "flac", "s32", None),
    ("a.ogg", "flac", "s16", None),
    ("a.mkv", "pcm_s24le", "s32", None),
    ("a.mov", "pcm_s16le", "s16", None),
    ("a.mkv", "pcm_f32le", "flt", None),
    ("a.wav", "pcm_s24le", "s32", "m4a"),
    ("a.wav", "pcm_s16le", "s16", "flac"),
    ("a.wav", "pcm_s24le", "s32", "ogg"),
]


@pytest.mark.parametrize(("name", "codec", "frame", "asked"), LOSSLESS)
def test_a_lossless_copy_is_exact(kit: Kit, name: str, codec: str, frame: str, asked: str | None) -> None:
    built = kit.build(kit.make(name, codec, frame=frame, layout="stereo"), asked)
    codeword = kit.codeword(built.grid)
    copy = kit.copy(built, codeword)
    want = kit.expected(built.sound, built.grid, 48_000, codeword)
    step = {"s16": 2**-15, "s32": 2**-23, "flt": 0}[frame]
    assert np.abs(kit.read(copy) - want).max() <= step / 2
    info = probe(copy)
    assert (info.bits, info.is_float) == ({"s16": 16, "s32": 24, "flt": 32}[frame], frame == "flt")


def packets(path: Path) -> list[tuple[bytes, Fraction, bool]]:
    with av.open(str(path)) as container:
        return [
            (bytes(one), one.pts * one.time_base, one.is_keyframe)
            for one in container.demux(video=0)
            if one.size and one.pts is not None
        ]


def chapters(path: Path) -> list[Any]:
    with av.open(str(path)) as container:
        return [
            (one["metadata"]["title"], one["start"] * (one["time_base"] or 0), one["end"] * (one["time_base"] or 0))
            for one in container.chapters()
        ]


VIDEOS = [
    ("a.mp4", "libx264", "aac"),
    ("a.mov", "mpeg4", "aac"),
    ("a.mkv", "libx264", "opus"),
    ("a.mkv", "mpeg4", "flac"),
    ("a.webm", "libvpx", "opus"),
]


@pytest.mark.parametrize(("name", "picture", "codec"), VIDEOS)
def test_the_picture_is_copied_untouched(kit: Kit, name: str, picture: str, codec: str) -> None:
    frame = "s16" if codec == "flac" else "flt"
    path = kit.make(name, codec, picture=picture, frame=frame, layout="stereo")
    built = kit.build(path)
    copy = kit.copy(built, kit.codeword(built.grid))
    assert packets(copy) == packets(path) != []
    assert chapters(copy) == chapters(path) != []
    assert kit.read(copy).shape == built.sound.shape
    assert probe(copy).start_s == built.info.start_s
    if name == "a.mkv":
        with av.open(str(copy)) as container:
            (attachment,) = [one for one in container.streams if isinstance(one, av.stream.AttachmentStream)]
            assert (attachment.metadata["filename"], attachment.data) == ("note.txt", b"kept")


def test_the_picture_is_left_out_where_there_is_no_place_for_it(kit: Kit) -> None:
    built = kit.build(kit.make("a.mkv", "opus", picture="mpeg4"), "m4a")
    assert not probe(kit.copy(built, kit.codeword(built.grid))).has_video


TAGGED = ["a.m4a", "a.mp3", "a.flac", "a.ogg", "a.mkv"]


@pytest.mark.parametrize("name", TAGGED)
@pytest.mark.parametrize("asked", [None, "m4a", "mp3", "flac", "ogg", "opus", "wav", "mkv"])
def test_tags_are_kept(kit: Kit, name: str, asked: str | None) -> None:
    codec = {".m4a": "aac", ".mp3": "mp3", ".flac": "flac", ".ogg": "opus", ".mkv": "opus"}[name[1:]]
    built = kit.build(kit.make(name, codec, frame="s16" if codec == "flac" else "flt", samples=20_000), asked)
    tags = {key.lower(): text for key, text in probe(kit.copy(built, kit.codeword(built.grid))).tags.items()}
    assert (tags["title"], tags["artist"]) == ("Briefing, Köln", "Someone")


def covers(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(one) for one in container.demux(video=0) if one.size] if container.streams.video else []


@pytest.mark.parametrize(("name", "codec"), [("a.m4a", "aac"), ("a.mp3", "mp3"), ("a.flac", "flac")])
@pytest.mark.parametrize("asked", [None, "m4a", "mp3", "flac", "ogg", "opus"])
def test_cover_art_is_kept(kit: Kit, name: str, codec: str, asked: str | None) -> None:
    path = kit.make(name, codec, frame="s16" if codec == "flac" else "flt", cover=True, samples=20_000)
    built = kit.build(path, asked)
    assert covers(kit.copy(built, kit.codeword(built.grid))) == covers(path) != []


def test_pieces_are_joined_to_seconds(kit: Kit) -> None:
    target = choose_target(probe(kit.make("a.wav", "pcm_s16le", frame="s16", rate=8_000, samples=8_000)))
    pieces = [bytes([k]) * 5_000 for k in range(10)]
    got = list(joined(iter(pieces), target))
    assert [len(one) for one in got] == [16_000] * 3 + [2_000]
    assert b"".join(got) == b"".join(pieces)
