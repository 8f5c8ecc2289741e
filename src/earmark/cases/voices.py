"""Voices: by whose words in a call somebody is named, of all whose words are in the leak.

Speakers are counted, not streams: who has loaded the call's page anew has several.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Voices:
    """Whose words evidence is of.

    Attributes:
        by: the speakers, each once, in the order of their streams; nobody of a file.
        heard: all whose words were found in the leak, likewise.
    """

    by: tuple[str, ...] = ()
    heard: tuple[str, ...] = ()

    @classmethod
    def of(cls, speakers: Mapping[int, str], by: Collection[int], heard: Collection[int]) -> "Voices":
        """Return the speakers of streams.

        Args:
            speakers: who speaks in each stream of the call, by its number.
            by: the streams that the evidence is of.
            heard: those that were found in the leak.
        """
        return cls(_each(speakers, by), _each(speakers, heard))

    @property
    def alone(self) -> str | None:
        """By whose words alone, though those of others are in the leak as well; None if by those of several."""
        return self.by[0] if len(self.by) == 1 < len(self.heard) else None

    def has_words_of(self, listener: str) -> bool:
        """Tell whether a listener's own words are in the leak, which they are not sent."""
        return listener in self.heard


def _each(speakers: Mapping[int, str], streams: Collection[int]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(speakers[one] for one in sorted(streams)))
