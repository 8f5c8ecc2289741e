"""Paces: how fast a leak may run, and whether its pitch moved with it.

A tape that runs fast raises the pitch; a player's "1.05 ×" does not. A leak is listened to at a pace by resampling it
until its pitch is the recording's own and then letting the windows last as long as segments do now, so that all that
comes after hears the recording as it was.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from earmark.signal.spectrum import ANALYSIS_RATE

FASTEST = 0.10
STEP = 0.005
"""Over five seconds of search, a pace that is half a step off shifts no segment by more than half a frame."""
STEPS_WITH_PITCH_KEPT = 3
"""What was stretched keeps its time for moments, and a line that is followed may lean, so that fewer paces do."""


@dataclass(frozen=True)
class Pace:
    """How a leak runs.

    Attributes:
        tempo: how many times as fast as the recording; > 0.
        pitch: by what factor its frequencies are raised; > 0.
    """

    tempo: float = 1.0
    pitch: float = 1.0

    @property
    def rate(self) -> int:
        """The rate in Hz to resample to, so that at 15 kHz the pitch is right."""
        return round(ANALYSIS_RATE * self.pitch)

    @property
    def stretch(self) -> float:
        """How long what took a second in the recording takes once its pitch is right."""
        return self.pitch / self.tempo

    @property
    def keeps_pitch(self) -> bool:
        """Whether the pitch is the recording's."""
        return self.pitch == 1.0


OWN = Pace()
"""The recording's own."""


def paces() -> Iterator[Pace]:
    """Yield the paces worth trying besides the recording's own: ±10 %, slight ones first, the pitch moved or kept."""
    for step in range(1, round(FASTEST / STEP) + 1):
        for tempo in (1 + step * STEP, 1 - step * STEP):
            yield Pace(tempo, tempo)
            if step % STEPS_WITH_PITCH_KEPT == 2:  # so that none up to the fastest is farther off than that
                yield Pace(tempo)


def beside(pace: Pace) -> list[Pace]:
    """Return one of the paces worth trying, or the recording's own, and those next to it that treat pitch alike."""
    found = [pace]
    for keeps_pitch in (False, True):
        line = sorted({OWN, *(one for one in paces() if one.keeps_pitch == keeps_pitch)}, key=lambda one: one.tempo)
        if pace in line:
            at = line.index(pace)
            found += [*line[max(0, at - 1) : at], *line[at + 1 : at + 2]]
    return found
