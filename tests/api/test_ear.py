from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import soxr
from tests.api.test_looking import copy_of
from tests.api.voices import RATE, Sound, load, speech, write_wav

from earmark.api import Vault, ear, finding, looking, trace
from earmark.api.ear import Ear
from earmark.api.finding import Sought, hear
from earmark.api.looking import FEW, Track
from earmark.api.progress import silent
from earmark.grid import Grid
from earmark.media.reading import AHEAD_S, read_resampled
from earmark.signal.layout import Layout
from earmark.signal.listening import listen
from earmark.signal.pace import OWN, Pace

LAYOUT = Layout(60)
EARLY_S = 10.0
AT_ONCE_S = EARLY_S + 2 * AHEAD_S
"""What is read for the first minutes at most, as sound comes in pieces."""

Read = dict[int, list[int]]
"""By rate, how many samples each reading of a leak has taken."""


@pytest.fixture(autouse=True)
def early(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((looking, "EXCERPT_FROM_S"), (looking, "LONG_S"), (finding, "LONG_S")):
        monkeypatch.setattr(module, name, EARLY_S)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Read:
    """Return what is read of leaks, which fills as it is."""
    seen: Read = {}

    def reading(path: Path, rate: int) -> Iterator[Sound]:
        readings = seen.setdefault(rate, [])
        readings.append(0)
        number = len(readings) - 1
        for block in read_resampled(path, rate):
            readings[number] += block.shape[1]
            yield block

    monkeypatch.setattr(ear, "read_resampled", reading)
    return seen


def test_what_was_heard_early_is_read_once_and_the_rest_when_it_is_wanted(tmp_path: Path, read: Read) -> None:
    leak = write_wav(tmp_path / "leak.wav", speech(60))
    with closing(Ear(leak, silent)) as one:
        early = one.early(LAYOUT, EARLY_S)
        assert early.frames * early.hop_s == pytest.approx(EARLY_S, abs=early.hop_s)
        assert EARLY_S < early.seconds == read[OWN.rate][0] / OWN.rate <= AT_ONCE_S
        whole = one(LAYOUT)
        assert np.array_equal(one(LAYOUT).cells, whole.cells)
        assert np.array_equal(one.early(LAYOUT, EARLY_S).cells, early.cells)
        assert read == {OWN.rate: [60 * OWN.rate]}
    expected = listen(read_resampled(leak, OWN.rate), LAYOUT)
    assert whole.seconds == expected.seconds == 60.0
    assert np.array_equal(whole.cells, expected.cells)


@pytest.mark.parametrize("seconds", [0.5, EARLY_S])
def test_of_a_short_leak_everything_is_early(tmp_path: Path, seconds: float) -> None:
    with closing(Ear(write_wav(tmp_path / "leak.wav", speech(seconds)), silent)) as one:
        early, whole = one.early(LAYOUT, EARLY_S), one(LAYOUT)
    assert early.seconds == whole.seconds == seconds <= EARLY_S
    assert np.array_equal(early.cells, whole.cells[: early.frames])
    assert early.frames >= whole.frames - 1


def test_other_paces_are_heard_by_themselves(tmp_path: Path, read: Read) -> None:
    leak, fast = write_wav(tmp_path / "leak.wav", speech(12)), Pace(1.05, 1.05)
    with closing(Ear(leak, silent)) as one:
        assert one(LAYOUT, fast).pace == fast
        assert one(LAYOUT).pace == OWN
    assert {rate: len(readings) for rate, readings in read.items()} == {fast.rate: 1, OWN.rate: 1}


def test_a_leak_of_which_the_rest_is_not_wanted_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = []

    def reading(path: Path, rate: int) -> Iterator[Sound]:
        try:
            yield from read_resampled(path, rate)
        finally:
            ended.append(rate)

    monkeypatch.setattr(ear, "read_resampled", reading)
    with closing(Ear(write_wav(tmp_path / "leak.wav", speech(60)), silent)) as one:
        one.early(LAYOUT, EARLY_S)
        assert not ended
    assert ended == [OWN.rate]


@pytest.mark.parametrize("speed", [0.93, 1.0, 1.08])
@pytest.mark.usefixtures("marked")
def test_a_long_leak_is_heard_in_whole_at_its_own_pace_alone(
    vault: Vault, out: Path, tmp_path: Path, read: Read, speed: float
) -> None:
    played = soxr.resample(load(out / "emil.wav").T, 1000 * speed, 1000, quality="HQ").T
    result = trace(vault, write_wav(tmp_path / "leak.wav", played))
    assert [one.listener for one in result.named] == ["emil"]
    assert result.exhibit.seconds == pytest.approx(40 / speed, abs=0.01)
    seconds = {rate / OWN.rate: samples / rate for rate, (samples,) in read.items()}
    (whole,) = (pace for pace, heard in seconds.items() if heard > AT_ONCE_S)
    assert whole == pytest.approx(speed, abs=0.02)
    assert seconds.keys() == {1, whole}


@pytest.mark.usefixtures("marked")
def test_what_is_said_late_is_found(vault: Vault, out: Path, tmp_path: Path) -> None:
    before = speech(3 * EARLY_S, seed=7)
    leak = write_wav(
        tmp_path / "leak.wav", np.concatenate([before, load(out / "dora.wav")[:, 5 * RATE : 35 * RATE]], 1)
    )
    result = trace(vault, leak)
    assert [one.listener for one in result.named] == ["dora"]
    longest = max(result.passages, key=lambda passage: passage.leak_end_s - passage.leak_start_s)
    assert longest.leak_start_s - longest.recording_start_s == pytest.approx(3 * EARLY_S - 5, abs=0.1)


@pytest.mark.parametrize("percent", [100, 104])
@pytest.mark.parametrize("others", [FEW - 1, FEW + 1])
def test_what_is_heard_of_a_long_leak_does_not_depend_on_what_else_is_looked_for(
    tmp_path: Path, percent: int, others: int
) -> None:
    track = Track("r-0", bytes(32), Grid(240, 125), slot_ms=20)
    beside = [Track(f"r-{number}", bytes([number]) * 32, Grid(60, 500)) for number in range(1, others + 1)]
    played = soxr.resample(copy_of(track, 30)[0][0], percent, 100)[None]
    leak = write_wav(tmp_path / "leak.wav", played.astype(np.float32))
    among, alone = hear(leak, [*beside, track], silent), hear(leak, [track], silent, Sought(others + 1, 0))
    assert among.sure
    assert among.seconds == alone.seconds
    (found,), (again,) = among.found, alone.found
    assert found.recording_id == track.recording_id
    assert found.strands[0].listening.pace == again.strands[0].listening.pace
    assert np.array_equal(found.evidence.segments, again.evidence.segments)
    assert np.array_equal(found.evidence.soft, again.evidence.soft)
