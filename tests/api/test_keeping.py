"""Making vaults, and who can open them."""

from pathlib import Path

import pytest
from tests.api.conftest import STAFF

from earmark.api import (
    Delivered,
    Sources,
    Vault,
    add_way,
    copy,
    init,
    mark,
    officers,
    remove_way,
    rotate,
    trace,
    ways,
)
from earmark.errors import UsageError, VaultError
from earmark.records.protection.keyfiles import key_text, read_key
from earmark.records.protection.sources import NEXT, default_key_file

WORDS = "correct horse battery"


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("EARMARK_VAULT_KEY", "EARMARK_VAULT_KEY_FILE", "EARMARK_OFFICER_FILES"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "config"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "new"


def opens(folder: Path, sources: Sources | None = None) -> bool:
    with Vault(folder, sources=sources) as vault:
        try:
            vault.safe.open()
        except VaultError:
            return False
    return True


def test_a_vaults_key_is_put_apart_from_it_unless_somebody_says_otherwise(folder: Path, config: Path) -> None:
    made = init(folder)
    assert made.key_file is not None
    assert made.key_file.is_relative_to(config)
    assert str(made.key_file) in made.notes[0]
    assert opens(folder)
    made.key_file.unlink()
    assert not opens(folder)


def test_a_vault_that_is_there_costs_no_key_file(folder: Path, config: Path) -> None:
    init(folder, encrypted=False)
    with pytest.raises(VaultError, match="already"):
        init(folder)
    assert not list(config.rglob("*.key"))


def test_a_key_file_may_be_anywhere(folder: Path, tmp_path: Path) -> None:
    made = init(folder, key_file=tmp_path / "stick" / "vault.key")
    assert (made.opened_by, made.key_file) == ("key", tmp_path / "stick" / "vault.key")
    assert not opens(folder)
    assert opens(folder, Sources(tmp_path / "stick" / "vault.key"))
    with pytest.raises(VaultError, match="already"):
        init(tmp_path / "other", key_file=tmp_path / "stick" / "vault.key")
    assert not (tmp_path / "other" / "vault.sqlite").exists()


def test_the_environment_may_name_a_file_or_give_a_key(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EARMARK_VAULT_KEY_FILE", str(tmp_path / "vault.key"))
    assert init(folder).key_file == tmp_path / "vault.key"
    assert init(tmp_path / "second").key_file is None
    key = read_key(tmp_path / "vault.key")
    monkeypatch.delenv("EARMARK_VAULT_KEY_FILE")
    assert not opens(folder)
    monkeypatch.setenv("EARMARK_VAULT_KEY", key_text(key))
    assert init(tmp_path / "third").key_file is None
    assert all(opens(one) for one in (folder, tmp_path / "second", tmp_path / "third"))


def test_a_passphrase_and_no_protection(folder: Path, tmp_path: Path) -> None:
    assert init(folder, passphrase=WORDS).opened_by == "passphrase"
    assert not opens(folder)
    assert opens(folder, Sources(ask=lambda: WORDS))
    made = init(tmp_path / "second", encrypted=False)
    assert made.opened_by == "open"
    assert "not encrypted" in made.notes[0]
    assert opens(tmp_path / "second")


@pytest.mark.parametrize(
    "wishes",
    [{"passphrase": WORDS, "encrypted": False}, {"passphrase": "short"}, {"key_file": Path("k"), "encrypted": False}],
)
def test_ways_that_make_no_sense_are_refused(folder: Path, wishes: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        init(folder, **wishes)  # type: ignore[arg-type]
    assert not folder.exists()


def test_ways_are_added_and_removed(folder: Path, tmp_path: Path) -> None:
    init(folder)
    with Vault(folder) as vault:
        assert [way.kind for way in add_way(vault, passphrase=WORDS).ways] == ["key", "passphrase"]
        assert len(add_way(vault, key_file=tmp_path / "second.key").ways) == 3
        with pytest.raises(UsageError, match="one new way"):
            add_way(vault)
        with pytest.raises(UsageError, match="one new way"):
            add_way(vault, passphrase=WORDS, key_file=tmp_path / "third.key")
        assert [way.kind for way in remove_way(vault, ways(vault).ways[0].id).ways] == ["passphrase", "key"]
    assert not opens(folder)
    assert opens(folder, Sources(tmp_path / "second.key"))


def test_a_file_for_a_way_that_does_not_come_about_goes_again(folder: Path, tmp_path: Path) -> None:
    init(folder, passphrase=WORDS)
    with Vault(folder) as vault, pytest.raises(VaultError, match="passphrase is needed"):
        add_way(vault, key_file=tmp_path / "second.key")
    with Vault(folder) as vault, pytest.raises(VaultError, match="passphrase is needed"):
        officers(vault, ["vera", "ben"], tmp_path / "officers")
    assert not (tmp_path / "second.key").exists()
    assert not list((tmp_path / "officers").iterdir())


@pytest.mark.parametrize("deep", [False, True])
def test_the_key_in_the_folder_for_settings_is_replaced(folder: Path, deep: bool) -> None:
    path = init(folder).key_file
    assert path is not None
    before = read_key(path)
    with Vault(folder) as vault:
        add_way(vault, passphrase=WORDS)
        left = rotate(vault, deep=deep)
    assert [way.kind for way in left.ways] == (["key"] if deep else ["passphrase", "key"])
    assert read_key(path) != before
    assert [*path.parent.iterdir()] == [path]
    assert opens(folder)


def test_an_interrupted_rotation_locks_nobody_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = init(folder).key_file
    assert path is not None

    def broken(_old: Path, _new: Path) -> None:
        raise KeyboardInterrupt

    with Vault(folder) as vault, monkeypatch.context() as patch:
        patch.setattr(Path, "replace", broken)
        with pytest.raises(KeyboardInterrupt):
            rotate(vault)
    assert path.with_name(path.name + NEXT).exists()
    assert opens(folder)
    with Vault(folder) as vault, pytest.raises(UsageError, match="interrupted"):
        rotate(vault)


def test_rotating_to_something_else(folder: Path) -> None:
    init(folder, passphrase=WORDS)
    with Vault(folder, sources=Sources(ask=lambda: WORDS)) as vault:
        with pytest.raises(UsageError, match="one new way"):
            rotate(vault)
        rotate(vault, passphrase=WORDS[::-1])
    assert opens(folder, Sources(ask=lambda: WORDS[::-1]))
    assert not opens(folder, Sources(ask=lambda: WORDS))


def test_officers_get_a_file_each_and_are_told_if_they_are_not_needed(folder: Path, tmp_path: Path) -> None:
    init(folder)
    with Vault(folder) as vault:
        made = officers(vault, ["vera", "ben", "chloe"], tmp_path / "officers")
        assert [path.name for path in made.files] == ["vera.officer", "ben.officer", "chloe.officer"]
        assert "by key too" in made.notes[0]
        with pytest.raises(VaultError, match="already"):
            officers(vault, ["anna", "vera"], tmp_path / "officers")
        assert not (tmp_path / "officers" / "anna.officer").exists()
        remove_way(vault, "key")
    assert not opens(folder)
    assert opens(folder, Sources(officer_files=made.files[1:]))


def test_all_of_it_works_with_a_vault_that_is_locked_until_it_is_needed(
    folder: Path, briefing: Path, out: Path, tmp_path: Path
) -> None:
    init(folder, passphrase=WORDS)
    knowing = Sources(ask=lambda: WORDS)
    with Vault(folder) as vault:
        with pytest.raises(VaultError, match="passphrase"):
            mark(vault, briefing, STAFF, out)
        assert not list(out.glob("*.wav"))
        with pytest.raises(VaultError, match="passphrase"):
            trace(vault, briefing)
    with Vault(folder, sources=knowing) as vault:
        done = mark(vault, briefing, STAFF, out, seal_original=True, classification="secret")
        assert vault.recordings()[0].classification == "secret"
    with Vault(folder, sources=knowing) as vault:
        again = copy(vault, done.recording.id, ["anna"], tmp_path / "again")
        assert again.copies[0].path.read_bytes() == (out / "anna.wav").read_bytes()
        traced = trace(vault, out / "ben.wav")
        assert [one.listener for one in traced.named] == ["ben"]
        assert vault.check().findings == ()
        kinds = [entry.kind for entry in vault.ledger.entries()]
    assert kinds[:2] == ["vault-made", "recording-marked"]
    assert kinds.index("recording-marked") < kinds.index("copy-given")
    assert kinds.index("exhibit-received") < kinds.index("trace-run")
    assert kinds.count("copy-given") == len(STAFF) + 1


def test_a_trace_is_entered_with_what_was_found(vault: Vault, marked: Delivered, out: Path, briefing: Path) -> None:
    searched = [marked.recording.id]
    named, unmarked = trace(vault, out / "ben.wav", family_wise=1e-9), trace(vault, briefing)
    (one,), (other,) = (vault.ledger.find("trace-run", traced.exhibit.sha256) for traced in (named, unmarked))
    assert one.body == {
        "exhibit": named.exhibit.sha256,
        "verdict": "named",
        "bound": 1e-9,
        "untold": False,
        "recording": marked.recording.id,
        "named": [{"listener": "ben", "false_accusation_log10": named.named[0].false_accusation_log10}],
        "searched": searched,
        "tracks": 1,
        "streams": 0,
        "listeners": len(vault.listeners(marked.recording.id)),
        "shares": [1.0],
    }
    assert (other.body["tracks"], other.body["listeners"], other.body["shares"]) == (1, 0, [])
    assert (other.body["verdict"], other.body["recording"], other.body["named"]) == ("unmarked", None, [])
    (exhibit,) = vault.ledger.find("exhibit-received", named.exhibit.sha256)
    assert exhibit.body["size"] == (out / "ben.wav").stat().st_size
    assert exhibit.index < one.index


def test_where_the_ledger_cannot_be_written_there_is_no_verdict(
    vault: Vault, marked: Delivered, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert marked.made

    def full(*_anything: object, **_more: object) -> None:
        raise VaultError("the disk is full")

    monkeypatch.setattr(vault, "enter", full)
    with pytest.raises(VaultError, match="full"):
        trace(vault, out / "ben.wav")


def test_a_default_key_file_is_named_after_its_vault(config: Path) -> None:
    assert default_key_file("0123456789abcdef") == config / "earmark" / "keys" / "0123456789abcdef.key"
