"""A vault and a backup opened as their format is documented, with nothing of Earmark's own."""

import hashlib
import io
import json
import sqlite3
import tarfile
import unicodedata
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from nacl import bindings

from earmark.records.backup import back_up
from earmark.records.database.place import FILE_NAME
from earmark.records.entries import NewRecording
from earmark.records.listeners import Listener
from earmark.records.protection.keyfiles import OfficerKey
from earmark.records.protection.sources import Sources
from earmark.records.protection.ways import ByKey, ByOfficers, ByPassphrase, Cost, InTheOpen, NewWay
from earmark.records.vault import Vault

KEY = bytes(range(32))
OFFICERS = tuple(OfficerKey(name, bytes([n]) * 32) for n, name in enumerate(("vera", "ben")))
WORDS = "correct hörse"
WAYS: dict[str, NewWay] = {
    "key": ByKey(KEY),
    "passphrase": ByPassphrase(WORDS, Cost(memory_kib=32, iterations=2, lanes=1)),
    "officers": ByOfficers(OFFICERS),
    "open": InTheOpen(),
}


def derive(secret: bytes, label: str, context: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=context or None, info=label.encode()).derive(secret)


def opened(key: bytes, sealed: bytes, *data: str) -> bytes:
    return AESGCMSIV(key).decrypt(sealed[:12], sealed[12:], "\0".join(data).encode())


def key_of(kind: str, settings: str, vault: str) -> bytes:
    facts = json.loads(settings)
    if kind == "key":
        return derive(KEY, "earmark/1 way of a key", vault.encode())
    if kind == "passphrase":
        cost = {"memory_cost": facts["memory_kib"], "iterations": facts["iterations"], "lanes": facts["lanes"]}
        words = unicodedata.normalize("NFC", WORDS).encode()
        return Argon2id(salt=bytes.fromhex(facts["salt"]), length=32, **cost).derive(words)
    keys = {officer.id: officer.key for officer in OFFICERS}
    first, second = (derive(keys[one], "earmark/1 way of an officer", vault.encode()) for one in facts["officers"])
    return derive(first, "earmark/1 way of two officers", second)


def vault_key_of(kind: str, settings: str, sealed: bytes, vault: str) -> bytes:
    if kind == "open":
        return sealed
    return opened(key_of(kind, settings, vault), sealed, "earmark/1 way", vault, kind, settings)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_vault_is_opened_as_documented(
    folder: Path, briefing: NewRecording, way: NewWay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sources, "open", lambda _sources, _vault, ways: (opened_by_hand(folder), ways[0]))
    with Vault.init(folder, way=way) as vault:
        recording = vault.create_recording(briefing, [Listener("zoë")]).id
        keys, secrets = vault.keys(recording, "mark"), vault.secrets(recording, "mark")
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        column = derive(opened_by_hand(folder), "earmark/1 column", b"")
        (mark_key,) = connection.execute("SELECT mark_key FROM recordings").fetchone()
        (secret,) = connection.execute("SELECT secret FROM listeners").fetchone()
    assert (mark_key[0], secret[0]) == (1, 1)
    assert opened(column, mark_key[1:], "recordings.mark_key", recording) == keys.mark_key
    assert opened(column, secret[1:], "listeners.secret", recording, "zoë") == secrets["zoë"]


def opened_by_hand(folder: Path) -> bytes:
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        (vault,) = connection.execute("SELECT vault_id FROM identity").fetchone()
        kind, settings, sealed = connection.execute("SELECT kind, settings, sealed FROM ways").fetchone()
    return vault_key_of(kind, settings, sealed, vault)


def test_a_backup_is_opened_as_documented(folder: Path, tmp_path: Path) -> None:
    with Vault.init(folder, way=WAYS["passphrase"], sources=Sources(ask=lambda: WORDS)) as vault:
        sha256 = back_up(vault, tmp_path / "backup")
    data = (tmp_path / "backup").read_bytes()
    length = int.from_bytes(data[16:20], "big")
    start, stream, header = data[: 20 + length], data[20 + length :], json.loads(data[20 : 20 + length])
    (way,) = header["ways"]
    vault_key = vault_key_of(way["kind"], way["settings"], bytes.fromhex(way["sealed"]), header["vault"])
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    key = derive(vault_key, "earmark/1 backup", bytes.fromhex(header["salt"]))
    bindings.crypto_secretstream_xchacha20poly1305_init_pull(state, stream[:24], key)
    bound, archive = hashlib.sha256(start).digest(), b""
    for first in range(24, len(stream), 65_536 + 17):
        chunk, tag = bindings.crypto_secretstream_xchacha20poly1305_pull(state, stream[first : first + 65_553], bound)
        archive += chunk
    assert tag == bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        assert tar.getnames() == [FILE_NAME]
    assert (data[:16], sha256) == (b"earmark backup 1", hashlib.sha256(data).hexdigest())
