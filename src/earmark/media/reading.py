"""Streaming the sound of a file: strictly for marking, forgivingly for tracing."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast

import av
import numpy as np
import soxr
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from earmark.errors import MediaError
from earmark.media.samples import Block, Unpacker
from earmark.media.source import SoundInfo, decoded, first_frame, longest_stream, open_sound

BLOCK_SAMPLES = 1 << 18

# A coded frame is at most this long; what a header promises and what decodes may differ by the padding of the last.
CODED_FRAME = 4096
SLACK = {"mp3": 1152}

# Matroska tells only the duration of all streams together, and to the millisecond at best.
MATROSKA_SLACK_S = 0.5


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
        blocks = unpadded(strict_blocks(container, stream, info), info)
        yield from regrouped(blocks, samples)


def strict_blocks(container: InputContainer, stream: AudioStream, info: SoundInfo) -> Iterator[Block]:
    """Yield every decoded frame as a block; raise a MediaError at the first thing that is not as it should be."""
    unpacker = Unpacker()
    latest = 0.0
    try:
        for packet in strict_packets(container, stream, info):
            latest = max(latest, end_s(packet))
            for frame in packet.decode() if packet.stream_index == stream.index else ():
                yield checked(unpacker.block(frame), frame, info)
        require_reached(latest, container, info)
    except av.FFmpegError as error:
        hint = "is the file complete? Decode it to WAV or FLAC with a forgiving player, listen, and mark that"
        raise MediaError(f"{info.path} is damaged: {error.strerror}", hint) from error


def strict_packets(
    container: InputContainer, stream: AudioStream, info: SoundInfo
) -> "Iterator[av.Packet[AudioStream]]":
    """Return the packets of sound, and those of all streams where only all together tell whether the file is whole."""
    if info.container.startswith("matroska"):
        return cast("Iterator[av.Packet[AudioStream]]", container.demux())
    return container.demux(stream)


def checked(block: Block, frame: AudioFrame, info: SoundInfo) -> Block:
    """Return ``block`` if it is sound of the kind the file began with; raise a MediaError if not."""
    if frame.is_corrupt:
        raise MediaError(f"{info.path} is damaged: a frame does not decode", "is the file complete?")
    if (frame.sample_rate, frame.layout.nb_channels) != (info.rate, info.channels):
        raise MediaError(f"{info.path} changes its rate or channels on the way", "convert it to WAV or FLAC first")
    if not np.isfinite(block).all():
        raise MediaError(f"{info.path} holds samples that are not numbers", "export it anew from where it was made")
    return block


def end_s(packet: "av.Packet[AudioStream]") -> float:
    """Return when a packet ends, in seconds; 0 where it does not say."""
    return float(((packet.pts or 0) + (packet.duration or 0)) * (packet.time_base or 0))


def require_reached(latest: float, container: InputContainer, info: SoundInfo) -> None:
    """Raise a MediaError if a Matroska file ends before the duration in its header."""
    if info.container.startswith("matroska") and container.duration is not None:
        promised = container.duration / 1_000_000
        if latest + MATROSKA_SLACK_S < promised:
            seconds = f"{latest:.2f} s of {promised:.2f} s"
            raise MediaError(f"{info.path} is cut short: it holds {seconds}", "fetch the whole file again")


def unpadded(blocks: Iterable[Block], info: SoundInfo) -> Iterator[Block]:
    """Yield ``blocks`` without the padding of the last coded frame, where the header tells the true length.

    Raises:
        MediaError: there is less than the header promises, or nothing.
    """
    promised, total = info.samples, 0
    held: list[Block] = []
    for block in blocks:
        inside = block.shape[1] if promised is None else min(max(0, promised - total), block.shape[1])
        total += block.shape[1]
        if inside:
            yield block[:, :inside]
        if inside < block.shape[1]:
            held.append(block[:, inside:])
        if held and sum(part.shape[1] for part in held) > CODED_FRAME:  # not padding: the header is wrong
            yield from held
            held, promised = [], None
    require_whole(total, info)


def require_whole(total: int, info: SoundInfo) -> None:
    """Raise a MediaError unless ``total`` samples are what the header promises, and some."""
    if total == 0:
        raise MediaError(f"{info.path} holds no sound")
    slack = 0 if info.lossless else SLACK.get(info.codec, CODED_FRAME)
    if info.samples is not None and total + slack < info.samples:
        seconds = f"{total / info.rate:.2f} s of {info.samples / info.rate:.2f} s"
        raise MediaError(f"{info.path} is cut short: it holds {seconds}", "fetch the whole file again")


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


def read_resampled(path: Path, rate: int = 16_000) -> Iterator[Block]:
    """Yield what can be decoded of the longest stream of sound in ``path``, resampled.

    Damaged packets are left out and what is not a number becomes silence: a leak is seldom in good order.

    Args:
        path: the leak.
        rate: the rate wanted, in Hz.

    Yields:
        float32 blocks of shape (channels, samples), full scale ±1, a second or so each.

    Raises:
        MediaError: there is nothing in it that can be decoded.
    """
    with open_sound(path) as container:
        stream = longest_stream(container, path)
        first = first_frame(container, stream, path)
        native, channels = first.sample_rate, first.layout.nb_channels
    with open_sound(path) as container:
        stream = longest_stream(container, path)
        blocks = forgiving_blocks(container, stream, native, channels)
        finite = (np.nan_to_num(block, posinf=0.0, neginf=0.0) for block in regrouped(blocks, native))
        yield from resampled(finite, native, rate, channels)


def forgiving_blocks(container: InputContainer, stream: AudioStream, rate: int, channels: int) -> Iterator[Block]:
    """Yield every frame that decodes to sound of the given rate and number of channels."""
    unpacker = Unpacker()
    for packet in readable(container, stream):
        for frame in decoded(packet):
            if (frame.sample_rate, frame.layout.nb_channels) == (rate, channels):
                yield unpacker.block(frame)


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
        out = stream.resample_chunk(np.ascontiguousarray(block.T)).T
        given += out.shape[1]
        if out.shape[1]:
            yield out
    rest = stream.resample_chunk(np.zeros((0, channels), np.float32), last=True).T
    missing = max(0, taken * rate // native - given)
    yield np.pad(rest[:, :missing], ((0, 0), (0, max(0, missing - rest.shape[1]))))
