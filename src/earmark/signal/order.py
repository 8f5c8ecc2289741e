"""What of a leak is in the recording's order, and what was moved."""

from collections.abc import Sequence


def in_order(spans: Sequence[tuple[float, float]], slack: float) -> list[bool]:
    """Tell which spans of the recording, listed as the leak has them, follow each other as in the recording.

    Of all choices of spans of which each begins where the one before has ended, or later, the one that keeps the most
    seconds; the others were moved. A span that overlaps the one before by less than half of either follows it too: the
    border between them is not that well known.

    Args:
        spans: start and end of each, in seconds.
        slack: by how much one may begin before the other's end in any case.
    """
    kept = [end - start for start, end in spans]  # the most seconds of a chain that ends with each
    before: list[int | None] = [None] * len(spans)
    for number, (start, end) in enumerate(spans):
        earlier = [other for other in range(number) if follows(spans[other], (start, end), slack)]
        best = max(earlier, key=kept.__getitem__, default=None)
        if best is not None:
            before[number], kept[number] = best, kept[best] + end - start
    chosen = [False] * len(spans)
    last: int | None = max(range(len(spans)), key=kept.__getitem__, default=None)
    while last is not None:
        chosen[last] = True
        last = before[last]
    return chosen


def follows(one: tuple[float, float], other: tuple[float, float], slack: float) -> bool:
    """Tell whether a span comes after another one."""
    half = min(one[1] - one[0], other[1] - other[0]) / 2
    return other[0] >= one[1] - max(slack, half)
