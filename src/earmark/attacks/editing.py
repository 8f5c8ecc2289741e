"""It is cut: pieces in another order, pauses taken out. Neither stays in step."""

from dataclasses import dataclass

import numpy as np

from earmark.attacks.amounts import Span
from earmark.attacks.drawing import Drawing
from earmark.attacks.graph import filtered
from earmark.attacks.sound import Sound
from earmark.errors import UsageError

SHORTEST = Span(0.1, 600, "s", usual=1.5)
TOTAL = Span(0.1, 36_000, "s")
PAUSE_S = 0.2
PAUSE_BELOW_DB = 20.0


@dataclass(frozen=True)
class Cuts:
    """Pieces of a recording, each once, in an order of chance, one hard against the other.

    Attributes:
        shortest_s: how long a piece is at least; at most it is twice as long.
        total_s: how long all pieces together are; None for all of the recording.
    """

    shortest_s: float
    total_s: float | None = None

    @classmethod
    def parse(cls, text: str) -> "Cuts":
        """Return the effect for ``1.5`` or, 20 seconds in all, ``1.5:20``."""
        first, colon, second = text.partition(":")
        shortest = SHORTEST.parse("cuts", first).low
        total = TOTAL.parse("cuts", second).low if colon else None
        if total is not None and total < shortest:
            raise UsageError(f"pieces of {shortest:g} s do not fit into {total:g} s", "Such as cuts:1.5:20.")
        return cls(shortest, total)

    def apply(self, sound: Sound, drawing: Drawing) -> Sound:
        """Return pieces of ``sound`` from many places; all of it in one where it is too short for two."""
        total = sound.length if self.total_s is None else min(sound.length, round(self.total_s * sound.rate))
        lengths = self.lengths(total, round(self.shortest_s * sound.rate), drawing.rng)
        gaps = np.sort(drawing.rng.integers(0, sound.length - total + 1, len(lengths)))
        starts = gaps + np.cumsum([0, *lengths[:-1]])
        order = reordered(len(lengths), drawing.rng)
        return sound.holding(
            np.concatenate([sound.samples[:, starts[k] : starts[k] + lengths[k]] for k in order], axis=1)
        )

    @staticmethod
    def lengths(total: int, shortest: int, rng: np.random.Generator) -> list[int]:
        """Return how long each piece is, in samples; together they are ``total``."""
        lengths: list[int] = []
        left = total
        while left >= 2 * shortest:
            lengths.append(round(rng.uniform(shortest, min(2 * shortest, left - shortest))))
            left -= lengths[-1]
        return [*lengths, left]


def reordered(count: int, rng: np.random.Generator) -> list[int]:
    """Return an order in which hardly anything follows what it followed before."""
    order: list[int] = rng.permutation(count).tolist()
    for place in range(1, count):
        if order[place] == order[place - 1] + 1:
            order[place - 1], order[place] = order[place], order[place - 1]
    return order


def no_pauses(sound: Sound) -> Sound:
    """Take out what is softer than the rest by 20 dB for longer than 0.2 s, but for these 0.2 s."""
    threshold = max(1e-6, sound.power**0.5 * 10 ** (-PAUSE_BELOW_DB / 20))
    options = f"stop_periods=-1:stop_duration={PAUSE_S}:stop_threshold={threshold:.8f}:detection=rms:window=0.02"
    return filtered(sound, ("silenceremove", options))
