"""Effects one after the other, by name: ``room+noise:20+opus:24k``."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from earmark.attacks.amounts import shown
from earmark.attacks.catalogue import CATALOGUE
from earmark.attacks.coding import FLAC, FileCodec
from earmark.attacks.drawing import Drawing, Effect, Materials
from earmark.attacks.sound import Sound
from earmark.errors import EarmarkError, UsageError

JOINTS = re.compile(r"[+,]")
LONGEST = 32


@dataclass(frozen=True)
class Step:
    """One effect of a chain.

    Attributes:
        name: as it was written.
        effect: what it does.
        in_step: whether every sample stays where it was.
    """

    name: str
    effect: Effect
    in_step: bool

    @classmethod
    def parse(cls, text: str) -> "Step":
        """Return the effect that ``text`` names.

        Raises:
            UsageError: there is none of that name, or it does not take this amount.
        """
        name, _, amount = text.partition(":")
        kind = CATALOGUE.get(name)
        if kind is None:
            like = get_close_matches(name[:40], CATALOGUE, n=1)
            hint = f"Perhaps {like[0]}? There are: " if like else "There are: "
            raise UsageError(f"there is no effect {shown(name)}", f"{hint}{', '.join(CATALOGUE)}.")
        return cls(text, kind.parse(amount), kind.in_step)

    def apply(self, sound: Sound, number: int, seed: int, materials: Materials) -> Sound:
        """Return what is left of ``sound``.

        Args:
            sound: the sound.
            number: of the step in its chain, from 0 on; equal effects of a chain draw otherwise.
            seed: of what chance decides, not negative.
            materials: rooms and sounds to draw from.

        Raises:
            EarmarkError: the effect needs something that is not there, or leaves nothing.
        """
        left = self.effect.apply(sound, Drawing(np.random.default_rng([seed, number]), materials))
        if not left.length:
            raise EarmarkError(f"{self.name} leaves nothing of it", "Is there anything to be heard in it?")
        return left


@dataclass(frozen=True)
class Chain:
    """Effects one after the other. The same seed does the same, and what comes later changes nothing before it.

    Attributes:
        steps: the effects, at least one.
    """

    steps: tuple[Step, ...]

    @classmethod
    def parse(cls, text: str) -> "Chain":
        """Return the chain that ``text`` names, effects joined by ``+`` or ``,``.

        Raises:
            UsageError: it names none.
        """
        names = [part.strip() for part in JOINTS.split(text)]
        if len(names) > LONGEST:
            raise UsageError(f"{len(names)} effects are too many", f"Up to {LONGEST} can be chained.")
        return cls(tuple(Step.parse(name) for name in names))

    @property
    def in_step(self) -> bool:
        """Whether what is left is as long as before, every sample where it was."""
        return all(step.in_step for step in self.steps)

    @property
    def codec(self) -> FileCodec | None:
        """The codec it ends with; None if it ends otherwise."""
        last = self.steps[-1].effect
        return last if isinstance(last, FileCodec) else None

    def apply(self, sound: Sound, seed: int, materials: Materials) -> Sound:
        """Return what is left of ``sound``; arguments and errors are those of ``Step.apply``."""
        for number, step in enumerate(self.steps):
            sound = step.apply(sound, number, seed, materials)
        return sound

    def before_codec(self) -> "Chain | None":
        """Return the chain without the codec at its end, None where nothing else is left; itself if there is none."""
        if self.codec is None:
            return self
        return Chain(self.steps[:-1]) if len(self.steps) > 1 else None

    def write(self, sound: Sound, path: Path, seed: int, materials: Materials) -> Path:
        """Write what is left of ``sound`` as the last codec's file, or as FLAC if it ends with none.

        Returns:
            ``path`` with the suffix of what was written.
        """
        first = self.before_codec()
        left = sound if first is None else first.apply(sound, seed, materials)
        return (self.codec or FLAC).write(left.samples, left.rate, path)
