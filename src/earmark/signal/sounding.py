"""Where in the original a part of a leak sounds alike, whatever became of its mark.

Two seconds of the leak are compared with all places of the original at once: their log-powers, in groups of three bands
and steps of a segment, are correlated by Fourier transforms. The place where they agree best is believed if it stands
out by many standard deviations, or by some and another window, which shares nothing with it, lies on its line; that is
chance once in some ten thousand pairs. The mark would say so too, where enough of it is left, and proves it; this
finds what the mark is too weak for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from earmark.signal.alignment import Passage
from earmark.signal.correlation import Floats

GROUP = 3
RANGE = 9.0
WINDOW_S, LONG_WINDOW_S = 2.0, 6.0
SHORTEST_S = 0.4
NEAR_S = 8.0
SAME_LINE = 2
LIKELY, OUTSTANDING = 4.5, 8.0
"""By how many standard deviations; chosen on open speech."""

KNOWN = 6.0
"""The same where the recording is known to be in the leak, and what is found has still to be weighed."""

LogPowers = NDArray[np.float16]
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Sounding:
    """A leak beside the original.

    Attributes:
        leak: log-powers; shape (frames, 72).
        original: likewise.
        hops: frames of a segment.
        hop_s: seconds of a frame.
    """

    leak: LogPowers
    original: LogPowers
    hops: int
    hop_s: float

    def passages(
        self, first: int, last: int, outstanding: float = OUTSTANDING, window_s: float = WINDOW_S
    ) -> list[Passage]:
        """Return passages between two frames of the leak; neighbours of one line are one.

        Args:
            first: where to begin.
            last: where to end.
            outstanding: by how many standard deviations a window has to stand out that no other one bears out.
            window_s: length of the windows.
        """
        windows = [one for one in self._windows(first, last, window_s) if one[0] >= LIKELY]
        found: list[Passage] = []
        for score, one in windows:
            others = [other for _, other in windows if apart(one, other) and self._on_line(other, one)]
            if score < (LIKELY if others else outstanding):
                continue
            before = found[-1] if found else None
            if before is not None and self._on_line(before, one):
                found[-1] = line(int(before.segments[0]), int(before.frames[0]), int(one.segments[-1]), self.hops)
            else:
                found.append(one)
        return found

    def _windows(self, first: int, last: int, window_s: float) -> Iterator[tuple[float, Passage]]:
        """Yield for every window how far its best place stands out, and that place."""
        window, step = (round(seconds / self.hop_s) for seconds in (window_s, window_s / 2))
        for start in range(first, max(first + 1, last - window + step), step):
            end = min(last, start + window)
            if (end - start) * self.hop_s >= SHORTEST_S:
                yield from self._best(start, end)

    def _best(self, first: int, last: int) -> Iterator[tuple[float, Passage]]:
        """Yield the place of a window of the leak that stands out most, and by how much; none where there is none."""
        best: tuple[float, Passage] | None = None
        for phase in range(0, self.hops, 2):
            piece = pooled(self._heard[first + phase : last], self.hops)
            scores = self._scores(piece)
            top = int(scores.argmax()) if len(scores) else 0
            if len(scores) and (best is None or scores[top] > best[0]):
                best = float(scores[top]), line(top, first + phase, top + len(piece) - 1, self.hops)
        yield from [best] if best else []

    def _scores(self, piece: Floats) -> Doubles:
        """Return by how many standard deviations the likeness to ``piece`` stands out at each segment."""
        count = len(self._steps) - len(piece) + 1
        if count < 2 or len(piece) < 2:
            return np.zeros(0)
        centred = piece - piece.mean(axis=0)
        transformed = scipy.fft.rfft(centred, self._size, axis=0)
        products = scipy.fft.irfft((self._transformed * transformed.conj()).sum(axis=1), self._size)[:count]
        energy = np.cumsum(np.append(0.0, np.square(self._steps).sum(axis=1)))
        alike = products / np.sqrt(np.maximum(energy[len(piece) :] - energy[: -len(piece)], 1.0))
        spread = alike.std()
        scores: Doubles = (alike - alike.mean()) / spread if spread > 0 else np.zeros(count)
        return scores

    def _on_line(self, before: Passage, after: Passage) -> bool:
        """Tell whether a passage goes on on the line of another one, but for a frame or two, not very far from it."""
        ahead = before.frames[0] + self.hops * (after.segments[0] - before.segments[0])
        near = abs(int(after.frames[0] - before.frames[-1])) * self.hop_s <= NEAR_S
        return near and abs(int(after.frames[0] - ahead)) <= SAME_LINE

    @cached_property
    def _heard(self) -> Floats:
        return balanced(self.leak)

    @cached_property
    def _steps(self) -> Floats:
        return pooled(balanced(self.original), self.hops)

    @cached_property
    def _size(self) -> int:
        size: int = scipy.fft.next_fast_len(2 * len(self._steps), real=True)
        return size

    @cached_property
    def _transformed(self) -> NDArray[np.complex64]:
        transformed: NDArray[np.complex64] = scipy.fft.rfft(self._steps, self._size, axis=0)
        return transformed


def balanced(log_power: LogPowers) -> Floats:
    """Return groups of bands as they differ from their average, what is nearly silent left out; shape (frames, 24)."""
    loud = np.quantile(log_power[:: 1 + len(log_power) // 4000].max(axis=1).astype(np.float32), 0.95)
    powers = np.maximum(log_power.astype(np.float32), loud - RANGE)
    groups = powers.reshape(len(powers), -1, GROUP).mean(axis=2)
    balanced: Floats = groups - groups.mean(axis=0)
    return balanced


def pooled(rows: Floats, hops: int) -> Floats:
    """Return the means of ``hops`` rows each; what is left over at the end is left out."""
    whole = len(rows) // hops
    means: Floats = rows[: whole * hops].reshape(whole, hops, -1).mean(axis=1)
    return means


def line(segment: int, frame: int, last: int, hops: int) -> Passage:
    """Return the passage that starts with a segment at a frame and ends with the segment ``last``."""
    segments = np.arange(segment, last + 1)
    return Passage(segments, frame + hops * (segments - segment), 0.0)


def apart(one: Passage, other: Passage) -> bool:
    """Tell whether two passages share no frame of the leak."""
    return bool(one.frames[-1] < other.frames[0] or other.frames[-1] < one.frames[0])
