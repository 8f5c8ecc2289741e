import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.attacks import Chain, Sound, Synthetic
from earmark.attacks.mixing import at_ratio


@pytest.mark.parametrize("kind", ["white", "noise", "talk", "music"])
@pytest.mark.parametrize("ratio_db", [20, 0, -6])
def test_what_is_added_is_at_the_ratio(stereo: Sound, kind: str, ratio_db: int) -> None:
    mixed = Chain.parse(f"{kind}:{ratio_db}").apply(stereo, 0, Synthetic())
    added = stereo.holding(mixed.samples - stereo.samples)
    assert 10 * np.log10(stereo.power / added.power) == pytest.approx(ratio_db, abs=0.01)


@settings(max_examples=30)
@given(gain=st.floats(1e-3, 10), ratio_db=st.floats(-30, 60))
def test_only_the_ratio_counts(gain: float, ratio_db: float) -> None:
    rng = np.random.default_rng(0)
    sound = Sound(rng.standard_normal((1, 500)).astype(np.float32), 8_000)
    other = rng.standard_normal((1, 500)).astype(np.float32)
    loud = at_ratio(sound, np.float32(gain) * other, ratio_db).samples
    assert np.allclose(loud, at_ratio(sound, other, ratio_db).samples, rtol=1e-3, atol=1e-4)


def test_white_noise_is_white_and_another_in_each_channel(stereo: Sound) -> None:
    added = Chain.parse("white:0").apply(stereo, 0, Synthetic()).samples - stereo.samples
    powers = (np.abs(np.fft.rfft(added)) ** 2)[:, 1:].reshape(2, 8, -1).mean(axis=2)
    assert powers.max() / powers.min() < 1.3
    assert abs(np.corrcoef(added)[0, 1]) < 0.02


def test_background_is_the_same_in_all_channels(stereo: Sound) -> None:
    added = Chain.parse("noise:0").apply(stereo, 0, Synthetic()).samples - stereo.samples
    assert np.allclose(added[0], added[1], atol=1e-6)


def test_silence_gets_nothing() -> None:
    silence = Sound(np.zeros((1, 800), np.float32), 8_000)
    assert not Chain.parse("white:0").apply(silence, 0, Synthetic()).samples.any()
