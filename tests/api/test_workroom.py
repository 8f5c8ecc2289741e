import errno
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from earmark.api import Vault, listeners, recordings, trace
from earmark.api.workroom import is_inside, sweep, workroom
from earmark.errors import EarmarkError, VaultError

CRASH = """
import os, sys
from pathlib import Path
from earmark.api.workroom import workroom
with workroom(Path(sys.argv[1]), "crashed") as room:
    (room / "variant-0.pcm").write_bytes(b"both variants")
    os._exit(9)
"""


def test_it_is_private_and_goes_away(tmp_path: Path) -> None:
    with workroom(tmp_path, "one") as room:
        assert room.stat().st_mode & 0o777 == 0o700
        (room / "variant").write_text("secret")
    assert not list((tmp_path / "work").iterdir())


def test_it_goes_away_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), workroom(tmp_path, "one") as room:
        (room / "variant").write_text(str(1 / 0))
    assert not list((tmp_path / "work").iterdir())


def test_two_runs_of_one_name(tmp_path: Path) -> None:
    with workroom(tmp_path, "one") as room:
        with pytest.raises(VaultError, match="another run is at work"), workroom(tmp_path, "one"):
            pass
        assert room.is_dir()
    with workroom(tmp_path, "one"):
        pass


def test_a_room_in_use_is_not_swept(tmp_path: Path) -> None:
    with workroom(tmp_path, "one") as room:
        (room / "variant").write_text("secret")
        with workroom(tmp_path, "two") as other:
            sweep(tmp_path)
            assert (room / "variant").exists()
            assert other.is_dir()


def test_what_a_crash_left_is_swept(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", CRASH, tmp_path], check=False)
    assert done.returncode == 9
    assert (tmp_path / "work" / "crashed" / "variant-0.pcm").exists()
    with workroom(tmp_path, "other"):
        assert sorted(path.name for path in (tmp_path / "work").iterdir()) == ["other", "other.lock"]


@pytest.mark.parametrize(
    "use", [recordings, lambda vault: listeners(vault, "briefing"), lambda vault: trace(vault, Path("missing"))]
)
def test_whoever_uses_the_vault_sweeps_it(vault: Vault, use: Callable[[Vault], object]) -> None:
    with workroom(vault.folder, "one") as room:
        subprocess.run([sys.executable, "-c", CRASH, vault.folder], check=False)
        with suppress(EarmarkError):
            use(vault)
        assert sorted(path.name for path in room.parent.iterdir()) == ["one", "one.lock"]


def test_what_cannot_be_swept_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run([sys.executable, "-c", CRASH, tmp_path], check=False)

    def refuse(*_arguments: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("os.open", refuse)
    sweep(tmp_path)
    assert (tmp_path / "work" / "crashed").is_dir()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "work").write_text("a file")
    with pytest.raises(VaultError, match="cannot be written"), workroom(tmp_path, "one"):
        pass


def test_what_is_inside(tmp_path: Path) -> None:
    assert is_inside(tmp_path / "work" / "a", tmp_path)
    assert is_inside(tmp_path / "x" / ".." / "work", tmp_path)
    assert not is_inside(tmp_path / "copies", tmp_path)
