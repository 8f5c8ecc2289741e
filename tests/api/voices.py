"""Sound like speech, made on the spot: syllables of noise and pitch, shaped by formants, with pauses in between."""

import wave
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from earmark.media.reading import read_resampled

Sound = NDArray[np.float32]

RATE = 16_000
FORMANTS = ((700, 1200, 2600), (300, 2300, 3000), (350, 800, 2300), (500, 1700, 2500), (400, 2000, 2800))


def speech(seconds: float, *, rate: int = RATE, channels: int = 1, seed: int = 0) -> Sound:
    """Return sound of shape (channels, samples), peak 0.5; channels differ in level."""
    rng = np.random.default_rng(seed)
    samples = round(seconds * rate)
    sound = np.zeros(samples + rate)
    start = 0
    while start < samples:
        syllable = spoken(rng, int(rng.uniform(0.15, 0.4) * rate), rate)
        sound[start : start + len(syllable)] += syllable * rng.uniform(0.3, 1.0)
        start += int(len(syllable) * rng.uniform(0.4, 0.8)) + (rate // 4 if rng.random() < 0.08 else 0)
    sound = sound[:samples] + 1e-4 * rng.standard_normal(samples)
    levels = np.linspace(1.0, 0.7, channels)[:, None]
    shaped: Sound = (levels * sound * (0.5 / np.abs(sound).max())).astype(np.float32)
    return shaped


def spoken(rng: np.random.Generator, length: int, rate: int) -> NDArray[np.float64]:
    """Return one syllable."""
    frequencies = np.fft.rfftfreq(length, 1 / rate)
    shape = 1e-3 + sum(
        np.exp(-(((frequencies - f * rng.uniform(0.9, 1.1)) / 150) ** 2)) / (1 + i)
        for i, f in enumerate(FORMANTS[rng.integers(len(FORMANTS))])
    )
    shape /= 1 + (frequencies / 1500) ** 2
    pitch = np.zeros(length)
    pitch[:: int(rate / rng.uniform(90, 240))] = 4.0
    source = np.fft.rfft(pitch + rng.standard_normal(length))
    return np.asarray(np.fft.irfft(source * shape, length) * np.hanning(length))


def write_wav(path: Path, sound: Sound, rate: int = RATE) -> Path:
    """Write ``sound`` of shape (channels, samples) with 16 bits; return the path."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(sound))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(sound, -1, 1).T * 32767).round().astype("<i2").tobytes())
    return path


def write_opus(path: Path, sound: Sound, rate: int = RATE, bit_rate: int = 16_000) -> Path:
    """Write mono ``sound`` as Opus in Ogg; return the path."""
    with av.open(str(path), "w", format="ogg") as out:
        stream = out.add_stream("libopus", rate=48_000, layout="mono")
        stream.bit_rate = bit_rate
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[:1]), "flt", "mono")
        frame.sample_rate = rate
        resampler = av.AudioResampler("flt", "mono", 48_000, frame_size=960)
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return path


def load(path: Path, rate: int = RATE) -> Sound:
    """Return the sound of any file."""
    return np.concatenate(list(read_resampled(path, rate)), axis=1)


def cut(copy: Path, leak: Path, start_s: float, end_s: float) -> Path:
    """Write a part of a copy to ``leak``; return its path."""
    return write_wav(leak, load(copy)[:, round(start_s * RATE) : round(end_s * RATE)])
