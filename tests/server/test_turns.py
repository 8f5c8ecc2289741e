"""Turns: one at a time for each key, in order, and nothing kept of keys that nobody waits for."""

import asyncio
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from earmark.server.turns import Turns

comers = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3), st.booleans()), max_size=12)


@given(comers)
def test_one_at_a_time_for_each_key_in_the_order_in_which_they_came(coming: list[tuple[str, int, bool]]) -> None:
    async def play() -> None:
        turns, inside, order = Turns(), Counter[str](), []

        async def come(number: int, key: str, steps: int, fails: bool) -> None:
            async with turns.of(key):
                inside[key] += 1
                assert inside[key] == 1
                order.append((key, number))
                for _ in range(steps):
                    await asyncio.sleep(0)
                inside[key] -= 1
                if fails:
                    raise RuntimeError

        tasks = [asyncio.create_task(come(number, *one)) for number, one in enumerate(coming)]
        if tasks:
            done, _ = await asyncio.wait(tasks)
            assert sum(isinstance(task.exception(), RuntimeError) for task in done) == sum(one[2] for one in coming)
        for key in "ab":
            assert [number for of, number in order if of == key] == [n for n, one in enumerate(coming) if one[0] == key]
        assert len(turns) == 0

    asyncio.run(play())


def test_who_gives_up_waiting_leaves_nothing_behind_and_keeps_nobody_waiting() -> None:
    async def play() -> None:
        turns, begun, let = Turns(), asyncio.Event(), asyncio.Event()

        async def hold() -> None:
            async with turns.of("a"):
                begun.set()
                await let.wait()

        async def come() -> None:
            async with turns.of("a"):
                pass

        holding = asyncio.create_task(hold())
        await begun.wait()
        impatient, patient = asyncio.create_task(come()), asyncio.create_task(come())
        await asyncio.sleep(0)
        impatient.cancel()
        let.set()
        await asyncio.wait([holding, impatient, patient])
        assert impatient.cancelled()
        assert patient.exception() is None
        assert len(turns) == 0

    asyncio.run(play())
