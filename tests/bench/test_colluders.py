import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bench.colluders import MIXES, VOTES, average, differing, kinds, spread, summary, voted
from bench.leaks import SEGMENT

Floats = NDArray[np.float32]

SEGMENTS = 16


def copies_of(codewords: list[list[int]]) -> Floats:
    """Return copies whose segments are made of their variant's number, and what all of them share."""
    shared = np.linspace(-0.5, 0.5, len(codewords[0]) * SEGMENT)
    variants = np.repeat(np.array(codewords), SEGMENT, axis=1)
    return (shared + 0.1 * variants).astype(np.float32)


def heard(sound: Floats) -> list[int]:
    """Return the variant of every segment of a mix."""
    shared = np.linspace(-0.5, 0.5, len(sound))
    return [round(float(part.mean()) * 10) for part in np.split(sound - shared, len(sound) // SEGMENT)]


words = st.lists(st.lists(st.integers(0, 1), min_size=SEGMENTS, max_size=SEGMENTS), min_size=3, max_size=4)


@given(words)
def test_majority_and_minority_are_by_count(codewords: list[list[int]]) -> None:
    copies, rng = copies_of(codewords), np.random.default_rng(0)
    most, fewest = heard(voted(copies, rng, most=True)), heard(voted(copies, rng, most=False))
    for segment, column in enumerate(zip(*codewords, strict=True)):
        ones = 2 * sum(column) - len(column)
        if abs(ones) == len(column):
            assert most[segment] == fewest[segment] == column[0]
        elif ones:
            assert most[segment] == (ones > 0)
            assert fewest[segment] == (ones < 0)


def test_ties_go_either_way() -> None:
    copies = copies_of([[0] * SEGMENTS, [0] * SEGMENTS, [1] * SEGMENTS, [1] * SEGMENTS])
    assert 0 < sum(heard(voted(copies, np.random.default_rng(1), most=True))) < SEGMENTS


@pytest.mark.parametrize("name", ["segments", "seconds", *VOTES])
def test_every_sample_is_somebodys(name: str) -> None:
    rng = np.random.default_rng(2)
    copies = rng.standard_normal((3, 60_000)).astype(np.float32)
    mixed = MIXES[name](copies, rng)
    assert mixed.shape == (60_000,)
    assert (copies == mixed).any(axis=0).all()


def test_copies_alternate_segment_by_segment() -> None:
    copies = copies_of([[0] * SEGMENTS, [1] * SEGMENTS])
    assert heard(spread(copies, np.arange(SEGMENTS) % 2, SEGMENT)) == [0, 1] * (SEGMENTS // 2)
    assert 0 < sum(heard(MIXES["segments"](copies, np.random.default_rng(3)))) < SEGMENTS


def test_the_average_lies_between() -> None:
    copies = copies_of([[0, 1, 0], [0, 1, 1]])
    assert np.allclose(average(copies, np.random.default_rng(0)), copies.mean(axis=0))


def test_an_unfinished_segment_counts_too() -> None:
    copies = copies_of([[0, 0], [0, 1]])[:, : SEGMENT + 7]
    assert differing(copies).tolist() == [[False, False], [False, True]]


def test_noise_lies_20_db_below() -> None:
    copies = copies_of([[0] * 10, [1] * 10])
    clean = average(copies, np.random.default_rng(0))
    added = MIXES["noise"](copies, np.random.default_rng(0)) - clean
    assert 10 * np.log10(np.mean(clean**2) / np.mean(added**2)) == pytest.approx(20, abs=0.5)


def test_two_copies_have_no_majority() -> None:
    assert not set(VOTES) & {mix for colluders, mix in kinds() if colluders == 2}
    assert set(MIXES) == {mix for colluders, mix in kinds() if colluders == 4}


def test_numbers_of_colluders_are_summed_up() -> None:
    lines = [
        ("2", "average", "10", "≤ 60", ""),
        ("2", "seconds", "20", "≤ 60", ""),
        ("3", "average", "30", "≤ 120", ""),
    ]
    assert list(summary(lines)) == [("2", "2", "10 to 20", "≤ 60"), ("3", "1", "30", "≤ 120")]
