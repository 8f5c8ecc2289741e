"""What effects are given beside the sound: chance, and materials to draw from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from earmark.attacks.amounts import Amount
from earmark.attacks.sound import Floats, Sound

Background = Literal["noise", "talk", "music"]


class Materials(Protocol):
    """Rooms and sounds that an effect may draw from."""

    def room(self, rng: np.random.Generator, rate: int, rt60_s: float | None) -> Floats:
        """Return the response of a room; shape (samples,).

        Args:
            rng: draws.
            rate: samples per second.
            rt60_s: the reverberation time it should have; None for any.
        """

    def background(self, kind: Background, rng: np.random.Generator, rate: int, samples: int) -> Floats:
        """Return so many samples of a sound, from anywhere on and over again if it is short; shape (samples,)."""


@dataclass(frozen=True)
class Drawing:
    """Chance and materials for one effect.

    Attributes:
        rng: draws.
        materials: what is drawn from.
    """

    rng: np.random.Generator
    materials: Materials


class Effect(Protocol):
    """Something that can happen to sound."""

    def apply(self, sound: Sound, drawing: Drawing) -> Sound:
        """Return what is left of ``sound``."""


@dataclass(frozen=True)
class Plain:
    """An effect that is a function of nothing else."""

    function: Callable[[Sound], Sound]

    def apply(self, sound: Sound, _drawing: Drawing) -> Sound:
        """Return what is left of ``sound``."""
        return self.function(sound)


@dataclass(frozen=True)
class Drawn:
    """An effect in which chance decides."""

    function: Callable[[Sound, Drawing], Sound]

    def apply(self, sound: Sound, drawing: Drawing) -> Sound:
        """Return what is left of ``sound``."""
        return self.function(sound, drawing)


@dataclass(frozen=True)
class Measured:
    """An effect with an amount."""

    function: Callable[[Sound, Drawing, float], Sound]
    amount: Amount

    def apply(self, sound: Sound, drawing: Drawing) -> Sound:
        """Return what is left of ``sound``; an amount that is a range is drawn first."""
        return self.function(sound, drawing, self.amount.draw(drawing.rng))
