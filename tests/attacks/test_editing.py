import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.attacks import Chain, Sound, Synthetic
from earmark.attacks.editing import reordered
from earmark.errors import UsageError

RATE = 1_000


def counted(seconds: float) -> Sound:
    """Return sound of which every sample says where it was."""
    return Sound(np.arange(round(seconds * RATE), dtype=np.float32)[None], RATE)


def pieces(sound: Sound) -> list[np.ndarray]:
    return np.split(sound.samples[0], np.flatnonzero(np.diff(sound.samples[0]) != 1) + 1)


@settings(max_examples=60, deadline=None)
@given(seconds=st.floats(3.0, 60.0), seed=st.integers(0, 1_000))
def test_all_of_it_is_there_in_pieces_that_are_long_enough(seconds: float, seed: int) -> None:
    before = counted(seconds)
    after = Chain.parse("cuts:1.5").apply(before, seed, Synthetic())
    assert sorted(after.samples[0]) == list(before.samples[0])
    assert len(pieces(after)) > 1 or seconds < 6
    assert all(len(piece) >= 1.5 * RATE for piece in pieces(after))


@settings(max_examples=60, deadline=None)
@given(total=st.integers(2, 40), seed=st.integers(0, 1_000))
def test_pieces_from_everywhere_are_as_long_as_asked_together(total: int, seed: int) -> None:
    after = Chain.parse(f"cuts:1.5:{total}").apply(counted(60), seed, Synthetic())
    assert after.length == total * RATE
    assert len(set(after.samples[0])) == after.length
    assert all(len(piece) >= 1.5 * RATE for piece in pieces(after))


def test_many_places() -> None:
    starts = [piece[0] for piece in pieces(Chain.parse("cuts:1.5:20").apply(counted(2_000), 4, Synthetic()))]
    assert len(starts) >= 7
    assert max(starts) - min(starts) > 500 * RATE
    assert starts != sorted(starts)


def test_what_is_too_short_stays_in_one_piece() -> None:
    assert np.array_equal(Chain.parse("cuts:1.5:20").apply(counted(2), 0, Synthetic()).samples, counted(2).samples)


@given(st.integers(0, 40), st.integers(0, 100))
def test_an_order_has_everything_once(count: int, seed: int) -> None:
    order = reordered(count, np.random.default_rng(seed))
    assert sorted(order) == list(range(count))
    assert count < 2 or order != sorted(order)


def test_pieces_that_do_not_fit() -> None:
    with pytest.raises(UsageError, match="do not fit"):
        Chain.parse("cuts:3:2")


def test_pauses_go_and_the_rest_stays(voice: Sound) -> None:
    pause = np.zeros((1, 2 * voice.rate), np.float32)
    paused = voice.holding(np.concatenate([voice.samples, pause, voice.samples], axis=1))
    after = Chain.parse("nopauses").apply(paused, 0, Synthetic())
    without = Chain.parse("nopauses").apply(voice, 0, Synthetic())
    assert 0.5 * voice.length < without.length <= voice.length
    assert after.length == pytest.approx(2 * without.length, abs=0.5 * voice.rate)
