"""What is measured of leaks of calls, without holding any."""

from pathlib import Path

import numpy as np
import pytest

from bench import calls
from bench.calls import Leak, Outcome
from bench.held import FACTS, Held, kept
from bench.stage import RATE, Floats

NOISE = np.random.default_rng(0).standard_normal(4 * RATE).astype(np.float32)
HELD = Held(Path("builtin-00"), "builtin", 0, "call-1", ("anna", "ben", "chloe"), {"anna": 0.0, "ben": 80.0})


def outcome(*named: str, by: tuple[str, ...] = ("anna",), way: str = "") -> Outcome:
    return Outcome(Leak(HELD, by, way, "clean", 30, 1), named, -9.0 if named else 0.0)


@pytest.mark.parametrize("late", [-7001, -1, 0, 1, 7001])
def test_recordings_are_laid_side_by_side(late: int) -> None:
    one, other = calls.aligned(NOISE[max(0, late) :], 0.5 * NOISE[max(0, -late) :])
    assert len(one) == len(other) == len(NOISE) - abs(late)
    assert np.allclose(one, 2 * other)


def test_they_are_laid_side_by_side_first_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    later = RATE // 10 * 8  # further than correlation alone may look
    began = {"anna": 0.0, "ben": 800.0}
    held = Held(Path("x"), "janus", 0, "call", ("anna", "ben"), began)

    def heard(_: Held, name: str) -> Floats:
        return NOISE if name == "anna" else NOISE[later:]

    monkeypatch.setattr(Held, "heard", heard)
    for way in calls.TOGETHER:
        assert np.allclose(calls.together(held, ("anna", "ben"), way), NOISE[later:])


def test_who_is_named_decides_what_it_was() -> None:
    assert outcome("anna").right
    assert not outcome().right
    assert not outcome().wrong
    assert outcome("ben").wrong
    assert outcome("anna", "ben").wrong
    assert outcome("ben", by=("anna", "ben"), way="mixed").right


def test_a_call_leaks_alike_each_time_and_by_everybody() -> None:
    leaks = list(calls.leaks_of(HELD))
    assert leaks == list(calls.leaks_of(HELD))
    alone = {(leak.by, leak.attack) for leak in leaks if not leak.way}
    assert alone == {((name,), attack) for name in HELD.people for attack, _ in calls.CUTS}
    together = [(leak.way, leak.attack) for leak in leaks if len(leak.by) == 2]
    assert together == [(way, attack) for way in calls.TOGETHER for attack, _ in calls.TOGETHER_CUTS]


def test_rows_count_each_outcome_once() -> None:
    found = [outcome("anna"), outcome(), outcome("ben"), outcome("ben", by=("anna", "ben"), way="mixed")]
    rows = {row[0]: row for row in calls.rows(found)}
    assert rows["one, 30 s, clean"][2:] == ("1", "3", "1", "1", "1", "-9")
    assert rows["two mixed, 30 s, clean"][2:] == ("1", "1", "1", "0", "0", "-9")


def test_calls_that_were_held_are_found_again(tmp_path: Path) -> None:
    folder = tmp_path / "builtin-00"
    folder.mkdir()
    held = Held(folder, "builtin", 0, "call-1", ("anna", "ben"), {"anna": 1.5}).keep()
    (tmp_path / "builtin-01").mkdir()  # was never finished
    assert kept(tmp_path) == [held]
    assert (folder / FACTS).exists()
