import os
import subprocess
import sys
from pathlib import Path

import pytest

from earmark.errors import MediaError
from earmark.media.pending import PendingCopy, finish, new_part, sweep


def pending(path: Path, content: bytes = b"sound") -> PendingCopy:
    with new_part(path) as (part, lock):
        part.write_bytes(content)
        return finish(path, part, lock)


def test_a_copy_appears_when_it_is_committed(tmp_path: Path) -> None:
    copy = pending(tmp_path / "a.wav")
    assert not copy.path.exists()
    assert copy.size == 5
    copy.commit()
    copy.discard()
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]
    assert copy.path.read_bytes() == b"sound"


def test_nothing_is_overwritten_unless_asked(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"mine")
    copy = pending(tmp_path / "a.wav")
    with pytest.raises(MediaError, match="exists already"):
        copy.commit()
    assert (tmp_path / "a.wav").read_bytes() == b"mine"
    copy.commit(overwrite=True)
    assert (tmp_path / "a.wav").read_bytes() == b"sound"


def test_a_folder_without_hard_links_is_served_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    pending(tmp_path / "a.wav").commit()
    again = pending(tmp_path / "a.wav", b"other")
    with pytest.raises(MediaError, match="exists already"):
        again.commit()
    again.discard()
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="No space left") as caught, new_part(tmp_path / "a.wav"):
        raise OSError(28, "No space left on device")
    assert "space on the disk" in caught.value.hint
    with pytest.raises(KeyboardInterrupt), new_part(tmp_path / "a.wav"):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="cannot be written"), new_part(tmp_path / "nowhere" / "a.wav"):
        pass


def test_what_a_crash_leaves_is_swept_and_what_is_in_use_stays(tmp_path: Path) -> None:
    crash = (
        "import os, sys, pathlib; from earmark.media.pending import new_part\n"
        "with new_part(pathlib.Path(sys.argv[1])) as (part, lock):\n"
        "    part.write_bytes(b'half'); os._exit(9)"
    )
    source = str(Path(__file__).parents[2] / "src")
    done = subprocess.run(
        [sys.executable, "-c", crash, str(tmp_path / "a.wav")], check=False, env={**os.environ, "PYTHONPATH": source}
    )
    assert done.returncode == 9
    (left,) = tmp_path.iterdir()
    mine = pending(tmp_path / "b.wav")
    (tmp_path / "c.part").touch()
    assert sweep(tmp_path) == [left]
    assert mine.part.exists()
    mine.discard()
    assert [path.name for path in tmp_path.iterdir()] == ["c.part"]
