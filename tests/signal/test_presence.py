import numpy as np
import pytest
from tests.signal.scenes import HOPS, codeword, line, made_up, signs

from earmark.signal.correlation import Correlator
from earmark.signal.presence import WEIGHED_FRAMES, everywhere, presence

RECORDING = signs(60)
PLACES = np.arange(10, 50)
CORRELATOR = Correlator(made_up(HOPS * 45, [(PLACES, line(PLACES, 0))], RECORDING, codeword(60), likely=0.2), RECORDING)


def test_each_with_each_is_as_pair_by_pair() -> None:
    frames = np.arange(2 * WEIGHED_FRAMES + 5)
    segments = np.array([3, 10, 17, 59])
    table = everywhere(CORRELATOR, frames, segments, 1.3)
    for column, segment in enumerate(segments.tolist()):
        pairs = CORRELATOR.along(frames, np.full(len(frames), segment))
        assert np.allclose(table[:, column], presence(*pairs, 1.3), atol=1e-4)


def test_what_is_there_shows() -> None:
    own = np.diagonal(everywhere(CORRELATOR, line(PLACES, 0), PLACES, 1.0))
    other = np.diagonal(everywhere(CORRELATOR, line(PLACES, 0), np.roll(PLACES, 7), 1.0))
    assert own.mean() > 0.3
    assert other.mean() < 0


@pytest.mark.parametrize("strength", [0.3, 1.0, 2.0])
def test_chance_gains_nothing(strength: float) -> None:
    """A test martingale: the mean of the odds over patterns that know nothing of the leak is at most one."""
    strangers = signs(20_000, key=bytes(32))
    odds = np.exp(everywhere(Correlator(CORRELATOR.listening, strangers), np.array([60]), np.arange(20_000), strength))
    assert odds.mean() < 1 + 4 * odds.std() / np.sqrt(len(strangers))
