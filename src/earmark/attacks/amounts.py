"""The numbers in names of effects: ``20``, ``-6``, ``64k``, or a range to draw from, ``-10..10``."""

import re
from dataclasses import dataclass

import numpy as np

from earmark.errors import UsageError

NUMBER = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,6})?")
RANGE = ".."
LONGEST_SHOWN = 40


@dataclass(frozen=True)
class Amount:
    """A number, or a range from which one is drawn.

    Attributes:
        low: the smallest.
        high: the largest; the same where nothing is drawn.
    """

    low: float
    high: float

    def draw(self, rng: np.random.Generator) -> float:
        """Return the number; chance is asked only where there is a range."""
        return self.low if self.low == self.high else float(rng.uniform(self.low, self.high))


@dataclass(frozen=True)
class Span:
    """What numbers an effect takes.

    Attributes:
        lowest: the smallest.
        highest: the largest.
        unit: in which they are, such as "dB"; "k" are thousands.
        usual: where none is given; None where one is required.
    """

    lowest: float
    highest: float
    unit: str
    usual: float | None = None

    def parse(self, name: str, text: str) -> Amount:
        """Return the amount that ``text`` stands for.

        Args:
            name: of the effect, for messages.
            text: what follows its colon; empty where there is none.

        Raises:
            UsageError: it is no such number.
        """
        if not text and self.usual is not None:
            return Amount(self.usual, self.usual)
        low, _, high = text.partition(RANGE)
        amount = Amount(self.number(name, low), self.number(name, high if RANGE in text else low))
        if amount.low > amount.high:
            raise UsageError(f"{shown(text)} of {name!r} is no range", "Write the smaller number first: -10..10.")
        return amount

    def number(self, name: str, text: str) -> float:
        """Return one number."""
        bare = text.removesuffix(self.unit)
        if NUMBER.fullmatch(bare) and self.lowest <= float(bare) <= self.highest:
            return float(bare)
        what = f"{shown(text)} is no amount for {name!r}" if text else f"{name!r} needs an amount"
        unit = "k" if self.unit == "k" else f" {self.unit}".rstrip()
        example = f"{name}:{self.example:g}{'k' if self.unit == 'k' else ''}"
        raise UsageError(what, f"It takes {self.lowest:g} to {self.highest:g}{unit}, such as {example}.")

    @property
    def example(self) -> float:
        """A number it takes."""
        return self.usual if self.usual is not None else float(f"{(self.lowest + self.highest) / 2:.2g}")


def shown(text: str) -> str:
    """Return a stranger's text in quotes, and not too much of it."""
    return repr(text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…")
