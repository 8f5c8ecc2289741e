import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.api.conftest import SECONDS
from tests.api.voices import RATE, Sound, speech, write_wav

from earmark.api.original import Tally, examine, require_traceable, sha256_of
from earmark.api.progress import silent
from earmark.errors import MediaError
from earmark.grid import DEFAULT_SEGMENT_MS

SEGMENT = DEFAULT_SEGMENT_MS * RATE // 1000


def test_what_is_found(briefing: Path) -> None:
    original = examine(briefing, silent)
    segments = int(SECONDS * RATE) // SEGMENT
    assert (original.samples, original.seconds, original.grid.segments) == (SECONDS * RATE, SECONDS, segments)
    assert 0.8 * segments < original.audible <= segments
    assert original.audible_s == pytest.approx(original.audible * DEFAULT_SEGMENT_MS / 1000)
    assert original.sha256 == sha256_of(briefing)
    assert original.notes == ()


def test_progress_rises_to_the_end(briefing: Path) -> None:
    seen: list[float] = []
    examine(briefing, lambda _, fraction: seen.append(fraction))
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)


@pytest.mark.parametrize("level", [0.0, 3e-5])
def test_silence(tmp_path: Path, level: float) -> None:
    noise = level * np.random.default_rng(0).standard_normal((1, 20 * RATE))
    with pytest.raises(MediaError, match="is silent"):
        examine(write_wav(tmp_path / "x.wav", noise.astype(np.float32)), silent)


def test_a_constant_offset_is_no_sound(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="is silent"):
        examine(write_wav(tmp_path / "x.wav", np.full((1, 20 * RATE), 0.3, np.float32)), silent)


def test_samples_that_are_no_numbers(tmp_path: Path) -> None:
    sound = speech(10)[0].copy()
    sound[70_000] = np.nan
    data = sound.astype("<f4").tobytes()
    head = b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt "
    head += struct.pack("<IHHIIHH", 16, 3, 1, RATE, 4 * RATE, 4, 32) + b"data" + struct.pack("<I", len(data))
    path = tmp_path / "nan.wav"
    path.write_bytes(head + data)
    with pytest.raises(MediaError, match="not numbers"):
        examine(path, silent)


def test_clipped_and_offset_sound_is_noted(tmp_path: Path) -> None:
    clipped = examine(write_wav(tmp_path / "c.wav", np.clip(8 * speech(10), -1, 1)), silent)
    assert "at full scale" in clipped.notes[0]
    offset = examine(write_wav(tmp_path / "o.wav", speech(10) + np.float32(0.2)), silent)
    assert offset.notes == ("it has a constant offset of 20% of full scale",)


@pytest.mark.parametrize(("listeners", "least"), [(1, 1), (1000, 2)])
def test_too_short(tmp_path: Path, listeners: int, least: float) -> None:
    original = examine(write_wav(tmp_path / "x.wav", speech(1.0)), silent)
    with pytest.raises(MediaError, match=r"too short to be traced: \d\.\d s .* and (\d\.\d) s are needed") as failure:
        require_traceable(original, listeners, 4)
    assert float(str(failure.value).split(" s are needed")[0].split()[-1]) > least


@pytest.mark.parametrize("samples", [1, 7, SEGMENT - 1])
def test_a_few_samples_are_too_short_and_not_silent(tmp_path: Path, samples: int) -> None:
    with pytest.raises(MediaError, match=r"is too short to be traced: 0\.0\d+ s, and at least \d\.\d s are needed"):
        examine(write_wav(tmp_path / "x.wav", np.full((1, samples), 0.5, np.float32)), silent)


def test_long_enough(briefing: Path) -> None:
    require_traceable(examine(briefing, silent), 100_000, 4)


def test_pauses_do_not_count(tmp_path: Path) -> None:
    padded = np.concatenate([speech(2.0), np.zeros((1, 60 * RATE), np.float32)], axis=1)
    original = examine(write_wav(tmp_path / "x.wav", padded), silent)
    assert original.audible_s < 2.2
    with pytest.raises(MediaError, match="too short"):
        require_traceable(original, 10, 4)


def test_a_change_is_noticed(briefing: Path) -> None:
    original = examine(briefing, silent)
    original.require_unchanged()
    briefing.write_bytes(briefing.read_bytes() + b"x")
    with pytest.raises(MediaError, match="changed while it was read"):
        original.require_unchanged()


def test_endless_files_are_refused() -> None:
    with pytest.raises(MediaError, match="not a regular file"):
        sha256_of(Path("/dev/zero"))


def tallied(sound: Sound, blocks: int) -> Tally:
    tally = Tally(SEGMENT)
    for start in range(0, sound.shape[1], SEGMENT * blocks):
        tally.add(sound[:, start : start + SEGMENT * blocks])
    return tally


@given(offset=st.floats(-0.4, 0.4), blocks=st.integers(1, 40))
def test_neither_offsets_nor_blocks_change_what_is_audible(offset: float, blocks: int) -> None:
    sound = speech(3.0, channels=2)
    assert tallied(sound + np.float32(offset), blocks).audible() == tallied(sound, 7).audible()
