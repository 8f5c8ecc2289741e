"""Two finished variants side by side on disk, and any interleaving of their segments."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

READ_BYTES = 1 << 20


@dataclass(frozen=True)
class Shelf:
    """The two variants of a recording in finished form.

    Attributes:
        paths: a file for each variant.
        offsets: int64 of shape (2, segments + 2), in bytes: where in each file every segment starts, then where the
            unmarked tail starts and where it ends. Both tails hold the same sound.
    """

    paths: tuple[Path, Path]
    offsets: NDArray[np.int64]

    def spans(self, codeword: NDArray[np.uint8]) -> Iterator[tuple[int, int, int]]:
        """Yield (variant, first byte, end) of the stretches a copy consists of, in order.

        Args:
            codeword: of shape (segments,), 0 or 1.

        Raises:
            ValueError: the codeword is not of that kind.
        """
        bits = np.asarray(codeword, np.uint8)
        if bits.shape != (self.offsets.shape[1] - 2,) or (bits > 1).any():
            raise ValueError(f"a codeword has {self.offsets.shape[1] - 2} entries, each 0 or 1")
        bits = np.append(bits, bits[-1:] if bits.size else 0)
        edges = np.flatnonzero(np.diff(bits)) + 1
        for first, end in zip([0, *edges.tolist()], [*edges.tolist(), bits.size], strict=True):
            variant = int(bits[first])
            yield variant, int(self.offsets[variant, first]), int(self.offsets[variant, end])

    def spliced(self, codeword: NDArray[np.uint8]) -> Iterator[bytes]:
        """Yield the bytes of a copy, a megabyte at most at a time."""
        files = [os.open(path, os.O_RDONLY | os.O_CLOEXEC) for path in self.paths]
        try:
            for variant, first, end in self.spans(codeword):
                for start in range(first, end, READ_BYTES):
                    yield os.pread(files[variant], min(READ_BYTES, end - start), start)
        finally:
            for file in files:
                os.close(file)


def equal_shelf(paths: tuple[Path, Path], starts: NDArray[np.int64], end: int) -> Shelf:
    """Return a shelf both of whose files have their segments at ``starts`` (segments + 1), the tail up to ``end``."""
    edges = np.append(starts, end)
    return Shelf(paths, np.stack([edges, edges]))
