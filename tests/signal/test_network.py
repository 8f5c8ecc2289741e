import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from earmark.signal.layout import Layout
from earmark.signal.network import CAREFUL_S, TOGETHER, Network, careful, judge_for, learned, levels
from earmark.signal.surroundings import REACH, Judge, Surroundings

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
seeds = st.integers(0, 2**32 - 1)


def log_powers(frames: int, seed: int) -> Floats:
    return np.random.default_rng(seed).uniform(-25, -5, (frames + 2 * REACH, 72)).astype(np.float32)


def surroundings_of(heard: Floats) -> Surroundings:
    return Surroundings.of(heard.astype(np.float16))


def random_network(seed: int, *, wide: bool = False) -> Network:
    rng = np.random.default_rng(seed)
    filters = rng.standard_normal((4, 9, 13) if wide else (8, 3, 7)) / 5
    inputs = (4 + 6 + 2) * 5 if wide else 8 + 6
    shapes = ((inputs + 1, 24), (25, 24), (25, 1))
    dense = tuple((rng.standard_normal(shape) / 8).astype(np.float32) for shape in shapes)
    balanced = (filters - filters.mean(axis=(1, 2), keepdims=True)).astype(np.float32)
    return Network(balanced, dense, 1, (-3, 2)) if wide else Network(balanced, dense)


def inputs_of(network: Network, heard: Doubles, context: Surroundings, frame: int, band: int) -> list[float]:
    """Return what the layers are given of one cell, written out."""
    _, rows, width = network.filters.shape
    bands = np.clip(np.arange(band - width // 2, band + width // 2 + 1), 0, 71)
    near = np.array([heard[frame + REACH + network.step * (row - rows // 2), bands] for row in range(rows)])
    cell, loudest = heard[frame + REACH, band], heard[frame + REACH].max()
    against = (
        cell - loudest,
        cell - context.floor[band],
        loudest - context.loud,
        context.top[band] - context.loud,
        context.floor[band] - context.loud,
        -4 + 8 * band / 71,
        *(heard[frame + REACH + away].max() - loudest for away in network.around),
    )
    return [*(float((one * near).sum()) for one in network.filters), *(float(level) / 4 for level in against)]


def slowly(network: Network, heard: Doubles, context: Surroundings, frame: int, band: int) -> float:
    """Return what the network says of one cell, written out."""
    reach = network.span // 2
    beside = [
        inputs_of(network, heard, context, frame, at) if 0 <= at < 72 else None
        for at in range(band - reach, band + reach + 1)
    ]
    count = next(len(each) for each in beside if each)
    values = np.array([each[i] if each else 0.0 for i in range(count) for each in beside])
    for layer in network.dense[:-1]:
        values = np.maximum(np.append(values, 1) @ layer, 0)
    return float((np.append(values, 1) @ network.dense[-1]).item())


@settings(deadline=None, max_examples=20)
@given(seeds, seeds, st.integers(1, 4), st.booleans())
def test_cells_are_judged_one_by_one(weights: int, seed: int, frames: int, wide: bool) -> None:
    network, heard = random_network(weights, wide=wide), log_powers(frames, seed)
    context = surroundings_of(heard)
    found = network.judge(heard, context)
    assert found.shape == (frames, 72)
    for band in (0, 1, 2, 3, 40, 68, 69, 70, 71):
        for frame in range(frames):
            expected = slowly(network, heard.astype(np.float64), context, frame, band)
            assert found[frame, band] == pytest.approx(expected, rel=1e-3, abs=2e-3)


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


def test_the_shipped_networks_have_the_shapes_they_say() -> None:
    fast, wide = Network.shipped(), Network.shipped("wide")
    assert fast is Network.shipped()
    assert (fast.filters.shape, fast.step, fast.around, fast.span) == ((8, 3, 7), 2, (), 1)
    assert [layer.shape for layer in fast.dense] == [(15, 24), (25, 24), (25, 1)]
    assert (wide.filters.shape, wide.step, wide.around, wide.span) == ((32, 9, 13), 1, (-4, -2, 2, 4), 7)
    assert [layer.shape for layer in wide.dense] == [(42 * 7 + 1, 48), (49, 32), (33, 1)]
    weights = (fast.filters, *fast.dense, wide.filters, *wide.dense)
    assert {each.dtype for each in weights} == {np.dtype(np.float32)}
    assert all(np.isfinite(each).all() for each in weights)


@pytest.mark.parametrize("name", ["network", "wide"])
def test_the_shipped_networks_know_no_loudness(name: str) -> None:
    assert Network.shipped(name).filters.sum(axis=(1, 2)) == pytest.approx(0, abs=1e-5)


def test_the_shipped_networks_are_the_judges() -> None:
    heard = log_powers(20, 0)
    context = surroundings_of(heard)
    fast, wide = (Network.shipped(name).judge(heard, context) for name in ("network", "wide"))
    assert np.array_equal(learned(heard, context), fast)
    assert careful(heard, context) == pytest.approx(TOGETHER * (fast + wide) / 2, abs=1e-4)


def test_only_short_leaks_of_the_layout_it_knows_are_judged_carefully() -> None:
    assert judge_for(Layout(60), CAREFUL_S) is careful
    assert judge_for(Layout(60), CAREFUL_S + 1) is learned
    assert judge_for(Layout(240), 5) is learned
    assert judge_for(Layout(60, 20), 5) is learned


@pytest.mark.parametrize("judge", [learned, careful])
def test_the_judges_hear_more_in_a_raised_cell(judge: Judge) -> None:
    """On smooth loud sound, cells raised and lowered at random are told apart by far."""
    rng = np.random.default_rng(0)
    side = np.zeros((400 + 2 * REACH, 72), np.float32)
    side[::4] = rng.choice([-1, 1], (len(side[::4]), 72))
    heard = -8 + 0.3 * rng.standard_normal(side.shape).astype(np.float32) + np.float32(0.25) * side
    found = judge(heard, surroundings_of(heard))[::4]
    assert np.corrcoef(found.ravel(), side[REACH:-REACH:4].ravel())[0, 1] > 0.15
