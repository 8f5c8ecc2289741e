"""Where in the original a part of a leak sounds alike, whatever became of its mark.

Some seconds of the leak are compared with all places of the original at once: their log-powers, in groups of three
bands and steps of a segment, are correlated by Fourier transforms. What a room, a loudspeaker or noise does to all
places alike must not count: in each group nothing is lower than the leak's own noise, in the original neither; what
stays the same for a second is taken out; and each place is judged by how much there changes. The place where both
agree best is believed if it stands out by many standard deviations, or by some and another window, which shares
nothing with it, lies on its line; that is chance once in some ten thousand pairs. The mark would say so too, where
enough of it is left, and proves it; this finds what the mark is too weak for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.fft
import scipy.ndimage
from numpy.typing import NDArray

from earmark.signal.alignment import Passage
from earmark.signal.correlation import Floats

GROUP = 3
RANGE = 9.0
LOUD_SHARE, NOISE_SHARE = 0.95, 0.1
"""What of a leak is louder and softer than nearly all of it; the latter is its noise."""

QUIET_SHARE = 0.1
"""So many of all places, in which least changes, count as if a little more did, lest nothing be like anything."""

FITTED = 4000
TINY = 1e-3
AVERAGE_S = 1.0
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
        transformed = scipy.fft.rfft(piece - piece.mean(axis=0), self._size, axis=0)
        products = scipy.fft.irfft((self._transformed * transformed.conj()).sum(axis=1), self._size)[:count]
        energy = self._energy(len(piece))
        alike = products / np.sqrt(np.maximum(energy, max(np.quantile(energy, QUIET_SHARE), TINY)))
        spread = alike.std()
        scores: Doubles = (alike - alike.mean()) / spread if spread > 0 else np.zeros(count)
        return scores

    def _energy(self, length: int) -> Doubles:
        """Return how much the original changes in each window of ``length`` segments."""
        squares, sums = (part[length:] - part[:-length] for part in self._sums)
        energy: Doubles = squares.sum(axis=1) - np.square(sums).sum(axis=1) / length
        return energy

    def _on_line(self, before: Passage, after: Passage) -> bool:
        """Tell whether a passage goes on on the line of another one, but for a frame or two, not very far from it."""
        ahead = before.frames[0] + self.hops * (after.segments[0] - before.segments[0])
        gap = max(after.frames[0] - before.frames[-1], before.frames[0] - after.frames[-1])
        near = int(gap) * self.hop_s <= NEAR_S
        return near and abs(int(after.frames[0] - ahead)) <= SAME_LINE

    @cached_property
    def _heard(self) -> Floats:
        told, floor = self._range
        return self._changing(np.maximum(grouped(self.leak), told - floor), 1)

    @cached_property
    def _steps(self) -> Floats:
        _, floor = self._range
        groups = grouped(self.original)
        return self._changing(pooled(np.logaddexp(groups - loud(groups), -floor), self.hops), self.hops)

    @cached_property
    def _range(self) -> tuple[Floats, Floats]:
        """How loud each group of the leak's bands gets, and how far below that its noise is; shape (24,) each."""
        groups = grouped(self.leak)
        told = loud(groups)
        return told, np.minimum(told - np.quantile(some(groups), NOISE_SHARE, axis=0), RANGE).astype(np.float32)

    def _changing(self, rows: Floats, frames: int) -> Floats:
        """Return rows of ``frames`` frames each, less their average over a second: what stays the same says nothing."""
        size = max(1, round(AVERAGE_S / self.hop_s / frames))
        changing: Floats = rows - scipy.ndimage.uniform_filter1d(rows, size, axis=0, mode="nearest")
        return changing

    @cached_property
    def _sums(self) -> tuple[Doubles, Doubles]:
        squares, sums = (
            np.cumsum(np.vstack([np.zeros((1, rows.shape[1])), rows]), axis=0, dtype=np.float64)
            for rows in (np.square(self._steps), self._steps)
        )
        return squares, sums

    @cached_property
    def _size(self) -> int:
        size: int = scipy.fft.next_fast_len(2 * len(self._steps), real=True)
        return size

    @cached_property
    def _transformed(self) -> NDArray[np.complex64]:
        transformed: NDArray[np.complex64] = scipy.fft.rfft(self._steps, self._size, axis=0)
        return transformed


def grouped(log_power: LogPowers) -> Floats:
    """Return the means of groups of bands; shape (frames, 24)."""
    groups: Floats = log_power.astype(np.float32).reshape(len(log_power), -1, GROUP).mean(axis=2)
    return groups


def some(rows: Floats) -> Floats:
    """Return a few thousand of many rows."""
    return rows[:: 1 + len(rows) // FITTED]


def loud(groups: Floats) -> Floats:
    """Return how loud each group gets; shape (24,)."""
    told: Floats = np.quantile(some(groups), LOUD_SHARE, axis=0).astype(np.float32)
    return told


def pooled(rows: Floats, hops: int) -> Floats:
    """Return the means of ``hops`` rows each; what is left over at the end is left out."""
    whole = len(rows) // hops
    means: Floats = rows[: whole * hops].reshape(whole, hops, rows.shape[1]).mean(axis=1)
    return means


def line(segment: int, frame: int, last: int, hops: int) -> Passage:
    """Return the passage that starts with a segment at a frame and ends with the segment ``last``."""
    segments = np.arange(segment, last + 1)
    return Passage(segments, frame + hops * (segments - segment), 0.0)


def apart(one: Passage, other: Passage) -> bool:
    """Tell whether two passages share no frame of the leak."""
    return bool(one.frames[-1] < other.frames[0] or other.frames[-1] < one.frames[0])
