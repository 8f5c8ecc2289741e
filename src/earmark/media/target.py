"""What a copy looks like: as much like its original as an encoder can make it, or as asked."""

from dataclasses import dataclass, replace
from typing import Literal

from earmark.errors import MediaError, UsageError
from earmark.media.encoders import Encoder, encoder_of
from earmark.media.samples import SampleFormat
from earmark.media.source import SoundInfo

Way = Literal["patch", "flac", "encode"]


@dataclass(frozen=True)
class Container:
    """A container copies can be written to.

    Attributes:
        muxer: FFmpeg's name for writing it.
        suffix: usual ending of its files.
        codecs: codecs it carries exactly; ``pcm`` stands for all of them.
        lossy: codec for lossy sound that cannot stay what it is.
        lossless: the same for lossless sound.
        video: whether it carries a moving picture.
    """

    muxer: str
    suffix: str
    codecs: frozenset[str]
    lossy: str
    lossless: str
    video: bool = False


def made(muxer: str, suffix: str, codecs: str, lossy: str, lossless: str, *, video: bool = False) -> Container:
    """Return a container, its codecs given in one string."""
    return Container(muxer, suffix, frozenset(codecs.split()), lossy, lossless, video)


FORMATS = {
    "wav": made("wav", ".wav", "pcm", "pcm_s16le", "pcm"),
    "w64": made("w64", ".w64", "pcm", "pcm_s16le", "pcm"),
    "aiff": made("aiff", ".aiff", "pcm", "pcm_s16be", "pcm_s24be"),
    "caf": made("caf", ".caf", "pcm", "pcm_s16le", "pcm"),
    "au": made("au", ".au", "pcm", "pcm_s16be", "pcm_s24be"),
    "flac": made("flac", ".flac", "flac", "flac", "flac"),
    "mp3": made("mp3", ".mp3", "mp3", "mp3", "mp3"),
    "m4a": made("mp4", ".m4a", "aac alac", "aac", "alac"),
    "mp4": made("mp4", ".mp4", "aac alac opus flac", "aac", "aac", video=True),
    "mov": made("mov", ".mov", "aac alac pcm", "aac", "pcm", video=True),
    "mkv": made("matroska", ".mkv", "opus flac mp3 aac alac pcm", "opus", "flac", video=True),
    "webm": made("webm", ".webm", "opus", "opus", "opus", video=True),
    "ogg": made("ogg", ".ogg", "opus flac", "opus", "flac"),
    "opus": made("opus", ".opus", "opus", "opus", "opus"),
}
ASKABLE = ("wav", "flac", "mp3", "m4a", "mp4", "mov", "mkv", "webm", "ogg", "opus")
NOTED_BIT_RATES = 1.25
PATCHED = frozenset({"wav", "w64", "aiff", "caf", "au"})


@dataclass(frozen=True)
class Target:
    """What every copy of a recording looks like.

    Attributes:
        format: its key in ``FORMATS``.
        muxer: FFmpeg's name for writing the container.
        suffix: ending of the file's name, with the dot.
        codec: FFmpeg's name of the codec.
        encoder: how it is encoded.
        rate: sampling rate in Hz.
        channels: how many.
        layout: FFmpeg's name of the channel layout.
        samples: how finished samples are stored.
        bit_rate: in bit/s; None for lossless.
        level: what sound is multiplied with before it is encoded, to undo what the encoder does to it.
        keeps_video: whether the moving picture goes along.
        way: how copies are made: ``patch`` puts samples into the original's own bytes, ``flac`` splices frames,
            ``encode`` encodes each copy.
        notes: what differs from the original, each a clause that can be printed; empty where nothing does.
    """

    format: str
    muxer: str
    suffix: str
    codec: str
    encoder: Encoder
    rate: int
    channels: int
    layout: str
    samples: SampleFormat
    bit_rate: int | None
    level: float
    keeps_video: bool
    way: Way
    notes: tuple[str, ...] = ()


def choose_target(info: SoundInfo, asked: str | None = None) -> Target:
    """Return what copies of ``info`` look like.

    Args:
        info: the original.
        asked: one of ``ASKABLE``; None for the original's own container.

    Raises:
        UsageError: ``asked`` is not known.
        MediaError: the container cannot be written, or cannot carry this sound.
    """
    key = own_format(info) if asked is None else known(asked)
    container = FORMATS[key]
    codec, encoder, layout = choose_codec(info, container, is_own=asked is None or info.container == key)
    rate = encoder.rate_for(info.rate)
    samples = stored(key, codec, encoder, info)
    bits = encoder.bit_rate_for(None if info.lossless else info.bit_rate, rate, info.channels)
    target = Target(
        format=key,
        muxer=container.muxer,
        suffix=info.path.suffix if asked is None and info.path.suffix else container.suffix,
        codec=codec,
        encoder=encoder,
        rate=rate,
        channels=info.channels,
        layout=layout,
        samples=samples,
        bit_rate=bits,
        level=encoder.level_for(bits),
        keeps_video=info.has_video and container.video,
        way="patch" if key in PATCHED else "flac" if key == "flac" else "encode",
    )
    return replace(target, notes=differences(info, target))


def known(asked: str) -> str:
    """Return the key of a format asked for by name."""
    name = asked.lower().lstrip(".")
    if name not in ASKABLE:
        raise UsageError(f"copies cannot be written as {asked!r}", f"Name one of {', '.join(ASKABLE)}.")
    return name


def own_format(info: SoundInfo) -> str:
    """Return the key of the container ``info`` came in."""
    suffix = info.path.suffix.lower()
    if info.container.startswith("mov,"):
        by_suffix = {".mov": "mov", ".m4a": "m4a", ".m4b": "m4a", ".mp4": "mp4", ".m4v": "mp4"}
        return by_suffix.get(suffix, "mp4" if info.has_video else "m4a")
    if info.container.startswith("matroska"):
        return "webm" if suffix in {".webm", ".weba"} else "mkv"
    if info.container == "ogg":
        return "opus" if suffix == ".opus" else "ogg"
    if info.container in FORMATS:
        return info.container
    hint = "Say what the copies shall be, such as --format m4a or --format flac."
    raise MediaError(f"copies cannot be written in the container of {info.path} ({info.container})", hint)


def choose_codec(info: SoundInfo, container: Container, *, is_own: bool) -> tuple[str, Encoder, str]:
    """Return codec, encoder and layout: the original's if possible, else the container's own choice."""
    fallback = container.lossless if info.lossless else container.lossy
    # Each container has PCM codecs of its own, in its own byte order.
    own = "pcm" if info.codec.startswith("pcm_") and not is_own else info.codec
    for codec in (own, fallback, container.lossy):
        name = pcm_like(info) if codec == "pcm" else codec
        encoder = encoder_of(name)
        if encoder is None or ("pcm" if name.startswith("pcm_") else name) not in container.codecs:
            continue
        layout = encoder.layout_for(info.layout, info.channels)
        if layout is not None:
            return name, encoder, layout
    hint = "Say what the copies shall be: --format flac or --format mkv carry up to 8 channels."
    raise MediaError(f"{container.suffix} cannot carry sound of {info.channels} channels ({info.layout})", hint)


def pcm_like(info: SoundInfo) -> str:
    """Return the PCM codec that keeps what ``info`` has."""
    if info.is_float:
        return "pcm_f32le"
    bits = info.bits or 16
    return "pcm_s16le" if bits <= 16 else "pcm_s24le" if bits <= 24 else "pcm_s32le"


def stored(key: str, codec: str, encoder: Encoder, info: SoundInfo) -> SampleFormat:
    """Return how finished samples are kept: as in the file where they are spliced, else as the encoder wants them."""
    bits = info.bits or 16
    pcm = SampleFormat.of_pcm(codec)
    if pcm is not None:
        return pcm
    if key == "flac":
        deep = bits > 16 or info.is_float
        return SampleFormat("signed", 24, 3) if deep else SampleFormat("signed", 16, 2)
    return encoder.samples(bits, is_float=info.is_float)


def near(one: int, other: int) -> bool:
    """Tell whether two bit rates are so much alike that nobody need be told."""
    return max(one, other) <= NOTED_BIT_RATES * min(one, other)


def differences(info: SoundInfo, target: Target) -> tuple[str, ...]:
    """Return what a copy does not keep of its original."""
    notes = []
    if info.codec != target.codec:
        notes.append(f"{info.codec} becomes {target.codec}")
    elif info.bit_rate and target.bit_rate and not near(info.bit_rate, target.bit_rate):
        notes.append(f"{info.bit_rate / 1000:.0f} kb/s become {target.bit_rate / 1000:.0f} kb/s")
    if info.rate != target.rate:
        notes.append(f"{info.rate} Hz becomes {target.rate} Hz")
    if info.has_video and not target.keeps_video:
        notes.append("the picture is left out")
    deepest = 64 if target.samples.kind == "float" else target.samples.bits
    if target.encoder.lossless and info.bits is not None and (info.bits > deepest or (info.is_float and deepest < 64)):
        notes.append(f"{info.bits} bits{' of float' if info.is_float else ''} become {deepest}")
    return tuple(notes)
