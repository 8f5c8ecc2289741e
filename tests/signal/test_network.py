import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from earmark.signal.network import Network, learned, levels
from earmark.signal.surroundings import REACH, Surroundings

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
seeds = st.integers(0, 2**32 - 1)


def log_powers(frames: int, seed: int) -> Floats:
    return np.random.default_rng(seed).uniform(-25, -5, (frames + 2 * REACH, 72)).astype(np.float32)


def surroundings_of(heard: Floats) -> Surroundings:
    return Surroundings.of(heard.astype(np.float16))


def random_network(seed: int) -> Network:
    rng = np.random.default_rng(seed)
    filters = rng.standard_normal((8, 3, 7)) / 5
    shapes = ((15, 24), (25, 24), (25, 1))
    dense = tuple((rng.standard_normal(shape) / 4).astype(np.float32) for shape in shapes)
    return Network((filters - filters.mean(axis=(1, 2), keepdims=True)).astype(np.float32), dense)


def slowly(network: Network, heard: Doubles, context: Surroundings, frame: int, band: int) -> float:
    """Return what the network says of one cell, written out."""
    bands = np.clip(np.arange(band - 3, band + 4), 0, 71)
    near = np.array([heard[frame + REACH + 2 * slot, bands] for slot in (-1, 0, 1)])
    cell, loudest = heard[frame + REACH, band], heard[frame + REACH].max()
    against = (
        cell - loudest,
        cell - context.floor[band],
        loudest - context.loud,
        context.top[band] - context.loud,
        context.floor[band] - context.loud,
        -4 + 8 * band / 71,
    )
    values = np.array([*(float((one * near).sum()) for one in network.filters), *(level / 4 for level in against)])
    for layer in network.dense[:-1]:
        values = np.maximum(np.append(values, 1) @ layer, 0)
    return float((np.append(values, 1) @ network.dense[-1]).item())


@settings(deadline=None, max_examples=20)
@given(seeds, seeds, st.integers(1, 5))
def test_cells_are_judged_one_by_one(weights: int, seed: int, frames: int) -> None:
    network, heard = random_network(weights), log_powers(frames, seed)
    context = surroundings_of(heard)
    found = network.judge(heard, context)
    assert found.shape == (frames, 72)
    for band in (0, 1, 2, 3, 40, 68, 69, 70, 71):
        for frame in range(frames):
            expected = slowly(network, heard.astype(np.float64), context, frame, band)
            assert found[frame, band] == pytest.approx(expected, abs=1e-3)


@settings(deadline=None, max_examples=20)
@given(seeds, st.floats(-10, 10))
def test_loudness_does_not_matter(seed: int, gain: float) -> None:
    network, heard = random_network(seed), log_powers(10, seed)
    context = surroundings_of(heard)
    louder = Surroundings(context.loud + gain, context.floor + np.float32(gain), context.top + np.float32(gain))
    assert network.judge(heard + np.float32(gain), louder) == pytest.approx(network.judge(heard, context), abs=1e-3)


@settings(deadline=None, max_examples=10)
@given(seeds, st.integers(1, 9))
def test_a_part_is_judged_like_the_whole(seed: int, frames: int) -> None:
    network, heard = random_network(seed), log_powers(20, seed)
    context = surroundings_of(heard)
    whole = network.judge(heard, context)
    part = network.judge(heard[5 : 5 + frames + 2 * REACH], context)
    assert part == pytest.approx(whole[5 : 5 + frames], abs=1e-4)


def test_levels_are_in_units_of_four_nepers() -> None:
    cells = np.full((1, 72), -9, np.float32)
    cells[0, 3] = -5
    context = Surroundings(-1.0, np.full(72, -13, np.float32), np.full(72, -5, np.float32))
    found = levels(cells, context)
    assert found.shape == (6, 72)
    assert found[:5, 3].tolist() == [0, 2, -1, -1, -3]
    assert found[:5, 4].tolist() == [-1, 1, -1, -1, -3]
    assert found[5] == pytest.approx(np.linspace(-1, 1, 72))


def test_the_shipped_network_has_the_shape_it_says() -> None:
    network = Network.shipped()
    assert network is Network.shipped()
    assert network.filters.shape == (8, 3, 7)
    assert [layer.shape for layer in network.dense] == [(15, 24), (25, 24), (25, 1)]
    assert {each.dtype for each in (network.filters, *network.dense)} == {np.dtype(np.float32)}
    assert all(np.isfinite(each).all() for each in (network.filters, *network.dense))


def test_the_shipped_network_knows_no_loudness() -> None:
    assert Network.shipped().filters.sum(axis=(1, 2)) == pytest.approx(0, abs=1e-5)


def test_the_shipped_network_is_the_learned_judge() -> None:
    heard = log_powers(20, 0)
    context = surroundings_of(heard)
    assert np.array_equal(learned(heard, context), Network.shipped().judge(heard, context))


def test_the_shipped_network_hears_more_in_a_raised_cell() -> None:
    """On smooth loud sound, cells raised and lowered at random are told apart by far."""
    rng = np.random.default_rng(0)
    side = np.zeros((400 + 2 * REACH, 72), np.float32)
    side[::2] = rng.choice([-1, 1], (len(side[::2]), 72))
    heard = -8 + 0.3 * rng.standard_normal(side.shape).astype(np.float32) + np.float32(0.25) * side
    found = learned(heard, surroundings_of(heard))[::2]
    assert np.corrcoef(found.ravel(), side[REACH:-REACH:2].ravel())[0, 1] > 0.2
