"""Sound as attacks handle it: all of a recording, in memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from earmark.errors import MediaError
from earmark.media.reading import read_resampled
from earmark.media.source import MOST_CHANNELS, probe

Floats = NDArray[np.float32]

MOST_SAMPLES = 1 << 30  # four gigabytes: three hours of stereo at 48 kHz


@dataclass(frozen=True, eq=False)
class Sound:
    """A recording.

    Attributes:
        samples: float32 of shape (channels, samples), full scale ±1.
        rate: samples per second and channel.
    """

    samples: Floats
    rate: int

    @property
    def length(self) -> int:
        """Samples of a channel."""
        return int(self.samples.shape[1])

    @property
    def channels(self) -> int:
        """How many channels there are."""
        return int(self.samples.shape[0])

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.length / self.rate

    @property
    def power(self) -> float:
        """Mean of the squared samples."""
        return float(np.vdot(self.samples, self.samples)) / max(1, self.samples.size)

    def holding(self, samples: NDArray[np.floating[Any]]) -> "Sound":
        """Return other samples at the same rate."""
        return Sound(np.ascontiguousarray(samples, dtype=np.float32), self.rate)

    def scaled(self, factor: float) -> "Sound":
        """Return it louder or softer."""
        return self.holding(self.samples * np.float32(factor))

    def levelled(self, root_mean_square: float) -> "Sound":
        """Return it at a level; silence stays silence."""
        return self.scaled(root_mean_square / max(self.power, 1e-20) ** 0.5)

    def at_rate(self, rate: int) -> "Sound":
        """Return it resampled to ``rate`` Hz."""
        return self if rate == self.rate else Sound(stretched(self.samples, self.rate, rate), rate)

    def fitted(self, length: int) -> "Sound":
        """Return it cut, or filled up with silence, to so many samples."""
        if length == self.length:
            return self
        missing = max(0, length - self.length)
        return self.holding(np.pad(self.samples[:, :length], ((0, 0), (0, missing))))

    def mixed_down(self, most: int) -> "Sound":
        """Return the mean of all channels where there are more than ``most``."""
        return self if self.channels <= most else self.holding(self.samples.mean(axis=0, keepdims=True))


def stretched(samples: Floats, rate: float, new_rate: float) -> Floats:
    """Return ``samples``, shape (channels, n), resampled by the ratio of two rates, whole numbers or not."""
    channels: list[Floats] = [soxr.resample(channel, rate, new_rate) for channel in samples]
    return np.stack(channels)


def gathered(blocks: Iterable[Floats], channels: int, expected: int) -> Floats:
    """Return blocks joined: without having all of them twice in memory, where as many samples come as expected.

    Args:
        blocks: each of shape (channels, n).
        channels: how many.
        expected: samples of a channel, roughly.
    """
    whole = np.empty((channels, expected), np.float32)
    at = 0
    for block in blocks:
        end = at + block.shape[1]
        if end > whole.shape[1]:
            more = max(end - at, whole.shape[1] // 4)
            whole = np.concatenate([whole[:, :at], np.empty((channels, more), np.float32)], axis=1)
        whole[:, at:end] = block
        at = end
    return np.ascontiguousarray(whole[:, :at])


def read_sound(path: Path) -> Sound:
    """Return what can be decoded of a file, at its own rate.

    Raises:
        MediaError: there is nothing in it that can be decoded, or more than can be attacked in one piece: more than
            three hours of stereo at 48 kHz, or more than 8 channels.
    """
    info = probe(path)
    if info.channels > MOST_CHANNELS:
        raise MediaError(f"{path} has {info.channels} channels", f"Up to {MOST_CHANNELS} can be attacked.")
    expected = info.samples or round((info.seconds or 0) * info.rate)
    blocks = few_enough(read_resampled(path, info.rate), path)
    return Sound(gathered(blocks, info.channels, min(expected, MOST_SAMPLES // info.channels)), info.rate)


def few_enough(blocks: Iterable[Floats], path: Path) -> Iterator[Floats]:
    """Yield ``blocks``; raise a MediaError where they become too much."""
    size = 0
    for block in blocks:
        size += block.size
        if size > MOST_SAMPLES:
            hint = "Cut it into pieces of an hour or less first."
            raise MediaError(f"{path} is too long to be attacked in one piece", hint)
        yield block
