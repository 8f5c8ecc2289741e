"""Opus frames without a container: sound that is where it was, whatever is missing or damaged."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.api.voices import Sound, speech

from bench.call_forgery import coded
from earmark.media.opus import FRAME, RATE, opus_sound

SAID = speech(3, rate=RATE)
FRAMES = dict(enumerate(coded(SAID)))


def whole(frames: dict[int, bytes]) -> Sound:
    return np.concatenate([np.zeros((1, 0), np.float32), *opus_sound(frames)], axis=1)


def test_sound_is_where_it_was() -> None:
    sound = whole(FRAMES)
    assert sound.shape == (1, len(FRAMES) * FRAME)
    window = slice(RATE // 2, 2 * RATE)
    likeness = [float(SAID[0, window] @ np.roll(sound[0], shift)[window]) for shift in range(-480, 481, 4)]
    assert abs(4 * int(np.argmax(likeness)) - 480) <= 8


def test_nothing_is_nothing() -> None:
    assert whole({}).shape == (1, 0)


@pytest.mark.parametrize("gap", [slice(0, 40), slice(60, 90)])
def test_what_is_missing_is_silent_and_what_follows_is_where_it_was(gap: slice) -> None:
    missing = range(gap.start, gap.stop)
    sound, full = whole({n: frame for n, frame in FRAMES.items() if n not in missing}), whole(FRAMES)
    assert sound.shape == full.shape
    assert not sound[:, gap.start * FRAME : (gap.stop - 1) * FRAME].any()
    later = slice((gap.stop + 10) * FRAME, None)
    assert np.corrcoef(sound[0, later], full[0, later])[0, 1] > 0.9


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.integers(0, 60), st.binary(min_size=1, max_size=400), max_size=20))
def test_whatever_it_is_it_is_sound(frames: dict[int, bytes]) -> None:
    sound = whole(frames)
    assert sound.shape == (1, (max(frames, default=-1) + 1) * FRAME)
    assert np.isfinite(sound).all()
