import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.fft
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.api.voices import speech
from tests.signal.scenes import Floats, codeword, copy, pieces, renderer, variants

from earmark.grid import DEFAULT_SEGMENT_MS, Grid
from earmark.signal.layout import Layout
from earmark.signal.patterns import Patterns
from earmark.signal.variants import BATCH_SEGMENTS, Renderer, sqrt_hann

VECTORS: dict[str, Any] = json.loads(Path(__file__).parents[1].joinpath("vectors", "variants.json").read_text("utf-8"))

Doubles = NDArray[np.float64]
lengths = st.sampled_from([20, 40, 60, 80, 120, 240, 300])
rates = st.one_of(st.sampled_from([8_000, 11_025, 16_000, 44_056, 44_100, 48_000]), st.integers(8_000, 50_000))
slots = st.sampled_from([20, 24, 30])
seeds = st.integers(0, 2**32 - 1)


def noise(samples: int, seed: int, channels: int = 1) -> Floats:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (channels, samples)).astype(np.float32)


def slowly(sound: Doubles, rate: int, layout: Layout, signs: Doubles, depth: float) -> Doubles:
    """Return the variants as the formula says, window by window with a plain Fourier sum; shape (2, samples)."""
    segment_ms, intervals = layout.segment_ms, max(2, round(layout.segment_ms / layout.slot_ms))
    window = 2 * (segment_ms * rate // (1000 * intervals))
    size = 2 * scipy.fft.next_fast_len(window // 2, real=True)
    bins = np.arange(size // 2 + 1)
    fourier = np.exp(-2j * np.pi * np.outer(np.arange(window), bins) / size)
    taper = np.sin(np.pi * np.arange(window) / window)
    marked = np.stack([sound, sound])
    for segment, slots in enumerate(signs):
        for slot, bands in enumerate(slots):
            start = segment * segment_ms * rate // 1000 + slot * segment_ms * rate // (1000 * intervals)
            spectrum = (taper * sound[start : start + window]) @ fourier
            centres = 250 + 93.75 * (np.arange(72) + 0.5)
            weights = np.minimum(1, np.maximum(0.6, centres / 1500))
            g = depth * (bands * weights) @ np.maximum(0, 1 - np.abs(bins * rate / size - centres[:, None]) / 93.75)
            twice = np.where((bins == 0) | (2 * bins == size), 1, 2)
            odd = taper * (fourier.conj() @ (g * spectrum * twice)).real / size
            even = taper**3 * (fourier.conj() @ (-(g**2) / 2 * spectrum * twice)).real / size
            marked[:, start : start + window] += np.stack([even - odd, even + odd])
    return marked


@settings(deadline=None, max_examples=15)
@given(lengths, slots, rates, seeds, st.floats(0.05, 0.5))
def test_variants_are_what_the_formula_says(segment_ms: int, slot_ms: int, rate: int, seed: int, depth: float) -> None:
    sound, layout = noise(round(0.0021 * segment_ms * rate) + 1, seed), Layout(segment_ms, slot_ms)
    grid = Grid.over(sound.shape[1], rate, segment_ms)
    rendered = Renderer(Patterns(bytes(32), layout), grid, rate, depth)
    signs = rendered.patterns.signs(0, rendered.grid.segments).astype(np.float64)
    expected = slowly(sound[0].astype(np.float64), rate, layout, signs, depth)
    (found,) = rendered.render([sound])
    assert np.abs(np.stack(found)[:, 0] - expected).max() < 1e-5


@pytest.mark.parametrize(
    "vector", VECTORS["variants"], ids=lambda vector: f"{vector['segment_ms']}-{vector['slot_ms']}"
)
def test_variants_are_the_published_ones(vector: dict[str, Any]) -> None:
    n, rate = np.arange(vector["samples"]), vector["rate"]
    sound = (vector["peak"] * np.sin(np.pi * (n * n % vector["period"]) / (vector["period"] / 2))).astype(np.float32)
    patterns = Patterns(bytes.fromhex(vector["mark_key"]), Layout(vector["segment_ms"], vector["slot_ms"]))
    (pair,) = Renderer(patterns, Grid(vector["segment_ms"], vector["segments"]), rate, vector["depth"]).render(
        [sound[None]]
    )
    for variant, found in enumerate(pair):
        expected = np.frombuffer(bytes.fromhex(vector[f"variant{variant}"]), "<f4")
        assert np.abs(found[0, :: vector["step"]] - expected).max() < 10 ** (VECTORS["tolerance_db"] / 20)


@settings(deadline=None, max_examples=20)
@given(lengths, rates, seeds, st.integers(0, 500), st.integers(1, 2))
def test_variants_meet_at_the_edges_and_leave_the_rest_alone(
    segment_ms: int, rate: int, seed: int, rest: int, channels: int
) -> None:
    whole = Grid(segment_ms, 3).start(3, rate)
    sound = noise(whole + min(rest, rate * segment_ms // 1000 - 1), seed, channels)
    grid = Grid.over(sound.shape[1], rate, segment_ms)
    rendered = variants(sound, rate, segment_ms)
    edges = [grid.start(segment, rate) for segment in range(grid.segments)]
    assert rendered.shape == (2, *sound.shape)
    assert rendered.dtype == np.float32
    for variant in rendered:
        assert np.array_equal(variant[:, edges], sound[:, edges])
        assert np.array_equal(variant[:, whole:], sound[:, whole:])
        assert not np.array_equal(variant, sound)


def test_the_mark_fades_in_and_out() -> None:
    sound = noise(20 * 3840, 0)
    marks = variants(sound, 48_000, 80) - sound
    folded = np.abs(marks).reshape(2, 20, 3840).mean(axis=(0, 1))
    assert folded[:40].max() < 0.1 * folded.max()
    assert folded[-40:].max() < 0.1 * folded.max()


@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(0, 3000), min_size=1, max_size=6).filter(any), st.integers(1, 30_000), seeds)
def test_the_size_of_blocks_makes_no_difference(sizes: list[int], samples: int, seed: int) -> None:
    sound = noise(samples, seed, 2)
    rendered = renderer(samples, 2_000)
    one = list(rendered.render([sound]))
    many = list(rendered.render(pieces(sound, sizes)))
    assert len(one) == len(many)
    for (a0, a1), (b0, b1) in zip(one, many, strict=True):
        assert np.array_equal(a0, b0)
        assert np.array_equal(a1, b1)


@pytest.mark.parametrize("segments", [1, BATCH_SEGMENTS - 1, BATCH_SEGMENTS, BATCH_SEGMENTS + 1, 2 * BATCH_SEGMENTS])
@pytest.mark.parametrize("rate", [11_025, 8_000])
def test_blocks_are_whole_segments_but_for_the_last(segments: int, rate: int) -> None:
    grid = Grid(DEFAULT_SEGMENT_MS, segments)
    sound = noise(grid.start(segments, rate) + 100, 0)
    lengths = [zero.shape[1] for zero, one in renderer(sound.shape[1], rate).render([sound]) if zero.shape == one.shape]
    edges = np.cumsum(lengths)
    assert edges[-1] == sound.shape[1]
    assert set(edges[:-1]) <= {grid.start(segment, rate) for segment in range(segments)}
    assert len(edges) == -(-segments // BATCH_SEGMENTS)


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 20), st.integers(0, 5), st.sampled_from([8_000, 11_025, 16_000]))
def test_segments_are_marked_one_like_the_other(first: int, count: int, rate: int) -> None:
    sound = speech(2.1, rate=rate)
    rendered = renderer(sound.shape[1], rate)
    part = slice(rendered.grid.start(first, rate), rendered.grid.start(first + count, rate))
    alone = rendered.marks(sound[:, part], first, count)
    whole = rendered.marks(sound, 0, rendered.grid.segments)
    assert np.abs(whole[..., part] - alone).max(initial=0) < 1e-6


@settings(deadline=None)
@given(st.integers(-12, 3), st.sampled_from([-1.0, 1.0]))
def test_marks_grow_with_the_sound(power: int, sign: float) -> None:
    sound, factor = noise(4_000, 0), np.float32(sign * 2.0**power)
    assert np.array_equal(variants(factor * sound, 16_000), factor * variants(sound, 16_000))


def test_channels_are_marked_alike() -> None:
    sound = noise(40_000, 0, 3)
    together = variants(sound, 16_000)
    for channel in range(3):
        assert np.abs(variants(sound[channel : channel + 1], 16_000)[:, 0] - together[:, channel]).max() < 1e-6


@pytest.mark.parametrize("segment_ms", [60, 80, 240])
def test_variants_are_as_loud_as_the_sound_and_equally_far_from_it(segment_ms: int) -> None:
    sound = speech(20)
    power, zero, one = (
        float((each.astype(np.float64) ** 2).sum()) for each in (sound, *variants(sound, 16_000, segment_ms))
    )
    assert (zero + one) / (2 * power) == pytest.approx(1, abs=0.012)  # 0.05 dB
    mark0, mark1 = (float((each.astype(np.float64) ** 2).sum()) for each in variants(sound, 16_000, segment_ms) - sound)
    assert mark0 == pytest.approx(mark1, rel=0.1)
    assert max(mark0, mark1) < 0.25**2 * power


def test_a_copy_is_as_loud_as_the_sound() -> None:
    sound = speech(20)
    given_out = copy(sound, 16_000, codeword(250))
    assert 10 * np.log10((given_out**2).mean() / (sound**2).mean()) == pytest.approx(0, abs=0.1)


def test_silence_stays_silence() -> None:
    assert not variants(np.zeros((2, 40_000), np.float32), 16_000).any()


def test_no_depth_is_no_mark() -> None:
    sound = noise(16_000, 0)
    (pair,) = renderer(16_000, 16_000, depth=0).render([sound])
    assert np.abs(np.stack(pair) - sound).max() == 0


@pytest.mark.parametrize("samples", [1, 16 * DEFAULT_SEGMENT_MS - 1])
def test_less_than_a_segment_is_left_alone(samples: int) -> None:
    sound = noise(samples, 0)
    assert np.array_equal(variants(sound, 16_000), [sound, sound])


@pytest.mark.parametrize("blocks", [[], [np.zeros((1, 0), np.float32)]])
def test_nothing_becomes_nothing(blocks: list[Floats]) -> None:
    assert list(renderer(0, 16_000).render(blocks)) == []


@settings(deadline=None)
@given(st.integers(1, 3000).map(lambda half: 2 * half))
def test_windows_fade_into_each_other(samples: int) -> None:
    power = sqrt_hann(samples).astype(np.float64) ** 2
    assert power + np.roll(power, samples // 2) == pytest.approx(np.ones(samples), abs=1e-6)
    assert power[0] == 0
