import threading
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.media.ahead import KEPT_BYTES, keep_freed_memory, one_ahead


@given(st.lists(st.integers() | st.none(), max_size=20))
def test_the_same_comes_in_the_same_order(items: list[int | None]) -> None:
    assert list(one_ahead(items)) == items


def test_the_next_one_is_made_while_this_one_is_used() -> None:
    made = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        made.set()
        yield 2

    ahead = one_ahead(items())
    assert next(ahead) == 1
    assert made.wait(timeout=10)
    assert list(ahead) == [2]


def test_what_goes_wrong_comes_after_what_went_well() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    ahead = one_ahead(items())
    assert next(ahead) == 1
    with pytest.raises(OSError, match="gone"):
        next(ahead)


def test_it_may_be_left_before_the_end() -> None:
    closed = threading.Event()

    def items() -> Iterator[int]:
        try:
            yield from range(1000)
        finally:
            closed.set()

    for item in one_ahead(items()):
        if item == 3:
            break
    assert threading.active_count() < 10


def test_keeping_freed_memory_takes_none() -> None:
    tracemalloc.start()
    try:
        keep_freed_memory()
        assert tracemalloc.get_traced_memory()[0] < KEPT_BYTES // 2
    finally:
        tracemalloc.stop()
