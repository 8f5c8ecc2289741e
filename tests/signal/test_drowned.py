import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.signal.drowned import Usual
from earmark.signal.path import FOREIGN, Part

WINDOW = 50


def usual(worth: np.ndarray, telling: np.ndarray, parts: list[Part]) -> Usual:
    found = Usual.of(worth, telling, parts, WINDOW)
    assert found is not None
    return found


def leak(nats: float, shake: float, seconds: int = 20) -> tuple[np.ndarray, np.ndarray, list[Part]]:
    """Return a leak in which two nats a frame could be heard, and so many are, give or take some each second."""
    frames = WINDOW * seconds
    shaken = np.repeat(np.random.default_rng(0).normal(0, shake, seconds), WINDOW)
    return (nats + shaken)[None], np.full(frames, 2.0), [Part(0, 0, frames)]


@given(could=st.floats(0, 1e4))
def test_what_is_heard_as_usual_is_explained(could: float) -> None:
    one = usual(*leak(1.0, 0.2))
    assert one.explains(one.share * could, could)
    assert one.explains(one.share * could + 1, could)


def test_the_more_could_be_heard_the_less_is_explained_and_noise_explains_more() -> None:
    clear, noisy = usual(*leak(1.0, 0.1)), usual(*leak(0.3, 0.9))
    assert clear.explains(-1.0, 4.0)
    assert not clear.explains(-10.0, 200.0)
    assert noisy.explains(-10.0, 200.0)


def test_foreign_parts_and_short_ones_say_nothing_of_what_is_usual() -> None:
    worth, telling, _ = leak(1.0, 0.1)
    strange = worth.copy()
    strange[:, 400:600] = -50
    parts = [Part(0, 0, 400), Part(FOREIGN, 400, 600), Part(0, 600, 1000)]
    assert usual(strange, telling, parts).share == pytest.approx(usual(worth, telling, [parts[0], parts[2]]).share)
    assert Usual.of(worth, telling, [Part(0, 0, WINDOW - 1)], WINDOW) is None
    assert Usual.of(worth, 0 * telling, parts, WINDOW) is None
