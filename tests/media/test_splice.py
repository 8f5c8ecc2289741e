from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from earmark.media.splice import READ_BYTES, Shelf, equal_shelf

sharing = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@sharing
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(1, 9), st.integers(1, 9)), max_size=30), st.integers(0, 5))
def test_a_splice_is_the_chosen_pieces_and_the_tail(
    tmp_path: Path, segments: list[tuple[int, int, int]], tail: int
) -> None:
    lengths = np.array([[one[1 + variant] for one in segments] + [tail] for variant in (0, 1)], np.int64)
    ends = np.concatenate([np.zeros((2, 1), np.int64), lengths.cumsum(axis=1)], axis=1)
    paths = (tmp_path / "0", tmp_path / "1")
    data = [bytes((variant * 128 + k) % 256 for k in range(ends[variant, -1])) for variant in (0, 1)]
    data[1] = data[1][: ends[1, -2]] + data[0][ends[0, -2] :]
    for path, content in zip(paths, data, strict=True):
        path.write_bytes(content)
    codeword = np.array([one[0] for one in segments], np.uint8)
    chosen = [data[bit][ends[bit, k] : ends[bit, k + 1]] for k, bit in enumerate(codeword)]
    assert b"".join(Shelf(paths, ends).spliced(codeword)) == b"".join([*chosen, data[0][ends[0, -2] :]])


def test_no_more_than_a_megabyte_is_held(tmp_path: Path) -> None:
    paths = (tmp_path / "0", tmp_path / "1")
    for path in paths:
        path.write_bytes(bytes(3 * READ_BYTES))
    shelf = equal_shelf(paths, np.array([0, READ_BYTES], np.int64), 3 * READ_BYTES)
    assert [len(piece) for piece in shelf.spliced(np.ones(1, np.uint8))] == [READ_BYTES] * 3


@pytest.mark.parametrize("codeword", [[0], [0, 1, 0], [0, 2], [[0, 1]]])
def test_a_codeword_of_another_recording_is_refused(codeword: list[int]) -> None:
    shelf = equal_shelf((Path("0"), Path("1")), np.array([0, 4, 8], np.int64), 9)
    with pytest.raises(ValueError, match="codeword"):
        list(shelf.spans(np.array(codeword, np.uint8)))
