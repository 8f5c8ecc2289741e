from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from earmark.media.lame import COVERED, crc16, set_length

if TYPE_CHECKING:
    from tests.media.conftest import Kit


def test_the_check_sum_is_the_published_one() -> None:
    assert crc16(b"123456789") == 0xBB3D


@pytest.mark.parametrize("rate", [48_000, 16_000])
@pytest.mark.parametrize("samples", [48_384, 48_388, 48_410, 48_428, 48_432])
def test_every_length_comes_back(kit: Kit, rate: int, samples: int) -> None:
    path = kit.make("a.mp3", "mp3", rate=rate, samples=samples)
    set_length(path, samples)
    assert kit.read(path).shape == (1, samples)


def test_a_tag_that_was_right_is_left_as_it_was(kit: Kit) -> None:
    path = kit.make("a.mp3", "mp3", samples=48_384)
    before = path.read_bytes()
    set_length(path, 48_384)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"", b"ID3", b"\xff\xfb" + bytes(400), b"\xff\xfb" + b"Info" * 3, b"Xing" + bytes(COVERED)]
)
def test_a_file_without_the_tag_is_left_alone(kit: Kit, content: bytes) -> None:
    path = kit.folder / "a.mp3"
    path.write_bytes(content)
    set_length(path, 1_000)
    assert path.read_bytes() == content


def test_a_length_that_cannot_be_is_not_written(kit: Kit) -> None:
    path = kit.make("a.mp3", "mp3")
    before = path.read_bytes()
    set_length(path, 1)
    assert path.read_bytes() == before
