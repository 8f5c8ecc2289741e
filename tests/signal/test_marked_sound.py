"""The whole way: from sound that is marked and leaked to the evidence in it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.api.voices import speech
from tests.signal.scenes import OTHER_KEY, Floats, codeword, copy, correlated, resampled

from bench import corpus
from earmark.grid import DEFAULT_SEGMENT_MS
from earmark.signal.alignment import Passage, align
from earmark.signal.correlation import Correlator
from earmark.signal.evidence import gather
from earmark.signal.layout import Layout
from earmark.signal.listening import listen
from earmark.signal.plain import plain
from earmark.signal.spectrum import ANALYSIS_RATE as RATE

SECONDS = 30
SEGMENT_S = DEFAULT_SEGMENT_MS / 1000
SEGMENTS = round(SECONDS / SEGMENT_S)
BITS = codeword(SEGMENTS)


@pytest.fixture(scope="module")
def original() -> Floats:
    return speech(SECONDS, rate=RATE, channels=2)


@pytest.fixture(scope="module")
def leaked(original: Floats) -> Floats:
    """A whole copy at 15 kHz."""
    return copy(original, RATE, BITS)


def cut(sound: Floats, start_s: float, end_s: float) -> Floats:
    return sound[:, round(start_s * RATE) : round(end_s * RATE)]


def check(both: Correlator, start_s: float, *, right: float = 0.85, edge: int = 12) -> Passage:
    """Check that the leak is one passage that begins at ``start_s`` of the recording, and what it says; return it."""
    (passage,) = align(both)
    starts = passage.segments * both.listening.layout.segment_ms / 1000 - start_s
    assert np.abs(passage.frames * both.listening.hop_s - starts).max() < 1.5 * both.listening.hop_s
    possible = int(both.listening.seconds * 1000 / both.listening.layout.segment_ms)
    assert len(passage.segments) >= possible - edge
    evidence = gather(both, [passage])
    assert ((evidence.soft > 0) == BITS[evidence.segments]).mean() >= right
    return passage


@settings(deadline=None, max_examples=15)
@given(st.floats(0, 19), st.floats(9, 11))
def test_a_cut_of_some_seconds_is_found_and_read(
    original: Floats, leaked: Floats, start_s: float, seconds: float
) -> None:
    check(correlated(cut(leaked, start_s, start_s + seconds), SEGMENTS), start_s)
    assert align(correlated(cut(original, start_s, start_s + seconds), SEGMENTS)) == []


def test_the_whole_is_read_with_few_errors(leaked: Floats) -> None:
    both = correlated(leaked, SEGMENTS)
    passage = check(both, 0, right=0.9)
    assert passage.frames_per_segment == pytest.approx(both.listening.hops_per_segment, rel=1e-4)


def test_the_plain_judge_reads_it_too(leaked: Floats) -> None:
    both = correlated(leaked, SEGMENTS)
    check(Correlator(listen([leaked], Layout(DEFAULT_SEGMENT_MS), plain), both.signs), 0)


@pytest.mark.parametrize("start_s", [2.0, 11.3])
def test_channels_and_polarity_do_not_matter(leaked: Floats, start_s: float) -> None:
    left, right = (cut(channel[None], start_s, start_s + 8) for channel in leaked)
    for same in (left, right, -left, np.concatenate([left, -left]), np.concatenate([right, 0 * left]), left + right):
        check(correlated(same, SEGMENTS), start_s)


@pytest.mark.parametrize("gain", [0.1, 20])
def test_loudness_does_not_matter(leaked: Floats, gain: float) -> None:
    check(correlated(np.float32(gain) * cut(leaked, 5, 25), SEGMENTS), 5)


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 32_000, 44_056, 44_100, 48_000, 96_000, 192_000])
def test_recordings_of_any_rate_can_be_marked(rate: int) -> None:
    marked = copy(speech(12, rate=rate), rate, BITS)
    check(correlated(resampled(marked[:, rate:], rate), SEGMENTS), 1)


@pytest.mark.parametrize("segment_ms", [40, 60, 80, 120, 160, 240])
def test_segments_of_any_length_can_be_read(original: Floats, segment_ms: int) -> None:
    bits = np.resize(BITS, 1000)
    both = correlated(copy(original, RATE, bits, segment_ms), SECONDS * 1000 // segment_ms, segment_ms=segment_ms)
    (passage,) = align(both)
    evidence = gather(both, [passage])
    assert len(evidence.segments) > 0.9 * both.segments
    assert ((evidence.soft > 0) == bits[evidence.segments]).mean() > (0.98 if segment_ms > 60 else 0.8)


@pytest.mark.parametrize("ppm", [-1000, 300, 1000])
def test_clocks_may_differ(leaked: Floats, ppm: int) -> None:
    both = correlated(resampled(leaked, 1_000_000, 1_000_000 + ppm), SEGMENTS)
    passages = align(both)
    for passage in passages:
        starts = passage.segments * SEGMENT_S * (1 + ppm * 1e-6)
        assert np.abs(passage.frames * both.listening.hop_s - starts).max() < 2.5 * both.listening.hop_s
    evidence = gather(both, passages)
    assert len(evidence.segments) > 0.93 * SEGMENTS
    assert ((evidence.soft > 0) == BITS[evidence.segments]).mean() > 0.8


def test_pieces_in_another_order_are_found(leaked: Floats) -> None:
    mixed = np.concatenate([cut(leaked, 20.01, 27), cut(leaked, 3, 10.5), cut(leaked, 12, 19)], axis=1)
    both = correlated(mixed, SEGMENTS)
    passages = align(both)
    edges = [round(passage.segments[0] * SEGMENT_S) for passage in passages]
    assert edges == pytest.approx([20, 3, 12], abs=2.5)  # a passage may run on by chance into the next one
    evidence = gather(both, passages)
    assert len(evidence.segments) > 0.85 * 21.5 / SEGMENT_S
    assert ((evidence.soft > 0) == BITS[evidence.segments]).mean() > 0.88


def test_another_recording_is_not_found(leaked: Floats) -> None:
    assert align(correlated(leaked, SEGMENTS, OTHER_KEY)) == []


def test_a_copy_in_noise_is_found(leaked: Floats) -> None:
    noise = np.random.default_rng(0).standard_normal(leaked.shape) * np.sqrt((leaked**2).mean()) * 0.02
    check(correlated(leaked + noise.astype(np.float32), SEGMENTS), 0, right=0.75, edge=30)


def test_an_average_of_two_copies_is_found(original: Floats, leaked: Floats) -> None:
    other = codeword(SEGMENTS, seed=1)
    both = correlated(np.float32(0.5) * (leaked + copy(original, RATE, other)), SEGMENTS)
    evidence = gather(both, align(both))
    alike = (other == BITS)[evidence.segments]
    assert len(evidence.segments) > 0.93 * SEGMENTS
    assert ((evidence.soft > 0) == BITS[evidence.segments])[alike].mean() > 0.88
    assert np.abs(evidence.soft[alike]).mean() > 1.4 * np.abs(evidence.soft[~alike]).mean()


@pytest.mark.skipif(not corpus.available(), reason="no real speech here; EARMARK_AUDIO says where it is")
@pytest.mark.parametrize("name", corpus.HELD[:3])
def test_real_speech_is_read(name: str) -> None:
    spoken = corpus.load(name, RATE)[None, : SECONDS * RATE]
    marked = copy(spoken, RATE, BITS)
    check(correlated(cut(marked, 4.321, 16), SEGMENTS), 4.321, right=0.85, edge=20)
    assert align(correlated(spoken, SEGMENTS)) == []
