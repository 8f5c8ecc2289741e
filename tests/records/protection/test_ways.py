import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.errors import UsageError, VaultError
from earmark.records.protection.keyfiles import OfficerKey
from earmark.records.protection.ways import (
    ByKey,
    ByOfficers,
    ByPassphrase,
    Cost,
    InTheOpen,
    NewWay,
    Way,
    make_ways,
    officer_ids,
    open_with_key,
    open_with_officers,
    open_with_passphrase,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)
VAULT_KEY, VAULT = bytes(range(32)), "0123456789abcdef"
CHEAP = Cost(memory_kib=32, iterations=1, lanes=1)
OFFICERS = tuple(OfficerKey(name, os.urandom(32)) for name in ("vera", "ben", "chloe"))


def made(new: NewWay) -> list[Way]:
    return make_ways(new, VAULT_KEY, VAULT, os.urandom, NOW)


def test_the_passphrase_opens_and_no_other() -> None:
    (way,) = made(ByPassphrase("correct horse é", CHEAP))
    assert open_with_passphrase(way, "correct horse é", VAULT) == VAULT_KEY
    assert open_with_passphrase(way, "correct horse e\u0301", VAULT) == VAULT_KEY
    assert open_with_passphrase(way, "correct horse e", VAULT) is None
    assert open_with_passphrase(way, "correct horse é", VAULT[::-1]) is None


def test_guessing_costs_what_it_should_by_default() -> None:
    (way,) = made(ByPassphrase("correct horse"))
    settings = json.loads(way.settings)
    assert (settings["memory_kib"], settings["iterations"]) == (65536, 3)
    assert len(bytes.fromhex(settings["salt"])) == 16


def test_a_short_passphrase_is_refused_and_none_is_printed() -> None:
    with pytest.raises(UsageError, match="at least 8"):
        ByPassphrase("short")
    assert "correct" not in repr(ByPassphrase("correct horse"))


def test_the_key_opens_and_no_other() -> None:
    (way,) = made(ByKey(b"k" * 32, "vault.key"))
    assert open_with_key(way, b"k" * 32, VAULT) == VAULT_KEY
    assert open_with_key(way, b"l" * 32, VAULT) is None
    assert VAULT_KEY not in way.sealed
    assert "kkk" not in repr(ByKey(b"k" * 32))


@pytest.mark.parametrize("pair", [*combinations(range(3), 2)])
def test_any_two_officers_open(pair: tuple[int, int]) -> None:
    ways = made(ByOfficers(OFFICERS))
    assert len(ways) == 3
    assert open_with_officers(ways, [OFFICERS[one] for one in pair], VAULT) == VAULT_KEY
    assert officer_ids(ways) == {officer.id for officer in OFFICERS}


def test_one_officer_alone_has_nothing_even_with_strangers() -> None:
    ways = made(ByOfficers(OFFICERS))
    stranger = OfficerKey("ben", os.urandom(32))
    impostor = OfficerKey("eve", OFFICERS[0].key)
    for together in ([OFFICERS[0]], [OFFICERS[0], OFFICERS[0]], [OFFICERS[0], stranger], [OFFICERS[0], impostor]):
        assert open_with_officers(ways, together, VAULT) is None


def test_a_pair_with_forged_ids_does_not_open() -> None:
    ways = made(ByOfficers(OFFICERS))
    forged = [replace(way, settings=json.dumps({"officers": [OFFICERS[0].id] * 2})) for way in ways]
    assert open_with_officers(forged, [OFFICERS[0], OFFICERS[0]], VAULT) is None


@pytest.mark.parametrize(
    "officers",
    [
        OFFICERS[:1],
        (OFFICERS[0], OfficerKey("VERA", bytes(32))),
        tuple(OfficerKey(f"o{n}", bytes(32)) for n in range(21)),
    ],
)
def test_officers_are_at_least_two_and_have_names_of_their_own(officers: tuple[OfficerKey, ...]) -> None:
    with pytest.raises(UsageError):
        ByOfficers(officers)


def test_in_the_open_the_key_lies_as_it_is() -> None:
    (way,) = made(InTheOpen())
    assert (way.kind, way.sealed) == ("open", VAULT_KEY)


@given(st.integers(0, 59), st.integers(1, 255))
def test_no_byte_of_a_way_can_be_changed(place: int, flip: int) -> None:
    (way,) = made(ByKey(b"k" * 32))
    sealed = bytearray(way.sealed)
    sealed[place] ^= flip
    assert open_with_key(replace(way, sealed=bytes(sealed)), b"k" * 32, VAULT) is None
    assert open_with_key(replace(way, sealed=way.sealed[:place]), b"k" * 32, VAULT) is None


def test_a_way_cannot_be_weakened() -> None:
    (way,) = made(ByPassphrase("correct horse", CHEAP))
    weaker = json.dumps(json.loads(way.settings) | {"memory_kib": 8})
    assert open_with_passphrase(replace(way, settings=weaker), "correct horse", VAULT) is None


@given(
    st.dictionaries(
        st.sampled_from(["memory_kib", "iterations", "lanes", "salt", "officers"]),
        st.none() | st.sampled_from([-1, 0, 2**22 + 1, 2**70]) | st.text(max_size=4) | st.lists(st.text(max_size=2)),
    )
)
def test_damaged_settings_are_said_to_be_so(settings: dict[str, object]) -> None:
    (way,) = made(ByPassphrase("correct horse", CHEAP))
    with pytest.raises(VaultError, match="damaged"):
        open_with_passphrase(replace(way, settings=json.dumps(settings)), "correct horse", VAULT)


@pytest.mark.parametrize("settings", ["", "[]", "{}", "7", '{"officers": 7}', "[" * 10_000])
def test_damaged_officers_are_said_to_be_so(settings: str) -> None:
    ways = [replace(way, settings=settings) for way in made(ByOfficers(OFFICERS))]
    with pytest.raises(VaultError, match="damaged"):
        officer_ids(ways)
