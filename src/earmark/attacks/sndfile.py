"""Vorbis and GSM 6.10, whose encoders are in libsndfile; FFmpeg's own of Vorbis ends the process on some pure tones."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np

from earmark.attacks.coding import FileCodec
from earmark.attacks.sound import Sound
from earmark.errors import EarmarkError

ROUGH_S = 20
STEPS = 7


def libsndfile() -> ModuleType:
    """Return the library's Python module.

    Raises:
        EarmarkError: it is not installed.
    """
    try:
        return import_module("soundfile")  # only who needs these two codecs needs it
    except (ImportError, OSError) as error:
        message = "this codec needs libsndfile, which is not installed"
        raise EarmarkError(message, "Install it: pip install soundfile") from error


def save(sound: Sound, path: Path, container: str, codec: str, compression: float | None = None) -> None:
    """Write a file with libsndfile, a second at a time: it can fail on long pieces."""
    with libsndfile().SoundFile(
        str(path), "w", sound.rate, sound.channels, codec, format=container, compression_level=compression
    ) as file:
        for start in range(0, sound.length, sound.rate):
            file.write(np.clip(sound.samples[:, start : start + sound.rate].T, -1, 1))


@dataclass(frozen=True)
class Gsm(FileCodec):
    """The first mobile telephones' codec, 13 kb/s."""

    suffix: str = ".wav"
    rate: int | None = 8_000
    delay: int = 0

    def save(self, sound: Sound, path: Path, suffix: str | None = None) -> None:
        """Write ``sound`` to exactly ``path``."""
        del suffix
        save(sound.mixed_down(1).at_rate(8_000), path, "WAV", "GSM610")


@dataclass(frozen=True)
class Vorbis(FileCodec):
    """Vorbis at the quality that comes nearest to a bit rate.

    Attributes:
        kbit_s: the bit rate wanted, in kb/s; the lowest quality may need more.
    """

    kbit_s: float
    suffix: str = ".ogg"
    rate: int | None = 44_100
    delay: int = 0

    def save(self, sound: Sound, path: Path, suffix: str | None = None) -> None:
        """Write ``sound`` to exactly ``path``."""
        del suffix
        coded = sound.mixed_down(2).at_rate(44_100)
        save(coded, path, "OGG", "VORBIS", self.compression(coded.fitted(min(coded.length, ROUGH_S * 44_100)), path))

    def compression(self, sound: Sound, path: Path) -> float:
        """Return the compression, 0 to 1, of the bit rate, found on the beginning of the sound by bisection."""
        low, high = 0.0, 1.0
        for _ in itertools.repeat(None, STEPS):
            middle = (low + high) / 2
            save(sound, path, "OGG", "VORBIS", middle)
            too_much = path.stat().st_size * 8 / 1000 > self.kbit_s * sound.seconds
            low, high = (middle, high) if too_much else (low, middle)
        return (low + high) / 2
