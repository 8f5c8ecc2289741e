from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from av.audio.frame import AudioFrame
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.errors import MediaError
from earmark.media.reading import joined, read_blocks, read_resampled, regrouped, resampled, unpacked
from earmark.media.samples import SampleFormat
from earmark.media.source import probe

if TYPE_CHECKING:
    from tests.media.conftest import Kit

EXACT = [
    ("a.wav", "pcm_s16le", "s16", 2**-16),
    ("a.wav", "pcm_f32le", "flt", 0),
    ("a.flac", "flac", "s32", 2**-24),
    ("a.m4a", "alac", "s32", 2**-24),
    ("a.m4a", "aac", "flt", 0.2),
    ("a.mp3", "mp3", "flt", 0.2),
    ("a.opus", "opus", "flt", 0.2),
    ("a.mkv", "opus", "flt", 0.2),
]


@pytest.mark.parametrize(("name", "codec", "frame", "error"), EXACT)
def test_every_sample_is_read_where_it_was(kit: Kit, name: str, codec: str, frame: str, error: float) -> None:
    sound = kit.speech(60_001, 1, 48_000)
    got = kit.read(kit.make(name, codec, frame=frame, bit_rate=None if error < 0.1 else 128_000))
    assert got.shape == sound.shape
    assert np.sqrt(np.mean((got - sound) ** 2)) <= error
    assert np.corrcoef(got[0], sound[0])[0, 1] > 0.97


def test_blocks_have_the_length_asked_for(kit: Kit) -> None:
    info = probe(kit.make("a.flac", "flac", frame="s16", layout="stereo"))
    lengths = [block.shape for block in read_blocks(info, 7_000)]
    assert lengths == [(2, 7_000)] * 8 + [(2, 60_001 - 56_000)]


@given(st.lists(st.integers(0, 50), max_size=20), st.integers(1, 40))
def test_regrouping_changes_lengths_only(lengths: list[int], size: int) -> None:
    sound = np.arange(sum(lengths), dtype=np.float32)[None]
    blocks = np.split(sound, np.cumsum(lengths)[:-1], axis=1) if lengths else []
    got = list(regrouped(blocks, size))
    assert all(block.shape[1] == size for block in got[:-1])
    assert np.array_equal(np.concatenate([sound[:, :0], *got], axis=1), sound)


def frames(lengths: list[int], kinds: list[str]) -> Iterator[AudioFrame]:
    start = 0
    for length, layout in zip(lengths, kinds, strict=False):
        words = np.arange(start, start + length, dtype=np.int16)
        frame = AudioFrame.from_ndarray(np.repeat(words, 1 + (layout == "stereo"))[None], "s16", layout)
        frame.sample_rate, frame.pts, start = 8_000, 99_999 - start, start + length
        yield frame


@given(st.lists(st.integers(1, 50), min_size=20), st.lists(st.sampled_from(["mono", "stereo"])), st.integers(1, 40))
def test_joining_frames_changes_lengths_only(lengths: list[int], kinds: list[str], size: int) -> None:
    blocks = list(unpacked(joined(frames(lengths, kinds), size)))
    assert all(block.shape[1] <= size for block in blocks)
    got = np.concatenate([np.zeros(0), *(block[-1] * 32_768 for block in blocks)])
    assert np.array_equal(got, np.arange(sum(lengths[: len(kinds)])))
    assert len(blocks) <= sum(lengths) // size + 1 + sum(one != two for one, two in pairwise(kinds))


@settings(deadline=None)
@given(st.integers(1, 30_000), st.sampled_from([8_000, 11_025, 44_100, 48_000, 96_000]), st.integers(1, 9_000))
def test_resampling_keeps_the_duration(samples: int, native: int, size: int) -> None:
    sound = np.zeros((2, samples), np.float32)
    got = list(resampled(regrouped([sound], size), native, 16_000, 2))
    assert sum(block.shape[1] for block in got) == samples * 16_000 // native


def test_resampling_keeps_the_place(kit: Kit) -> None:
    got = np.concatenate(list(read_resampled(kit.make("a.wav", "pcm_f32le"))), axis=1)
    assert np.abs(got - kit.speech(60_001, 1, 48_000)[:, : 3 * got.shape[1] : 3]).max() < 0.02


SHORTENED = ["a.wav", "a.flac", "a.m4a", "a.mp3", "a.mkv", "a.aiff", "a.opus"]
CODECS = {
    ".opus": "opus",
    ".wav": "pcm_s16le",
    ".flac": "flac",
    ".m4a": "aac",
    ".mp3": "mp3",
    ".mkv": "flac",
    ".aiff": "pcm_s16be",
}


@pytest.mark.parametrize("name", SHORTENED)
@pytest.mark.parametrize("share", [0.3, 0.55])
def test_a_file_that_was_cut_short_is_refused(kit: Kit, name: str, share: float) -> None:
    codec = CODECS[name[1:]]
    path = kit.make(name, codec, frame="flt" if codec in {"aac", "mp3", "opus"} else "s16", samples=100_000)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(MediaError):
        list(read_blocks(probe(path)))


def test_a_leak_is_read_as_far_as_it_goes(kit: Kit) -> None:
    path = kit.make("a.flac", "flac", frame="s16", samples=200_000)
    whole = np.concatenate(list(read_resampled(path)), axis=1)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 40] = bytes(40)
    path.write_bytes(data[: len(data) * 9 // 10])
    got = np.concatenate(list(read_resampled(path)), axis=1)
    assert whole.shape[1] // 2 < got.shape[1] <= whole.shape[1]


@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_samples_that_are_not_numbers_are_refused_for_marking_and_silent_in_a_leak(kit: Kit, poison: float) -> None:
    path = kit.make("a.wav", "pcm_f32le")
    data = bytearray(path.read_bytes())
    data[-4000:-3996] = np.float32(poison).tobytes()
    path.write_bytes(data)
    with pytest.raises(MediaError, match="not numbers"):
        list(read_blocks(probe(path)))
    assert all(np.isfinite(block).all() for block in read_resampled(path))


def test_a_file_without_a_sample_is_refused(kit: Kit) -> None:
    path = kit.make("a.wav", "pcm_s16le", frame="s16", samples=48)
    head = path.read_bytes()[:-96]
    path.write_bytes(head[:-4] + bytes(4))
    with pytest.raises(MediaError):
        list(read_blocks(probe(path)))


def test_the_longest_stream_of_a_leak_is_read(kit: Kit) -> None:
    path = kit.make("a.mkv", "flac", frame="s16", streams=2)
    assert sum(block.shape[1] for block in read_resampled(path)) == 60_001 // 3


def test_clipped_sound_and_sound_beyond_full_scale_are_read(kit: Kit) -> None:
    path = kit.make("a.wav", "pcm_f32le")
    data = path.read_bytes()
    loud = SampleFormat("float", 32, 4).pack(np.full((1, 60_001), 1.5, np.float32))
    path.write_bytes(data[: -len(loud)] + loud)
    assert kit.read(path).max() == 1.5
