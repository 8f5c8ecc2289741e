import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.errors import VaultError
from earmark.records.protection.columns import Columns

COLUMNS = Columns(bytes(32), os.urandom)
names = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=5)


@given(st.binary(max_size=50), names, st.lists(names, max_size=3))
def test_what_was_sealed_opens_in_its_place(secret: bytes, column: str, row: list[str]) -> None:
    assert COLUMNS.open(COLUMNS.seal(secret, column, *row), column, *row) == secret


@given(st.lists(names, min_size=1, max_size=3), st.lists(names, min_size=1, max_size=3))
def test_it_opens_nowhere_else(place: list[str], other: list[str]) -> None:
    sealed = COLUMNS.seal(b"secret", *place)
    if place != other:
        with pytest.raises(VaultError, match="changed or moved"):
            COLUMNS.open(sealed, *other)


@given(st.integers(0, 60), st.integers(1, 255))
def test_no_byte_can_be_changed(place: int, flip: int) -> None:
    sealed = bytearray(COLUMNS.seal(bytes(32), "column", "row"))
    sealed[place] ^= flip
    with pytest.raises(VaultError):
        COLUMNS.open(bytes(sealed), "column", "row")


@pytest.mark.parametrize("length", range(61))
def test_nothing_can_be_cut_off(length: int) -> None:
    with pytest.raises(VaultError):
        COLUMNS.open(COLUMNS.seal(bytes(32), "column", "row")[:length], "column", "row")


def test_another_vault_key_opens_nothing() -> None:
    with pytest.raises(VaultError, match="column of row"):
        Columns(b"\x01" * 32, os.urandom).open(COLUMNS.seal(b"", "column", "row"), "column", "row")


def test_the_same_secret_is_sealed_differently_each_time() -> None:
    assert COLUMNS.seal(b"", "column") != COLUMNS.seal(b"", "column")
