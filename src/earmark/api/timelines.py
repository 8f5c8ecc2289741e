"""What verifying says: the time line of a leak."""

from dataclasses import dataclass
from typing import Literal

from earmark.api.error_rates import ErrorRate
from earmark.api.results import Exhibit, RecordingName
from earmark.records.entries import Recording
from earmark.signal.stretches import State

Comparison = Literal["mark", "mark and original"]

ALTERED: frozenset[State] = frozenset(("cut here", "moved", "not from this recording"))


@dataclass(frozen=True)
class StretchTimes:
    """A part of the time line of a leak.

    Attributes:
        state: "genuine", "cut here" (something of the recording is missing), "moved" (out of the recording's order),
            "not from this recording", or "too degraded to say".
        leak_start_s: in seconds from the leak's start.
        leak_end_s: likewise; the same where it is cut.
        recording_start_s: where in the recording it was said, where what is missing begins, or, if it is too degraded
            to say, where it would have been said; None where that is unknown.
        recording_end_s: likewise.
        speed: seconds of the recording per second of the leak; None where that is unknown or too short to tell.
        missing_s: seconds of the recording that are missing here, cut or replaced; else 0.
        error_rate: the largest share of such statements found wrong when it was measured; None where it was not.
        speaker: of a call, whose words it is about; None where it is about nobody's, and of a file.
    """

    state: State
    leak_start_s: float
    leak_end_s: float
    recording_start_s: float | None
    recording_end_s: float | None
    speed: float | None
    missing_s: float
    error_rate: float | None
    speaker: str | None = None


@dataclass(frozen=True)
class SpeakerCompared:
    """Somebody whose words in a call are in the leak.

    Attributes:
        speaker: their id.
        stream: the number of the stream.
        compared_with: whether they had kept what they said, or the mark only was at hand.
    """

    speaker: str
    stream: int
    compared_with: Comparison


@dataclass(frozen=True)
class Verified:
    """What a leak is, from its start to its end.

    Attributes:
        exhibit: the leak.
        recording: what it comes from; None where none of the vault's recordings was surely found in it.
        recognised_by: its mark, which proves it, or, with the original at hand, how it sounds; None if not at all.
        compared_with: whether the recording's original was at hand, or the mark only; of a call, whether any of its
            speakers had kept what they said.
        stretches: the time line, in order; empty where no recording was found. Of a call, those of several speakers may
            be beside each other, and places count from when its first member was let in.
        edits_s: when in the leak it was edited, in seconds, where that is known well enough to be told: by the mark
            alone, within half a second with a probability of four in five. The time line shows the others too.
        error_rates: how often such statements were wrong when that was measured.
        elapsed_s: how long it took.
        notes: what is worth knowing, each a clause that can be printed.
        speakers: of a call, whose words were found in the leak, the surest first.
    """

    exhibit: Exhibit
    recording: RecordingName | None
    recognised_by: Literal["mark", "sound"] | None
    compared_with: Comparison
    stretches: tuple[StretchTimes, ...]
    edits_s: tuple[float, ...]
    error_rates: tuple[ErrorRate, ...]
    elapsed_s: float
    notes: tuple[str, ...] = ()
    speakers: tuple[SpeakerCompared, ...] = ()

    @property
    def altered(self) -> bool:
        """Whether any edit shows, be it known or not when it was made."""
        return bool(self.edits_s) or any(one.state in ALTERED for one in self.stretches)


@dataclass(frozen=True)
class Account:
    """What came of comparing a leak with a recording.

    Attributes:
        recording: what the leak is of; None where nothing surely is in it.
        with_original: whether the original, or what any speaker had kept, was at hand.
        stretches: see ``Verified``, as the others.
        edits_s: likewise.
        error_rates: likewise.
        notes: likewise.
        speakers: likewise.
    """

    recording: Recording | None
    with_original: bool
    stretches: tuple[StretchTimes, ...]
    edits_s: tuple[float, ...]
    error_rates: tuple[ErrorRate, ...]
    notes: tuple[str, ...]
    speakers: tuple[SpeakerCompared, ...] = ()
