import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nacl import bindings

from earmark.errors import VaultError
from earmark.keys import derive
from earmark.records.seal import LABEL, MAGIC, seal, unseal
from earmark.records.stream import CHUNK_BYTES, HEADER_BYTES, TAG_BYTES

SECRET = bytes(range(32))
START = len(MAGIC) + HEADER_BYTES
BLOCK = CHUNK_BYTES + TAG_BYTES
SIZES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES]

sharing_a_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)


def content(size: int) -> bytes:
    return (hashlib.sha256(str(size).encode()).digest() * (size // 32 + 1))[:size]


def sealed(folder: Path, data: bytes) -> bytes:
    (folder / "plain").write_bytes(data)
    seal(folder / "plain", folder / "sealed", SECRET)
    return (folder / "sealed").read_bytes()


def refused(folder: Path, data: bytes) -> bool:
    (folder / "changed").write_bytes(data)
    with pytest.raises(VaultError, match="cut, changed or another recording's"):
        unseal(folder / "changed", folder / "opened", SECRET)
    return not (folder / "opened").exists()


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_opens(tmp_path: Path, size: int) -> None:
    data = content(size)
    (tmp_path / "plain").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    assert seal(tmp_path / "plain", tmp_path / "sealed", SECRET) == digest
    assert unseal(tmp_path / "sealed", tmp_path / "opened", SECRET) == digest
    assert (tmp_path / "opened").read_bytes() == data
    assert (tmp_path / "sealed").stat().st_size == START + size + TAG_BYTES * (size // CHUNK_BYTES + 1)
    assert {path.name for path in tmp_path.iterdir()} == {"plain", "sealed", "opened"}


def test_only_the_owner_may_read_either(tmp_path: Path) -> None:
    sealed(tmp_path, b"briefing")
    unseal(tmp_path / "sealed", tmp_path / "opened", SECRET)
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in ("sealed", "opened")} == {0o600}


def test_the_format_is_the_one_described(tmp_path: Path) -> None:
    data = sealed(tmp_path, content(CHUNK_BYTES + 5))
    assert data.startswith(b"earmark sealed 1")
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    bindings.crypto_secretstream_xchacha20poly1305_init_pull(state, data[16:40], derive(SECRET, LABEL))
    first, tag = bindings.crypto_secretstream_xchacha20poly1305_pull(state, data[40 : 40 + 65_553], data[:16])
    last, last_tag = bindings.crypto_secretstream_xchacha20poly1305_pull(state, data[40 + 65_553 :], data[:16])
    assert (first + last, tag, last_tag) == (content(CHUNK_BYTES + 5), 0, 3)


def test_sealing_twice_gives_nothing_away(tmp_path: Path) -> None:
    assert sealed(tmp_path, b"briefing")[len(MAGIC) :] != sealed(tmp_path, b"briefing")[len(MAGIC) :]


@sharing_a_folder
@given(st.sampled_from(SIZES), st.data())
def test_a_cut_file_does_not_open(tmp_path: Path, size: int, data: st.DataObject) -> None:
    whole = sealed(tmp_path, content(size))
    ends = st.integers(0, len(whole) - 1) | st.sampled_from(range(0, len(whole) - START, BLOCK)).map(START.__add__)
    assert refused(tmp_path, whole[: data.draw(ends)])


@sharing_a_folder
@given(st.sampled_from(SIZES), st.data())
def test_a_changed_file_does_not_open(tmp_path: Path, size: int, data: st.DataObject) -> None:
    whole = bytearray(sealed(tmp_path, content(size)))
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    assert refused(tmp_path, bytes(whole))


def test_a_file_with_something_after_it_or_swapped_chunks_does_not_open(tmp_path: Path) -> None:
    whole = sealed(tmp_path, content(3 * CHUNK_BYTES))
    first, second = whole[START : START + BLOCK], whole[START + BLOCK : START + 2 * BLOCK]
    assert refused(tmp_path, whole + b"\0")
    assert refused(tmp_path, whole[:START] + second + first + whole[START + 2 * BLOCK :])


def test_another_secret_does_not_open(tmp_path: Path) -> None:
    sealed(tmp_path, b"briefing")
    with pytest.raises(VaultError):
        unseal(tmp_path / "sealed", tmp_path / "opened", bytes(32))


def test_a_failed_run_leaves_what_was_there(tmp_path: Path) -> None:
    whole = sealed(tmp_path, b"briefing")
    (tmp_path / "opened").write_bytes(b"before")
    (tmp_path / "changed").write_bytes(whole[:-1])
    with pytest.raises(VaultError):
        unseal(tmp_path / "changed", tmp_path / "opened", SECRET)
    assert (tmp_path / "opened").read_bytes() == b"before"
    assert {path.name for path in tmp_path.iterdir()} == {"plain", "sealed", "changed", "opened"}


def test_a_file_that_is_not_there_or_a_folder_is_said_so(tmp_path: Path) -> None:
    for source in (tmp_path / "missing", tmp_path):
        with pytest.raises(VaultError, match="cannot be read") as caught:
            seal(source, tmp_path / "sealed", SECRET)
        assert caught.value.hint
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"briefing")
    with pytest.raises(VaultError, match="cannot be written"):
        seal(tmp_path / "plain", tmp_path / "nowhere" / "sealed", SECRET)


FILL_THE_DISK = """
import resource, sys
from pathlib import Path
from earmark.errors import VaultError
from earmark.records.seal import seal
folder = Path(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
try:
    seal(folder / "plain", folder / "sealed", bytes(32))
except VaultError as error:
    print(error)
"""


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(content(3 * CHUNK_BYTES))
    command = [sys.executable, "-c", FILL_THE_DISK, str(tmp_path)]
    assert "cannot be written" in subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert [path.name for path in tmp_path.iterdir()] == ["plain"]
