"""What happens to a leak, by name: ``room+noise:20+opus:24k`` is a chain of effects, one after the other.

==================  ====================================================================================================
``clean``           nothing; the leak is a FLAC file
``mp3:64k``         encoded and decoded by FFmpeg's own encoders through PyAV: ``mp3``, ``aac``, ``opus``
``g711``            A telephone's µ-law at 8 kHz
``white:20``        white noise at a signal-to-noise ratio of 20 dB
``noise:20``        real background noise
``talk:0``          another talker
``room``            a measured room response, in full
``lowpass:4000``    the band above (``highpass:300``: below) is cut off
==================  ====================================================================================================

Which noise, room, talker is drawn from the open ones or, to measure, from held ones that nothing was ever tuned on.
A chain that ends with a codec leaves that codec's file; any other ends as FLAC.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, cast

import av
import numpy as np
import scipy.signal
import soxr
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from bench import corpus
from earmark.media.reading import read_resampled

Floats = NDArray[np.float32]

FILTER_ORDER = 8
DIRECT_SOUND_S = 0.0005


@dataclass(frozen=True)
class Codec:
    """Encode at a rate and bit rate.

    Attributes:
        encoder: FFmpeg's name of it.
        suffix: of the file, which chooses the container.
        rate: sampling rate of the coded sound in Hz; None to keep the sound's own.
        bit_rate: in bit/s; 0 where the codec has none.
        delay: samples by which the decoded sound comes late.
    """

    encoder: str
    suffix: str
    rate: int | None = None
    bit_rate: int = 0
    delay: int = 0

    def write(self, sound: Floats, rate: int, path: Path) -> Path:
        """Write mono ``sound``, shape (samples,), to ``path`` with the codec's suffix; returns where it went."""
        target_rate = self.rate or rate
        coded = soxr.resample(sound, rate, target_rate) if target_rate != rate else sound
        path = path.with_suffix(self.suffix)
        with av.open(str(path), "w") as container:
            stream = cast("AudioStream", container.add_stream(self.encoder, rate=target_rate, layout="mono"))
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

    def apply(self, sound: Floats, rate: int) -> Floats:
        """Return what is left of ``sound`` after encoding and decoding, in step with it and as long."""
        with TemporaryDirectory() as folder:
            path = self.write(sound, rate, Path(folder) / "coded")
            decoded = np.concatenate(list(read_resampled(path, rate)), axis=1)[0]
        late = round(self.delay * rate / (self.rate or rate))
        return np.pad(decoded[late:], (0, len(sound)))[: len(sound)]


@dataclass(frozen=True)
class Choice:
    """What an attack may draw from.

    Attributes:
        rooms: names of room responses.
        noises: names of background noises.
        talkers: names of speech.
    """

    rooms: tuple[str, ...]
    noises: tuple[str, ...]
    talkers: tuple[str, ...]


OPEN = Choice(corpus.OPEN_ROOMS, corpus.OPEN_NOISES, corpus.OPEN[1:5])
HELD = Choice(corpus.HELD_ROOMS, corpus.HELD_NOISES, corpus.HELD[:4])


@dataclass(frozen=True)
class Drawing:
    """What an effect works with.

    Attributes:
        rng: draws.
        rate: samples per second.
        choice: what may be drawn from.
    """

    rng: np.random.Generator
    rate: int
    choice: Choice

    def some(self, names: tuple[str, ...], samples: int) -> Floats:
        """Return a stretch of one of the recordings, from anywhere on and over again if it is short."""
        sound = corpus.load(names[self.rng.integers(len(names))], self.rate)
        return np.resize(np.roll(sound, self.rng.integers(len(sound))), samples)


Effect = Callable[[Floats, Drawing, float], Floats]


def at_ratio(sound: Floats, other: Floats, ratio_db: float) -> Floats:
    """Return ``sound`` with ``other`` added ``ratio_db`` below it."""
    scale = np.sqrt(np.mean(sound**2) / max(float(np.mean(other**2)), 1e-20) * 10 ** (-ratio_db / 10))
    mixed: Floats = (sound + scale * other).astype(np.float32)
    return mixed


def white(sound: Floats, drawing: Drawing, ratio_db: float) -> Floats:
    """Add white noise."""
    return at_ratio(sound, drawing.rng.standard_normal(len(sound)).astype(np.float32), ratio_db)


def noise(sound: Floats, drawing: Drawing, ratio_db: float) -> Floats:
    """Add real background noise."""
    return at_ratio(sound, drawing.some(drawing.choice.noises, len(sound)), ratio_db)


def talk(sound: Floats, drawing: Drawing, ratio_db: float) -> Floats:
    """Add another talker."""
    return at_ratio(sound, drawing.some(drawing.choice.talkers, len(sound)), ratio_db)


def room(sound: Floats, drawing: Drawing, _: float) -> Floats:
    """Play it in a room: the response starts just before its direct sound."""
    names = drawing.choice.rooms
    response = corpus.load(names[drawing.rng.integers(len(names))], drawing.rate)
    direct = int(np.argmax(np.abs(response)))
    response = response[max(0, direct - round(DIRECT_SOUND_S * drawing.rate)) :]
    wet = scipy.signal.fftconvolve(sound, response / np.sqrt(np.sum(response**2)))[: len(sound)]
    return wet.astype(np.float32)


def lowpass(sound: Floats, drawing: Drawing, edge_hz: float) -> Floats:
    """Cut off what is above."""
    return filtered(sound, drawing, edge_hz, "lowpass")


def highpass(sound: Floats, drawing: Drawing, edge_hz: float) -> Floats:
    """Cut off what is below."""
    return filtered(sound, drawing, edge_hz, "highpass")


def filtered(sound: Floats, drawing: Drawing, edge_hz: float, kind: Literal["lowpass", "highpass"]) -> Floats:
    """Apply a Butterworth filter."""
    sections = scipy.signal.butter(FILTER_ORDER, edge_hz, kind, fs=drawing.rate, output="sos")
    result: Floats = scipy.signal.sosfilt(sections, sound).astype(np.float32)
    return result


EFFECTS: dict[str, Effect] = {
    "white": white,
    "noise": noise,
    "talk": talk,
    "room": room,
    "lowpass": lowpass,
    "highpass": highpass,
}


def codec_of(part: str) -> Codec | None:
    """Return the codec that ``part`` of a name stands for, None if it is none."""
    kind, _, rate = part.partition(":")
    bits = int(rate.removesuffix("k")) * 1000 if rate.endswith("k") else 0
    low = bits < 48_000
    codecs = {
        "clean": Codec("flac", ".flac"),
        "mp3": Codec("libmp3lame", ".mp3", 22_050 if low else 44_100, bits),
        "aac": Codec("aac", ".m4a", 32_000 if low else 44_100, bits, delay=1024),
        "opus": Codec("libopus", ".ogg", 48_000, bits),
        "g711": Codec("pcm_mulaw", ".wav", 8_000),
    }
    return codecs.get(kind)


@dataclass(frozen=True)
class Attack:
    """A chain of effects by name.

    Attributes:
        name: such as ``room+noise:20+opus:24k``.
        choice: what is drawn from.
    """

    name: str
    choice: Choice = HELD

    def apply(self, sound: Floats, rate: int, seed: int) -> Floats:
        """Return what is left of ``sound``, in step with it and as long."""
        return self._through(self.name.split("+"), sound, Drawing(np.random.default_rng(seed), rate, self.choice))

    def write(self, sound: Floats, rate: int, path: Path, seed: int) -> Path:
        """Write the leak to ``path`` with the last codec's suffix; returns where it went."""
        parts = self.name.split("+")
        last = codec_of(parts[-1])
        drawing = Drawing(np.random.default_rng(seed), rate, self.choice)
        changed = self._through(parts if last is None else parts[:-1], sound, drawing)
        return (last or Codec("flac", ".flac")).write(changed, rate, path)

    @staticmethod
    def _through(parts: list[str], sound: Floats, drawing: Drawing) -> Floats:
        for part in parts:
            kind, _, amount = part.partition(":")
            codec = codec_of(part)
            if codec is None:
                sound = EFFECTS[kind](sound, drawing, float(amount or 0))
            elif kind != "clean":
                sound = codec.apply(sound, drawing.rate)
        return sound


MAIN = ("clean", "mp3:64k", "aac:64k", "opus:32k", "opus:16k", "opus:12k", "g711")
"""The attacks of the first table."""
