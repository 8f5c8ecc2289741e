import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from earmark.errors import VaultError
from earmark.records.folder import check_private, default_folder, make_private

NOBODY = 65_534


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """Give a folder of a user for whom permissions count: the administrator is above them."""
    user = os.geteuid()
    with TemporaryDirectory() as folder:
        if user == 0:
            os.chown(folder, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        try:
            yield Path(folder)
        finally:
            os.seteuid(user)


def test_a_folder_is_made_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_private(tmp_path / "a" / "b")
    finally:
        os.umask(before)
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700


def test_an_empty_folder_becomes_private(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make_private(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_a_folder_in_use_is_not_taken_from_others(tmp_path: Path) -> None:
    (tmp_path / "letter").touch()
    tmp_path.chmod(0o755)
    with pytest.raises(VaultError, match="others may read") as caught:
        make_private(tmp_path)
    assert str(tmp_path) in caught.value.hint
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_a_file_in_the_way_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "vault").touch()
    with pytest.raises(VaultError, match="no vault can be made"):
        make_private(tmp_path / "vault")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o610])
def test_what_others_may_reach_is_refused(tmp_path: Path, mode: int) -> None:
    secret = tmp_path / "secret"
    secret.touch(0o600)
    check_private(secret)
    secret.chmod(mode)
    with pytest.raises(VaultError, match="others may read"):
        check_private(secret)


def test_what_is_missing_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match="there is no vault") as caught:
        check_private(tmp_path / "vault")
    assert "earmark init" in caught.value.hint


def test_a_closed_folder_is_said_so(unprivileged: Path) -> None:
    closed = unprivileged / "closed"
    closed.mkdir(mode=0o000)
    with pytest.raises(VaultError, match="Permission denied"):
        check_private(closed / "vault.sqlite")
    with pytest.raises(VaultError, match="Permission denied"):
        make_private(closed / "vault")


def test_the_default_is_the_platforms_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "earmark" / "vault"
