"""Backups: all of the vault comes back, and from anything else nothing does."""

import hashlib
import io
import multiprocessing
import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.postgres import Cluster

from earmark.errors import UsageError, VaultError
from earmark.keys import derive
from earmark.records import backup
from earmark.records.backup import LABEL, MAGIC, back_up, parse_header, restore
from earmark.records.entries import NewRecording
from earmark.records.keyholding import add_way, rotate
from earmark.records.ledger.canonical import Json, canonical
from earmark.records.listeners import Listener
from earmark.records.protection.keyfiles import OfficerKey, officer_text, write_key_file
from earmark.records.protection.sources import Sources
from earmark.records.protection.ways import ByOfficers, ByPassphrase, Cost
from earmark.records.seal import seal, unseal
from earmark.records.stream import CHUNK_BYTES, SealingWriter
from earmark.records.vault import Vault

SPAWN = multiprocessing.get_context("spawn")
CHEAP = Cost(memory_kib=32, iterations=1, lanes=1)
KNOWING = Sources(ask=lambda: "correct horse")
ORIGINAL = bytes(range(256)) * (3 * CHUNK_BYTES // 256)


@pytest.fixture
def kept(folder: Path, where: str | None, briefing: NewRecording, tmp_path: Path) -> Iterator[Vault]:
    with Vault.init(folder, database=where, way=ByPassphrase("correct horse", CHEAP), sources=KNOWING) as vault:
        fill(vault, briefing, tmp_path)
        yield vault


def fill(vault: Vault, briefing: NewRecording, tmp_path: Path) -> None:
    recording = vault.create_recording(briefing, [Listener("anna", "Anna Weiss"), Listener("ben")])
    vault.record_copy(recording.id, "anna", path=tmp_path / "anna.wav", sha256="ab" * 32, container="wav")
    (tmp_path / "original").write_bytes(ORIGINAL)
    seal(tmp_path / "original", vault.sealed_path(recording.id), vault.keys(recording.id, "mark").seal_secret)
    vault.set_sealed(recording.id)


@pytest.fixture
def saved(kept: Vault, tmp_path: Path) -> Path:
    back_up(kept, tmp_path / "backup")
    return tmp_path / "backup"


def leftovers(folder: Path) -> list[Path]:
    return list(folder.rglob(".earmark-*"))


def test_all_of_a_vault_comes_back(kept: Vault, saved: Path, tmp_path: Path) -> None:
    (recording,) = kept.recordings()
    restored = restore(saved, tmp_path / "new" / "vault", KNOWING)
    with Vault(tmp_path / "new" / "vault", sources=KNOWING) as again:
        assert again.recordings() == [recording]
        assert again.listeners(recording.id) == kept.listeners(recording.id)
        assert again.copies(recording.id) == kept.copies(recording.id)
        assert again.secrets(recording.id, "trace") == kept.secrets(recording.id, "trace")
        keys = again.keys(recording.id, "copy")
        unseal(again.sealed_path(recording.id), tmp_path / "opened", keys.seal_secret)
        assert (tmp_path / "opened").read_bytes() == ORIGINAL
        kinds = [entry.kind for entry in again.ledger.entries()]
        assert again.check([kept.ledger.head(restored.entries - 1)]).findings == ()
    assert kinds[restored.entries - 2 : restored.entries] == ["backup-made", "backup-restored"]
    assert not leftovers(tmp_path)


def test_what_was_restored_is_its_owners_only_and_says_from_what(saved: Path, tmp_path: Path) -> None:
    restored = restore(saved, tmp_path / "new", KNOWING)
    paths = [tmp_path / "new", *(tmp_path / "new").rglob("*")]
    assert {path.stat().st_mode & 0o077 for path in paths} == {0}
    with Vault(tmp_path / "new") as vault:
        (entry,) = vault.ledger.find("backup-restored")
    assert entry.body == {"name": "backup", "sha256": restored.sha256}


def test_nothing_of_a_vault_is_seen_in_its_backup(kept: Vault, saved: Path) -> None:
    data = saved.read_bytes()
    secrets = [*kept.secrets(kept.recordings()[0].id, "mark").values(), kept.safe.open().vault_key]
    for text in (b"anna", b"Weiss", b"Briefing", b"SQLite", b"copy-given", ORIGINAL[:64], *secrets):
        assert text not in data
    assert saved.stat().st_mode & 0o077 == 0


def test_the_wrong_key_brings_nothing_back(saved: Path, tmp_path: Path) -> None:
    for sources, what in (
        (Sources(ask=lambda: "wrong horse"), "passphrase is wrong"),
        (Sources(), "passphrase is needed"),
    ):
        with pytest.raises(VaultError, match=what):
            restore(saved, tmp_path / "new", sources)
    assert not (tmp_path / "new").exists()
    assert not leftovers(tmp_path)


def test_a_backup_opens_as_the_vault_did_when_it_was_made(kept: Vault, saved: Path, tmp_path: Path) -> None:
    rotate(kept.safe, ByPassphrase("another horse", CHEAP), deep=True)
    restore(saved, tmp_path / "new", KNOWING)
    with pytest.raises(VaultError, match="wrong"):
        restore(saved, tmp_path / "other", Sources(ask=lambda: "another horse"))


def test_two_officers_bring_a_backup_back(kept: Vault, tmp_path: Path) -> None:
    officers = tuple(OfficerKey(name, os.urandom(32)) for name in ("vera", "ben", "chloe"))
    for officer in officers:
        write_key_file(tmp_path / officer.name, officer_text(officer))
    add_way(kept.safe, ByOfficers(officers))
    back_up(kept, tmp_path / "backup")
    with pytest.raises(VaultError, match="one officer alone"):
        restore(tmp_path / "backup", tmp_path / "new", Sources(officer_files=(tmp_path / "vera",)))
    restore(tmp_path / "backup", tmp_path / "new", Sources(officer_files=(tmp_path / "vera", tmp_path / "chloe")))


def test_a_backup_cut_anywhere_brings_nothing_back(saved: Path, tmp_path: Path) -> None:
    data = saved.read_bytes()
    lengths = [*range(0, 1200, 97), *range(1200, len(data), 60_001), len(data) - 1, len(data) - 17, len(data) - 18]
    for length in lengths:
        (tmp_path / "cut").write_bytes(data[:length])
        with pytest.raises(VaultError, match=r"cut or changed|no backup"):
            restore(tmp_path / "cut", tmp_path / "new", KNOWING)
        assert not (tmp_path / "new").exists()
    (tmp_path / "cut").write_bytes(data + b"\x00")
    with pytest.raises(VaultError, match="cut or changed"):
        restore(tmp_path / "cut", tmp_path / "new", KNOWING)
    assert not leftovers(tmp_path)


def test_a_backup_changed_anywhere_brings_nothing_back(saved: Path, tmp_path: Path) -> None:
    data = saved.read_bytes()
    header = 20 + int.from_bytes(data[16:20], "big")
    for place in (*range(0, header, 5), header, header + 30, *range(header + 100, len(data), 40_009), len(data) - 1):
        changed = bytearray(data)
        changed[place] ^= 1
        (tmp_path / "changed").write_bytes(changed)
        with pytest.raises(VaultError):
            restore(tmp_path / "changed", tmp_path / "new", KNOWING)
        assert not (tmp_path / "new").exists()
    assert not leftovers(tmp_path)


def test_nothing_is_replaced(kept: Vault, saved: Path, tmp_path: Path) -> None:
    before = saved.read_bytes()
    with pytest.raises(VaultError, match="already"):
        back_up(kept, saved)
    assert saved.read_bytes() == before
    for folder in (kept.folder, saved):
        with pytest.raises(VaultError, match="already"):
            restore(saved, folder, KNOWING)
    (tmp_path / "empty").mkdir()
    restore(saved, tmp_path / "empty", KNOWING)
    assert not leftovers(tmp_path)


def test_a_vault_in_the_open_is_not_backed_up(folder: Path, where: str | None, tmp_path: Path) -> None:
    with Vault.init(folder, database=where) as vault, pytest.raises(UsageError, match="not encrypted"):
        back_up(vault, tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_a_failure_leaves_nothing_behind(kept: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    back_up(kept, tmp_path / "good")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(VaultError, match="No space left"):
            back_up(kept, tmp_path / "backup")
        with pytest.raises(VaultError, match="No space left"):
            restore(tmp_path / "good", tmp_path / "new", KNOWING)
    kept.sealed_path(kept.recordings()[0].id).unlink()
    with pytest.raises(VaultError, match="cannot be read"):
        back_up(kept, tmp_path / "backup")
    assert not (tmp_path / "backup").exists()
    assert not (tmp_path / "new").exists()
    assert not leftovers(tmp_path)


@pytest.mark.parametrize("into", ["sqlite", "postgresql"])
def test_a_vault_is_moved_by_its_backup(kept: Vault, saved: Path, tmp_path: Path, cluster: Cluster, into: str) -> None:
    database = cluster.fresh() if into == "postgresql" else None
    restored = restore(saved, tmp_path / "new", KNOWING, database=database)
    assert (tmp_path / "new" / "vault.sqlite").exists() == (database is None)
    with Vault(tmp_path / "new", sources=KNOWING) as again:
        (recording,) = kept.recordings()
        assert again.recordings() == [recording]
        assert again.secrets(recording.id, "trace") == kept.secrets(recording.id, "trace")
        again.add_listeners(recording.id, [Listener("zoe")])
        again.record_copy(recording.id, "zoe", path=tmp_path / "zoe.wav", sha256="cd" * 32, container="wav")
        assert [copy.listener_id for copy in again.copies(recording.id)] == ["anna", "zoe"]
        assert again.check([kept.ledger.head(restored.entries - 1)]).findings == ()
    assert not leftovers(tmp_path)


def test_a_database_with_a_vault_in_it_is_not_restored_into(saved: Path, tmp_path: Path, cluster: Cluster) -> None:
    url = cluster.fresh()
    with Vault.init(tmp_path / "other", database=url) as other:
        with pytest.raises(VaultError, match="there is a vault"):
            restore(saved, tmp_path / "new", KNOWING, database=url)
        assert other.ledger.size() == 1
    assert not (tmp_path / "new").exists()
    assert not leftovers(tmp_path)


def write_on(folder: Path, ready: Connection) -> None:
    with Vault(folder, sources=Sources(ask=lambda: "correct horse")) as vault:
        (recording,) = vault.recordings()
        for n in count():
            vault.add_listeners(recording.id, [Listener(f"u{n}")])
            if n == 3:
                ready.send(None)
            if ready.poll():
                return


def test_a_vault_that_is_written_meanwhile_is_backed_up_as_it_is_at_one_moment(kept: Vault, tmp_path: Path) -> None:
    mine, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=write_on, args=(kept.folder, theirs))
    process.start()
    mine.recv()
    back_up(kept, tmp_path / "live")
    mine.send(None)
    process.join()
    assert process.exitcode == 0
    restored = restore(tmp_path / "live", tmp_path / "new", KNOWING)
    with Vault(tmp_path / "new", sources=KNOWING) as again:
        added = again.ledger.find("listeners-added", again.recordings()[0].id)
        assert len(again.listeners(again.recordings()[0].id)) == 2 + len(added)
        assert len(added) >= 4
        assert again.check([kept.ledger.head(restored.entries - 1)]).findings == ()
    assert kept.check().findings == ()


@pytest.mark.parametrize("folder_name", ["nowhere/backup", "original/backup"])
def test_a_place_that_cannot_be_written_is_said_so(kept: Vault, tmp_path: Path, folder_name: str) -> None:
    with pytest.raises(VaultError, match="cannot be written"):
        back_up(kept, tmp_path / folder_name)


def forged(vault: Vault, path: Path, fill: Callable[[tarfile.TarFile], None]) -> Path:
    """Write a backup with the right key and other contents."""
    opened, salt, archive = vault.safe.open(), bytes(32), io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        fill(tar)
    with path.open("wb") as file:
        start = backup._start(opened.vault_id, salt, vault.ways())
        file.write(start)
        writer = SealingWriter(file, derive(opened.vault_key, LABEL, salt), hashlib.sha256(start).digest())
        writer.write(archive.getvalue())
        writer.finish()
    return path


@pytest.mark.parametrize("name", ["../evil", "/evil", "sealed/../../evil", "work/evil", "sealed/a/b", "vault.sqlite/x"])
def test_nothing_is_written_outside_even_by_who_has_the_key(kept: Vault, tmp_path: Path, name: str) -> None:
    def fill(tar: tarfile.TarFile) -> None:
        tar.addfile(tarfile.TarInfo(name), io.BytesIO())

    before = {path for path in tmp_path.rglob("*") if ".earmark" not in path.name}
    with pytest.raises(VaultError):
        restore(forged(kept, tmp_path / "forged", fill), tmp_path / "new", KNOWING)
    assert set(tmp_path.rglob("*")) == before | {tmp_path / "forged"}


def test_links_and_empty_archives_are_refused(kept: Vault, tmp_path: Path) -> None:
    def link(tar: tarfile.TarFile) -> None:
        entry = tarfile.TarInfo("vault.sqlite")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(entry)

    for number, fill in enumerate((link, lambda _tar: None)):
        with pytest.raises(VaultError):
            restore(forged(kept, tmp_path / f"{number}", fill), tmp_path / "new", KNOWING)
    assert not (tmp_path / "new").exists()


@given(st.binary(max_size=400))
@settings(max_examples=40)
def test_anything_else_is_no_backup(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    for number, content in enumerate((data, MAGIC + data, MAGIC + len(data).to_bytes(4, "big") + data)):
        (folder / f"{number}").write_bytes(content)
        with pytest.raises(VaultError):
            restore(folder / f"{number}", folder / "new", KNOWING)


values = st.none() | st.text(max_size=4) | st.integers(-1, 9) | st.sampled_from(["00" * 32, "passphrase", "open"])
ways = st.lists(st.dictionaries(st.sampled_from(["id", "kind", "settings", "sealed", "made_at"]), values), max_size=2)


@given(st.dictionaries(st.sampled_from(["schema", "vault", "salt", "ways"]), values | ways))
def test_headers_are_whole_or_refused(facts: dict[str, Json]) -> None:
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        vault_id, salt, found = parse_header(canonical(facts | {"schema": "earmark/backup/1"}))
        assert isinstance(vault_id, str)
        assert (len(salt), all(way.kind != "open" for way in found)) == (32, True)
