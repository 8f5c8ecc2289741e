"""The ledger in a vault: what is entered when, and proofs from it."""

import json
import multiprocessing
import random
import time
from datetime import UTC, datetime, timedelta
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from tests.records import tables

from earmark.errors import UsageError, VaultError
from earmark.records.checking import check
from earmark.records.database import sqlite
from earmark.records.database.place import place_of
from earmark.records.entries import NewRecording
from earmark.records.ledger import acts
from earmark.records.ledger.commitments import BIAS_SEED, MARK_KEY, commitment, listener_hash
from earmark.records.ledger.merkle import tree_root
from earmark.records.listeners import Listener
from earmark.records.vault import Vault

SPAWN = multiprocessing.get_context("spawn")
SHA256 = "ab" * 32


def kinds(vault: Vault) -> list[str]:
    return [entry.kind for entry in vault.ledger.entries()]


def people(*names: str) -> list[Listener]:
    return [Listener(name) for name in names]


def test_a_new_vault_has_a_ledger_that_says_whose_it_is(vault: Vault) -> None:
    (first,) = vault.ledger.entries()
    head = vault.ledger.head()
    head.verify()
    assert (first.kind, first.body["adopted"], first.body["public_key"]) == ("vault-made", False, head.public_key.hex())
    assert (head.size, head.root, head.time) == (1, first.hash, first.time)


def test_a_recording_is_committed_to_before_there_is_any_copy(vault: Vault, briefing: NewRecording) -> None:
    recording = vault.create_recording(briefing, people("zoe", "anna"))
    marked = vault.ledger.entry(1)
    keys, secrets = vault.keys(recording.id, "mark"), vault.secrets(recording.id, "mark")
    assert kinds(vault)[:2] == ["vault-made", "recording-marked"]
    assert marked.body == {
        "recording": recording.id,
        "input_sha256": briefing.input_sha256,
        "detector": 1,
        "coalition": 4,
        "segment_ms": 80,
        "segments": 31,
        "mark_key_commitment": commitment(MARK_KEY, recording.id, keys.mark_key).hex(),
        "bias_seed_commitment": commitment(BIAS_SEED, recording.id, keys.bias_seed).hex(),
        "listeners": 2,
        "listeners_root": tree_root([listener_hash(recording.id, n, secrets[n]) for n in ("zoe", "anna")]).hex(),
        "adopted": False,
    }


def test_listeners_who_are_added_make_the_tree_grow_at_its_end(vault: Vault, briefing: NewRecording) -> None:
    recording = vault.create_recording(briefing, people("zoe", "anna")).id
    vault.add_listeners(recording, people("ben", "anna"))
    vault.add_listeners(recording, people("ben"))
    (added,) = vault.ledger.find("listeners-added", recording)
    secrets = vault.secrets(recording, "mark")
    hashes = [listener_hash(recording, name, secrets[name]) for name in ("zoe", "anna", "ben")]
    assert (added.body["added"], added.body["listeners"]) == (1, 3)
    assert added.body["listeners_root"] == tree_root(hashes).hex()
    opening = vault.listener_opening(recording, "ben", "case")
    opening.verify(recording, "ben", tree_root(hashes))
    assert (opening.index, opening.secret) == (2, secrets["ben"])
    with pytest.raises(UsageError, match="no listener"):
        vault.listener_opening(recording, "eve", "case")


def test_keys_and_secrets_are_not_handed_out_before_the_ledger_says_so(vault: Vault, briefing: NewRecording) -> None:
    one, other = (vault.create_recording(briefing, people("anna")).id for _ in range(2))
    before = vault.ledger.size()
    vault.keys_of([one, other], "trace")
    vault.secrets(one, "trace")
    vault.listener_opening(one, "anna", "case")
    opened = [entry.body for entry in vault.ledger.entries(before)]
    keys = ["mark-key", "bias-seed", "seal-secret"]
    assert opened == [
        {"recordings": [one, other], "keys": keys, "purpose": "trace"},
        {"recordings": [one], "keys": ["listener-secrets"], "purpose": "trace"},
        {"recordings": [one], "keys": ["listener-secret"], "purpose": "case"},
    ]
    assert vault.keys_of([], "trace") == {}


def test_where_the_ledger_cannot_be_written_no_key_and_no_copy_comes_out(
    vault: Vault, briefing: NewRecording, folder: Path, tmp_path: Path
) -> None:
    recording = vault.create_recording(briefing, people("anna")).id
    size = vault.ledger.size()
    tables.refuse(folder, "INSERT ON ledger_entries")
    for act in (
        lambda: vault.keys(recording, "mark"),
        lambda: vault.secrets(recording, "mark"),
        lambda: vault.record_copy(recording, "anna", path=tmp_path / "anna", sha256=SHA256, container="wav"),
        lambda: vault.create_recording(briefing),
        lambda: vault.add_listeners(recording, people("ben")),
    ):
        with pytest.raises(VaultError):
            act()
    assert (vault.ledger.size(), vault.copies(recording), len(vault.recordings())) == (size, [], 1)
    assert vault.listeners(recording) == people("anna")


def test_a_copy_is_entered_once_with_its_name_and_without_its_path(vault: Vault, briefing: NewRecording) -> None:
    recording = vault.create_recording(briefing, people("anna")).id
    for _ in range(2):
        vault.record_copy(recording, "anna", path=Path("/home/vera/anna.wav"), sha256=SHA256, container="wav")
    (copy,) = vault.ledger.find("copy-given", recording)
    assert copy.body == {
        "recording": recording,
        "listener": "anna",
        "sha256": SHA256,
        "name": "anna.wav",
        "format": "wav",
        "adopted": False,
    }


def test_an_exhibit_is_entered_once(vault: Vault) -> None:
    entries = [vault.enter(acts.exhibit_received(SHA256, 7), once=True) for _ in range(2)]
    assert entries[0] == entries[1]
    assert kinds(vault) == ["vault-made", "exhibit-received"]


def test_nothing_confidential_is_in_the_ledger(vault: Vault, briefing: NewRecording) -> None:
    recording = vault.create_recording(briefing, [Listener("anna", "Anna Weiss", "anna@example.org")]).id
    secrets = [*vars(vault.keys(recording, "mark")).values(), *vault.secrets(recording, "mark").values()]
    text = b"".join(entry.leaf for entry in vault.ledger.entries()).decode()
    for word in ("Briefing", "briefing.wav", "Weiss", "@example.org", *(secret.hex() for secret in secrets)):
        assert word not in text


def test_every_entry_is_proved_at_every_size(vault: Vault) -> None:
    for n in range(20):
        vault.enter(acts.exhibit_received(f"{n:064x}", n))
    leaves = [entry.leaf for entry in vault.ledger.entries()]
    for size in (1, 7, 8, 21):
        head = vault.ledger.head(size)
        head.verify()
        for index in range(size):
            vault.ledger.inclusion(index, size).verify(leaves[index], head.root)
        for old in range(1, size + 1):
            vault.ledger.consistency(old, size).verify(vault.ledger.head(old).root, head.root)
    assert vault.ledger.inclusion(3).size == 21


@pytest.mark.parametrize("size", [0, -1, 2])
def test_what_the_ledger_never_had_is_refused(vault: Vault, size: int) -> None:
    with pytest.raises(UsageError):
        vault.ledger.head(size)
    with pytest.raises(UsageError):
        vault.ledger.inclusion(max(0, min(1, size - 1)), size)
    with pytest.raises(UsageError):
        vault.ledger.entry(min(1, size)) if size else vault.ledger.consistency(0)


def test_a_clock_that_runs_backwards_is_noticed_and_no_obstacle(folder: Path, where: str | None) -> None:
    hours = count()
    with Vault.init(
        folder, database=where, clock=lambda: datetime(2026, 11, 30, tzinfo=UTC) - timedelta(hours=next(hours))
    ) as vault:
        for n in range(2):
            vault.enter(acts.exhibit_received(f"{n:064x}", n))
        checked = vault.check()
    assert (checked.findings, checked.behind) == ((), (1, 2))


def enter_many(folder: Path, who: int, ready: Connection) -> None:
    with Vault(folder) as vault:
        ready.send(None)
        ready.recv()
        for n in range(40):
            vault.enter(acts.exhibit_received(f"{who:032x}{n:032x}", n))


def test_two_processes_append_to_one_ledger(vault: Vault, folder: Path) -> None:
    pipes = [SPAWN.Pipe() for _ in range(2)]
    processes = [SPAWN.Process(target=enter_many, args=(folder, who, pipe[1])) for who, pipe in enumerate(pipes)]
    for process in processes:
        process.start()
    for mine, _ in pipes:
        mine.recv()
    for mine, _ in pipes:
        mine.send(None)
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert vault.ledger.size() == 81
    with place_of(folder).open() as opened:
        assert check(opened).findings == ()


def enter_for_ever(folder: Path, ready: Connection) -> None:
    with Vault(folder) as vault:
        ready.send(None)
        for n in count():
            vault.enter(acts.exhibit_received(f"{n:064x}", n))
            ready.send(vault.ledger.size())


@pytest.mark.parametrize("run", range(3))
def test_a_process_killed_at_any_moment_leaves_a_whole_ledger(vault: Vault, folder: Path, run: int) -> None:
    mine, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=enter_for_ever, args=(folder, theirs))
    process.start()
    mine.recv()
    time.sleep(random.Random(run).uniform(0.02, 0.15))
    process.kill()
    process.join()
    told = 1
    while mine.poll():
        try:
            told = mine.recv()
        except (EOFError, json.JSONDecodeError):
            break
    assert vault.ledger.size() >= told
    vault.enter(acts.exhibit_received(SHA256, 1))
    with place_of(folder).open() as opened:
        assert check(opened).findings == ()


def test_a_full_disk_leaves_a_whole_ledger(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "PRAGMAS", (*sqlite.PRAGMAS, "max_page_count = 60"))
    with Vault.init(folder) as vault:
        with pytest.raises(VaultError, match="the disk is full"):
            for n in range(1000):
                vault.enter(acts.exhibit_received(f"{n:064x}", n))
        size = vault.ledger.size()
        vault.ledger.head().verify()
    assert size > 1
    with place_of(folder).open() as opened:
        assert (check(opened).size, check(opened).findings) == (size, ())
