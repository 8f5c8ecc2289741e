import numpy as np
import pytest

from earmark.cases import chance


def sample(listeners: int, seed: int, bias: float | None = None) -> tuple[list[int], list[int], list[int]]:
    """Return deficits, scores and thresholds of innocents, or of listeners whose bits have another bias."""
    rng = np.random.default_rng(seed)
    scores, thresholds = rng.integers(-48, 49, 150), rng.choice([13849, 51687], 150)
    odds = thresholds / 65_536 if bias is None else np.where(scores > 0, bias, 1 - bias)
    bits = rng.random((listeners, 150)) < odds
    deficits = np.maximum(scores, 0).sum() - bits @ scores
    return deficits.tolist(), scores.tolist(), thresholds.tolist()


@pytest.mark.parametrize("listeners", [1, 5, 100, 3000])
def test_innocents_are_consistent_with_chance(listeners: int) -> None:
    exceeded = sum(
        chance.distance(*sample(listeners, seed)) > chance.allowed(listeners)
        for seed in range(40 if listeners < 9 else 9)
    )
    assert exceeded == 0


def test_others_are_not() -> None:
    assert chance.distance(*sample(200, 1, bias=0.75)) > chance.allowed(200)
    assert chance.distance(*sample(200, 1, bias=0.25)) > chance.allowed(200)


def test_of_nobody() -> None:
    assert chance.distance([], [1, -2], [32768, 32768]) <= chance.allowed(0)


@pytest.mark.parametrize("wrong", [-1, 4])
def test_deficits_that_cannot_be(wrong: int) -> None:
    with pytest.raises(ValueError, match="deficit"):
        chance.distance([wrong], [1, -2], [32768, 32768])


@pytest.mark.parametrize(("segments", "step"), [(0, 1), (1, 1), (1000, 1), (1001, 2), (200_000, 200)])
def test_long_leaks_are_thinned(segments: int, step: int) -> None:
    assert chance.every(segments) == step
