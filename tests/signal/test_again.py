import numpy as np
import pytest
from tests.signal.scenes import HOPS, codeword, line, made_up, signs

from earmark.signal import again
from earmark.signal.alignment import Passage
from earmark.signal.correlation import Correlator
from earmark.signal.path import FOREIGN, Part

RECORDING = signs(500)
WORDS = 14
HOP_S = 0.08 / HOPS


def leak(said: int) -> Correlator:
    """Return a leak in which something stands after a hundred segments that was said elsewhere."""
    pieces = ((20, 120), (said, said + WORDS), (120, 220))
    places, frame = [], 0
    for first, last in pieces:
        segments = np.arange(first, last)
        places.append((segments, line(segments, frame)))
        frame += HOPS * (last - first)
    return Correlator(made_up(frame + HOPS, places, RECORDING, codeword(500), likely=0.2), RECORDING)


def sought(said: int, *, far: bool) -> Passage | None:
    part = Part(FOREIGN, HOPS * 100, HOPS * (100 + WORDS))
    return again.surest(leak(said), part, [127.0], strength=1.0, likeness=None, far=far)


@pytest.mark.parametrize("said", [150, 300, 460])
def test_what_was_moved_is_found_wherever_it_was_said(said: int) -> None:
    found = sought(said, far=True)
    assert found is not None
    offsets = found.frames - HOPS * found.segments
    assert abs(offsets - HOPS * (100 - said)).max() <= 1


def test_only_near_places_may_be_searched() -> None:
    assert sought(300, far=False) is None
    assert sought(150, far=False) is not None


def test_a_long_part_is_searched_at_both_ends_and_a_crumb_not_at_all() -> None:
    long = Part(FOREIGN, 100, 100 + round(30 / HOP_S))
    first, last = again.pieces(long, HOP_S)
    assert (first.first, last.last) == (long.first, long.last)
    assert first.last < last.first
    assert again.pieces(Part(FOREIGN, 5, 5 + HOPS), HOP_S) == []
