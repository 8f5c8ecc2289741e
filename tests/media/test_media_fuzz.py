from __future__ import annotations

# Invariant: whatever bytes a file holds, reading it ends in sound or in a MediaError, never in anything else.
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from earmark.errors import MediaError
from earmark.media.reading import read_blocks, read_resampled
from earmark.media.samples import Block
from earmark.media.source import probe

if TYPE_CHECKING:
    from tests.media.conftest import Kit

FILES: list[tuple[str, str, dict[str, Any]]] = [
    ("a.wav", "pcm_s16le", {"frame": "s16"}),
    ("a.aiff", "pcm_s16be", {"frame": "s16"}),
    ("a.flac", "flac", {"frame": "s16", "layout": "stereo"}),
    ("a.mp3", "mp3", {}),
    ("a.m4a", "aac", {"layout": "stereo"}),
    ("a.ogg", "opus", {}),
    ("a.mkv", "opus", {"picture": "mpeg4"}),
]

damage = st.tuples(
    st.floats(0.05, 1),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=30),
    st.one_of(st.none(), st.tuples(st.floats(0, 1), st.integers(1, 400))),
)
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def damaged(data: bytes, harm: tuple[float, list[tuple[float, int]], tuple[float, int] | None]) -> bytes:
    keep, flips, hole = harm
    out = bytearray(data[: max(1, int(keep * len(data)))])
    for place, value in flips:
        out[int(place * (len(out) - 1))] = value
    if hole is not None:
        start = int(hole[0] * len(out))
        del out[start : start + hole[1]]
    return bytes(out) or b"\0"


@pytest.mark.parametrize(("name", "codec", "more"), FILES)
@few
@given(harm=damage)
def test_damaged_files_are_sound_or_an_error(kit: Kit, name: str, codec: str, more: dict[str, Any], harm: Any) -> None:
    path = kit.folder / name
    if not path.exists():
        kit.make(name, codec, rate=16_000, samples=12_000, **more)
    hurt = kit.folder / ("hurt-" + name)
    hurt.write_bytes(damaged(path.read_bytes(), harm))
    for reading in (strictly, forgivingly):
        try:
            blocks = reading(hurt)
        except MediaError as error:
            assert str(hurt) in str(error)
        else:
            assert all(np.isfinite(block).all() for block in blocks)


def strictly(path: Path) -> list[Block]:
    return list(read_blocks(probe(path)))


def forgivingly(path: Path) -> list[Block]:
    return list(read_resampled(path))
