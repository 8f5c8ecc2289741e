"""What is measured of the lobby."""

import asyncio

from bench import lobby


def test_everybody_who_comes_is_counted_as_let_in_or_refused() -> None:
    found = asyncio.run(lobby.measure(20, 8))
    assert len(found.took_s) + found.refused == 8
    assert found.refused == 0
    assert 0 < min(found.took_s) <= max(found.took_s) <= found.last_s
    assert found.last_s >= 7 / 20
    assert found.cpu_s > 0
    assert found.answers_s
    assert len(found.row) == len(lobby.HEAD)


def test_nobody_has_anothers_address() -> None:
    addresses = [lobby._own(number) for number in range(130_000)]
    assert len(set(addresses)) == len(addresses)
    assert all(1 <= int(part) <= 254 for address in addresses[::997] for part in address.split(".")[::3])
