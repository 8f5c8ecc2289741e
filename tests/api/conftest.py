import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.api.voices import speech, write_wav

from earmark.api import Delivered, Listener, Vault, mark

SECONDS = 40.0
STAFF = tuple(Listener(name) for name in ("anna", "ben", "carl", "dora", "emil", "finn"))


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault.init(tmp_path / "vault") as opened:
        yield opened


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wav(tmp_path_factory.mktemp("spoken") / "briefing.wav", speech(SECONDS))


@pytest.fixture
def briefing(tmp_path: Path, spoken: Path) -> Path:
    path = tmp_path / "briefing.wav"
    path.write_bytes(spoken.read_bytes())
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "copies"


@pytest.fixture
def marked(vault: Vault, briefing: Path, out: Path) -> Delivered:
    return mark(vault, briefing, STAFF, out)


@pytest.fixture
def agree(vault: Vault) -> Callable[[Path], None]:
    """Check that every file in a folder is a copy on record, as it was given."""

    def check(folder: Path) -> None:
        recorded = {(c.path, c.sha256) for r in vault.recordings() for c in vault.copies(r.id)}
        for path in folder.iterdir():
            if not path.name.startswith(".earmark-"):
                assert (str(path), hashlib.sha256(path.read_bytes()).hexdigest()) in recorded

    return check
