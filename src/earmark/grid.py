"""The grid: how a recording is cut into segments."""

from dataclasses import dataclass

DEFAULT_SEGMENT_MS = 60
SEGMENT_STEP_MS = 20
BLOCK_SEGMENTS = 1024
"""How many segments a stream of a call is given at a time."""


@dataclass(frozen=True)
class Grid:
    """Segments of equal length that start with the recording.

    Attributes:
        segment_ms: length of a segment in milliseconds, a positive multiple of 20.
        segments: how many whole segments the recording has; what follows the last one stays unmarked.
    """

    segment_ms: int
    segments: int

    def __post_init__(self) -> None:
        if self.segment_ms <= 0 or self.segment_ms % SEGMENT_STEP_MS:
            raise ValueError(f"a segment is a positive multiple of {SEGMENT_STEP_MS} ms, not {self.segment_ms}")
        if self.segments < 0:
            raise ValueError("a grid cannot have fewer than no segments")

    @classmethod
    def over(cls, samples: int, rate: int, segment_ms: int = DEFAULT_SEGMENT_MS) -> "Grid":
        """Return the grid of a recording of ``samples`` samples at ``rate`` Hz."""
        return cls(segment_ms, samples * 1000 // (rate * segment_ms))

    @property
    def segment_s(self) -> float:
        """Length of a segment in seconds."""
        return self.segment_ms / 1000

    def start(self, segment: int, rate: int) -> int:
        """Return the sample at which ``segment`` starts: the exact time rounded down.

        A segment has the same number of samples throughout wherever ``rate * segment_ms`` is a multiple of 1,000.
        """
        return segment * self.segment_ms * rate // 1000
