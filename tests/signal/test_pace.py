import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.api.voices import speech
from tests.signal.scenes import Floats, codeword, copy, resampled, signs

from earmark.grid import DEFAULT_SEGMENT_MS
from earmark.signal.alignment import align
from earmark.signal.correlation import Correlator
from earmark.signal.evidence import gather
from earmark.signal.layout import Layout
from earmark.signal.listening import listen
from earmark.signal.pace import FASTEST, OWN, STEP, Pace, paces
from earmark.signal.spectrum import ANALYSIS_RATE

SEGMENTS = 250
BITS = codeword(SEGMENTS)


@pytest.fixture(scope="module")
def leaked() -> Floats:
    return copy(speech(15, rate=ANALYSIS_RATE), ANALYSIS_RATE, BITS)


def test_paces_go_from_slight_to_strong_ones_up_to_a_tenth() -> None:
    tried = list(paces())
    off = [abs(pace.tempo - 1) for pace in tried]
    assert off == pytest.approx(sorted(off))
    assert [off[0], off[-1]] == pytest.approx([STEP, FASTEST])
    assert len(set(tried)) == len(tried)
    assert OWN not in tried


@pytest.mark.parametrize(("kept", "apart"), [(False, STEP), (True, 3 * STEP)])
def test_no_speed_within_a_tenth_is_far_from_a_pace(apart: float, *, kept: bool) -> None:
    tempos = sorted([1.0, *(pace.tempo for pace in paces() if (pace.pitch == 1) is kept)])
    assert np.diff(tempos).max() <= apart + 1e-9
    assert [tempos[0], tempos[-1]] == pytest.approx([1 - FASTEST, 1 + FASTEST])


@settings(deadline=None, max_examples=20)
@given(st.floats(0.8, 1.25), st.floats(0.8, 1.25))
def test_frames_lie_as_close_as_the_recordings_own(tempo: float, pitch: float) -> None:
    sound = np.zeros((1, round(3 * ANALYSIS_RATE * pitch)), np.float32)
    listening = listen([sound], Layout(DEFAULT_SEGMENT_MS), pace=Pace(tempo, pitch))
    assert listening.seconds == pytest.approx(3, rel=1e-3)
    assert listening.frames * listening.hop_s == pytest.approx(3, abs=3 * listening.hop_s)
    assert listening.hop_s * tempo == pytest.approx(listen([sound], Layout(DEFAULT_SEGMENT_MS)).hop_s)


@pytest.mark.parametrize("speed", [0.9, 0.95, 1.04, 1.1])
def test_at_its_pace_a_fast_or_slow_leak_reads_like_the_recording(leaked: Floats, speed: float) -> None:
    played = resampled(leaked, round(1000 * speed), 1000)  # pitch and all
    pace = Pace(speed, speed)
    again = resampled(played, ANALYSIS_RATE, pace.rate)
    both = Correlator(
        listen([again], Layout(DEFAULT_SEGMENT_MS), pace=pace), signs(SEGMENTS, segment_ms=DEFAULT_SEGMENT_MS)
    )
    (passage,) = align(both)
    assert len(passage.segments) > SEGMENTS - 30
    assert passage.frames[0] * both.listening.hop_s * speed == pytest.approx(passage.segments[0] * 0.06, abs=0.03)
    evidence = gather(both, [passage])
    assert ((evidence.soft > 0) == BITS[evidence.segments]).mean() > 0.85
    assert align(Correlator(listen([played], Layout(DEFAULT_SEGMENT_MS)), both.signs)) == [] or abs(speed - 1) < 0.05
