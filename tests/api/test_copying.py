from pathlib import Path

import pytest
from tests.api.conftest import STAFF

from earmark.api import Delivered, Listener, Vault, copy, mark, trace
from earmark.errors import MediaError, UsageError


def test_the_same_copy_comes_out_again(vault: Vault, marked: Delivered, briefing: Path, out: Path) -> None:
    done = copy(vault, marked.recording.id, ["ben"], out.with_name("later"), source=briefing)
    assert (done.recording, done.made) == (marked.recording, 1)
    assert done.copies[0].path.read_bytes() == (out / "ben.wav").read_bytes()


@pytest.mark.parametrize("asked", [None, "flac", "opus"])
def test_from_the_sealed_original(vault: Vault, briefing: Path, out: Path, asked: str | None) -> None:
    done = mark(vault, briefing, STAFF, out, only=["anna"], seal_original=True, format=asked)
    briefing.unlink()
    later = copy(vault, "briefing", ["finn", "finn"], out)
    assert [one.path.name for one in later.copies] == [f"finn{done.copies[0].path.suffix}"]
    assert [one.listener for one in trace(vault, later.copies[0].path).named] == ["finn"]
    assert not list((vault.folder / "work").iterdir())


@pytest.mark.usefixtures("marked")
def test_it_is_there_already(vault: Vault, briefing: Path, out: Path) -> None:
    assert copy(vault, "briefing", ["ben"], out, source=briefing).made == 0


@pytest.mark.usefixtures("marked")
def test_listeners_can_be_added(vault: Vault, briefing: Path, out: Path) -> None:
    new = [Listener("gina"), Listener("hugo")]
    assert [one.listener for one in copy(vault, "briefing", [], out, source=briefing, add=new).copies] == [
        "gina",
        "hugo",
    ]
    assert [one.listener for one in trace(vault, out / "hugo.wav").named] == ["hugo"]


@pytest.mark.usefixtures("marked")
def test_added_but_not_all_given(vault: Vault, briefing: Path, out: Path) -> None:
    new = [Listener("gina"), Listener("hugo")]
    done = copy(vault, "briefing", ["gina", "ben"], out, source=briefing, add=new)
    assert [one.listener for one in done.copies] == ["gina", "ben"]
    assert not (out / "hugo.wav").exists()


@pytest.mark.usefixtures("marked")
def test_nobody_is_asked_for(vault: Vault, briefing: Path, out: Path) -> None:
    with pytest.raises(UsageError, match="nobody"):
        copy(vault, "briefing", [], out, source=briefing)


@pytest.mark.usefixtures("marked")
def test_an_unknown_listener(vault: Vault, briefing: Path, out: Path) -> None:
    with pytest.raises(UsageError, match="'zoe' is no listener"):
        copy(vault, "briefing", ["zoe"], out, source=briefing)


def test_an_unknown_recording(vault: Vault, out: Path) -> None:
    with pytest.raises(UsageError, match="no recording"):
        copy(vault, "briefing", ["zoe"], out)


@pytest.mark.usefixtures("marked")
def test_no_original_at_hand(vault: Vault, out: Path) -> None:
    with pytest.raises(UsageError, match="no sealed original"):
        copy(vault, "briefing", ["ben"], out.with_name("later"))


@pytest.mark.usefixtures("marked")
def test_another_file(vault: Vault, out: Path) -> None:
    with pytest.raises(MediaError, match="is not the file"):
        copy(vault, "briefing", ["ben"], out.with_name("later"), source=out / "anna.wav")
    assert not list(out.with_name("later").iterdir())


@pytest.mark.usefixtures("marked")
def test_a_foreign_file_in_the_way(vault: Vault, briefing: Path, out: Path) -> None:
    (out / "ben.wav").write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        copy(vault, "briefing", ["ben"], out, source=briefing)
    assert copy(vault, "briefing", ["ben"], out, source=briefing, force=True).made == 1
