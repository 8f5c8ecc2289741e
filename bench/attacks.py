"""What is measured of what can happen to a leak. The effects, and how they chain, are in ``earmark.attacks``.

Rooms, noises, talkers and music are drawn from the open ones or, to measure, from held ones that nothing was ever tuned
on. A chain that ends with a codec leaves that codec's file; any other ends as FLAC.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench import corpus
from earmark.attacks import Chain, Codec, Recorded, Sound

__all__ = ["HELD", "MAIN", "OPEN", "Attack", "Codec"]

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
    choice: Recorded = HELD

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
