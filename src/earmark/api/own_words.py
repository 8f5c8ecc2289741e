"""Own words: what nobody is sent in a call, so that in a leak it came from somebody else's copy.

What somebody's loudspeaker plays may come back through their own microphone, and so into what everybody else is sent,
in their variants: who then leaks a copy leaks something of theirs, though they did nothing. No codebook tells that from
a leak of theirs. But what comes through a microphone is marked as its owner's words, even if they say nothing.
"""

from collections.abc import Collection, Sequence
from typing import Protocol, TypeVar

from earmark.api.finding import Found
from earmark.api.results import Named
from earmark.cases.voices import Voices
from earmark.records.vault import Vault


class Listed(Protocol):
    """Whoever is named, by whatever evidence."""

    @property
    def listener(self) -> str:
        """The id."""


One = TypeVar("One", bound=Listed)


def voices_in(vault: Vault, found: Found) -> Voices:
    """Return whose words evidence is of, and whose were found in the leak at all; nobody's of a file."""
    numbers = [strand.track.stream for strand in found.strands if strand.track.stream is not None]
    streams = vault.calls.streams(found.recording_id) if numbers else ()
    return Voices.of({one.number: one.speaker_id for one in streams}, found.streams, numbers)


def named_by(voices: Voices, listener: str, false_accusation_log10: float, share: float) -> Named:
    """Return how a listener is named by evidence.

    Args:
        voices: whose words it is of.
        listener: the id.
        false_accusation_log10: decimal logarithm of the bound.
        share: of the allowed chance that the evidence has.
    """
    alone, own_words = voices.alone is not None, voices.has_words_of(listener)
    return Named(listener, false_accusation_log10, share, voices.by, alone, own_words)


def to_be_told(named: Sequence[One], speakers: Collection[str]) -> Sequence[One]:
    """Return who of those named is told.

    Whose own words are not in the leak has a copy that may explain all of it; whose own words are, may have done
    nothing. So these are told only where there is nobody else. Fewer names keep every bound.

    Args:
        named: by evidence of one leak.
        speakers: whose words are in it.
    """
    return [one for one in named if one.listener not in speakers] or named
