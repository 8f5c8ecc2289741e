from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from earmark.media.cover import flac_picture, picture_tag

if TYPE_CHECKING:
    from tests.media.conftest import Kit


def test_a_picture_block_is_laid_out_as_in_the_rfc() -> None:
    block = flac_picture(b"image", "image/png", (16, 9), "Käfer")
    assert block[:8] == b"\0\0\0\x03\0\0\0\x09"
    assert block[8:17] == b"image/png"
    assert block[17:27] == b"\0\0\0\x06" + "Käfer".encode()
    assert block[27:43] == b"\0\0\0\x10\0\0\0\x09\0\0\0\x18\0\0\0\0"
    assert block[43:] == b"\0\0\0\x05image"


def test_the_first_cover_is_found(kit: Kit) -> None:
    tag = picture_tag(kit.make("a.mp3", "mp3", cover=True))
    image = (kit.folder / "cover.png").read_bytes()
    assert base64.b64decode(tag["METADATA_BLOCK_PICTURE"]).endswith(image)


def test_a_moving_picture_is_no_cover(kit: Kit) -> None:
    assert picture_tag(kit.make("a.mkv", "opus", picture="mpeg4")) == {}
    assert picture_tag(kit.make("a.wav", "pcm_s16le", frame="s16")) == {}
