from __future__ import annotations

import struct
import tracemalloc
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.bombs import silence

from earmark.errors import MediaError
from earmark.media import bounds
from earmark.media.bounds import bounded, require_bounded
from earmark.media.reading import read_resampled
from earmark.media.source import probe

if TYPE_CHECKING:
    from pathlib import Path

GB = 10**9


def test_what_is_crafted_is_sound(tmp_path: Path) -> None:
    path = silence(tmp_path / "short.flac", 60 / 3600)
    require_bounded(path)
    heard = list(read_resampled(path))
    assert abs(sum(block.shape[1] for block in heard) / 16_000 - 60) < 9
    assert not any(block.any() for block in heard)


@pytest.mark.parametrize("promised_s", [0.0, 10.0, 90 * 3600.0])
def test_days_of_silence_in_a_few_bytes_are_refused_before_any_is_decoded(tmp_path: Path, promised_s: float) -> None:
    path = silence(tmp_path / "bomb.flac", 90, promised_s)
    assert path.stat().st_size < 1_000_000
    tracemalloc.start()
    with pytest.raises(MediaError, match="more than 24 hours of sound"):
        require_bounded(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


def test_who_decodes_counts_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "LONGEST_S", 60)
    path = silence(tmp_path / "bomb.flac", 1, promised_s=10)
    passed = 0
    with pytest.raises(MediaError, match="holds more than"):
        for block in read_resampled(path):
            passed += block.shape[1]
    assert passed <= 61 * 16_000


@pytest.mark.parametrize("more", [0, 1])
def test_a_day_is_heard_and_no_sample_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: int) -> None:
    monkeypatch.setattr(bounds, "LONGEST_S", 2)
    blocks = [np.zeros((1, 1_000), np.float32), np.zeros((1, 1_000 + more), np.float32)]
    if more:
        with pytest.raises(MediaError):
            list(bounded(blocks, 1_000, tmp_path))
    else:
        assert len(list(bounded(blocks, 1_000, tmp_path))) == 2


def test_ten_gigabytes_of_nothing_are_no_sound(tmp_path: Path) -> None:
    path = tmp_path / "huge.wav"
    with path.open("wb") as file:
        file.truncate(10 * GB)
    tracemalloc.start()
    for look in (probe, require_bounded):
        with pytest.raises(MediaError):
            look(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_memory_is_by_the_block_and_not_by_the_file(tmp_path: Path) -> None:
    peaks = []
    for megabytes in (110, 330):
        path = studio(tmp_path / f"{megabytes}.wav", megabytes * 1_000_000)
        tracemalloc.start()
        seconds = sum(block.shape[1] for block in read_resampled(path)) / 16_000
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert seconds == pytest.approx(megabytes / 6.144, abs=0.1)
    assert peaks[1] < 1.3 * peaks[0]


def studio(path: Path, size: int) -> Path:
    """Write a WAV of eight channels of silence at 192 kHz and 32 bits, mostly a hole."""
    chunk = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 8, 192_000, 192_000 * 32, 32, 32)
    head = struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + chunk + struct.pack("<4sI", b"data", size)
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + size)
    return path
