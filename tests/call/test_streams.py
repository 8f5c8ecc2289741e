import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from earmark.call.schedule import BLOCK_POSITIONS
from earmark.call.streams import AHEAD_POSITIONS, HEAD_POSITIONS, SLACK_POSITIONS, Stream, Stretch
from earmark.errors import CallError

SEGMENT_S = 0.24
LISTENERS = ("ben", "chloe", "dora")


def stream(**facts: object) -> Stream:
    made = Stream(0, "anna", since=100.0)
    for name, value in facts.items():
        setattr(made, name, value)
    return made


def test_heads_come_before_rests() -> None:
    new = stream()
    for listener in ("anna", "ben", "chloe"):
        new.join(listener)
    rest = BLOCK_POSITIONS - HEAD_POSITIONS
    assert new.due(["anna", "ben", "chloe"]) == [
        Stretch("ben", 0, 0, HEAD_POSITIONS),
        Stretch("chloe", 0, 0, HEAD_POSITIONS),
        Stretch("ben", 0, HEAD_POSITIONS, rest),
        Stretch("chloe", 0, HEAD_POSITIONS, rest),
    ]
    assert new.due(["ben", "chloe"]) == []


def test_late_comers_get_nothing_from_before() -> None:
    under_way = stream(position=1000, blocks=2)
    under_way.join("ben")
    assert under_way.due(["ben"]) == [
        Stretch("ben", 0, 1000, 24),
        Stretch("ben", 0, 1024, 1024),
    ]


def test_the_next_block_comes_in_one_piece() -> None:
    under_way = stream()
    under_way.join("ben")
    under_way.due(["ben"])
    under_way.report(BLOCK_POSITIONS - AHEAD_POSITIONS - 1, 1000.0, SEGMENT_S)
    assert not under_way.needs_block
    under_way.report(BLOCK_POSITIONS - AHEAD_POSITIONS, 1000.0, SEGMENT_S)
    assert under_way.needs_block
    under_way.opening = True
    assert not under_way.needs_block
    under_way.blocks += 1
    assert under_way.due(["ben"]) == [Stretch("ben", 0, BLOCK_POSITIONS, BLOCK_POSITIONS)]


def test_positions_follow_the_clock() -> None:
    new = stream()
    assert new.positions == 0
    new.report(SLACK_POSITIONS, 100.0, SEGMENT_S)
    for position, now in ((SLACK_POSITIONS - 1, 200.0), (SLACK_POSITIONS + 1, 100.2), (2**32 - 1, 10_000.0)):
        with pytest.raises(CallError):
            new.report(position, now, SEGMENT_S)
    assert new.positions == SLACK_POSITIONS + 1


def test_what_a_lost_speaker_has_said_is_not_left_out() -> None:
    new = stream()
    assert new.positions_by(102.4, SEGMENT_S) == 11
    new.report(40, 110.0, SEGMENT_S)
    assert new.positions_by(110.0, SEGMENT_S) == 42
    assert new.positions_by(112.5, SEGMENT_S) == 52
    assert new.positions_by(9999.0, SEGMENT_S) == BLOCK_POSITIONS


class Dealing(RuleBasedStateMachine):
    """Nobody is dealt a position twice, one from before they came, or one of a block that has not begun.

    Whoever stays has the keys of every position from then on; the speaker has none.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stream = Stream(0, "anna", since=0.0)
        self.now = 0.0
        self.since: dict[str, int] = {}
        self.dealt: dict[str, list[int]] = {}

    def deal(self, listeners: list[str]) -> None:
        for stretch in self.stream.due(listeners):
            assert stretch.first // BLOCK_POSITIONS == (stretch.first + stretch.count - 1) // BLOCK_POSITIONS
            self.dealt[stretch.member] += range(stretch.first, stretch.first + stretch.count)

    @rule(listener=st.sampled_from(["anna", *LISTENERS]))
    def join(self, listener: str) -> None:
        if listener not in self.since:
            self.stream.join(listener)
            self.dealt[listener] = []
            self.since[listener] = self.stream.position
            self.deal([listener])

    @rule(listener=st.sampled_from(["anna", *LISTENERS]))
    def leave(self, listener: str) -> None:
        self.stream.leave(listener)
        self.since.pop(listener, None)
        self.dealt.pop(listener, None)

    @rule(positions=st.integers(0, 400))
    def speak(self, positions: int) -> None:
        self.now += positions * SEGMENT_S
        self.stream.report(self.stream.position + positions, self.now, SEGMENT_S)

    @precondition(lambda self: self.stream.needs_block)
    @rule()
    def open_block(self) -> None:
        self.stream.blocks += 1
        self.deal(list(self.since))

    @invariant()
    def everybody_has_what_is_theirs(self) -> None:
        for listener, since in self.since.items():
            end = self.stream.blocks * BLOCK_POSITIONS
            wanted = [] if listener == "anna" else list(range(since, end))
            assert self.dealt[listener] == wanted


TestDealing = Dealing.TestCase


@given(st.integers(0, 5000), st.integers(1, 6))
def test_any_start_is_dealt_whole(position: int, blocks: int) -> None:
    under_way = stream(position=position, blocks=blocks)
    under_way.join("ben")
    dealt = [p for s in under_way.due(["ben"]) for p in range(s.first, s.first + s.count)]
    assert dealt == list(range(position, blocks * BLOCK_POSITIONS))
