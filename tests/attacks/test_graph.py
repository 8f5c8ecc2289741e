import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.attacks import Sound
from earmark.attacks.graph import filtered


@settings(max_examples=30, deadline=None)
@given(channels=st.integers(1, 8), samples=st.integers(0, 40_000), rate=st.sampled_from([8_000, 16_000, 44_100]))
def test_a_filter_that_does_nothing(channels: int, samples: int, rate: int) -> None:
    """Invariant: channels and samples come back in their order, however many there are."""
    sound = Sound(np.random.default_rng(0).standard_normal((channels, samples)).astype(np.float32), rate)
    assert np.array_equal(filtered(sound, ("anull", "")).samples, sound.samples)


def test_filters_follow_each_other(stereo: Sound) -> None:
    louder = filtered(stereo, ("volume", "2"), ("volume", "3"))
    assert np.allclose(louder.samples, 6 * stereo.samples, rtol=1e-5)


def test_options_that_make_no_sense(stereo: Sound) -> None:
    with pytest.raises(av.FFmpegError):
        filtered(stereo, ("volume", "nonsense=1"))
