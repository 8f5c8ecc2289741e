"""How calls are compared with plain ones, on taps that are made up."""

from pathlib import Path

import numpy as np
import pytest

from bench import plain
from bench.plain import BLOCK, Held, Tapped, heard_of
from bench.stage import RATE, Floats

SECONDS, BLOCKS = 26, 26 * RATE // BLOCK
RNG = np.random.default_rng(1)


def sound() -> Floats:
    return (0.1 * RNG.standard_normal(BLOCKS * BLOCK)).astype(np.float32)


def tap(*sounds: Floats, began_ms: float) -> Tapped:
    """Take down sounds, each block of which arrives more or less late."""
    arrived = began_ms + np.arange(1, BLOCKS + 1) * BLOCK * 1000 / RATE + RNG.exponential(30, BLOCKS)
    return Tapped(np.stack(sounds), arrived)


def test_delay_is_found_between_clocks_that_began_at_different_times() -> None:
    said, other, delay_ms = sound(), sound(), 130.0
    speaker = tap(said, other, began_ms=5_000)
    late = round((5_000 + delay_ms - 4_200) * RATE / 1000)  # the listener's tap began before
    heard = np.concatenate([sound()[:late], said])[: len(said)]
    listener = tap(sound(), sound(), heard, began_ms=4_200)
    found = heard_of(speaker, listener)
    assert found
    for piece in found:
        assert piece.delay_ms == pytest.approx(delay_ms, abs=4)
        assert piece.alike > 0.99
        assert np.allclose(piece.said, piece.heard)


def test_nothing_is_found_of_who_was_not_heard() -> None:
    assert heard_of(tap(sound(), began_ms=0), tap(sound(), sound(), began_ms=0)) == []


def test_a_tap_is_read_as_it_was_written(tmp_path: Path) -> None:
    ms = np.array([21.0, 43.0])
    samples = RNG.integers(-32_768, 32_768, (3, 2 * BLOCK)).astype("<i2")
    path = tmp_path / "tapped"
    path.write_bytes(ms.astype("<f8").tobytes() + samples.tobytes())
    read = Tapped.read(path, 2)
    assert np.array_equal(read.arrived_ms, ms)
    assert np.array_equal(read.sounds * 32_768, samples)


def test_rows_compare_kinds_over_the_same_relay() -> None:
    found = [
        Held("plain", "janus", (0.1, 0.1), (100.0, 110.0), (4.0, 4.2)),
        Held("earmark", "janus", (0.14, 0.12), (150.0, 140.0), (4.0,)),
        Held("plain", "builtin", (0.2,), (90.0,), (4.0,)),
        Held("earmark", "builtin", (0.2,), (90.0,), (4.0,)),
    ]
    rows = list(plain.rows(found))
    assert [row[4] for row in rows if row[1] == "janus"] == ["", "-0.10", "+40 ms", "1.30 ×"]
    assert [row[4] for row in rows if row[1] == "builtin"] == ["", "+0.00", "+0 ms", "1.00 ×"]


def test_a_call_in_which_nothing_was_found_again_says_so() -> None:
    found = [Held("plain", "janus", (0.1,), (100.0,), (4.0,)), Held("earmark", "janus", (0.1,), (), ())]
    rows = {row[0]: row for row in plain.rows(found)}
    assert rows["pieces found again"][2:4] == ("1", "0")
    assert rows["PESQ-WB"][3] == "nan"
