from pathlib import Path

import pytest

from earmark.cli.settings import settings
from earmark.errors import UsageError
from earmark.records.folder import default_folder

pytestmark = pytest.mark.usefixtures("home")


def test_flags_then_variables_then_the_file_then_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (settings().bound, settings().coalition) == (1e-6, None)
    Path("earmark.toml").write_text("bound = 1e-3\ncoalition = 5\n")
    assert (settings().bound, settings().coalition) == (1e-3, 5)
    monkeypatch.setenv("EARMARK_BOUND", "1e-4")
    assert (settings().bound, settings().coalition) == (1e-4, 5)
    assert settings(bound=1e-5, coalition=None).bound == 1e-5


def test_the_vault(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings(vault=None).vault == Path("vault").absolute()
    assert settings(vault=Path("mine")).vault == Path("mine")
    monkeypatch.setenv("EARMARK_VAULT", "")
    assert settings().vault == default_folder()


def test_mistakes_are_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, words in (
        ("bound = [", "cannot be read"),
        ("bond = 1", "no setting 'bond'"),
        ("bound = 'x'", "'bound'"),
    ):
        Path("earmark.toml").write_text(text)
        with pytest.raises(UsageError, match=words):
            settings()
    Path("earmark.toml").write_text("")
    monkeypatch.setenv("EARMARK_COALITION", "many")
    with pytest.raises(UsageError, match="'coalition' makes no sense") as failure:
        settings()
    assert "EARMARK_COALITION" in failure.value.hint
