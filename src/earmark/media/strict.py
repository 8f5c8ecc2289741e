"""Whether a file for marking is whole and in order: FFmpeg passes over much of what is lost or damaged without a word.

What a file tells about itself is checked: sums over its parts, times, and how much there shall be. A container that
tells nothing of the kind, such as MPEG-TS, or a codec without check sums may hide damage.
"""

from collections.abc import Iterable, Iterator
from typing import cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from earmark.errors import MediaError
from earmark.media.ogg import require_intact
from earmark.media.riff import is_cut
from earmark.media.samples import Block
from earmark.media.source import LOSSLESS, SoundInfo

FETCH = "Fetch the whole file again."
CONVERT = "Is the file complete? Decode it to WAV or FLAC with a forgiving player, listen, and mark that."

# A coded frame is at most this long; what a header promises and what decodes may differ by the padding of the last.
CODED_FRAME = 4096
SLACK = {"mp3": 1152}

# These tell only the duration of all streams together, and to the millisecond at best.
TIMED = ("matroska", "flv")
TIMED_SLACK_S = 0.5

# Times are rounded, and of recordings made live they are those of a clock; a lost part of a file is longer.
GAP_S = 0.1


def strict_frames(container: InputContainer, stream: AudioStream, info: SoundInfo) -> Iterator[AudioFrame]:
    """Yield every decoded frame; raise a MediaError at the first thing that is not as it should be."""
    require_whole_container(info)
    if info.codec in LOSSLESS:  # lossy codecs have no check sums, or some that encoders are known to get wrong
        stream.codec_context.options = {"err_detect": "crccheck+explode"}
    latest, end = 0.0, None
    try:
        for packet in strict_packets(container, stream, info):
            latest = max(latest, end_s(packet))
            for frame in packet.decode() if packet.stream_index == stream.index else ():
                end = followed(checked(frame, info), end, info)
                yield frame
        require_reached(latest, container, info)
    except av.FFmpegError as error:
        raise MediaError(f"{info.path} is damaged: {error.strerror}", CONVERT) from error


def require_whole_container(info: SoundInfo) -> None:
    """Raise a MediaError if the container itself tells that a part of it is damaged or missing."""
    if info.container == "ogg":
        require_intact(info.path)
    if info.container == "avi" and is_cut(info.path):
        raise MediaError(f"{info.path} is cut short", FETCH)


def strict_packets(
    container: InputContainer, stream: AudioStream, info: SoundInfo
) -> "Iterator[av.Packet[AudioStream]]":
    """Yield the packets of sound, and those of all streams where only all together tell whether the file is whole."""
    everything = info.container.startswith(TIMED)
    packets = cast("Iterator[av.Packet[AudioStream]]", container.demux() if everything else container.demux(stream))
    for packet in packets:
        if packet.is_corrupt:
            raise MediaError(f"{info.path} is damaged or cut short: a packet is incomplete", CONVERT)
        yield packet


def checked(frame: AudioFrame, info: SoundInfo) -> AudioFrame:
    """Return ``frame`` if it decoded well, to the kind of sound the file began with; raise a MediaError if not."""
    if frame.is_corrupt:
        raise MediaError(f"{info.path} is damaged: a frame does not decode", "Is the file complete?")
    if (frame.sample_rate, frame.layout.nb_channels) != (info.rate, info.channels):
        raise MediaError(f"{info.path} changes its rate or channels on the way", "Convert it to WAV or FLAC first.")
    return frame


def finite(block: Block, info: SoundInfo) -> Block:
    """Return ``block`` if all of it are numbers; raise a MediaError if not."""
    if not np.isfinite(block).all():
        raise MediaError(f"{info.path} holds samples that are not numbers", "Export it anew from where it was made.")
    return block


def end_s(packet: "av.Packet[AudioStream]") -> float:
    """Return when a packet ends, in seconds; 0 where it does not say."""
    return float(((packet.pts or 0) + (packet.duration or 0)) * (packet.time_base or 0))


def followed(frame: AudioFrame, end: float | None, info: SoundInfo) -> float | None:
    """Return when ``frame`` ends, in seconds, None where it does not say; raise a MediaError if it is late.

    Args:
        frame: the next frame.
        end: when the one before it ended.
        info: the file.
    """
    start = end if frame.time is None else frame.time
    if start is not None and end is not None and start - end > GAP_S:
        hint = f"{FETCH} If it was recorded like that, convert it to WAV or FLAC first and listen whether it fits."
        raise MediaError(f"{info.path} has a gap: {start - end:.2f} s are missing at {end:.2f} s", hint)
    return None if start is None else start + frame.samples / frame.sample_rate


def require_reached(latest: float, container: InputContainer, info: SoundInfo) -> None:
    """Raise a MediaError if a file ends before the duration in its header, where its kind has none for the sound."""
    if info.container.startswith(TIMED) and container.duration is not None:
        require_enough(latest + TIMED_SLACK_S, latest, container.duration / 1_000_000, info)


def require_enough(most: float, seconds: float, promised: float, info: SoundInfo) -> None:
    """Raise a MediaError if ``most`` is less than ``promised``; ``seconds`` is what the message says there is."""
    if most < promised:
        raise MediaError(f"{info.path} is cut short: it holds {seconds:.2f} s of {promised:.2f} s", FETCH)


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
        raise MediaError(f"{info.path} holds no sound", "Is the file complete?")
    slack = 0 if info.lossless else SLACK.get(info.codec, CODED_FRAME)
    if info.samples is not None:
        rate = info.rate
        require_enough((total + slack) / rate, total / rate, info.samples / rate, info)
