from math import comb, log

import numpy as np
import numpy.typing as npt
import pytest

from earmark.codes.decoders import fit_bank
from earmark.codes.lineup import DEEPEST, LineUp, Panel, Seen

Bits = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]


def average_of_two(listeners: int, segments: int, seed: int = 1) -> tuple[Bits, Floats, Floats]:
    rng = np.random.default_rng(seed)
    biases = rng.choice([13849 / 65536, 51687 / 65536], segments)
    bits = (rng.random((listeners, segments)) < biases).astype(np.uint8)
    soft = 4 * (bits[0] + bits[1] - 1.0) + rng.standard_normal(segments)
    return bits, biases, soft


def first_panel(biases: Floats, soft: Floats) -> Panel:
    decoder = next(d for d in fit_bank(soft, None, biases) if d.strategy.colluders == 2)
    return Panel(decoder, [()], decoder.scores(0).T, 0.0)


def test_the_likeliest_companions_come_first() -> None:
    _, biases, soft = average_of_two(40, 60)
    panel = first_panel(biases, soft)
    surprise = np.arange(40, dtype=np.float32)[:, None]
    companions = Seen(panel, np.zeros((40, 1), dtype=np.int32), surprise).next_companions()
    assert companions[:3] == [(39,), (38,), (37,)]


def test_companions_are_sets() -> None:
    _, biases, soft = average_of_two(3, 60)
    one = first_panel(biases, soft)
    panel = Panel(one.decoder, [(0,), (1,)], np.hstack([one.scores, one.scores]), 0.0)
    surprise = np.array([[-np.inf, 9], [8, -np.inf], [1, 2]], dtype=np.float32)
    companions = Seen(panel, np.zeros((3, 2), dtype=np.int32), surprise).next_companions()
    assert companions[:3] == [(0, 1), (1, 2), (0, 2)]
    assert len(companions) == len(set(companions))


def test_companions_name_those_whom_no_test_alone_does() -> None:
    bits, biases, soft = average_of_two(1000, 64)
    decoders = fit_bank(soft, None, biases)
    alone = LineUp(bits, biases, 1, log(1e-6))
    alone._run([alone._panel(decoder, [()]) for decoder in decoders])
    assert not alone._bounds
    named = set(LineUp(bits, biases, 1, log(1e-6)).hold(decoders))
    assert named
    assert named <= {0, 1}


@pytest.mark.parametrize("listeners", range(1, 9))
def test_the_tests_really_made_are_paid_for(listeners: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(listeners)
    biases = rng.choice([0.2113, 0.7887], 60)
    bits = (rng.random((listeners, 60)) < biases).astype(np.uint8)
    soft = np.where(bits[:3].sum(axis=0) >= 2, 6.0, -6.0) + rng.standard_normal(60)
    shares: dict[tuple[str, int, tuple[int, ...], int], float] = {}
    judge = LineUp._judge

    def noted(line_up: LineUp, seen: Seen) -> None:
        for members in seen.panel.companions:
            assert len(set(members)) == len(members)
            for listener in set(range(listeners)) - set(members):
                strategy = seen.panel.decoder.strategy
                shares[strategy.name, strategy.colluders, members, listener] = np.exp(-seen.panel.log_price)
        judge(line_up, seen)

    monkeypatch.setattr(LineUp, "_judge", noted)
    LineUp(bits, biases, 1, log(0.5)).hold(fit_bank(soft, None, biases))
    assert 0 < sum(shares.values()) <= 1 + 1e-9


def test_a_set_with_somebody_twice_is_refused() -> None:
    bits, biases, soft = average_of_two(5, 60)
    with pytest.raises(ValueError, match="once"):
        LineUp(bits, biases, 1, log(1e-6))._panel(fit_bank(soft, None, biases)[-1], [(1, 1)])


@pytest.mark.parametrize("listeners", [1, 2, 3, 50])
def test_all_tests_that_might_have_been_made_are_paid_for(listeners: int) -> None:
    bits, biases, soft = average_of_two(max(listeners, 2), 60)
    line_up = LineUp(bits[:listeners], biases, 3, log(1e-6))
    decoders = fit_bank(soft, None, biases)
    shares = 0.0
    for decoder in decoders:
        for depth in range(min(DEEPEST, decoder.strategy.colluders - 1, listeners - 1) + 1):
            per_test = np.exp(-line_up._log_price(decoder, depth))
            shares += per_test * 3 * listeners * comb(listeners - 1, depth)
    assert shares <= 1 + 1e-9


def test_deficits_are_exact_and_do_not_depend_on_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    bits, biases, soft = average_of_two(30, 200)
    line_up = LineUp(bits, biases, 1, log(1e-6))
    scores = fit_bank(soft, None, biases)[2].scores(0).T
    expected = np.maximum(scores, 0).sum(axis=0) - bits.astype(np.int64) @ scores
    assert (line_up._deficits([scores, scores]) == np.hstack([expected, expected])).all()
    monkeypatch.setattr("earmark.codes.lineup._BLOCK_CELLS", 1300)
    monkeypatch.setattr("earmark.codes.lineup._EXACT_FLOAT32", 0)
    assert (line_up._deficits([scores]) == expected).all()


@pytest.mark.parametrize("listeners", [1, 2, 1000])
def test_the_work_done_rises(listeners: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("earmark.codes.lineup._BLOCK_CELLS", 64 * 300)
    bits, biases, soft = average_of_two(max(2, listeners), 64)
    parts: list[float] = []
    LineUp(bits[:listeners], biases, 1, log(1e-6), parts.append).hold(fit_bank(soft, None, biases))
    assert parts == sorted(parts)
    assert 0 < parts[0] <= parts[-1] <= 1
    assert len(parts) >= (3 * 4 if listeners == 1000 else 1)


def test_a_companion_is_not_accused_by_their_own_company() -> None:
    bits, biases, soft = average_of_two(20, 80)
    line_up = LineUp(bits, biases, 1, log(1e-6))
    decoder = next(d for d in fit_bank(soft, None, biases) if d.strategy.colluders == 3)
    (seen,) = line_up._run([line_up._panel(decoder, [(4, 7)])])
    assert np.isneginf(seen.surprise[[4, 7], 0]).all()
    assert np.isfinite(np.delete(seen.surprise[:, 0], [4, 7])).all()
