"""A reader's home folder, and a command line to type what the documentation says."""

import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from tests.api.voices import RATE, Sound, speech

from bench.attacks import Codec
from earmark.cli import main
from earmark.media.reading import read_resampled

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 32.0
LATE = "id,name\ngreta,Greta Lind\n"


@dataclass(frozen=True)
class Answer:
    """What a command came back with."""

    status: int
    out: str


Earmark = Callable[[list[str]], Answer]


def blocks(path: Path, language: str) -> list[str]:
    """Return the code blocks of a language in a document."""
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spoken")
    return Codec("aac", ".m4a", bit_rate=64_000).write(speech(SECONDS)[0], RATE, folder / "briefing")


@pytest.fixture
def home(tmp_path: Path, spoken: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the documentation starts with, and no vault yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in (
        "XDG_DATA_HOME",
        "XDG_CONFIG_HOME",
        *(f"EARMARK_{s}" for s in ("VAULT", "BOUND", "COALITION", "CONFIG", "VAULT_KEY", "VAULT_KEY_FILE")),
    ):
        monkeypatch.delenv(name, raising=False)
    shutil.copy(spoken, "briefing.m4a")
    Path("staff.csv").write_text(blocks(ROOT / "docs/tutorial.md", "csv")[0], "utf-8")
    Path("late.csv").write_text(LATE, "utf-8")
    return tmp_path


@pytest.fixture
def earmark(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Earmark:
    """Run the command line, on leaks that are made when they are first asked for."""

    def call(arguments: list[str]) -> Answer:
        for name in LEAKS.keys() & set(arguments):
            Codec("libopus", ".ogg", 48_000, 128_000).write(LEAKS[name](home), RATE, home / name)
        monkeypatch.setattr(sys, "argv", ["earmark", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        return Answer(int(ended.value.code or 0), capsys.readouterr().out)

    return call


def heard(path: Path) -> Sound:
    sound: Sound = np.concatenate(list(read_resampled(path, RATE)), axis=1)[0]
    return sound


def leaked(home: Path) -> Sound:
    return heard(home / "copies/chloe.m4a")[5 * RATE : 20 * RATE]


def other(home: Path) -> Sound:
    return heard(home / "briefing.m4a")[5 * RATE : 25 * RATE]


def mixed(home: Path) -> Sound:
    """Return ten seconds of two copies, half and half: clearly marked, but not enough for a bound that is so small."""
    ben, elif_ = (heard(home / f"copies/{name}.m4a") for name in ("ben", "elif"))
    both: Sound = np.mean([ben[5 * RATE : 15 * RATE], elif_[5 * RATE : 15 * RATE]], axis=0, dtype=np.float32)
    return both


LEAKS = {"leaked.ogg": leaked, "other.ogg": other, "mixed.ogg": mixed}
