"""Vaults of before there was a ledger."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from earmark.errors import VaultError
from earmark.records.checking import check
from earmark.records.database.place import FILE_NAME, place_of
from earmark.records.ledger.commitments import BIAS_SEED, MARK_KEY, commitment
from earmark.records.listeners import Listener
from earmark.records.vault import Vault

OLD = Path(__file__).with_name("v0001.sql")
NOW = datetime(2026, 12, 1, tzinfo=UTC)
OCTOBER, NOVEMBER = "r-ezl67mie", "r-xwommywa"


@pytest.fixture
def old(folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    (folder / FILE_NAME).touch(mode=0o600)
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(OLD.read_text("utf-8"))
    return folder


def before(table: str, column: str, where: str) -> bytes:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(OLD.read_text("utf-8"))
        return bytes(connection.execute(f"SELECT {column} FROM {table} WHERE {where}").fetchone()[0])  # noqa: S608


def test_what_was_there_is_there_still(old: Path) -> None:
    with Vault(old) as vault:
        assert vault.adopted
        assert [recording.title for recording in vault.recordings()] == ["October briefing", "November"]
        assert {recording.classification for recording in vault.recordings()} == {""}
        assert vault.listeners(OCTOBER)[0] == Listener("anna", "Anna Weiss", "anna@example.org")
        assert [copy.path for copy in vault.copies(OCTOBER)] == ["/srv/copies/anna.wav", "/srv/copies/ben.wav"]
        keys = vault.keys(OCTOBER, "mark")
        secrets = vault.secrets(OCTOBER, "mark")
    for name, key in vars(keys).items():
        assert key == before("recordings", name, f"id = '{OCTOBER}'")
    assert secrets["zoë"] == before("listeners", "secret", f"recording_id = '{OCTOBER}' AND id = 'zoë'")
    assert list(secrets) == ["anna", "ben", "zoë"]


def test_no_key_is_left_as_it_was(old: Path) -> None:
    Vault(old).close()
    data = b"".join(path.read_bytes() for path in old.iterdir())
    for column in ("mark_key", "bias_seed", "seal_secret"):
        assert before("recordings", column, f"id = '{OCTOBER}'") not in data
    assert before("listeners", "secret", "id = 'ben'") not in data


def test_the_ledger_starts_with_what_was_there_and_says_that_it_was_not_committed_to(old: Path) -> None:
    with Vault(old, clock=lambda: NOW) as vault:
        entries = list(vault.ledger.entries())
        keys = vault.keys(OCTOBER, "mark")
    kinds = [(entry.kind, entry.body["adopted"]) for entry in entries]
    marked, copy = ("recording-marked", True), ("copy-given", True)
    assert kinds == [("vault-made", True), marked, copy, copy, marked]
    assert {entry.time for entry in entries} == {"2026-12-01T00:00:00.000000Z"}
    assert [entries[0].body[name] for name in ("recordings", "listeners", "copies")] == [2, 4, 2]
    assert entries[1].body["mark_key_commitment"] == commitment(MARK_KEY, OCTOBER, keys.mark_key).hex()
    assert entries[1].body["bias_seed_commitment"] == commitment(BIAS_SEED, OCTOBER, keys.bias_seed).hex()
    assert entries[1].body["listeners"] == 3


def test_an_adopted_vault_goes_on_as_any(old: Path) -> None:
    with Vault(old) as vault:
        root = bytes.fromhex(str(vault.ledger.find("recording-marked", OCTOBER)[0].body["listeners_root"]))
        for name in ("anna", "ben", "zoë"):
            vault.listener_opening(OCTOBER, name, "case").verify(OCTOBER, name, root)
        assert vault.add_listeners(NOVEMBER, [Listener("zoe")]) == 1
    with Vault(old) as vault:
        assert not vault.adopted
        assert vault.ledger.find("listeners-added", NOVEMBER)[0].body["listeners"] == 2
    with place_of(old).open() as database:
        assert check(database).findings == ()


def test_an_adoption_that_fails_changes_nothing(old: Path) -> None:
    def broken() -> datetime:
        raise VaultError("the clock has stopped")

    with pytest.raises(VaultError, match="clock"):
        Vault(old, clock=broken)
    with Vault(old) as vault:
        assert vault.adopted
        assert len(vault.recordings()) == 2
