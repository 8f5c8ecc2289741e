"""Cover art for containers that keep it in a tag: Ogg's METADATA_BLOCK_PICTURE."""

import base64
from pathlib import Path

from av.container import InputContainer

from earmark.media.source import is_moving, open_sound

FRONT_COVER = 3
MIME = {"mjpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "bmp": "image/bmp", "webp": "image/webp"}


def picture_tag(path: Path) -> dict[str, str]:
    """Return the tag that holds the first cover of ``path``; empty if it has none."""
    with open_sound(path) as container:
        block = picture_block(container)
    return {"METADATA_BLOCK_PICTURE": base64.b64encode(block).decode("ascii")} if block else {}


def picture_block(container: InputContainer) -> bytes:
    """Return the first cover as a FLAC picture block (RFC 9639, section 8.8); empty if there is none."""
    for stream in container.streams.video:
        mime = MIME.get(stream.codec_context.name)
        if is_moving(stream) or mime is None:
            continue
        for packet in container.demux(stream):
            if packet.size:
                size = (stream.codec_context.width, stream.codec_context.height)
                return flac_picture(bytes(packet), mime, size, stream.metadata.get("title", ""))
    return b""


def flac_picture(image: bytes, mime: str, size: tuple[int, int], title: str) -> bytes:
    """Return the block of one picture of ``size`` (width, height)."""
    kind, words = mime.encode("ascii"), title.encode()
    numbers = (*size, 24, 0)
    return b"".join(
        (
            FRONT_COVER.to_bytes(4, "big"),
            len(kind).to_bytes(4, "big") + kind,
            len(words).to_bytes(4, "big") + words,
            *(number.to_bytes(4, "big") for number in numbers),
            len(image).to_bytes(4, "big") + image,
        )
    )
