import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.signal.scenes import Ints, codeword, line, made_up, signs

from earmark.signal.alignment import Passage
from earmark.signal.correlation import Correlator
from earmark.signal.evidence import gather
from earmark.signal.layout import Layout
from earmark.signal.listening import Listening

RECORDING = signs(200)
BITS = codeword(200)


def heard(*told: tuple[Ints, Ints], frames: int = 1300) -> Correlator:
    return Correlator(made_up(frames, told, RECORDING, BITS), RECORDING)


def passage(first: int, count: int, start: int) -> Passage:
    segments = np.arange(first, first + count)
    return Passage(segments, line(segments, start), -30.0)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 150), st.integers(1, 50), st.integers(0, 900)), max_size=4))
def test_evidence_is_all_that_was_heard_of_a_segment(found: list[tuple[int, int, int]]) -> None:
    both = heard((np.arange(200), line(np.arange(200), 0)))
    passages = [passage(*each) for each in found]
    evidence = gather(both, iter(passages))
    pairs = [(s, f) for each in passages for s, f in zip(each.segments.tolist(), each.frames.tolist(), strict=True)]
    assert evidence.segments.tolist() == sorted({segment for segment, _ in pairs})
    for segment, soft, amplitude in zip(evidence.segments, evidence.soft, evidence.amplitude, strict=True):
        windows = both.windows(np.array([frame for number, frame in pairs if number == segment])).astype(float)
        noise = np.sqrt((windows**2).sum())
        assert soft == pytest.approx((windows @ RECORDING[segment]).sum() / noise, abs=1e-4)
        assert amplitude == pytest.approx(noise / 2, rel=1e-5)


def test_soft_evidence_tells_variants_apart_as_surely_as_it_says() -> None:
    segments = np.arange(200)
    evidence = gather(heard((segments, line(segments, 3))), [passage(0, 200, 3)])
    right = evidence.soft * (2 * BITS - 1)
    assert (right - evidence.amplitude).mean() == pytest.approx(0, abs=0.3)
    assert right.std() == pytest.approx(1, abs=0.2)
    assert (right > 0).mean() > 0.95
    assert evidence.soft.dtype == evidence.amplitude.dtype == np.float64


def test_a_segment_heard_twice_counts_once_and_is_surer() -> None:
    segments = np.arange(50, 90)
    both = heard((segments, line(segments, 10)), (segments, line(segments, 600)))
    once, again, twice = (
        gather(both, found)
        for found in ([passage(50, 40, 10)], [passage(50, 40, 600)], [passage(50, 40, 600), passage(50, 40, 10)])
    )
    assert np.array_equal(twice.segments, once.segments)
    assert twice.amplitude == pytest.approx(np.hypot(once.amplitude, again.amplitude))
    together = (once.soft * once.amplitude + again.soft * again.amplitude) / twice.amplitude
    assert twice.soft == pytest.approx(together)
    assert np.abs(twice.soft).mean() > 1.25 * np.abs(once.soft).mean()


def test_silence_says_nothing() -> None:
    silent = Correlator(Listening(Layout(80), np.zeros((100, 72), np.int8), 1.3), RECORDING)
    evidence = gather(silent, [passage(0, 10, 0)])
    assert len(evidence.segments) == 10
    assert not evidence.soft.any()
    assert not evidence.amplitude.any()


def test_no_passages_are_no_evidence() -> None:
    evidence = gather(heard(), [])
    assert [len(each) for each in (evidence.segments, evidence.soft, evidence.amplitude)] == [0, 0, 0]
