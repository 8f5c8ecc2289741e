from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from earmark.errors import MediaError
from earmark.media.ogg import LARGEST_PAGE, pages, require_intact
from earmark.media.reading import read_blocks, read_resampled
from earmark.media.source import probe

if TYPE_CHECKING:
    from tests.media.conftest import Kit

CODECS = {"a.opus": "opus", "a.ogg": "flac"}
many = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def made(kit: Kit, name: str = "a.opus", samples: int = 240_001) -> Path:
    path = kit.folder / name
    if path.exists():
        return path
    return kit.make(name, CODECS[name], frame="s16" if CODECS[name] == "flac" else "flt", samples=samples)


def cut_up(path: Path) -> list[bytes]:
    with path.open("rb") as file:
        return [page.head + page.rest for page in pages(file, path)]


def hurt(kit: Kit, content: bytes | bytearray) -> Path:
    path = kit.folder / "hurt.ogg"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", CODECS)
def test_a_file_as_ffmpeg_writes_it_is_whole(kit: Kit, name: str) -> None:
    path = made(kit, name)
    require_intact(path)
    assert len(cut_up(path)) > 4
    assert b"".join(cut_up(path)) == path.read_bytes()


@pytest.mark.parametrize("name", CODECS)
@many
@given(place=st.floats(0, 1, exclude_max=True), bits=st.integers(1, 255))
def test_every_changed_byte_is_found(kit: Kit, name: str, place: float, bits: int) -> None:
    data = bytearray(made(kit, name).read_bytes())
    data[int(place * len(data))] ^= bits
    with pytest.raises(MediaError, match=r"damaged at byte|cut short"):
        require_intact(hurt(kit, data))


@many
@given(share=st.floats(0, 1, exclude_max=True))
def test_every_lost_end_is_found(kit: Kit, share: float) -> None:
    data = made(kit).read_bytes()
    with pytest.raises(MediaError, match="cut short"):
        require_intact(hurt(kit, data[: int(share * len(data))]))


@pytest.mark.parametrize("lost", range(6))
def test_every_lost_page_is_found(kit: Kit, lost: int) -> None:
    whole = cut_up(made(kit))
    with pytest.raises(MediaError, match=r"missing|no mark at its end"):
        require_intact(hurt(kit, b"".join(whole[:lost] + whole[lost + 1 :])))


def test_pages_out_of_order_are_found(kit: Kit) -> None:
    whole = cut_up(made(kit))
    whole[3], whole[4] = whole[4], whole[3]
    with pytest.raises(MediaError, match="out of place"):
        require_intact(hurt(kit, b"".join(whole)))


def test_a_stream_that_begins_twice_is_found(kit: Kit) -> None:
    whole = cut_up(made(kit))
    with pytest.raises(MediaError, match="begins twice"):
        require_intact(hurt(kit, b"".join(whole[:1] + whole)))


@pytest.mark.parametrize("name", CODECS)
def test_files_one_behind_the_other_are_read_to_the_end(kit: Kit, name: str) -> None:
    data = made(kit, name).read_bytes()
    path = kit.folder / ("two-" + name)
    path.write_bytes(data * 2)
    assert kit.read(path).shape[1] == 2 * 240_001
    path.write_bytes(data + data[:-1])
    with pytest.raises(MediaError, match="cut short"):
        kit.read(path)


def test_streams_lie_side_by_side(kit: Kit) -> None:
    require_intact(kit.make("a.ogg", "flac", frame="s16", streams=2))


def test_a_little_of_something_else_may_follow(kit: Kit) -> None:
    data = made(kit).read_bytes()
    require_intact(hurt(kit, data + b"TAG" + bytes(125)))
    for more in (bytes(LARGEST_PAGE), b"TAG" + cut_up(made(kit))[0]):
        with pytest.raises(MediaError, match="no page begins there"):
            require_intact(hurt(kit, data + more))


@pytest.mark.parametrize("name", CODECS)
def test_a_damaged_file_is_refused_for_marking_and_read_as_a_leak(kit: Kit, name: str) -> None:
    data = bytearray(made(kit, name).read_bytes())
    data[len(data) // 2] ^= 1
    path = kit.folder / ("hurt-" + name)
    path.write_bytes(data)
    with pytest.raises(MediaError, match="damaged") as caught:
        list(read_blocks(probe(path)))
    assert caught.value.hint
    assert np.concatenate(list(read_resampled(path)), axis=1).shape[1] > 30_000
