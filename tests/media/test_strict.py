from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import av
import pytest

from earmark.errors import MediaError
from earmark.media.reading import read_blocks, read_resampled
from earmark.media.source import probe

if TYPE_CHECKING:
    from tests.media.conftest import Kit

Span = tuple[float, float]


def spoilt(path: Path, content: bytes | bytearray) -> Path:
    spoilt = path.with_name("spoilt-" + path.name)
    spoilt.write_bytes(content)
    return spoilt


def without(path: Path, span: Span) -> Path:
    """What is left of a file without the part between two shares of it."""
    data = path.read_bytes()
    return spoilt(path, data[: int(span[0] * len(data))] + data[int(span[1] * len(data)) :])


def refused(path: Path, match: str) -> None:
    with pytest.raises(MediaError, match=match) as caught:
        list(read_blocks(probe(path)))
    assert caught.value.hint
    assert list(read_resampled(path))


@pytest.mark.parametrize(("name", "codec"), [("a.mkv", "opus"), ("a.webm", "opus"), ("a.mkv", "mp3")])
def test_a_hole_is_a_gap_in_time(kit: Kit, name: str, codec: str) -> None:
    refused(without(kit.make(name, codec, samples=960_000), (0.5, 0.55)), "gap")


@pytest.mark.parametrize("name", ["a.w64", "a.caf", "a.au"])
@pytest.mark.parametrize("span", [(0.3, 1), (0.5, 0.6)])
def test_samples_that_the_header_counts_and_nobody_has_are_missed(kit: Kit, name: str, span: Span) -> None:
    codec = "pcm_s16le" if name == "a.w64" else "pcm_s16be"
    refused(without(kit.make(name, codec, frame="s16"), span), r"cut short|damaged")


@pytest.mark.parametrize("name", ["a.avi", "a.flv"])
def test_a_lost_end_is_missed(kit: Kit, name: str) -> None:
    path = kit.make(name, "mp3", rate=44_100, samples=441_000)
    assert kit.read(path).shape[1] >= 441_000
    refused(without(path, (0.8, 1)), r"cut short|damaged")


@pytest.mark.parametrize(
    ("name", "codec"), [("a.flac", "flac"), ("a.mkv", "flac"), ("a.wv", "wavpack"), ("a.tta", "tta")]
)
def test_one_changed_bit_of_a_codec_with_check_sums_is_found(kit: Kit, name: str, codec: str) -> None:
    path = kit.make(name, codec, frame="s16")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    refused(spoilt(path, data), "damaged")


def packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def test_frames_lost_from_a_flac_that_does_not_count_its_samples_are_missed(kit: Kit) -> None:
    path = kit.make("a.flac", "flac", frame="s16", samples=240_000)
    coded = packets(path)
    head = bytearray(path.read_bytes().partition(coded[0])[0])
    head[21] &= 0xF0  # STREAMINFO ends with 36 bits of total and a check sum of 16 bytes
    head[22:26] = bytes(4)
    whole = spoilt(path, head + b"".join(coded))
    assert probe(whole).samples is None
    assert kit.read(whole).shape[1] == 240_000
    refused(spoilt(path, head + b"".join(coded[:20] + coded[25:])), "gap")


def test_lost_packets_of_a_transport_stream_are_missed(kit: Kit) -> None:
    refused(without(kit.make("a.ts", "mp2", rate=48_000, samples=480_000), (0.5, 0.6)), r"damaged|gap")


def test_sound_that_begins_late_has_no_gap(kit: Kit) -> None:
    path = kit.folder / "late.mkv"
    with av.open(str(kit.make("a.mkv", "flac", frame="s16"))) as source, av.open(str(path), "w") as out:
        twin = out.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(audio=0):
            if packet.pts is not None and packet.pts > 300:
                packet.stream = twin
                out.mux(packet)
    assert 0 < kit.read(path).shape[1] < 60_001
