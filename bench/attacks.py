"""What is measured of what can happen to a leak. The effects, and how they chain, are in ``earmark.attacks``.

Rooms, noises, talkers and music are drawn from the open ones or, to measure, from held ones that nothing was ever tuned
on. A chain that ends with a codec leaves that codec's file; any other ends as FLAC.
"""

from argparse import ArgumentTypeError
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench import corpus
from earmark.attacks import Chain, Codec, Recorded, Sound
from earmark.attacks.drawing import Materials
from earmark.errors import EarmarkError

__all__ = ["HELD", "MAIN", "OPEN", "ROWS", "Attack", "Codec", "Row", "row_of"]

A_MINUTE_S = 60.0

Floats = NDArray[np.float32]


def recorded(rooms: tuple[str, ...], noise: tuple[str, ...], talk: tuple[str, ...], music: tuple[str, ...]) -> Recorded:
    """Return recordings of the corpus as materials."""
    return Recorded(*(tuple(corpus.path_of(name) for name in names) for names in (rooms, noise, talk, music)))


OPEN = recorded(corpus.OPEN_ROOMS, corpus.OPEN_NOISES, corpus.OPEN[1:5], corpus.OPEN_MUSIC)
HELD = recorded(corpus.HELD_ROOMS, corpus.HELD_NOISES, corpus.HELD[:4], corpus.HELD_MUSIC)


@dataclass(frozen=True)
class Attack:
    """A chain of effects by name.

    Attributes:
        name: such as ``room+noise:20+opus:24k``.
        choice: what is drawn from.
    """

    name: str
    choice: Materials = HELD

    @cached_property
    def chain(self) -> Chain:
        """The effects."""
        return Chain.parse(self.name)

    def apply(self, sound: Floats, rate: int, seed: int) -> Floats:
        """Return what is left of ``sound``, shape (samples,), in step with it and as long.

        Raises:
            ValueError: the chain changes timing, or leaves none of it in step.
        """
        if not self.chain.in_step:
            raise ValueError(f"{self.name} does not leave sound in step")
        left: Floats = self.chain.apply(Sound(sound[None], rate), seed, self.choice).samples[0]
        return left

    def write(self, sound: Floats, rate: int, path: Path, seed: int) -> Path:
        """Write the leak to ``path`` with the last codec's suffix; returns where it went."""
        return self.chain.write(Sound(np.atleast_2d(sound), rate), path, seed, self.choice)


MAIN = ("clean", "mp3:64k", "aac:64k", "opus:32k", "opus:16k", "opus:12k", "g711")
"""The attacks of the first table."""


@dataclass(frozen=True)
class Row:
    """One thing that happens to leaks, and how soon a leak shall name its copy all the same.

    Attributes:
        title: what happened, for people; chains of one title share a line of the table.
        chain: the effects; ``{seconds}`` stands for the length of the leak where pieces come from all of a copy.
        goal_s: the longest leak that should be needed, in seconds.
        of_clean: whether the goal is a multiple of what a clean leak takes.
    """

    title: str
    chain: str
    goal_s: float
    of_clean: bool = False

    @property
    def from_everywhere(self) -> bool:
        """Whether the attack has to be given all of a copy, of which it takes pieces."""
        return "{seconds}" in self.chain

    def attack(self, seconds: float) -> str:
        """Return the chain for a leak of so many seconds."""
        return self.chain.format(seconds=f"{seconds:g}")

    def goal(self, clean_s: float) -> float:
        """Return the goal in seconds where a clean leak takes ``clean_s``."""
        return self.goal_s * clean_s if self.of_clean else self.goal_s


def rows(title: str, goal_s: float, *chains: str, of_clean: bool = False) -> tuple[Row, ...]:
    """Return a row for each of the chains."""
    return tuple(Row(title, chain, goal_s, of_clean) for chain in chains)


ROWS: tuple[Row, ...] = (
    *rows("nothing", 5, "clean"),
    *rows("music codecs", 5, "mp3:64k", "mp3:32k", "aac:64k", "aac:32k", "opus:32k", "opus:16k", "vorbis:48k"),
    *rows("band limits like AMR-WB's", 5, "band:50-7000", "band:50-6400"),
    *rows("resampling", 5, "resample:8000", "resample:16000", "resample:22050", "resample:44100"),
    *rows("telephone codecs", 7, "opus:12k", "opus:8k", "g711", "g711:a", "gsm", "amr:12.2k", "g726"),
    *rows(
        "codecs in a row", 12, "g711+opus:16k+mp3:64k", "opus:32k+aac:64k", "gsm+opus:16k", "mp3:64k+opus:12k+aac:32k"
    ),
    *rows("noise at 20 dB", 8, "white:20", "noise:20"),
    *rows("noise at 10 dB", 15, "white:10", "noise:10"),
    *rows("noise at 0 dB", 40, "white:0", "noise:0"),
    *rows("loudspeaker, room, noise at 20 dB, Opus", 15, "loudspeaker+room+noise:20+opus:24k"),
    *rows("noise suppression", 12, "denoise", "noise:20+denoise"),
    *rows("automatic gain, equaliser, compressor", 12, "agc", "equaliser:9", "compressor"),
    *rows("another talker or music at 0 dB", 15, "talk:0", "music:0"),
    *rows("another talker or music at -6 dB", 40, "talk:-6", "music:-6"),
    *rows("speed, with its pitch", 1.5, "speed:-10", "speed:-3", "speed:3", "speed:10", of_clean=True),
    *rows("speed, pitch kept", 1.5, "tempo:-10", "tempo:-3", "tempo:3", "tempo:10", of_clean=True),
    *rows("a clock that drifts", 1.5, "drift:-1000", "drift:1000", of_clean=True),
    *rows("a jitter buffer's stretching", 1.5, "jitter:120", of_clean=True),
    *rows("cut from many places", 1.5, "cuts:1.5:{seconds}", of_clean=True),
    *rows("pauses removed", 1.5, "nopauses", of_clean=True),
    *rows("one channel of two, polarity", 10, "left", "right", "polarity"),
    *rows("part of the band", 10, "lowpass:4000", "highpass:300"),
)
"""What is measured, and the goals; what colluders do, and attacks aimed at the mark, are measured elsewhere."""


def row_of(chain: str) -> Row:
    """Return the row of a chain; one without a goal if it is in none."""
    return next((row for row in ROWS if row.chain == chain), Row("as asked", chain, float("inf")))


def asked_for(chain: str) -> Row:
    """Return the row of a chain that somebody asked for on the command line.

    Raises:
        ArgumentTypeError: there are no such effects.
    """
    row = row_of(chain)
    try:
        Chain.parse(row.attack(A_MINUTE_S))
    except EarmarkError as error:
        raise ArgumentTypeError(f"{error}. {error.hint}") from error
    return row
