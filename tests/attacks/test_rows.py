"""What the benchmark measures with, and what nothing was tuned on."""

from pathlib import Path

import numpy as np
import pytest

from bench import corpus
from bench.attacks import HELD, MAIN, OPEN, ROWS, Attack, Row
from earmark.attacks import Chain, Sound
from earmark.attacks.materials import responses
from earmark.media.reading import read_resampled

RATE = 16_000
needs_recordings = pytest.mark.skipif(not corpus.available(), reason="the recordings are not there")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.chain)
def test_every_row_can_be_measured(row: Row) -> None:
    chain = Chain.parse(row.attack(12.5))
    assert row.of_clean == (not chain.in_step)
    assert (row.goal_s == 1.5) == row.of_clean
    assert row.from_everywhere == ("cuts" in row.chain)
    assert ":12.5" in row.attack(12.5) or not row.from_everywhere


def test_rows_are_told_apart() -> None:
    assert len({row.chain for row in ROWS}) == len(ROWS)
    assert set(MAIN) <= {row.chain for row in ROWS}


def test_goals() -> None:
    assert Row("x", "clean", 5).goal(7) == 5
    assert Row("x", "speed:3", 1.5, of_clean=True).goal(6) == 9


@pytest.mark.parametrize("kind", ["rooms", "noise", "talk", "music"])
def test_nothing_is_both_open_and_held(kind: str) -> None:
    assert getattr(OPEN, kind)
    assert getattr(HELD, kind)
    assert not set(getattr(OPEN, kind)) & set(getattr(HELD, kind))


@needs_recordings
def test_rooms_to_measure_with_have_the_reverberation_of_meeting_rooms() -> None:
    times = [time for path in HELD.rooms for time, _ in responses(path, 44_100)]
    assert len(times) >= 8
    assert all(0.3 <= time <= 0.7 for time in times)


@needs_recordings
def test_all_materials_are_there() -> None:
    for choice in (OPEN, HELD):
        for path in (*choice.rooms, *choice.noise, *choice.talk, *choice.music):
            assert path.is_file()


def test_training_gets_what_is_in_step_only(voice: Sound) -> None:
    row = voice.samples[0]
    assert Attack("g711+white:20").apply(row, RATE, 0).shape == row.shape
    with pytest.raises(ValueError, match="in step"):
        Attack("speed:1+g711").apply(row, RATE, 0)


def test_leaks_are_files_of_the_last_codec(voice: Sound, tmp_path: Path) -> None:
    path = Attack("white:20+mp3:64k").write(voice.samples[0], RATE, tmp_path / "leak", 0)
    assert path == tmp_path / "leak.mp3"
    again = Attack("white:20+mp3:64k").write(voice.samples, RATE, tmp_path / "again", 0)
    assert path.read_bytes() == again.read_bytes()
    assert len(np.concatenate(list(read_resampled(path, RATE)), axis=1)) == 1
