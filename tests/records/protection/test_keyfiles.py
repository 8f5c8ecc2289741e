from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.errors import UsageError, VaultError
from earmark.records.protection.keyfiles import (
    OfficerKey,
    key_text,
    officer_text,
    parse_key,
    read_key,
    read_officer,
    write_key_file,
)

KEY = bytes(range(32))


def test_a_key_file_reads_back_and_is_its_owners_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "vault.key"
    write_key_file(path, key_text(KEY))
    assert read_key(path) == KEY
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0


def test_an_officers_file_reads_back(tmp_path: Path) -> None:
    officer = OfficerKey("vera-k", KEY)
    write_key_file(tmp_path / "vera", officer_text(officer))
    assert read_officer(tmp_path / "vera") == officer
    assert KEY.hex() not in repr(officer)
    assert officer.id.startswith("vera-k/")


def test_a_file_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    write_key_file(path, key_text(KEY))
    with pytest.raises(VaultError, match="already"):
        write_key_file(path, key_text(bytes(32)))
    assert read_key(path) == KEY


def test_a_place_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(VaultError, match="no key can be written"):
        write_key_file(tmp_path / "file" / "vault.key", key_text(KEY))


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    write_key_file(path, key_text(KEY))
    path.chmod(0o640)
    with pytest.raises(VaultError, match="others may read"):
        read_key(path)


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match="cannot be read"):
        read_key(tmp_path / "vault.key")


@given(st.integers(0, len(key_text(KEY)) - 1), st.characters(codec="ascii"))
def test_a_slip_of_the_pen_is_noticed_and_not_repeated(place: int, character: str) -> None:
    text = key_text(KEY)
    slipped = text[:place] + character + text[place + 1 :]
    if slipped.strip() != text:
        with pytest.raises(VaultError, match="no whole key in EARMARK_VAULT_KEY") as caught:
            parse_key(slipped, "EARMARK_VAULT_KEY")
        assert slipped[20:50] not in str(caught.value) + caught.value.hint


@given(st.binary(max_size=2000))
def test_anything_else_is_no_key(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("keys") / "key"
    path.touch(mode=0o600)
    path.write_bytes(data)
    for read in (read_key, read_officer):
        with pytest.raises(VaultError, match="whole key"):
            read(path)


@pytest.mark.parametrize("name", ["", "../vera", "vera k", ".vera", "v" * 101])
def test_an_officers_name_does_as_a_file_name(name: str) -> None:
    with pytest.raises(UsageError, match="name"):
        OfficerKey(name, KEY)
