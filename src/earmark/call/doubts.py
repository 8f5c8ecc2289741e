"""Whether what a speaker sends can be traced: what listeners heard is compared while the call goes on.

Now and then some listeners are asked, after the fact, what they heard at one position of a stream. Each answers with a
tag of every frame: keyed by a secret of the group, so that whoever compares them learns nothing of the sound, but
whether two frames are the same. Those whose codewords have the same bit there hold the same variant and must have heard
the same; those whose bits differ must not have. Frames that say nothing (an encoder fed with silence repeats itself)
are tagged by their variant as well: they never look alike.

Only the dealer, who knows the codewords, can compare. Nobody else is told more than that there is a doubt: who agreed
with whom would tell members, and the speaker, of each other's codewords.
"""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Doubt = Literal["alike", "unopened", "unlike"]
"""What is wrong with a stream: both variants are the same, so that nobody can be traced by it; what arrives cannot be
opened by those whom it is for; or those who should hear the same do not."""

DOUBTS: tuple[Doubt, ...] = get_args(Doubt)

Frames = Sequence[bytes | None]
"""What somebody says of the frames of one position: a tag, empty where what came could not be opened, None where
nothing came."""

REMEMBERED = 8
ALIKE_FRAMES = 12
"""So many frames that are the same in both variants are no chance: as many as a segment has."""

BROKEN_FRAMES = 24
"""So many frames that are not opened, or not the same: of two segments at least, since a change of the group's keys may
cost a few."""


@dataclass(frozen=True)
class Comparison:
    """How many frames of one position were the same in both variants, were not opened, or differed within a variant."""

    alike: int = 0
    unopened: int = 0
    unlike: int = 0


def compare(answers: Mapping[str, Frames], bits: Mapping[str, int]) -> Comparison:
    """Compare what listeners say of one position.

    Args:
        answers: by listener; all of the same length.
        bits: which variant each of them holds there; who is not in it does not count.
    """
    heard = [(bits[listener], frames) for listener, frames in answers.items() if listener in bits]
    counts: Counter[Doubt] = Counter()
    for number in range(max((len(frames) for _, frames in heard), default=0)):
        counts.update(_doubts_of([(bit, frames[number]) for bit, frames in heard]))
    return Comparison(counts["alike"], counts["unopened"], counts["unlike"])


def _doubts_of(frames: Iterable[tuple[int, bytes | None]]) -> set[Doubt]:
    """Return what is wrong with one frame, given as bits and what those who have them say."""
    came: dict[int, list[bytes]] = {0: [], 1: []}
    for bit, tag in frames:
        if tag is not None:
            came[bit].append(tag)
    found: set[Doubt] = set()
    for tags in came.values():
        if 2 * tags.count(b"") > len(tags):
            found.add("unopened")
        if len({tag for tag in tags if tag}) > 1:
            found.add("unlike")
    usual = [_most(tags) for tags in came.values()]
    if usual[0] and usual[0] == usual[1]:
        found.add("alike")
    return found


def _most(tags: Sequence[bytes]) -> bytes:
    """Return what most of those say who could open a frame; empty where nobody could."""
    return max(Counter(tag for tag in tags if tag).items(), key=lambda item: item[1], default=(b"", 0))[0]


class Doubts:
    """What speaks against one stream; once there is a doubt, it stays."""

    def __init__(self) -> None:
        self._last: deque[Comparison] = deque(maxlen=REMEMBERED)
        self._raised: dict[Doubt, None] = {}

    @property
    def raised(self) -> tuple[Doubt, ...]:
        """All doubts there are, the earliest first."""
        return tuple(self._raised)

    def add(self, comparison: Comparison) -> list[Doubt]:
        """Take a comparison; return the doubts that are new."""
        self._last.append(comparison)
        limits: dict[Doubt, int] = {"alike": ALIKE_FRAMES, "unopened": BROKEN_FRAMES, "unlike": BROKEN_FRAMES}
        new = [doubt for doubt, limit in limits.items() if self._sum(doubt) >= limit and doubt not in self._raised]
        self._raised.update(dict.fromkeys(new))
        return new

    def _sum(self, doubt: Doubt) -> int:
        return sum(getattr(comparison, doubt) for comparison in self._last)
