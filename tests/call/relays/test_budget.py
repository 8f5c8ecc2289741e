"""What one speaker may have forwarded."""

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from earmark.call.relays.budget import AT_ONCE, PACKETS_S, Budget


@given(st.lists(st.floats(0, 0.1), max_size=2000))
def test_no_more_is_forwarded_than_is_allowed_and_what_a_page_sends_is_always(waits: list[float]) -> None:
    now, went = 0.0, 0
    budget = Budget(clock=lambda: now)
    for wait in waits:
        now += wait
        went += budget.spend()
        assert went <= AT_ONCE + PACKETS_S * now + 1e-6
    now += 2 / PACKETS_S
    assert budget.spend()


def test_a_page_is_never_held_back() -> None:
    now = 0.0
    budget = Budget(clock=lambda: now)
    for _ in range(10_000):
        now += 0.02
        assert budget.spend()


def test_after_a_pause_a_burst_passes_and_a_flood_does_not() -> None:
    now = 0.0
    budget = Budget(clock=lambda: now)
    assert all(budget.spend() for _ in range(AT_ONCE))
    assert not budget.spend()
    now = 1.0
    assert sum(budget.spend() for _ in range(1000)) == PACKETS_S


def test_it_may_be_unlimited() -> None:
    now = 0.0
    budget = Budget(inf, clock=lambda: now)
    for _ in range(1000):
        now += 1e-6
        assert budget.spend()
