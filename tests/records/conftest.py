import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from earmark.records.entries import NewRecording
from earmark.records.vault import Vault


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "vault"


@pytest.fixture
def vault(folder: Path, where: str | None) -> Iterator[Vault]:
    with Vault.init(folder, database=where) as opened:
        yield opened


@pytest.fixture
def briefing() -> NewRecording:
    return NewRecording(
        title="Briefing",
        input_name="briefing.wav",
        input_sha256=hashlib.sha256(b"briefing").hexdigest(),
        seconds=2.5,
        rate=48_000,
        channels=2,
        segment_ms=80,
        segments=31,
        coalition=4,
        detector=1,
        depth=0.25,
        container="wav",
        codec="pcm_s24le",
    )
