from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from earmark.errors import MediaError
from earmark.media.patch import surroundings
from earmark.media.samples import SampleFormat
from earmark.media.source import probe

if TYPE_CHECKING:
    from tests.media.conftest import Kit

CASES = [
    ("a.wav", "pcm_s16le", "s16", "mono", 48_000),
    ("a.wav", "pcm_s24le", "s32", "5.1", 44_100),
    ("a.wav", "pcm_s32le", "s32", "stereo", 96_000),
    ("a.wav", "pcm_f32le", "flt", "7.1", 192_000),
    ("a.wav", "pcm_f64le", "dbl", "mono", 8_000),
    ("a.wav", "pcm_u8", "u8", "mono", 11_025),
    ("a.wav", "pcm_alaw", "s16", "mono", 8_000),
    ("a.wav", "pcm_mulaw", "s16", "stereo", 8_000),
    ("a.aiff", "pcm_s16be", "s16", "stereo", 44_100),
    ("a.aiff", "pcm_s24be", "s32", "mono", 48_000),
    ("a.caf", "pcm_s24le", "s32", "stereo", 48_000),
    ("a.au", "pcm_s16be", "s16", "mono", 16_000),
    ("a.w64", "pcm_s16le", "s16", "stereo", 48_000),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_only_the_samples_differ(kit: Kit, case: tuple[str, str, str, str, int]) -> None:
    name, codec, frame, layout, rate = case
    path = kit.make(name, codec, frame=frame, layout=layout, rate=rate, samples=20_003)
    built = kit.build(path)
    codeword = kit.codeword(built.grid)
    copy = kit.copy(built, codeword)
    stored = SampleFormat.of_pcm(codec)
    assert stored is not None
    original, samples = path.read_bytes(), stored.pack(built.sound)
    where = original.index(samples)
    other = stored.pack(kit.expected(built.sound, built.grid, rate, codeword))
    assert copy.read_bytes() == original[:where] + other + original[where + len(samples) :]
    assert probe(copy) == probe(copy).__class__(**{**vars(built.info), "path": copy})


def test_chunks_nobody_understands_are_kept(kit: Kit) -> None:
    path = kit.make("a.wav", "pcm_s16le", frame="s16", samples=20_001)
    data = path.read_bytes()
    fmt = data.index(b"fmt ")
    extra = b"bext" + struct.pack("<I", 602) + bytes(602)
    cue = b"cue " + struct.pack("<I", 4) + bytes(4)
    path.write_bytes(data[:4] + struct.pack("<I", len(data) + 610 + 12 - 8) + data[8:fmt] + extra + data[fmt:] + cue)
    built = kit.build(path)
    copy = kit.copy(built, kit.codeword(built.grid)).read_bytes()
    assert extra in copy
    assert copy.endswith(cue)


def test_64_bit_sizes_are_kept(kit: Kit) -> None:
    path = kit.make("a.wav", "pcm_s16le", frame="s16", samples=20_000)
    data = path.read_bytes()
    body = data[data.index(b"fmt ") : data.index(b"data")]
    ds64 = b"ds64" + struct.pack("<IQQQI", 28, 4 + 36 + len(body) + 8 + 40_000, 40_000, 20_000, 0)
    path.write_bytes(b"RF64\xff\xff\xff\xffWAVE" + ds64 + body + b"data\xff\xff\xff\xff" + data[-40_000:])
    built = kit.build(path)
    assert built.info.samples == 20_000
    copy = kit.copy(built, kit.codeword(built.grid))
    assert copy.read_bytes()[:-40_000] == path.read_bytes()[:-40_000]
    assert kit.read(copy).shape == (1, 20_000)


@pytest.mark.parametrize(("asked", "codec"), [(None, "pcm_s24le"), ("wav", "pcm_s24le")])
def test_the_same_container_asked_for_is_patched_too(kit: Kit, asked: str | None, codec: str) -> None:
    built = kit.build(kit.make("a.wav", codec, frame="s32"), asked)
    copy = kit.copy(built, kit.codeword(built.grid))
    assert copy.stat().st_size == built.info.path.stat().st_size


@pytest.mark.parametrize(
    ("name", "codec", "frame", "wanted"),
    [
        ("a.flac", "flac", "s32", "pcm_s24le"),
        ("a.mp3", "mp3", "flt", "pcm_s16le"),
        ("a.aiff", "pcm_s16be", "s16", "pcm_s16le"),
    ],
)
def test_another_container_gets_a_header_of_its_own(kit: Kit, name: str, codec: str, frame: str, wanted: str) -> None:
    built = kit.build(kit.make(name, codec, frame=frame, layout="stereo"), "wav")
    codeword = kit.codeword(built.grid)
    copy = kit.copy(built, codeword)
    info = probe(copy)
    assert (info.codec, info.samples, info.tags["title"]) == (wanted, 60_001, "Briefing, Köln")
    stored = SampleFormat.of_pcm(wanted)
    assert stored is not None
    assert stored.pack(kit.read(copy)) == stored.pack(kit.expected(built.sound, built.grid, 48_000, codeword))


def test_samples_that_are_not_there_are_missed(kit: Kit) -> None:
    path = kit.make("a.wav", "pcm_s16le", frame="s16", samples=20_000)
    assert len(surroundings(path, 40_000)[0]) == path.stat().st_size - 40_000
    with pytest.raises(MediaError, match="one piece"):
        surroundings(path, 40_002)
