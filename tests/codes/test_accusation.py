from collections.abc import Callable
from math import log10

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.codes.accusation import Accusation, accuse
from earmark.codes.codebook import Codebook

Bits = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Attack = Callable[[np.random.Generator, Bits], Floats]

LOW, HIGH = 13849 / 65536, 51687 / 65536


def code(rng: np.random.Generator, listeners: int, segments: int) -> tuple[Bits, Floats]:
    biases = rng.choice([LOW, HIGH], segments)
    return (rng.random((listeners, segments)) < biases).astype(np.uint8), biases


def alternate(rng: np.random.Generator, bits: Bits) -> Floats:
    chosen: Floats = 2.0 * bits[rng.integers(0, len(bits), bits.shape[1]), np.arange(bits.shape[1])] - 1
    return chosen


def average(_: np.random.Generator, bits: Bits) -> Floats:
    mixed: Floats = 2 * bits.mean(axis=0) - 1
    return mixed


def minority(rng: np.random.Generator, bits: Bits) -> Floats:
    share = bits.mean(axis=0)
    unanimous = (share == 0) | (share == 1)
    put_out: Floats = np.where(unanimous, average(rng, bits), np.where(share > 0.5, -1.0, 1.0))
    return put_out


def indices(accusations: list[Accusation]) -> set[int]:
    return {accusation.index for accusation in accusations}


# What must never happen: five kinds of evidence, an adversary's among them; 125,000 pairs of leak and innocent.


def framing(rng: np.random.Generator, bits: Bits, biases: Floats, kind: int) -> Floats:
    """Return evidence that listeners 0 to 2 made knowing their own codewords and the biases."""
    likely = np.where(biases > 0.5, 1.0, -1.0)
    disagree = (bits[0] != bits[1]) | (bits[1] != bits[2])
    made = [
        rng.normal(0, 2, biases.size),
        5 * likely,
        5 * np.where(disagree, likely, 2.0 * bits[0] - 1),
        5 * np.where(disagree, -likely, 2.0 * bits[0] - 1),
        rng.standard_cauchy(biases.size) * (2.0 * bits[0] - 1),
    ]
    chosen: Floats = made[kind]
    return chosen


def test_innocents_are_named_no_more_often_than_the_bound_says() -> None:
    rng = np.random.default_rng(2)
    worst: list[float] = []
    for leak in range(250):
        bits, biases = code(rng, 503, 60)
        accusations = accuse(bits, biases, framing(rng, bits, biases, leak % 5), family_wise=0.9)
        framed = [a.false_accusation_log10 for a in accusations if a.index > 2]
        worst.append(min(framed, default=0.0))
    for bound in (0.5, 1e-1, 1e-2, 1e-3):
        leaks = sum(found <= log10(bound) for found in worst)
        expected = bound * len(worst)
        assert leaks <= expected + 5 * np.sqrt(expected * (1 - bound)) + 2
    assert any(found < 0 for found in worst)  # the bounds are loose enough that something could be seen


def test_the_bound_holds_with_companions_who_did_leak() -> None:
    rng = np.random.default_rng(3)
    framed = 0
    for _ in range(60):
        bits, biases = code(rng, 200, 120)
        soft = 3 * average(rng, bits[:2]) + rng.standard_normal(120)
        framed += any(a.index > 1 for a in accuse(bits, biases, soft, family_wise=0.2))
    assert framed <= 60 * 0.2


def test_noise_names_nobody() -> None:
    rng = np.random.default_rng(4)
    for segments in (1, 10, 300, 2000):
        bits, biases = code(rng, 100, segments)
        assert accuse(bits, biases, rng.standard_normal(segments)) == []


# What must happen.


@pytest.mark.parametrize(("amplitude", "segments"), [(6.0, 64), (2.33, 68), (1.645, 85), (1.036, 160)])
def test_a_single_leaker_among_a_thousand_is_named(amplitude: float, segments: int) -> None:
    rng = np.random.default_rng(5)
    found = []
    for _ in range(12):
        bits, biases = code(rng, 1000, segments)
        soft = amplitude * (2.0 * bits[7] - 1) + rng.standard_normal(segments)
        found.append(indices(accuse(bits, biases, soft)))
    assert sum(one == {7} for one in found) >= 11
    assert all(one <= {7} for one in found)


@pytest.mark.parametrize(
    ("attack", "colluders", "segments"),
    [
        (alternate, 2, 190),
        (average, 2, 80),
        (alternate, 3, 420),
        (average, 3, 90),
        (minority, 3, 100),
        (alternate, 4, 780),
        (average, 4, 150),
    ],
)
def test_colluders_are_named_with_fewer_segments_than_score_sums_take(
    attack: Attack, colluders: int, segments: int
) -> None:
    rng = np.random.default_rng(6)
    named = []
    for _ in range(6):
        bits, biases = code(rng, 100, segments)
        heard = attack(rng, bits[:colluders])
        named.append(indices(accuse(bits, biases, 6 * heard + rng.standard_normal(segments))))
    assert all(named)
    assert all(one <= set(range(colluders)) for one in named)


def test_both_of_two_colluders_are_named_in_time() -> None:
    rng = np.random.default_rng(7)
    for attack in (alternate, average):
        bits, biases = code(rng, 100, 300)
        soft = 3 * attack(rng, bits[:2]) + rng.standard_normal(300)
        assert indices(accuse(bits, biases, soft)) == {0, 1}


def test_pauses_and_strays_do_not_save_the_leaker() -> None:
    rng = np.random.default_rng(8)
    bits, biases = code(rng, 1000, 200)
    amplitude = np.where(rng.random(200) < 0.5, 0.0, 3.0)
    soft = amplitude * np.where(bits[7] == 1, 1.0, -1.0) + rng.standard_normal(200)
    soft[::40] *= -10.0
    assert indices(accuse(bits, biases, soft)) == {7}
    assert indices(accuse(bits, biases, soft, amplitude)) == {7}


def test_a_codebook_names_the_listener_whose_copy_was_heard() -> None:
    book = Codebook(b"r-1", bytes(32), 4, 400)
    secrets = [listener.to_bytes(32, "big") for listener in range(300)]
    segments = np.arange(100, 190)
    soft = np.where(book.codeword(secrets[123])[segments] == 1, 2.0, -2.0)
    named = accuse(book.rows(secrets, segments), book.biases(segments), soft)
    assert indices(named) == {123}


# How the bound behaves.


def test_an_exact_match_is_bounded_by_the_chance_of_its_bits() -> None:
    rng = np.random.default_rng(9)
    bits, biases = code(rng, 10, 80)
    (named,) = accuse(bits, biases, 20.0 * bits[3] - 10)
    chance = np.log10(np.where(bits[3] == 1, biases, 1 - biases)).sum()
    assert chance + 1 <= named.false_accusation_log10 <= chance + 2


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 100))
def test_every_attempt_and_every_listener_is_paid_for(seed: int, trials: int) -> None:
    rng = np.random.default_rng(seed)
    bits, biases = code(rng, 50, 120)
    soft = 6.0 * bits[0] - 3 + rng.standard_normal(120)
    (once,) = accuse(bits, biases, soft)
    (often,) = accuse(bits, biases, soft, trials=trials)
    (among_fewer,) = accuse(bits[:5], biases, soft)
    assert often.false_accusation_log10 == pytest.approx(once.false_accusation_log10 + log10(trials))
    assert among_fewer.false_accusation_log10 <= once.false_accusation_log10 - 1 + 1e-9


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_neither_order_nor_naming_of_variants_matters(seed: int) -> None:
    rng = np.random.default_rng(seed)
    bits, biases = code(rng, 30, 150)
    soft = 2 * average(rng, bits[:2]) + rng.standard_normal(150)
    listeners, segments = rng.permutation(30), rng.permutation(150)
    plain = {a.index: a.false_accusation_log10 for a in accuse(bits, biases, soft, family_wise=0.01)}
    moved = accuse(bits[listeners][:, segments], biases[segments], soft[segments], family_wise=0.01)
    swapped = accuse(1 - bits, 1 - biases, -soft, family_wise=0.01)
    assert {int(listeners[a.index]): a.false_accusation_log10 for a in moved} == pytest.approx(plain, abs=0.5)
    assert {a.index: a.false_accusation_log10 for a in swapped} == pytest.approx(plain, abs=0.5)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.floats(-8, -0.1))
def test_nobody_is_named_above_the_allowed_chance_and_the_surest_come_first(seed: int, exponent: float) -> None:
    rng = np.random.default_rng(seed)
    bits, biases = code(rng, 40, 100)
    soft = 2 * alternate(rng, bits[:2]) + rng.standard_normal(100)
    bounds = [a.false_accusation_log10 for a in accuse(bits, biases, soft, family_wise=10**exponent)]
    assert all(bound <= exponent + 1e-12 for bound in bounds)
    assert bounds == sorted(bounds)


def test_the_same_question_has_the_same_answer() -> None:
    rng = np.random.default_rng(10)
    bits, biases = code(rng, 60, 200)
    soft = 2 * alternate(rng, bits[:2]) + rng.standard_normal(200)
    assert accuse(bits, biases, soft) == accuse(bits, biases, soft)


def test_without_evidence_or_listeners_nobody_is_named() -> None:
    none = np.zeros(0)
    assert accuse(np.zeros((5, 0), dtype=np.uint8), none, none) == []
    assert accuse(np.zeros((0, 3), dtype=np.uint8), np.full(3, 0.5), np.ones(3)) == []


@pytest.mark.parametrize(
    ("listeners_segments", "biases", "family_wise", "trials", "complaint"),
    [
        ((4, 2), [0.5] * 3, 1e-6, 1, "do not match"),
        ((4, 3), [0.5] * 2, 1e-6, 1, "do not match"),
        ((4, 3), [0.5, 0.0, 0.5], 1e-6, 1, "between 0 and 1"),
        ((4, 3), [0.5] * 3, 0.0, 1, "family_wise"),
        ((4, 3), [0.5] * 3, 1.0, 1, "family_wise"),
        ((4, 3), [0.5] * 3, 1e-6, 0, "trials"),
    ],
)
def test_what_does_not_belong_together_is_refused(
    listeners_segments: tuple[int, int], biases: list[float], family_wise: float, trials: int, complaint: str
) -> None:
    bits = np.zeros(listeners_segments, dtype=np.uint8)
    with pytest.raises(ValueError, match=complaint):
        accuse(bits, np.array(biases), np.ones(3), family_wise=family_wise, trials=trials)
