import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.api.voices import speech, write_wav

from earmark.cli.entry import run

STAFF = "id,name\nanna,Anna\nben,Ben\ncarl,Carl\n"


@dataclass(frozen=True)
class Answer:
    """What a command came back with."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        facts = json.loads(self.out)
        assert isinstance(facts, dict)
        return facts


Earmark = Callable[..., Answer]


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wav(tmp_path_factory.mktemp("spoken") / "briefing.wav", speech(30.0))


@pytest.fixture
def home(tmp_path: Path, spoken: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a recording and a list in it, where the command runs; the vault is not made yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EARMARK_VAULT", str(tmp_path / "vault"))
    (tmp_path / "earmark.toml").touch()
    monkeypatch.setenv("EARMARK_CONFIG", str(tmp_path / "earmark.toml"))
    monkeypatch.setenv("EARMARK_VAULT_KEY_FILE", str(tmp_path / "vault.key"))
    for name in ("EARMARK_BOUND", "EARMARK_COALITION", "EARMARK_VAULT_KEY"):
        monkeypatch.delenv(name, raising=False)
    Path("briefing.wav").write_bytes(spoken.read_bytes())
    Path("staff.csv").write_text(STAFF)
    return tmp_path


@pytest.fixture
def earmark(home: Path, capsys: pytest.CaptureFixture[str]) -> Earmark:
    """Run the command line in this process."""
    assert home.is_dir()

    def call(*arguments: str | Path) -> Answer:
        capsys.readouterr()
        status = run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Answer(status, out, err)

    return call


@pytest.fixture
def marked(earmark: Earmark) -> Earmark:
    """The same with a vault in which the recording is marked for everybody."""
    assert earmark("init").status == 0
    assert earmark("mark", "briefing.wav", "--to", "staff.csv", "--out", "copies").status == 0
    return earmark
