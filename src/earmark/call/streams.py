"""The streams of a call: who speaks, how far each is, and up to where its keys have been dealt to whom.

A stream's positions come in blocks; keys can be dealt up to the end of the last block that has begun. The next block
begins when three quarters of one have passed. Whoever comes late is dealt keys from the stream's last known position
on, and nothing from before.
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from earmark.call.doubts import Doubts
from earmark.call.schedule import BLOCK_POSITIONS
from earmark.errors import CallError

HEAD_POSITIONS = 64
"""So many positions are dealt at once, the others right after."""

AHEAD_POSITIONS = BLOCK_POSITIONS // 4
SLACK_POSITIONS = 64


@dataclass(frozen=True)
class Stretch:
    """Positions of a stream whose keys are to be dealt to a listener."""

    member: str
    stream: int
    first: int
    count: int


@dataclass
class Stream:
    """One stream.

    Attributes:
        number: of the stream in the call.
        speaker: whose it is.
        since: when it began.
        position: the last one reported to have begun.
        reported: when; None if none was.
        recorded: when it last went on record how far the stream is.
        blocks: how many have begun.
        opening: whether the next one is being begun.
        published: whether the relay has it.
        refused: when its speaker is to offer it again, which the relay could not take.
        dealt: up to which position keys have been dealt, by listener.
        wanted: who wants to hear it, in order.
        doubts: whether it can be traced.
        offers: how many times the stream has been offered, by listener.
        missed: when the stream is offered again to whom the relay could not offer it, by listener.
        lost: how many packets of a hundred a listener loses, by their own word.
        kept: whether its speaker seals what they say for the vault.
        pieces: how many pieces of that there are.
    """

    number: int
    speaker: str
    since: float
    position: int = 0
    reported: float | None = None
    recorded: float = -math.inf
    blocks: int = 1
    opening: bool = False
    published: bool = False
    refused: float = math.inf
    dealt: dict[str, int] = field(default_factory=dict)
    wanted: dict[str, None] = field(default_factory=dict)
    offers: Counter[str] = field(default_factory=Counter)
    missed: dict[str, float] = field(default_factory=dict)
    doubts: Doubts = field(default_factory=Doubts)
    lost: dict[str, int] = field(default_factory=dict)
    kept: bool = False
    pieces: int = 0

    @property
    def needs_block(self) -> bool:
        """Whether the next block should begin now."""
        return not self.opening and self.position + AHEAD_POSITIONS >= self.blocks * BLOCK_POSITIONS

    @property
    def positions(self) -> int:
        """How many positions have begun, as far as is known."""
        return 0 if self.reported is None else min(self.position + 1, self.blocks * BLOCK_POSITIONS)

    def positions_by(self, now: float, segment_s: float) -> int:
        """Return how many positions may have begun by ``now`` if the speaker could not say so any more."""
        since = self.since if self.reported is None else self.reported
        return min(self.positions + int((now - since) / segment_s) + 1, self.blocks * BLOCK_POSITIONS)

    def join(self, listener: str) -> None:
        """Let somebody be dealt keys from now on; never the speaker."""
        if listener != self.speaker:
            self.dealt.setdefault(listener, self.position)

    def leave(self, listener: str) -> None:
        """Let somebody be dealt no more keys."""
        self.dealt.pop(listener, None)
        self.wanted.pop(listener, None)
        self.missed.pop(listener, None)
        self.lost.pop(listener, None)

    def due(self, listeners: Iterable[str]) -> list[Stretch]:
        """Return what is to be dealt now, to each of ``listeners`` who has joined; taken as dealt from now on."""
        heads, rests = [], []
        for listener in listeners:
            first, end = self.dealt.get(listener, 0), self.blocks * BLOCK_POSITIONS
            if listener in self.dealt and first < end:
                new = first <= self.position
                head = min(HEAD_POSITIONS, self._left_of_block(first)) if new else 0
                heads += [Stretch(listener, self.number, first, head)] if head else []
                rests += self._stretches(listener, first + head, end)
                self.dealt[listener] = end
        return heads + rests

    def report(self, position: int, now: float, segment_s: float) -> None:
        """Take the speaker's word for how far the stream is.

        Raises:
            CallError: it would have gone back, or faster than the clock.
        """
        if position < self.position:
            raise CallError("a stream's position cannot go back")
        if position > (now - self.since) / segment_s + SLACK_POSITIONS:
            raise CallError("a stream's position cannot run ahead of the clock")
        self.position, self.reported = position, now

    def _stretches(self, listener: str, first: int, end: int) -> list[Stretch]:
        """Return the positions from ``first`` to ``end``, a block at a time."""
        found = []
        while first < end:
            count = min(self._left_of_block(first), end - first)
            found.append(Stretch(listener, self.number, first, count))
            first += count
        return found

    @staticmethod
    def _left_of_block(position: int) -> int:
        return BLOCK_POSITIONS - position % BLOCK_POSITIONS
