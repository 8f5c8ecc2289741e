from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.grid import Grid
from earmark.media.flac import MAGIC, frame_samples, metadata_of
from earmark.media.samples import SampleFormat

if TYPE_CHECKING:
    from tests.media.conftest import Kit


def checked(path: Path, pcm: bytes) -> None:
    """Compare STREAMINFO's MD5 with the sound, and ask the reference decoder where there is one."""
    head = path.read_bytes()[:42]
    assert head[:5] in {MAGIC + b"\x00", MAGIC + b"\x80"}
    assert head[26:42] == hashlib.md5(pcm, usedforsecurity=False).digest()
    if flac := shutil.which("flac"):
        subprocess.run([flac, "--test", "--silent", "--warnings-as-errors", str(path)], check=True)


CASES = [
    (48_000, "mono", "s16", 80),
    (44_100, "stereo", "s16", 80),
    (44_100, "stereo", "s32", 240),
    (192_000, "mono", "s32", 80),
    (8_000, "7.1", "s16", 160),
    (11_025, "mono", "s16", 100),  # a segment is no whole number of samples
]


@pytest.mark.parametrize(("rate", "layout", "frame", "segment_ms"), CASES)
def test_copies_are_whole_flac_files(kit: Kit, rate: int, layout: str, frame: str, segment_ms: int) -> None:
    path = kit.make("a.flac", "flac", rate=rate, layout=layout, frame=frame, samples=rate + 4321)
    built = kit.build(path, segment_ms=segment_ms)
    stored = SampleFormat("signed", 16, 2) if frame == "s16" else SampleFormat("signed", 24, 3)
    for seed in range(3):
        codeword = kit.codeword(built.grid, seed)
        copy = kit.copy(built, codeword, f"copy{seed}")
        pcm = stored.pack(kit.expected(built.sound, built.grid, rate, codeword))
        assert stored.pack(kit.read(copy)) == pcm
        checked(copy, pcm)


def test_frames_are_spliced_byte_for_byte(kit: Kit) -> None:
    built = kit.build(kit.make("a.flac", "flac", frame="s16"))
    ones, zeros = np.ones(built.grid.segments, np.uint8), np.zeros(built.grid.segments, np.uint8)
    plain, other = (kit.copy(built, one, name).read_bytes() for one, name in ((zeros, "0"), (ones, "1")))
    mixed = kit.copy(built, np.arange(built.grid.segments).astype(np.uint8) % 2, "mixed").read_bytes()
    frames = mixed[mixed.index(b"\xff\xf8") :]
    first = frames[: frames.index(b"\xff\xf8", 2)]
    assert first in plain
    assert frames[len(first) : len(first) + 500] in other


@pytest.mark.parametrize("segments", [0, 1])
def test_a_recording_of_next_to_nothing_is_a_flac_file_too(kit: Kit, segments: int) -> None:
    path = kit.make("a.flac", "flac", frame="s16", samples=3840 * segments + 17)
    built = kit.build(path)
    codeword = np.ones(segments, np.uint8)
    copy = kit.copy(built, codeword)
    checked(copy, SampleFormat("signed", 16, 2).pack(kit.expected(built.sound, built.grid, 48_000, codeword)))


def test_tags_and_pictures_are_kept_and_the_seek_table_is_not(kit: Kit) -> None:
    path = kit.make("a.flac", "flac", frame="s16", cover=True)
    data = path.read_bytes()
    seek_table = b"\x03\x00\x00\x12" + bytes(18)
    path.write_bytes(b"ID3\x04\x00\x00\x00\x00\x00\x05hello" + data[:42] + seek_table + data[42:])
    blocks = metadata_of(path)
    assert {kind for kind, _ in blocks} == {4, 6}
    built = kit.build(path)
    copy = kit.copy(built, kit.codeword(built.grid))
    assert metadata_of(copy) == blocks


def test_other_files_have_no_such_blocks(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"RIFF....WAVEfmt ")
    assert metadata_of(tmp_path / "a") == ()
    (tmp_path / "b").write_bytes(MAGIC + b"\x00\x00")
    assert metadata_of(tmp_path / "b") == ()


@given(st.integers(1, 100), st.integers(8_000, 192_000))
def test_a_segment_is_a_whole_number_of_frames_a_decoder_must_take(steps: int, rate: int) -> None:
    grid = Grid(20 * steps, 1)
    size = frame_samples(grid, rate)
    if size is None:
        return
    assert grid.start(1, rate) % size == 0
    assert rate * grid.segment_ms % 1000 == 0
    assert 16 <= size <= (4608 if rate <= 48_000 else 16_384)


@pytest.mark.parametrize(
    "rate", [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000]
)
def test_usual_rates_need_no_encoding_per_copy(rate: int) -> None:
    assert frame_samples(Grid(80, 1), rate) is not None
