"""Who can open a vault, and what becomes of its contents when that changes."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.records import tables

from earmark.errors import UsageError, VaultError
from earmark.records.entries import NewRecording
from earmark.records.keyholding import add_way, remove_way, rotate
from earmark.records.ledger import acts
from earmark.records.listeners import Listener
from earmark.records.protection.keyfiles import OfficerKey, key_text, officer_text, write_key_file
from earmark.records.protection.sources import NEXT, Sources, default_key_file
from earmark.records.protection.ways import ByKey, ByOfficers, ByPassphrase, Cost, InTheOpen, NewWay
from earmark.records.vault import Vault

CHEAP = Cost(memory_kib=32, iterations=1, lanes=1)
PASSPHRASE = ByPassphrase("correct horse", CHEAP)
KNOWING = Sources(ask=lambda: "correct horse")
KEY, OTHER = os.urandom(32), os.urandom(32)


@pytest.fixture(autouse=True)
def no_keys_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("EARMARK_VAULT_KEY", "EARMARK_VAULT_KEY_FILE", "EARMARK_OFFICER_FILES"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def with_key(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    return lambda key: monkeypatch.setenv("EARMARK_VAULT_KEY", key_text(key))


def filled(folder: Path, where: str | None, way: NewWay, briefing: NewRecording, sources: Sources) -> str:
    with Vault.init(folder, database=where, way=way, sources=sources) as vault:
        recording = vault.create_recording(briefing, [Listener("anna"), Listener("ben")]).id
        vault.record_copy(recording, "anna", path=Path("anna.wav"), sha256="ab" * 32, container="wav")
    return recording


def opens(folder: Path, sources: Sources | None = None) -> bool:
    with Vault(folder, sources=sources) as vault:
        try:
            vault.keys_of([one.id for one in vault.recordings()], "trace")
            for one in vault.recordings():
                vault.secrets(one.id, "trace")
        except VaultError:
            return False
    return True


def test_what_is_no_secret_is_read_without_a_key(folder: Path, where: str | None, briefing: NewRecording) -> None:
    recording = filled(folder, where, PASSPHRASE, briefing, KNOWING)
    with Vault(folder) as vault:
        assert vault.recordings()[0].title == "Briefing"
        assert [copy.listener_id for copy in vault.copies(recording)] == ["anna"]
        assert vault.listeners(recording) == [Listener("anna"), Listener("ben")]
        assert vault.check().findings == ()
        vault.ledger.head().verify()
        assert [way.kind for way in vault.ways()] == ["passphrase"]


def test_without_a_key_nothing_secret_is_read_and_nothing_is_written(
    folder: Path, where: str | None, briefing: NewRecording
) -> None:
    recording = filled(folder, where, PASSPHRASE, briefing, KNOWING)
    with Vault(folder) as vault:
        size = vault.ledger.size()
        for act in (
            lambda: vault.keys(recording, "trace"),
            lambda: vault.secrets(recording, "trace"),
            lambda: vault.create_recording(briefing),
            lambda: vault.enter(acts.exhibit_received("ab" * 32, 1)),
            lambda: vault.listener_opening(recording, "anna", "case"),
        ):
            with pytest.raises(VaultError, match="passphrase is needed"):
                act()
        assert vault.ledger.size() == size


def test_no_secret_lies_in_the_vaults_files(folder: Path, where: str | None, briefing: NewRecording) -> None:
    recording = filled(folder, where, PASSPHRASE, briefing, KNOWING)
    with Vault(folder, sources=KNOWING) as vault:
        opened = vault.safe.open()
        secrets = [*vars(vault.keys(recording, "mark")).values(), *vault.secrets(recording, "mark").values()]
        secrets += [opened.vault_key, opened.signing_key.private_bytes_raw()]
        data = b"".join(path.read_bytes() for path in folder.iterdir())
    assert not any(secret in data for secret in secrets)
    assert not any(secret.hex() in repr(opened) for secret in secrets)


def test_the_wrong_passphrase_and_the_wrong_key_are_said_to_be_wrong(
    folder: Path, where: str | None, briefing: NewRecording, with_key: Callable[[bytes], None], tmp_path: Path
) -> None:
    recording = filled(folder, where, PASSPHRASE, briefing, KNOWING)
    with Vault(folder, sources=Sources(ask=lambda: "wrong horse")) as vault:
        with pytest.raises(VaultError, match="passphrase is wrong"):
            vault.keys(recording, "mark")
        assert vault.recordings()
    with Vault(folder, sources=KNOWING) as vault:
        add_way(vault.safe, ByKey(KEY))
    with_key(OTHER)
    with Vault(folder) as vault, pytest.raises(VaultError, match="does not open this vault"):
        vault.keys(recording, "mark")
    write_key_file(tmp_path / "other.key", key_text(OTHER))
    with Vault(folder, sources=Sources(tmp_path / "other.key")) as vault, pytest.raises(VaultError):
        vault.keys(recording, "mark")
    with_key(KEY)
    assert opens(folder)


def test_a_passphrase_is_asked_for_once_and_only_when_it_is_needed(
    folder: Path, where: str | None, briefing: NewRecording
) -> None:
    recording = filled(folder, where, PASSPHRASE, briefing, KNOWING)
    asked: list[None] = []

    def ask() -> str:
        asked.append(None)
        return "correct horse"

    with Vault(folder, sources=Sources(ask=ask)) as vault:
        vault.listeners(recording)
        assert not asked
        vault.keys(recording, "mark")
        vault.secrets(recording, "mark")
    assert len(asked) == 1


def test_keys_are_found_in_the_file_that_is_named_or_where_they_are_put(
    folder: Path, where: str | None, briefing: NewRecording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(folder, where, ByKey(KEY), briefing, Sources(_file(tmp_path / "a.key", KEY)))
    assert not opens(folder)
    assert opens(folder, Sources(tmp_path / "a.key"))
    monkeypatch.setenv("EARMARK_VAULT_KEY_FILE", str(tmp_path / "a.key"))
    assert opens(folder)
    monkeypatch.delenv("EARMARK_VAULT_KEY_FILE")
    with Vault(folder, sources=Sources(tmp_path / "a.key")) as vault:
        default = default_key_file(vault.safe.open().vault_id)
    _file(default, OTHER)
    assert not opens(folder)
    _file(default.with_name(default.name + NEXT), KEY)
    assert opens(folder)


def _file(path: Path, key: bytes) -> Path:
    write_key_file(path, key_text(key))
    return path


def test_several_ways_lead_into_one_vault(
    folder: Path, where: str | None, briefing: NewRecording, with_key: Callable[[bytes], None]
) -> None:
    filled(folder, where, PASSPHRASE, briefing, KNOWING)
    with Vault(folder, sources=KNOWING) as vault:
        add_way(vault.safe, ByKey(KEY))
        add_way(vault.safe, ByPassphrase("another horse", CHEAP))
    assert opens(folder, Sources(ask=lambda: "another horse"))
    with_key(KEY)
    assert opens(folder)
    with Vault(folder) as vault:
        remove_way(vault.safe, vault.ways()[0].id)
        assert [entry.kind for entry in vault.ledger.entries()][-1] == "keys-removed"
    assert not opens(folder, Sources(ask=lambda: "correct horse")) or opens(folder)
    with Vault(folder) as vault:
        assert sorted(way.kind for way in vault.ways()) == ["key", "passphrase"]


def test_the_last_way_cannot_be_removed(folder: Path, where: str | None, briefing: NewRecording) -> None:
    filled(folder, where, PASSPHRASE, briefing, KNOWING)
    with Vault(folder, sources=KNOWING) as vault:
        for name, what in (("passphrase", "nobody could open"), ("w-00000000", "no way")):
            with pytest.raises(UsageError, match=what):
                remove_way(vault.safe, name)
    assert opens(folder, KNOWING)


def test_the_first_way_closes_a_vault_that_lay_in_the_open(
    folder: Path, where: str | None, briefing: NewRecording
) -> None:
    recording = filled(folder, where, InTheOpen(), briefing, Sources())
    assert opens(folder)
    with Vault(folder) as vault:
        before = vault.safe.open().vault_key
        secrets = vault.secrets(recording, "mark")
        add_way(vault.safe, PASSPHRASE)
    assert not opens(folder)
    with Vault(folder, sources=KNOWING) as vault:
        assert vault.secrets(recording, "mark") == secrets
        assert vault.safe.open().vault_key != before
        assert vault.check().findings == ()
    assert before not in b"".join(path.read_bytes() for path in folder.iterdir())


@pytest.mark.parametrize("deep", [False, True])
def test_after_a_rotation_the_old_way_is_shut_and_all_is_as_it_was(
    folder: Path, where: str | None, briefing: NewRecording, deep: bool
) -> None:
    recording = filled(folder, where, PASSPHRASE, briefing, KNOWING)
    with Vault(folder, sources=KNOWING) as vault:
        add_way(vault.safe, ByKey(KEY))
        before = vault.keys(recording, "mark"), vault.secrets(recording, "mark"), vault.safe.open().vault_key
        rotate(vault.safe, ByPassphrase("new horse", CHEAP), deep=deep)
    assert not opens(folder, KNOWING)
    with Vault(folder, sources=Sources(ask=lambda: "new horse")) as vault:
        after = vault.keys(recording, "mark"), vault.secrets(recording, "mark"), vault.safe.open().vault_key
        assert before[:2] == after[:2]
        assert (before[2] != after[2]) == deep
        assert sorted(way.kind for way in vault.ways()) == (["passphrase"] if deep else ["key", "passphrase"])
        (entry,) = vault.ledger.find("keys-rotated")
        assert entry.body == {"ways": ["passphrase"], "deep": deep}
        assert vault.check().findings == ()


def test_who_has_opened_the_vault_before_it_was_rotated_writes_nothing(
    folder: Path, where: str | None, briefing: NewRecording
) -> None:
    recording = filled(folder, where, PASSPHRASE, briefing, KNOWING)
    with Vault(folder, sources=KNOWING) as early, Vault(folder, sources=KNOWING) as vault:
        early.keys(recording, "mark")
        rotate(vault.safe, ByPassphrase("new horse", CHEAP), deep=True)
        size = vault.ledger.size()
        with pytest.raises(VaultError, match="rotated meanwhile"):
            early.add_listeners(recording, [Listener("zoe")])
        with pytest.raises(VaultError, match="rotated meanwhile"):
            early.secrets(recording, "mark")
        assert vault.ledger.size() == size


def test_a_rotation_that_fails_changes_nothing(folder: Path, where: str | None, briefing: NewRecording) -> None:
    recording = filled(folder, where, PASSPHRASE, briefing, KNOWING)
    tables.refuse(folder, "DELETE ON ways")
    with Vault(folder, sources=KNOWING) as vault:
        with pytest.raises(VaultError):
            rotate(vault.safe, ByPassphrase("new horse", CHEAP), deep=True)
        assert vault.secrets(recording, "mark")
    assert opens(folder, KNOWING)


def test_rows_cannot_be_swapped(folder: Path, where: str | None, briefing: NewRecording) -> None:
    recording = filled(folder, where, PASSPHRASE, briefing, KNOWING)
    for statement in (
        "UPDATE listeners SET secret = (SELECT secret FROM listeners WHERE id = 'ben') WHERE id = 'anna'",
        "UPDATE recordings SET mark_key = bias_seed",
    ):
        tables.run(folder, statement)
    with Vault(folder, sources=KNOWING) as vault:
        with pytest.raises(VaultError, match="changed or moved"):
            vault.secrets(recording, "mark")
        with pytest.raises(VaultError, match="changed or moved"):
            vault.keys(recording, "mark")


@pytest.fixture
def officers(tmp_path: Path) -> dict[str, Path]:
    files = {name: tmp_path / f"{name}.officer" for name in ("vera", "ben", "chloe", "eve")}
    for name, path in files.items():
        write_key_file(path, officer_text(OfficerKey(name, name.encode().ljust(32))))
    return files


def test_two_officers_open_and_anything_less_is_a_clear_error(
    folder: Path, where: str | None, briefing: NewRecording, officers: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = tuple(OfficerKey(name, name.encode().ljust(32)) for name in ("vera", "ben", "chloe"))
    recording = filled(folder, where, PASSPHRASE, briefing, KNOWING)
    with Vault(folder, sources=KNOWING) as vault:
        add_way(vault.safe, ByOfficers(keys))
        remove_way(vault.safe, "passphrase")
    for names, what in (
        ((), "two officers are needed"),
        (("vera",), "one officer alone"),
        (("vera", "vera"), "one officer alone"),
        (("vera", "eve"), "'eve' is not that of an officer"),
    ):
        sources = Sources(officer_files=tuple(officers[name] for name in names))
        with Vault(folder, sources=sources) as vault, pytest.raises(VaultError, match=what):
            vault.keys(recording, "trace")
    assert opens(folder, Sources(officer_files=(officers["chloe"], officers["vera"])))
    monkeypatch.setenv("EARMARK_OFFICER_FILES", f"{officers['ben']}:{officers['vera']}")
    assert opens(folder)
    with Vault(folder) as vault:
        rotate(vault.safe, PASSPHRASE)
        assert [way.kind for way in vault.ways()] == ["passphrase"]
