"""What happens to a leak, by name. Every attack takes sound and writes the file that is found.

Codecs are FFmpeg's own encoders through PyAV. An attack's name is what the benchmark's tables print and what
``make bench ATTACK=name`` takes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import soxr
from av.audio.stream import AudioStream
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Codec:
    """Encode at a rate and bit rate.

    Attributes:
        encoder: FFmpeg's name of it.
        suffix: of the file, which chooses the container.
        rate: sampling rate of the coded sound in Hz; None to keep the sound's own.
        bit_rate: in bit/s; 0 where the codec has none.
    """

    encoder: str
    suffix: str
    rate: int | None = None
    bit_rate: int = 0

    def write(self, sound: Floats, rate: int, path: Path) -> Path:
        """Write mono ``sound``, shape (samples,), to ``path`` with the codec's suffix; returns where it went."""
        target_rate = self.rate or rate
        coded = soxr.resample(sound, rate, target_rate) if target_rate != rate else sound
        path = path.with_suffix(self.suffix)
        with av.open(str(path), "w") as container:
            stream = container.add_stream(self.encoder, rate=target_rate, layout="mono")
            assert isinstance(stream, AudioStream)
            if self.bit_rate:
                stream.bit_rate = self.bit_rate
            frame = av.AudioFrame.from_ndarray(np.clip(coded, -1, 1)[None].astype(np.float32), "fltp", "mono")
            frame.rate = target_rate
            codec = stream.codec_context
            cutter = av.AudioResampler(codec.format, "mono", target_rate, frame_size=codec.frame_size or 1024)
            for piece in [*cutter.resample(frame), *cutter.resample(None)]:
                container.mux(stream.encode(piece))
            container.mux(stream.encode(None))
        return path


Attack = Callable[[Floats, int, Path], Path]

ATTACKS: dict[str, Attack] = {
    "clean": Codec("flac", ".flac").write,
    "mp3:64k": Codec("libmp3lame", ".mp3", 44_100, 64_000).write,
    "aac:64k": Codec("aac", ".m4a", 44_100, 64_000).write,
    "opus:32k": Codec("libopus", ".ogg", 48_000, 32_000).write,
    "opus:16k": Codec("libopus", ".ogg", 48_000, 16_000).write,
    "opus:12k": Codec("libopus", ".ogg", 48_000, 12_000).write,
    "g711": Codec("pcm_mulaw", ".wav", 8_000).write,
}
