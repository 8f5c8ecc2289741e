"""Opus frames without a container, as browsers code what is said in calls."""

from collections.abc import Iterator, Mapping
from typing import cast

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext

from earmark.media.samples import Block, Unpacker

RATE = 48_000
FRAME_MS = 20
FRAME = RATE * FRAME_MS // 1000
"""Samples of a frame."""

LOOKAHEAD = 312
"""By so many samples what comes out of libopus is later than what went in."""


def opus_sound(frames: Mapping[int, bytes]) -> Iterator[Block]:
    """Yield the sound of frames, as it was when they were coded; a frame at a time.

    Args:
        frames: mono frames of 20 ms, by their numbers from 0. Where one is missing or damaged there is silence.

    Yields:
        float32 blocks of shape (1, 960) at 48 kHz, full scale ±1, from the beginning of frame 0 to the end of the last.
    """
    decoder = cast("AudioCodecContext", av.CodecContext.create("opus", "r"))
    decoder.layout = "mono"
    unpacker = Unpacker()
    held = np.zeros((1, 0), np.float32)
    for number in range(max(frames, default=-1) + 1):
        held = np.concatenate([held, _decoded(decoder, unpacker, frames.get(number))], axis=1)
        if number == 0:
            held = held[:, LOOKAHEAD:]
        if held.shape[1] >= FRAME:
            yield held[:, :FRAME]
            held = held[:, FRAME:]
    if held.shape[1]:
        yield np.pad(held, ((0, 0), (0, FRAME - held.shape[1])))


def _decoded(decoder: AudioCodecContext, unpacker: Unpacker, frame: bytes | None) -> Block:
    """Return the 20 ms of a frame; silence where that cannot be."""
    silence = np.zeros((1, FRAME), np.float32)
    if frame is None:
        return silence
    try:
        blocks = [unpacker.block(one) for one in decoder.decode(av.Packet(frame))]
    except av.FFmpegError:
        return silence
    sound = np.concatenate([silence[:, :0], *(block[:1] for block in blocks)], axis=1)[:, :FRAME]
    whole: Block = np.nan_to_num(np.pad(sound, ((0, 0), (0, FRAME - sound.shape[1]))))
    return whole
