import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.api.voices import RATE, speech
from tests.signal.scenes import resampled

from earmark.signal.alignment import Passage
from earmark.signal.correlation import Floats
from earmark.signal.courses import Course
from earmark.signal.layout import Layout
from earmark.signal.likeness import Likeness, Original, Scaling, spectrum

SECONDS = 12
HOPS, HOP_S = 4, 0.015
SEGMENTS = np.arange(5, 180)
STRAIGHT = Course(SEGMENTS, HOPS * SEGMENTS, HOPS)
SOUND = resampled(speech(SECONDS), RATE)
ORIGINAL = Original(spectrum([SOUND], Layout(60)), HOPS)


def likeness(leak: Floats) -> Likeness:
    passage = Passage(SEGMENTS, HOPS * SEGMENTS, 0.0)
    return Likeness.of(spectrum([leak], Layout(60)), ORIGINAL, [passage], HOP_S)


def coloured(sound: Floats) -> Floats:
    return (0.3 * sound + 0.2 * np.roll(sound, 3)).astype(np.float32)


def noisy(sound: Floats) -> Floats:
    return (sound + 0.003 * np.random.default_rng(0).standard_normal(sound.shape)).astype(np.float32)


@pytest.mark.parametrize("change", [np.copy, coloured, noisy])
def test_the_same_sound_is_alike(change: object) -> None:
    worth = likeness(change(SOUND)).along(STRAIGHT)  # type: ignore[operator]
    assert worth.mean() > 0.5
    assert (worth > -1).mean() > 0.97


def test_another_place_is_not() -> None:
    shifted = Course(np.roll(SEGMENTS, 40), STRAIGHT.frames, HOPS)
    assert likeness(SOUND).along(shifted).mean() < -0.5


def test_what_was_replaced_is_not_alike() -> None:
    forged = SOUND.copy()
    forged[:, 60_000:75_000] = resampled(speech(1, seed=4), RATE)[:, :15_000]
    worth = likeness(forged).along(STRAIGHT)
    times = STRAIGHT.frames * HOP_S
    inside = (times > 4.1) & (times < 4.85)
    assert worth[inside].mean() < -0.5 < worth[~inside].mean()


def test_each_with_each_is_as_pair_by_pair() -> None:
    compared = likeness(noisy(SOUND))
    frames, segments = STRAIGHT.frames[20:40], SEGMENTS[20:40]
    table = compared.everywhere(frames, segments)
    assert table.shape == (20, 20)
    own, others = np.diagonal(table), table[np.abs(np.subtract.outer(segments, segments)) >= 5]
    assert np.allclose(own, compared.along(Course(segments, frames, HOPS)), atol=0.02)
    assert own.mean() > 0.5
    assert others.mean() < -0.5


def test_silence_says_little() -> None:
    quiet = Original(np.full((900, 72), -29.0, np.float16), HOPS)
    passage = Passage(SEGMENTS, HOPS * SEGMENTS, 0.0)
    compared = Likeness.of(quiet.log_power, quiet, [passage], HOP_S)
    assert np.isfinite(compared.along(STRAIGHT)).all()


@given(
    true=arrays(np.float64, 200, elements=st.floats(-20, 20)),
    false=arrays(np.float64, 200, elements=st.floats(-20, 20)),
)
def test_no_scaling_makes_the_truth_likelier(true: np.ndarray, false: np.ndarray) -> None:
    best = Scaling.of(true, false)
    assert 0 < best.factor <= 1
    assert best.explained(true, false) >= Scaling().explained(true, false)


def test_odds_are_scaled_to_what_a_leak_tells() -> None:
    rng = np.random.default_rng(0)
    surely, hardly = (rng.normal(mean, 3, 500) for mean in (12, 0))
    assert Scaling.of(surely, -surely) == Scaling()
    doubtful = Scaling.of(hardly, hardly - 8)
    assert doubtful.more > 0
    assert doubtful.scaled(hardly).mean() > hardly.mean()


def test_a_few_places_that_are_none_do_not_spoil_the_rest() -> None:
    rng = np.random.default_rng(0)
    odds = rng.normal(10, 3, 500)
    forged = np.concatenate([odds, np.full(25, -15.0)])
    assert Scaling.of(forged, -odds) == Scaling.of(odds, -odds)
