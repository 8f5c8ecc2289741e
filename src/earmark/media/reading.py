"""Streaming the sound of a file: strictly for marking, forgivingly for tracing."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import cast

import av
import numpy as np
import soxr
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from earmark.media.ahead import keep_freed_memory, one_ahead
from earmark.media.bounds import bounded
from earmark.media.samples import Block, Unpacker
from earmark.media.source import SoundInfo, decoded, first_frame, longest_stream, open_sound
from earmark.media.strict import finite, strict_frames, unpadded

BLOCK_SAMPLES = 1 << 18
AHEAD_S = 8
"""So long that two threads seldom wait for each other to hand over Python's lock."""


def read_blocks(info: SoundInfo, samples: int = BLOCK_SAMPLES) -> Iterator[Block]:
    """Yield all the sound of ``info``'s file, exactly.

    Args:
        info: what ``probe`` returned.
        samples: length of a block; only the last one is shorter.

    Yields:
        float32 blocks of shape (channels, samples), full scale ±1.

    Raises:
        MediaError: the file is damaged or cut short, holds numbers that are no sound, or no sound at all.
    """
    with open_sound(info.path) as container:
        stream = cast("AudioStream", container.streams[info.stream])
        frames = joined(strict_frames(container, stream, info), info.rate)
        blocks = (finite(block, info) for block in unpacked(frames))
        yield from regrouped(unpadded(blocks, info), samples)


def joined(frames: Iterable[AudioFrame], samples: int) -> Iterator[AudioFrame]:
    """Yield the same sound in frames of ``samples`` samples: making an array of each small one takes longer than it.

    Frames are shorter at the end, and where the kind of frame changes.
    """
    for _, alike in groupby(frames, key=kind):
        fifo = av.AudioFifo()
        for frame in alike:
            frame.pts = None  # where times do not follow each other, it is for the caller to mind
            fifo.write(frame)
            if fifo.samples >= samples:
                yield from fifo.read_many(samples)
        yield from fifo.read_many(samples, partial=True)


def kind(frame: AudioFrame) -> tuple[int, int, str, str]:
    """Return rate, channels, sample format and layout."""
    return frame.sample_rate, frame.layout.nb_channels, frame.format.name, frame.layout.name


def unpacked(frames: Iterable[AudioFrame]) -> Iterator[Block]:
    """Yield each frame as float32 (channels, n)."""
    unpacker = Unpacker()
    return (unpacker.block(frame) for frame in frames)


def regrouped(blocks: Iterable[Block], samples: int) -> Iterator[Block]:
    """Yield the same sound in blocks of ``samples`` samples; only the last one is shorter."""
    waiting: list[Block] = []
    have = 0
    for block in blocks:
        waiting.append(block)
        have += block.shape[1]
        if have >= samples:
            joined = np.concatenate(waiting, axis=1)
            whole = have - have % samples
            for start in range(0, whole, samples):
                yield joined[:, start : start + samples]
            waiting, have = [joined[:, whole:]], have - whole
    if have:
        yield np.concatenate(waiting, axis=1)


def read_resampled(path: Path, rate: int = 16_000) -> Generator[Block, None, None]:
    """Yield what can be decoded of the longest stream of sound in ``path``, resampled.

    Damaged packets are left out and what is not a number becomes silence: a leak is seldom in good order. Decoding is a
    block ahead, in a thread of its own.

    Args:
        path: the leak.
        rate: the rate wanted, in Hz.

    Yields:
        float32 blocks of shape (channels, samples), full scale ±1, some seconds each.

    Raises:
        MediaError: there is nothing in it that can be decoded, or more than ``bounds.LONGEST_S``.
    """
    keep_freed_memory()
    with open_sound(path) as container:
        stream = longest_stream(container, path)
        first = first_frame(container, stream, path)
        native, channels = first.sample_rate, first.layout.nb_channels
    with open_sound(path) as container:
        stream = longest_stream(container, path)
        samples = AHEAD_S * native
        with closing(one_ahead(joined(forgiving_frames(container, stream), samples))) as frames:  # before the file is
            alike = (frame for frame in frames if kind(frame)[:2] == (native, channels))
            blocks = (silenced(block) for block in bounded(regrouped(unpacked(alike), samples), native, path))
            yield from resampled(blocks, native, rate, channels)


def forgiving_frames(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    """Yield every frame that decodes."""
    for packet in readable(container, stream):
        yield from decoded(packet)


def silenced(block: Block) -> Block:
    """Return ``block`` with silence for what is not a number."""
    return block if np.isfinite(block).all() else np.nan_to_num(block, posinf=0.0, neginf=0.0)


def readable(container: InputContainer, stream: AudioStream) -> "Iterator[av.Packet[AudioStream]]":
    """Yield packets until the file ends or makes no sense any more."""
    try:
        yield from container.demux(stream)
    except av.FFmpegError:
        return


def resampled(blocks: Iterable[Block], native: int, rate: int, channels: int) -> Iterator[Block]:
    """Yield ``blocks`` at ``rate``, and exactly as long: ``samples * rate / native``, rounded down."""
    if native == rate:
        yield from blocks
        return
    stream = soxr.ResampleStream(native, rate, channels, dtype="float32", quality="HQ")
    taken = given = 0
    for block in blocks:
        taken += block.shape[1]
        out = stream.resample_chunk(np.stack([*block], axis=1)).T
        given += out.shape[1]
        if out.shape[1]:
            yield out
    rest = stream.resample_chunk(np.zeros((0, channels), np.float32), last=True).T
    missing = max(0, taken * rate // native - given)
    yield np.pad(rest[:, :missing], ((0, 0), (0, max(0, missing - rest.shape[1]))))
