"""What leaks of calls are made of, and how what they come to is counted."""

import numpy as np

from bench.call_innocents import KIND_HEAD, KINDS, TURN_S, Outcome, kind_rows, mixed, table_rows
from bench.codebooks import BOUNDS, CODEBOOKS, HEAD
from earmark.signal.calls import RATE, SEGMENT_MS

SEGMENTS = 40
PER_SEGMENT = RATE * SEGMENT_MS // 1000
VARIANTS = (np.full((1, SEGMENTS * PER_SEGMENT), -1, np.float32), np.full((1, SEGMENTS * PER_SEGMENT), 1, np.float32))


def copies(count: int) -> list[np.ndarray]:
    return list(np.random.default_rng(count).integers(2, size=(count, SEGMENTS)))


def test_one_copy_is_what_its_listener_was_dealt() -> None:
    for in_turns in (False, True):
        (bits,) = copies(1)
        sound = mixed(VARIANTS, [bits], in_turns=in_turns)
        assert (sound.reshape(SEGMENTS, -1) == 2 * bits[:, None] - 1).all()


def test_two_copies_are_averaged_or_take_turns() -> None:
    bits = copies(2)
    levels = 2 * np.stack(bits) - 1
    assert (mixed(VARIANTS, bits, in_turns=False).reshape(SEGMENTS, -1) == levels.mean(axis=0)[:, None]).all()
    sound = mixed(VARIANTS, bits, in_turns=True)
    turn = round(TURN_S * RATE)
    for number, start in enumerate(range(0, sound.size, turn)):
        mine = np.repeat(levels[number % 2], PER_SEGMENT)[start : start + turn]
        assert (sound[start : start + turn] == mine).all()


def test_everything_is_counted() -> None:
    named = tuple(range(len(BOUNDS), 0, -1))
    found = {kind.name: [Outcome(True, 3, named), Outcome(False, 1, named)] for kind in KINDS}
    rows = list(table_rows(found))
    assert {len(row) for row in rows} == {len(HEAD)}
    assert [row[1] for row in rows] == [f"{2 * len(KINDS) * CODEBOOKS:,}"] * len(BOUNDS)
    assert [int(row[3].replace(",", "")) for row in rows] == [2 * len(KINDS) * count for count in named]
    for row in kind_rows(found):
        assert len(row) == len(KIND_HEAD)
        assert row[1:] == ("2", "1", "1 to 3")
