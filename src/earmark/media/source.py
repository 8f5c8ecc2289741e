"""What a file is, before a sample of it is used.

FFmpeg opens far more than sound files: playlists and scripts that name other files or hosts. Here it may open the one
local file it is given, in one of the containers below, and nothing else.
"""

import errno
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from earmark.errors import MediaError
from earmark.media.riff import promised_bytes
from earmark.media.samples import SampleFormat

CONTAINERS = (
    "aac ac3 act aiff amr ape asf au avi caf dsf dts eac3 flac flv g722 gsm iff matroska mov mp3 mpc mpc8 mpeg mpegts "
    "oga ogg rm shn tak truehd tta voc w64 wav wv"
)
LOWEST_RATE, HIGHEST_RATE = 8_000, 192_000
MOST_CHANNELS = 8
LOSSLESS = frozenset({"flac", "alac", "wavpack", "tta", "ape", "truehd", "mlp", "shorten", "tak"})

# Tags that describe the old file and not the recording.
TECHNICAL_TAGS = frozenset(
    {"encoder", "handler_name", "major_brand", "minor_version", "compatible_brands", "vendor_id", "duration"}
)


@dataclass(frozen=True)
class SoundInfo:
    """What there is to know about a sound file without decoding all of it.

    Attributes:
        path: the file.
        container: FFmpeg's name of the container it was read as, such as ``mov,mp4,m4a,3gp,3g2,mj2``.
        codec: FFmpeg's name of the codec, such as ``aac``.
        rate: sampling rate as decoded, in Hz.
        channels: how many.
        layout: FFmpeg's name of the channel layout, such as ``5.1``; ``6 channels`` where the file does not say.
        bits: significant bits of a sample of a lossless codec; None for a lossy one.
        is_float: whether a lossless codec stores floats.
        samples: exact number of samples per channel where the header promises one.
        seconds: duration, exact or as estimated from the header; None where unknown.
        bit_rate: of the sound, in bit/s; None where unknown.
        start_s: where in the container's time the first sample lies, in seconds.
        tags: title and the like, of the container and the stream.
        has_video: whether there is a moving picture.
        audio_streams: how many streams of sound the file has; the others of a ``SoundInfo`` are about one.
        stream: index of the stream described.
    """

    path: Path
    container: str
    codec: str
    rate: int
    channels: int
    layout: str
    bits: int | None
    is_float: bool
    samples: int | None
    seconds: float | None
    bit_rate: int | None
    start_s: Fraction
    tags: dict[str, str] = field(hash=False)
    has_video: bool
    audio_streams: int
    stream: int

    @property
    def lossless(self) -> bool:
        """Whether the codec keeps every sample."""
        return self.bits is not None


@contextmanager
def open_sound(path: Path) -> Iterator[InputContainer]:
    """Open a local sound file, and nothing that it may refer to.

    Raises:
        MediaError: it does not exist, is no regular file, may not be read, or is no sound file.
    """
    require_file(path)
    only = {"protocol_whitelist": "file", "format_whitelist": CONTAINERS.replace(" ", ",")}
    try:
        container = av.open(f"file:{path}", "r", container_options=only, metadata_errors="surrogateescape")
    except (av.FFmpegError, OSError, ValueError) as error:
        raise MediaError(f"{path} is not a sound file that can be read", "Is it complete, and is it sound?") from error
    with container:
        yield container


def require_file(path: Path) -> None:
    """Raise a MediaError unless ``path`` is a readable regular file with something in it."""
    try:
        status = path.stat()
        with path.open("rb") if stat.S_ISREG(status.st_mode) else memoryview(b""):
            pass
    except OSError as error:
        raise unreadable(path, error) from error
    except ValueError as error:
        raise MediaError(f"{path!r} is not a path", "Name one sound file.") from error
    if not stat.S_ISREG(status.st_mode):
        what = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
        raise MediaError(f"{path} is {what}", "Name one sound file.")
    if status.st_size == 0:
        raise MediaError(f"{path} is empty", "Is the file complete?")


def unreadable(path: Path, error: OSError) -> MediaError:
    """Return the error of a file that the operating system does not give."""
    dangling = error.errno == errno.ENOENT and path.is_symlink()
    hint = "It is a link to nothing." if dangling else "Check the path and who owns it."
    return MediaError(f"{path} cannot be read: {error.strerror}", hint)


def probe(path: Path) -> SoundInfo:
    """Return what ``path`` is; of several streams of sound the longest is described.

    Raises:
        MediaError: it cannot be read or has no sound.
    """
    with open_sound(path) as container:
        stream = longest_stream(container, path)
        return described(path, container, stream, first_frame(container, stream, path))


def longest_stream(container: InputContainer, path: Path) -> AudioStream:
    """Return the longest stream of sound, the first of equals."""
    streams = [stream for stream in container.streams.audio if stream.codec_context is not None]
    if not streams:
        raise MediaError(f"{path} has no sound in it", "Name a file with an audio stream.")
    return max(streams, key=lambda stream: (stream.duration or 0) * (stream.time_base or 0))


def first_frame(container: InputContainer, stream: AudioStream, path: Path) -> AudioFrame:
    """Return the first frame that decodes: only it knows the true rate of, say, HE-AAC."""
    try:
        for packet in container.demux(stream):
            for frame in decoded(packet):
                return frame
    except av.FFmpegError as error:
        raise MediaError(f"{path} is damaged: {error.strerror}", "Is the file complete?") from error
    raise MediaError(f"{path} has no sound in it: not one sample can be decoded", "Is the file complete?")


def decoded(packet: "av.Packet[AudioStream]") -> list[AudioFrame]:
    """Return the frames of a packet; none where it is damaged."""
    try:
        return packet.decode()
    except av.FFmpegError:
        return []


def described(path: Path, container: InputContainer, stream: AudioStream, frame: AudioFrame) -> SoundInfo:
    """Put together what container, stream and first frame say."""
    codec = stream.codec_context.name
    seconds = duration_s(container, stream)
    return SoundInfo(
        path=path,
        container=container.format.name,
        codec={"mp3float": "mp3"}.get(codec, codec),
        rate=frame.sample_rate,
        channels=frame.layout.nb_channels,
        layout=frame.layout.name,
        bits=significant_bits(codec, stream, frame),
        is_float=codec.startswith("pcm_f") or (codec in LOSSLESS and frame.format.name.startswith("flt")),
        samples=promised_samples(path, container, stream, frame),
        seconds=None if seconds is None else float(seconds),
        bit_rate=bit_rate(path, stream, container, seconds),
        start_s=Fraction(frame.pts or 0) * (frame.time_base or 0),
        tags=kept_tags({**container.metadata, **stream.metadata}),
        has_video=any(is_moving(one) for one in container.streams.video),
        audio_streams=len(container.streams.audio),
        stream=stream.index,
    )


def is_moving(stream: "av.VideoStream") -> bool:
    """Tell a moving picture from cover art."""
    return not stream.disposition & av.stream.Disposition.attached_pic


def kept_tags(tags: dict[str, str]) -> dict[str, str]:
    """Return the tags that are about the recording."""
    return {name: text for name, text in tags.items() if name.lower() not in TECHNICAL_TAGS and text != "und"}


def significant_bits(codec: str, stream: AudioStream, frame: AudioFrame) -> int | None:
    """Return the bits of a sample that carry sound; None for a lossy codec."""
    pcm = SampleFormat.of_pcm(codec)
    if pcm is not None and pcm.kind not in {"alaw", "mulaw"}:
        return pcm.bits
    if codec not in LOSSLESS and not codec.startswith("pcm_"):
        return None
    header = stream.codec_context.extradata or b""
    if codec == "flac" and len(header) >= 34:  # STREAMINFO: 20 bits of rate, 3 of channels, 5 of bits less one
        return ((header[12] & 1) << 4 | header[13] >> 4) + 1
    if codec == "alac" and len(header) >= 36:  # ALACSpecificConfig after an atom's head
        return header[17]
    return 16 if frame.format.bits <= 16 else 24


def duration_s(container: InputContainer, stream: AudioStream) -> Fraction | None:
    """Return the duration the headers tell, in seconds."""
    if stream.duration is not None and stream.time_base is not None:
        return stream.duration * stream.time_base
    return None if container.duration is None else Fraction(container.duration, 1_000_000)


# Containers whose header counts samples; an MP3 does so only where it also tells the encoder's delay.
CHUNKED = frozenset({"wav", "w64", "caf"})
COUNTING = re.compile(r"wav|w64|aiff|caf|au|flac|mov,.*")


def promised_samples(path: Path, container: InputContainer, stream: AudioStream, frame: AudioFrame) -> int | None:
    """Return the exact number of samples the header promises; None where it promises nothing."""
    pcm = SampleFormat.of_pcm(stream.codec_context.name)
    if container.format.name in CHUNKED and pcm is not None:
        size = promised_bytes(path)
        return None if size is None else size // (pcm.width * frame.layout.nb_channels)
    if stream.duration is None or stream.time_base is None or stream.duration <= 0:
        return None
    counts = COUNTING.fullmatch(container.format.name) or (container.format.name == "mp3" and stream.start_time)
    return round(stream.duration * stream.time_base * frame.sample_rate) if counts else None


def bit_rate(path: Path, stream: AudioStream, container: InputContainer, seconds: Fraction | None) -> int | None:
    """Return the bit rate of the sound: as told, or the file's size over its duration where there is only sound."""
    if stream.bit_rate:
        return int(stream.bit_rate)
    if not seconds or any(is_moving(one) for one in container.streams.video):
        return None
    return int(path.stat().st_size * 8 / seconds)


def require_markable(info: SoundInfo) -> None:
    """Raise a MediaError unless a recording like this can be marked.

    A second stream of sound would go out unmarked, a clean copy for whoever looks for it, and is refused.
    """
    if info.audio_streams > 1:
        hint = "Keep one of them and mark each language or microphone as a recording of its own."
        raise MediaError(f"{info.path} has {info.audio_streams} streams of sound", hint)
    if not LOWEST_RATE <= info.rate <= HIGHEST_RATE:
        raise MediaError(f"{info.path} has {info.rate} samples a second", "8,000 to 192,000 can be marked.")
    if info.channels > MOST_CHANNELS:
        raise MediaError(f"{info.path} has {info.channels} channels", f"Up to {MOST_CHANNELS} can be marked.")
