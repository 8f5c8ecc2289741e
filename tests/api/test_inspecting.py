from pathlib import Path

import numpy as np
import pytest
from tests.api.voices import RATE, speech, write_wav

from earmark.api import inspect
from earmark.errors import MediaError, UsageError


def test_what_is_told(briefing: Path) -> None:
    result = inspect(briefing)
    assert (result.seconds, result.measured_s, result.listeners, result.coalition) == (40.0, 40.0, 1000, 4)
    assert [row.colluders for row in result.needed] == [1, 2, 3, 4]
    clean = [row.clean_s for row in result.needed if row.clean_s is not None]
    assert clean == sorted(clean)
    assert result.traceable
    assert 2 < clean[0] < 10
    assert result.colluders_covered == sum(row.covered for row in result.needed) >= 1


def test_coded_leaks_have_to_be_longer(briefing: Path) -> None:
    for row in inspect(briefing).needed:
        assert row.clean_s is not None
        assert row.coded_s is not None
        assert row.clean_s <= row.coded_s


def test_more_listeners_need_more(briefing: Path) -> None:
    few, many = (inspect(briefing, listeners=n).needed[0].clean_s for n in (10, 100_000))
    assert few is not None
    assert many is not None
    assert few < many


def test_a_recording_that_is_too_short(tmp_path: Path) -> None:
    result = inspect(write_wav(tmp_path / "x.wav", speech(2.5)))
    assert (result.traceable, result.colluders_covered) == (False, 0)


def test_the_beginning_is_enough_to_know(briefing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("earmark.api.rehearsal.LONGEST_S", 30)
    result = inspect(briefing)
    assert (result.seconds, result.measured_s) == (40.0, 30.0)


def test_silence(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="silent"):
        inspect(write_wav(tmp_path / "x.wav", np.zeros((1, 9 * RATE), np.float32)))


@pytest.mark.parametrize(
    "option",
    [
        {"listeners": 0},
        {"listeners": 100_001},
        {"listeners": 10**20},
        {"family_wise": 0.0},
        {"coalition": 0},
        {"coalition": 33},
    ],
)
def test_options_that_make_no_sense(briefing: Path, option: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        inspect(briefing, **option)  # type: ignore[arg-type]
