from pathlib import Path

import pytest
from tests.api.conftest import SECONDS, STAFF

from earmark.api import Delivered, Vault, init, listeners, recordings
from earmark.errors import VaultError
from earmark.grid import DEFAULT_SEGMENT_MS


def test_a_new_vault_is_empty_and_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert init(tmp_path / "new").vault == tmp_path / "new"
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0
    with Vault(tmp_path / "new") as vault:
        assert recordings(vault).recordings == ()
    with pytest.raises(VaultError, match="already"):
        init(tmp_path / "new")


def test_recordings(vault: Vault, marked: Delivered) -> None:
    (one,) = recordings(vault).recordings
    assert (one.id, one.status, one.listeners, one.copies) == (marked.recording.id, "complete", len(STAFF), len(STAFF))
    assert (one.segment_ms, one.seconds, one.format) == (DEFAULT_SEGMENT_MS, SECONDS, "wav")
    assert one.segments == int(SECONDS * 1000) // DEFAULT_SEGMENT_MS


@pytest.mark.usefixtures("marked")
def test_no_key_is_shown(vault: Vault) -> None:
    text = repr((recordings(vault), listeners(vault, "briefing")))
    (recording,) = vault.recordings()
    keys = vault.keys(recording.id, "mark")
    for key in (*vars(keys).values(), *vault.secrets(recording.id, "mark").values()):
        assert repr(key) not in text


def test_listeners(vault: Vault, marked: Delivered, out: Path) -> None:
    result = listeners(vault, marked.recording.id[:5])
    assert result.recording == marked.recording
    assert [one.id for one in result.listeners] == [one.id for one in STAFF]
    assert [copy.path for copy in result.listeners[1].copies] == [str(out / "ben.wav")]
