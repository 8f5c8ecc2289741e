"""Copies that are encoded one by one; whatever is not sound is copied packet for packet."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias, cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.stream import Stream
from av.video.stream import VideoStream
from numpy.typing import NDArray

from earmark.errors import MediaError
from earmark.media.cover import picture_tag
from earmark.media.edits import skip_padding
from earmark.media.lame import set_length
from earmark.media.source import SoundInfo, is_moving, kept_tags, open_sound
from earmark.media.splice import Shelf
from earmark.media.target import Target

Timed: TypeAlias = "tuple[float, av.Packet[Stream]]"

# An MP4 counts in milliseconds unless told otherwise, too coarse to say where the sound ends.
COUNTED_IN_SAMPLES = frozenset({"mp4", "mov"})
TAGS_IN_STREAM = frozenset({"ogg", "opus"})
# Samples with which an encoder begins before the sound does.
PADDING = {"aac": 1024}
PICTURES = frozenset({"mp4", "mp3", "flac"})
CHAPTERED = frozenset({"mp4", "mov", "matroska", "webm", "mp3", "ogg", "opus"})


@dataclass(frozen=True)
class EncodedPieces:
    """Everything an encoded copy is made from.

    Attributes:
        info: the original, which gives all that is not sound; its file must still be there.
        target: what a copy looks like.
        pcm: both variants as samples.
    """

    info: SoundInfo
    target: Target
    pcm: Shelf

    def write(self, codeword: NDArray[np.uint8], part: Path) -> None:
        """Write the copy of ``codeword`` to ``part``.

        Raises:
            MediaError: the container does not take the picture or another stream as it is.
        """
        with ExitStack() as stack:
            original = stack.enter_context(open_sound(self.info.path))
            out = stack.enter_context(opened(part, self.target))
            try:
                copied = add_copied(original, out, self.target)
            except ValueError as error:
                hint = "Copies with sound only can be had with --format m4a or --format flac."
                raise MediaError(f"{self.info.path} holds what {self.target.suffix} cannot: {error}", hint) from error
            sound = add_sound(original, out, self.info, self.target)
            label(original, out, sound, self.info, self.target)
            coded = sound_packets(sound, self.pcm.spliced(codeword), self.info, self.target)
            for _, packet in heapq.merge(copied_packets(original, copied), coded, key=lambda timed: timed[0]):
                out.mux_one(packet)
        if self.target.muxer in COUNTED_IN_SAMPLES and starts_late(self.info, self.target):
            skip_padding(part, PADDING.get(self.target.codec, 0))
        if self.target.muxer == "mp3":
            sample = self.target.channels * self.target.samples.width
            set_length(part, int(self.pcm.offsets[0, -1]) // sample)


def starts_late(info: SoundInfo, target: Target) -> bool:
    """Tell whether the sound begins after the picture."""
    return target.keeps_video and info.start_s > 0


def opened(part: Path, target: Target) -> OutputContainer:
    """Open ``part`` for writing."""
    options = {"wav": {"rf64": "auto"}}.get(target.muxer, {})
    if target.muxer in COUNTED_IN_SAMPLES:
        options = {"movie_timescale": str(target.rate)}
    if target.format == "m4a":  # FFmpeg's own muxer of that name takes no cover art
        options["brand"] = "M4A "
    return av.open(f"file:{part}", "w", format=target.muxer, options=options, metadata_errors="surrogateescape")


def add_copied(original: InputContainer, out: OutputContainer, target: Target) -> dict[int, Stream]:
    """Add a stream to ``out`` for each that is copied; return them by the index of their original."""
    copied: dict[int, Stream] = {}
    for stream in original.streams:
        if is_copied(stream, target):
            twin = out.add_stream_from_template(stream, opaque=True)
            twin.metadata.update(kept_tags(stream.metadata))
            twin.disposition = stream.disposition
            copied[stream.index] = twin
    return copied


def is_copied(stream: Stream, target: Target) -> bool:
    """Tell whether a stream goes along: the picture and what belongs to it, or cover art where it has a place."""
    if isinstance(stream, VideoStream) and not is_moving(stream):
        return target.muxer in PICTURES
    return target.keeps_video and stream.type in {"video", "subtitle", "attachment"}


def add_sound(original: InputContainer, out: OutputContainer, info: SoundInfo, target: Target) -> AudioStream:
    """Add the stream of sound to ``out``."""
    options = dict(target.encoder.options)
    stream = cast("AudioStream", out.add_stream(target.encoder.name, rate=target.rate, options=options))
    context = stream.codec_context
    context.layout = target.layout
    context.format = encoder_format(stream, target)
    if target.bit_rate:
        context.bit_rate = target.bit_rate
    stream.time_base = context.time_base = Fraction(1, target.rate)
    source = original.streams[info.stream]
    stream.metadata.update(kept_tags(source.metadata))
    stream.disposition = source.disposition
    return stream


def encoder_format(stream: AudioStream, target: Target) -> str:
    """Return the sample format of the encoder that holds what is stored, channels interleaved or not."""
    formats = stream.codec_context.codec.audio_formats or []
    if target.codec.startswith("pcm_"):
        return formats[0].name
    return next(known.name for known in formats if known.packed.name == target.samples.frame_name)


def label(original: InputContainer, out: OutputContainer, sound: AudioStream, info: SoundInfo, target: Target) -> None:
    """Write tags, chapters and, where a container has only tags for it, cover art."""
    if target.muxer in TAGS_IN_STREAM:
        sound.metadata.update({**info.tags, **picture_tag(info.path)})
    elif info.container == "ogg":
        out.metadata.update(info.tags)
    else:
        out.metadata.update(kept_tags(original.metadata))
    if target.muxer in CHAPTERED:
        out.set_chapters(original.chapters())


def copied_packets(original: InputContainer, copied: dict[int, Stream]) -> Iterator[Timed]:
    """Yield the packets of the copied streams with their times in seconds, untouched but for where they belong."""
    streams = [original.streams[index] for index in copied]
    latest = float("-inf")
    for packet in original.demux(streams) if streams else ():
        if packet.size == 0:
            continue
        if packet.dts is not None and packet.stream.type != "attachment":
            latest = max(latest, float(packet.dts * packet.time_base))
        packet.stream = copied[packet.stream_index]
        yield latest, packet


def sound_packets(stream: AudioStream, pieces: Iterator[bytes], info: SoundInfo, target: Target) -> Iterator[Timed]:
    """Yield the encoded packets of the spliced samples with their times in seconds."""
    start = round(info.start_s * target.rate) if target.keeps_video else 0
    packets = (
        pcm_packets(stream, pieces, start, target)
        if target.codec.startswith("pcm_")
        else coded_packets(stream, pieces, start, target)
    )
    for packet in packets:
        yield float((packet.dts or 0) * packet.time_base), packet


def pcm_packets(
    stream: AudioStream, pieces: Iterator[bytes], start: int, target: Target
) -> Iterator[av.Packet[Stream]]:
    """Yield stored samples as packets: uncompressed sound needs no encoder."""
    for piece in joined(pieces, target):
        packet = av.Packet(piece)
        packet.stream, packet.time_base = stream, Fraction(1, target.rate)
        packet.pts = packet.dts = start
        packet.duration = len(piece) // (target.channels * target.samples.width)
        packet.is_keyframe = True
        start += packet.duration
        yield packet


def coded_packets(
    stream: AudioStream, pieces: Iterator[bytes], start: int, target: Target
) -> Iterator[av.Packet[Stream]]:
    """Yield the packets of the encoder, none of which outlasts the sound."""
    clock = Clock(start)
    for frame in frames(pieces, clock, target):
        yield from clock.cut(stream.encode(frame))
    yield from clock.cut(stream.encode(None), at_end=True)


class Clock:
    """Counts samples, so that the last packet can be told how much of it is sound."""

    def __init__(self, start: int) -> None:
        self.now = start

    def cut(self, packets: list[av.Packet[Stream]], *, at_end: bool = False) -> Iterator[av.Packet[Stream]]:
        """Yield ``packets``, the last ones no longer than what is left."""
        for packet in packets:
            if at_end and packet.pts is not None and packet.duration:
                packet.duration = max(0, min(packet.duration, self.now - packet.pts))
            yield packet


def frames(pieces: Iterator[bytes], clock: Clock, target: Target) -> Iterator[AudioFrame]:
    """Yield stored samples as frames of about a second, timed in samples."""
    name = target.samples.frame_name
    for piece in joined(pieces, target):
        words = np.frombuffer(piece, target.samples.dtype)[None]
        if target.level != 1:
            words = words * np.float32(target.level)
        frame = AudioFrame.from_ndarray(words, name, target.layout)
        frame.sample_rate, frame.time_base, frame.pts = target.rate, Fraction(1, target.rate), clock.now
        clock.now += frame.samples
        yield frame


def joined(pieces: Iterator[bytes], target: Target) -> Iterator[bytes]:
    """Yield the same bytes in lengths of a second; only the last one is shorter."""
    length = target.rate * target.channels * target.samples.width
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) >= length:
            yield bytes(waiting[:length])
            del waiting[:length]
    if waiting:
        yield bytes(waiting)
