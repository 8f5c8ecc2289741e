from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from bench import judges
from bench.ladder import Rung
from bench.seconds import Cut
from earmark.signal.surroundings import Judge

CUT = Cut(Path("vault"), "anna", Path("copy"), 0.0, 5.0, "clean", 0)


def test_a_row_has_what_either_judge_needs() -> None:
    short, long = Rung(4, 3, 4, passed=False), Rung(5, 20, 20, passed=True)
    found = judges.Found("clean", ((short,), (short, long)))
    assert found.row == ("`clean`", "more than 4", "5", "4 s 3/4", "4 s 3/4, 5 s 20/20")
    assert len(found.row) == len(judges.HEAD)


def listening() -> list[Any]:
    """Return what listens to leaks now."""
    return [getattr(import_module(module), name) for module, _, name in (at.rpartition(".") for at in judges.LISTENERS)]


@pytest.mark.parametrize("judge", judges.JUDGES)
def test_everything_hears_by_the_judge_while_a_cut_is_traced(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    before = listening()
    monkeypatch.setattr(judges, "named", lambda _: all(one.keywords == {"judge": judge} for one in listening()))
    assert judges.named_by(judge, CUT)
    assert listening() == before
