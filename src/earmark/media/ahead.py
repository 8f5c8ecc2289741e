"""Doing the next thing while this one is used: decoding and what is done with it keep a core busy each."""

from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

KEPT_BYTES = (1 << 25) - (1 << 16)

T = TypeVar("T")


def keep_freed_memory() -> None:
    """Have freed memory kept for the next arrays of up to 32 MB.

    glibc gives back to the system whatever is larger than the largest piece that was freed before, and the system has
    to clear it when it is wanted again: for the arrays of a stream that is a third of all the work.
    """
    np.empty(KEPT_BYTES, np.uint8)


def one_ahead(items: Iterable[T]) -> Generator[T, None, None]:
    """Yield ``items``; while one is used, another thread gets the next, and what that raises is raised in its turn."""
    end = object()
    iterator = iter(items)
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(next, iterator, end)
        while (item := following.result()) is not end:
            following = pool.submit(next, iterator, end)
            yield item  # type: ignore[misc]  # it is not the end
