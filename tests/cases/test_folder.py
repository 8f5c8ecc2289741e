import errno
import hashlib
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from earmark.cases.folder import CaseError, file_facts, new_folder, put, receive, reserved
from earmark.errors import UsageError


def test_it_appears_whole(tmp_path: Path) -> None:
    with new_folder(tmp_path / "deep" / "case") as folder:
        put(folder / "report.html", b"<p>")
        assert not (tmp_path / "deep" / "case").exists()
        assert folder.stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "deep" / "case" / "report.html").read_bytes() == b"<p>"
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["case"]


def test_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), new_folder(tmp_path / "case") as folder:
        put(folder / "report.html", b"<p>")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_what_came_to_be_there_meanwhile_stays(tmp_path: Path) -> None:
    with pytest.raises(CaseError), new_folder(tmp_path / "case") as folder:
        put(folder / "report.html", b"<p>")
        (tmp_path / "case").mkdir()
        (tmp_path / "case" / "mine").touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["case", "mine"]


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for name in (".", "dangling"):
        with pytest.raises(UsageError), new_folder(tmp_path / name):
            pass


def test_what_was_killed_is_swept_away_and_what_goes_on_is_not(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib, earmark.cases.folder as f\nwith f.new_folder(pathlib.Path(sys.argv[1])) as part:\n"
        + ("    (part / 'exhibit.bin').write_bytes(b'x')\n    print(part.name, flush=True)\n    sys.stdin.read()")
    )
    command = [sys.executable, "-c", program, str(tmp_path / "killed")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        left = other.stdout.readline().strip()
        with new_folder(tmp_path / "mine"):
            assert (tmp_path / left / "exhibit.bin").exists()
        other.kill()
    assert (tmp_path / left).exists()
    with new_folder(tmp_path / "next") as part, new_folder(tmp_path / "another"):
        assert not (tmp_path / left).exists()
        assert part.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["another", "mine", "next"]


def test_of_two_who_want_a_name_one_has_it(tmp_path: Path) -> None:
    case = tmp_path / "case"
    with new_folder(case) as mine:
        put(mine / "report.html", b"mine")
        with pytest.raises(UsageError, match="is there already"), new_folder(case) as other:
            with reserved(case):
                put(mine / "bundle.earmark", b"mine")
            put(other / "report.html", b"other")
            with reserved(case):
                pytest.fail("it was taken")
        assert list(case.iterdir()) == []
    assert sorted(path.read_bytes() for path in case.iterdir()) == [b"mine", b"mine"]


def test_where_the_last_step_fails_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("earmark.cases.folder.os.rename", refuse)
    case = tmp_path / "case"
    with pytest.raises(CaseError, match="cannot be read or written"), new_folder(case) as folder:
        put(folder / "report.html", b"<p>")
        with reserved(case):
            put(folder / "bundle.earmark", b"")
    assert list(tmp_path.iterdir()) == []


def test_a_name_is_free_again_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), new_folder(tmp_path / "case"), reserved(tmp_path / "case"):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_large_exhibits_take_little_memory(tmp_path: Path) -> None:
    leak = tmp_path / "leak"
    with leak.open("wb") as file:
        file.truncate(150_000_001)
    tracemalloc.start()
    received = receive(leak, make(tmp_path / "case"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert received.bytes == 150_000_001 == received.path.stat().st_size
    assert received.sha256 == hashlib.sha256(leak.read_bytes()).hexdigest()
    assert received.path.stat().st_mode & 0o777 == 0o400
    assert peak < 5_000_000


@pytest.mark.parametrize("content", [bytes(3 << 20), bytes(1 << 20) + b"x", b"x" + bytes(5 << 20) + b"y", b""])
def test_holes_are_copied_as_what_they_are(tmp_path: Path, content: bytes) -> None:
    leak = tmp_path / "leak"
    leak.write_bytes(content)
    received = receive(leak, make(tmp_path / "case"))
    assert received.path.read_bytes() == content
    assert received.sha256 == hashlib.sha256(content).hexdigest()


def make(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_what_cannot_be_read_or_written(tmp_path: Path) -> None:
    folder = make(tmp_path / "case")
    for leak in (tmp_path / "missing", tmp_path):
        with pytest.raises(CaseError, match="cannot be read"):
            receive(leak, folder)
    put(folder / "report.html", b"")
    with pytest.raises(CaseError):
        put(folder / "report.html", b"again")
    with pytest.raises(CaseError), new_folder(Path(os.devnull) / "case"):
        pass


def test_facts_of_a_file() -> None:
    assert file_facts("report.html", b"<p>").sha256 == hashlib.sha256(b"<p>").hexdigest()
