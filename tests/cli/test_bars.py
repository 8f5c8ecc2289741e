import pytest

from earmark.cli import bars
from earmark.cli.bars import Bars


def test_nothing_is_shown_where_nobody_watches(capfd: pytest.CaptureFixture[str]) -> None:
    with Bars() as shown:
        shown("reading", 0.5)
    assert capfd.readouterr() == ("", "")


def test_nothing_is_shown_at_first(capfd: pytest.CaptureFixture[str]) -> None:
    with Bars(watched=True) as shown:
        shown("reading", 0.5)
    assert capfd.readouterr() == ("", "")


def test_bars_go_to_standard_error(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bars, "PATIENCE_S", 0.0)
    monkeypatch.setenv("FORCE_COLOR", "1")  # standard error is no terminal here
    with Bars(watched=True) as shown:
        shown("reading", 0.5)
        shown("copying", 1.0)
    out, err = capfd.readouterr()
    assert out == ""
    assert "reading" in err
    assert "copying" in err
