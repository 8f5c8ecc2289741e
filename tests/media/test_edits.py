from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from earmark.media.edits import skip_padding

if TYPE_CHECKING:
    from tests.media.conftest import Kit

RATE, LATE = 48_000, 9_600


def first_sound(path: str) -> tuple[int, float]:
    """Return (time of the first decoded sample plus where a click lies in what follows, number of samples)."""
    with av.open(path) as container:
        frames = list(container.decode(audio=0))
    sound = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    start = (frames[0].pts or 0) * (frames[0].time_base or 0)
    return round(start * RATE) + int(np.abs(sound).argmax()), float(start)


@pytest.mark.parametrize("name", ["a.mp4", "a.mov"])
def test_padding_before_late_sound_is_left_out(kit: Kit, name: str) -> None:
    path = str(kit.folder / name)
    with av.open(path, "w", options={"movie_timescale": str(RATE)}) as out:
        picture = out.add_stream("mpeg4", rate=25, width=64, height=48, pix_fmt="yuv420p")
        stream = out.add_stream("aac", rate=RATE)
        assert isinstance(picture, VideoStream)
        assert isinstance(stream, AudioStream)
        stream.codec_context.layout = "mono"
        for number in range(10):
            image = VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            image.pts, image.time_base = number, Fraction(1, 25)
            out.mux(picture.encode(image))
        click = np.zeros((1, 10_240), np.float32)
        click[0, 5_000] = 0.9
        frame = AudioFrame.from_ndarray(click, "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, LATE, Fraction(1, RATE)
        out.mux([*picture.encode(None), *stream.encode(frame), *stream.encode(None)])
    place, start = first_sound(path)
    assert (place, round(start * RATE)) == (LATE + 5_000, LATE - 1_024)
    skip_padding(kit.folder / name, 1_024)
    place, start = first_sound(path)
    assert (place, round(start * RATE)) == (LATE + 5_000, LATE)


def test_sound_that_starts_at_once_is_left_alone(kit: Kit) -> None:
    path = kit.make("a.mp4", "aac", picture="mpeg4")
    before = path.read_bytes()
    skip_padding(path, 1_024)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"\0\0\0\x01moov" + bytes(8), b"\0\0\0\0free", bytes(100), b"junk" * 10])
def test_what_is_no_mp4_is_left_alone(kit: Kit, content: bytes) -> None:
    path = kit.folder / "a.mp4"
    path.write_bytes(content)
    skip_padding(path, 1_024)
    assert path.read_bytes() == content
