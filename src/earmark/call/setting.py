"""What a room is begun with: what does not change while a call lasts, and what is on record of it."""

from dataclasses import dataclass

from earmark.call.replies import CallFacts


@dataclass(frozen=True)
class Setting:
    """What does not change while a call lasts.

    Attributes:
        call: for those who come.
        dealer_key: to which speakers seal the secrets of their streams, 32 bytes.
        segment_ms: length of a segment in milliseconds.
        slot_ms: length of a pattern's time slots in milliseconds.
        depth: how strongly streams are marked.
    """

    call: CallFacts
    dealer_key: bytes
    segment_ms: int
    slot_ms: int
    depth: float


@dataclass(frozen=True)
class Before:
    """What is on record of a call that was held before, by a server that has ended.

    Attributes:
        locked: whether it is locked.
        removed: whom a host has removed.
        expected_back: who was inside, and has not left by their own will.
    """

    locked: bool = False
    removed: frozenset[str] = frozenset()
    expected_back: frozenset[str] = frozenset()


NOTHING = Before()
