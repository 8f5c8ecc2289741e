"""Codecs: sound is encoded into a file and decoded again.

Whatever FFmpeg's libraries in PyAV's wheel can encode: MP3 (LAME), AAC, Opus, AMR (opencore), G.711, G.722, G.723.1 and
G.726. Vorbis and GSM are in ``earmark.attacks.sndfile``. AMR-WB has no free encoder there; its band can be cut out.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar, cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from numpy.typing import ArrayLike

from earmark.attacks.drawing import Drawing
from earmark.attacks.graph import frames
from earmark.attacks.sound import Sound, gathered
from earmark.media.encoders import USUAL_LAYOUT
from earmark.media.reading import read_resampled
from earmark.media.source import probe

MUXERS = {
    ".aiff": "aiff",
    ".amr": "amr",
    ".flac": "flac",
    ".m4a": "ipod",
    ".mka": "matroska",
    ".mp3": "mp3",
    ".ogg": "ogg",
    ".opus": "opus",
    ".wav": "wav",
    ".webm": "webm",
}
SAME_CODEC = {".ogg": frozenset({".ogg", ".opus", ".webm", ".mka"}), ".m4a": frozenset({".m4a", ".mka"})}


LEAST_S = 0.2  # of less some encoders leave nothing


class FileCodec(ABC):
    """A way to write sound into a file that loses some of it."""

    suffix: str
    delay: int
    rate: int | None

    @abstractmethod
    def save(self, sound: Sound, path: Path, suffix: str | None = None) -> None:
        """Write ``sound`` to exactly ``path``, in the container of the codec's own suffix or of another."""

    def takes(self, suffix: str) -> bool:
        """Tell whether a file with this ending can hold the codec."""
        return suffix == self.suffix

    def write(self, samples: ArrayLike, rate: int, path: Path) -> Path:
        """Write samples, shape (samples,) or (channels, samples), to ``path`` with the codec's own suffix.

        Returns:
            Where it went.
        """
        path = path.with_suffix(self.suffix)
        self.save(Sound(np.atleast_2d(np.asarray(samples, np.float32)), rate), path)
        return path

    def apply(self, sound: Sound, _drawing: Drawing) -> Sound:
        """Return what is left of ``sound`` after encoding and decoding, in step with it and as long."""
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"coded{self.suffix}"
            self.save(sound.fitted(max(sound.length, round(LEAST_S * sound.rate))), path)
            channels = probe(path).channels
            decoded = gathered(read_resampled(path, sound.rate), channels, sound.length)
        late = round(self.delay * sound.rate / (self.rate or sound.rate))
        return sound.holding(decoded[:, late:]).fitted(sound.length)


@dataclass(frozen=True)
class Codec(FileCodec):
    """One of FFmpeg's encoders, at a rate and bit rate.

    Attributes:
        encoder: FFmpeg's name of it.
        suffix: of the file, which chooses the container.
        rate: sampling rate of the coded sound in Hz; None to keep the sound's own.
        bit_rate: in bit/s; 0 where the codec has none.
        delay: samples by which the decoded sound comes late.
        channels: how many it can take; where there are more they are mixed down to one.
    """

    encoder: str
    suffix: str
    rate: int | None = None
    bit_rate: int = 0
    delay: int = 0
    channels: int = 2

    def takes(self, suffix: str) -> bool:
        """Tell whether a file with this ending can hold the codec."""
        others = SAME_CODEC.get(self.suffix, frozenset()) if self.encoder in {"libopus", "aac"} else frozenset()
        return suffix == self.suffix or suffix in others

    def save(self, sound: Sound, path: Path, suffix: str | None = None) -> None:
        """Write ``sound`` to exactly ``path``."""
        coded = sound.mixed_down(self.channels).at_rate(self.rate or sound.rate)
        layout = USUAL_LAYOUT[coded.channels]
        with av.open(f"file:{path}", "w", format=MUXERS[suffix or self.suffix]) as container:
            stream = cast("AudioStream", container.add_stream(self.encoder, rate=coded.rate, layout=layout))
            if self.bit_rate:
                stream.bit_rate = self.bit_rate
            for piece in self.pieces(stream, coded, layout):
                container.mux(stream.encode(piece))
            container.mux(stream.encode(None))

    @staticmethod
    def pieces(stream: AudioStream, coded: Sound, layout: str) -> Iterator[AudioFrame]:
        """Yield the sound in the frames that the encoder wants."""
        codec = stream.codec_context
        cutter = av.AudioResampler(codec.format, layout, coded.rate, frame_size=codec.frame_size or 1024)
        for frame in chain(frames(coded, layout, most=1.0), [None]):
            yield from cutter.resample(frame)


FLAC = Codec("flac", ".flac", channels=8)


@dataclass(frozen=True)
class Family:
    """Codecs that differ in bit rate only; rates of low bit rates may be lower.

    Attributes:
        encoder: FFmpeg's name.
        suffix: of the file.
        rate: sampling rate in Hz.
        low_rate: sampling rate below 48 kb/s.
        delay: samples by which the decoded sound comes late.
        channels: how many it takes.
    """

    encoder: str
    suffix: str
    rate: int
    low_rate: int
    delay: int = 0
    channels: int = 2

    LOW: ClassVar[int] = 48

    def at(self, kbit_s: float) -> Codec:
        """Return the codec at a bit rate in kb/s."""
        rate = self.low_rate if kbit_s < self.LOW else self.rate
        return Codec(self.encoder, self.suffix, rate, round(1000 * kbit_s), self.delay, self.channels)


MP3 = Family("libmp3lame", ".mp3", 44_100, 22_050)
AAC = Family("aac", ".m4a", 44_100, 32_000)
OPUS = Family("libopus", ".ogg", 48_000, 48_000)
AMR = Family("libopencore_amrnb", ".amr", 8_000, 8_000, delay=40, channels=1)
G711 = {"": Codec("pcm_mulaw", ".wav", 8_000), "a": Codec("pcm_alaw", ".wav", 8_000)}
G722 = Codec("g722", ".wav", 16_000, delay=22, channels=1)
G723 = Codec("g723_1", ".wav", 8_000, 6_300, delay=60, channels=1)
G726 = {
    name: Codec("g726", ".wav", 8_000, bits, channels=1)
    for name, bits in (("", 32_000), ("16k", 16_000), ("24k", 24_000), ("32k", 32_000), ("40k", 40_000))
}
