import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.api.voices import speech
from tests.signal.scenes import Floats, pieces

from earmark.signal.layout import Layout
from earmark.signal.listening import JUDGED_FRAMES, STEPS, Intake, Listening, listen
from earmark.signal.network import learned
from earmark.signal.plain import plain
from earmark.signal.spectrum import ANALYSIS_RATE, log_powers
from earmark.signal.surroundings import REACH, Judge, Surroundings

LAYOUT = Layout(80)
judges = pytest.mark.parametrize("judge", [plain, learned])


@pytest.fixture(scope="module")
def spoken() -> Floats:
    background = 0.003 * np.random.default_rng(0).standard_normal((1, 8 * ANALYSIS_RATE)).astype(np.float32)
    return speech(8, rate=ANALYSIS_RATE) + background


def listened(sound: Floats, judge: Judge = plain, layout: Layout = LAYOUT) -> Listening:
    return listen([sound], layout, judge)


def differing(one: Listening, other: Listening) -> float:
    """Return by how much the cells of two listenings differ, as a part of their size."""
    difference = one.cells.astype(float) - other.cells.astype(float)
    return float(np.sqrt((difference**2).mean() / (one.cells.astype(float) ** 2).mean()))


@judges
def test_cells_are_what_the_judge_says_of_their_surroundings(spoken: Floats, judge: Judge) -> None:
    log_power = np.concatenate(list(log_powers([spoken], LAYOUT))).astype(np.float16)
    padded = np.pad(log_power, ((REACH, REACH), (0, 0)), mode="edge").astype(np.float32)
    expected = np.clip(STEPS * judge(padded, Surroundings.of(log_power)), -127, 127)
    found = listened(spoken, judge)
    assert found.frames > 2 * JUDGED_FRAMES
    assert found.cells.dtype == np.int8
    assert np.abs(found.cells - expected).max() < 0.51


def test_log_odds_beyond_a_byte_are_clipped(spoken: Floats) -> None:
    def sure(log_power: Floats, _: Surroundings) -> Floats:
        return np.where(log_power[REACH:-REACH] > -15, np.float32(50), np.float32(-50))

    assert set(np.unique(listened(spoken, sure).cells)) == {-127, 127}


@given(st.integers(1, 20_000), st.sampled_from([20, 60, 80, 100, 240]))
@settings(deadline=None, max_examples=20)
def test_there_is_a_frame_for_every_half_slot(samples: int, segment_ms: int) -> None:
    found = listened(np.ones((1, samples), np.float32), layout=Layout(segment_ms))
    assert found.seconds == samples / ANALYSIS_RATE
    assert abs(found.frames - 1 - found.seconds / found.hop_s) < 1
    assert found.hop_s * found.hops_per_segment == pytest.approx(segment_ms / 1000)


@settings(deadline=None, max_examples=10)
@given(st.lists(st.integers(1, 5000), min_size=1, max_size=5))
def test_the_size_of_blocks_makes_no_difference(lengths: list[int]) -> None:
    sound = speech(3, rate=ANALYSIS_RATE)
    one, other = listened(sound), listen(pieces(sound, lengths), LAYOUT, plain)
    assert one.seconds == other.seconds
    assert np.abs(one.cells.astype(int) - other.cells).max() <= 1


@settings(deadline=None, max_examples=10)
@given(st.lists(st.floats(0, 4), max_size=3), st.integers(1, 20_000))
def test_a_sound_can_be_taken_in_little_by_little(seconds: list[float], length: int) -> None:
    sound = speech(3, rate=ANALYSIS_RATE)
    intake = Intake(pieces(sound, [length]), LAYOUT, plain)
    frames = 0
    for upto in seconds:
        heard = intake.first(upto)
        assert heard.frames >= frames
        assert heard.frames * heard.hop_s >= min(upto, 3.0)
        assert heard.seconds <= 3.0
        frames = heard.frames
    whole, expected = intake.first(), listened(sound)
    assert whole.seconds == expected.seconds
    assert np.abs(whole.cells.astype(int) - expected.cells).max() <= 1
    assert np.array_equal(intake.first().cells, whole.cells)


def test_no_more_is_taken_in_than_is_wanted(spoken: Floats) -> None:
    second = ANALYSIS_RATE
    intake = Intake((spoken[:, at * second : (at + 1) * second] for at in range(8)), LAYOUT)
    assert 3 <= intake.first(3).seconds <= 4
    assert intake.first(1).seconds <= 4
    assert intake.first().seconds == 8


@judges
@pytest.mark.parametrize("gain", [0.1, 0.5, 8.0])
def test_loudness_hardly_matters(spoken: Floats, judge: Judge, gain: float) -> None:
    assert differing(listened(spoken, judge), listened(np.float32(gain) * spoken, judge)) < 0.04


@judges
def test_polarity_and_channels_do_not_matter(spoken: Floats, judge: Judge) -> None:
    alone = listened(spoken, judge)
    empty = np.zeros_like(spoken)
    for same in (-spoken, np.concatenate([spoken, empty])):
        assert np.array_equal(listened(same, judge).cells, alone.cells)
    for alike in (np.concatenate([spoken, spoken]), np.concatenate([spoken, -spoken])):
        assert differing(alone, listened(alike, judge)) < 0.04


def test_a_shift_by_a_frame_is_a_shift_by_a_frame(spoken: Floats) -> None:
    one, other = listened(spoken), listened(spoken[:, 5 * 200 :])
    assert np.abs(one.cells[10:-5].astype(int) - other.cells[5:-5]).max() <= 1


@judges
def test_silence_says_nothing(judge: Judge) -> None:
    cells = listened(np.zeros((2, 60_000), np.float32), judge).cells
    assert len(cells) == 301
    assert np.abs(cells).max() <= STEPS // 8


def test_silence_between_words_says_nothing(spoken: Floats) -> None:
    whole = np.concatenate([spoken, 0 * spoken, spoken], axis=1)
    cells = listened(whole, learned).cells.astype(float)
    third = len(cells) // 3
    assert (cells[third + 5 : 2 * third - 5] ** 2).mean() < 0.02 * (cells**2).mean()


@judges
@pytest.mark.parametrize("size", [1e-20, 1e9, 1e30])
def test_absurd_sizes_are_borne(judge: Judge, size: float) -> None:
    sound = np.full((1, 30_000), size, np.float32)
    sound[0, ::3] = 0
    assert np.abs(listened(sound, judge).cells.astype(int)).max() <= 127


@pytest.mark.parametrize("blocks", [[], [np.zeros((1, 0), np.float32)]])
def test_nothing_says_nothing(blocks: list[Floats]) -> None:
    found = listen(blocks, LAYOUT)
    assert found.seconds == 0
    assert found.cells.shape[1] == 72
    assert np.abs(found.cells).max(initial=0) <= STEPS // 8
