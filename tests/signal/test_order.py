from hypothesis import given
from hypothesis import strategies as st

from earmark.signal.order import in_order

lengths = st.lists(st.floats(0.5, 20), max_size=8)


def spans_of(lengths: list[float]) -> list[tuple[float, float]]:
    ends = [sum(lengths[: number + 1]) for number in range(len(lengths))]
    return [(end - length, end) for end, length in zip(ends, lengths, strict=True)]


@given(lengths)
def test_what_is_in_order_is_kept(lengths: list[float]) -> None:
    assert all(in_order(spans_of(lengths), 0.1))


@given(lengths, st.randoms(use_true_random=False))
def test_what_is_kept_rises(lengths: list[float], random: "object") -> None:
    spans = spans_of(lengths)
    random.shuffle(spans)  # type: ignore[attr-defined]
    kept = [span for span, keep in zip(spans, in_order(spans, 0.1), strict=True) if keep]
    assert kept == sorted(kept)
    assert sum(end - start for start, end in kept) >= max(lengths, default=0) - 1e-9


def test_the_shorter_one_was_moved() -> None:
    assert in_order([(0, 10), (20, 22), (10, 20), (22, 30)], 0.1) == [True, False, True, True]


def test_a_small_overlap_is_no_disorder() -> None:
    assert in_order([(0, 10), (9.5, 20)], 0.1) == [True, True]
