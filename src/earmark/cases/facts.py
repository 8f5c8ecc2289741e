"""The parts of an evidence record that tell what was received, what leaked, and what was heard."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

LARGEST_SOFT = 1e6
"""In units of its noise, no evidence comes near; and no arithmetic on smaller numbers overflows."""

SHORTEST_SLOT_MS, LONGEST_SLOT_MS = 10, 1000

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Whole = Annotated[int, Field(ge=0, lt=2**53)]
Text = Annotated[str, Field(max_length=4096)]
Verdict = Literal["named", "insufficient", "unmarked"]
State = Literal["found", "not found", "genuine", "cut here", "moved", "not from this recording", "too degraded to say"]
"""What is said of a stretch of the leak: the first two by a trace, the others by a comparison with the recording."""

PLACED: frozenset[State] = frozenset({"found", "genuine", "moved"})
"""What is known to come from the recording."""


class Strict(BaseModel):
    """A record that takes what its fields say and nothing else."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class ExhibitFacts(Strict):
    """The leak as it was received.

    Attributes:
        sha256: of the file.
        bytes: its length.
        name: what the file was called; text from a stranger.
        seconds: of sound that could be decoded.
        streams: how many streams of sound are in it, of which the longest was listened to.
    """

    sha256: Sha256
    bytes: Whole
    name: Text
    seconds: float = Field(ge=0)
    streams: int = Field(ge=1)


class GridFacts(Strict):
    """The recording's segments.

    Attributes:
        segment_ms: length of each.
        segments: how many there are.
    """

    segment_ms: int = Field(gt=0)
    segments: Whole


class StreamFacts(Strict):
    """What one member said in a call, and which part of the call's codebook was spent on it.

    Attributes:
        stream: its number in the call.
        speaker: who speaks.
        blocks: which thousands of the call's segments its first, second, … thousand are, up to the last one heard.
    """

    stream: Whole
    speaker: Text
    blocks: Annotated[tuple[Whole, ...], Field(min_length=1)]


class CallFacts(Strict):
    """What a recording has that is a call.

    Attributes:
        slot_ms: about how far apart the slots of its segments are.
        sought: how many of its streams were looked for.
        streams: those that were found in the leak, by their numbers.
    """

    slot_ms: int = Field(ge=SHORTEST_SLOT_MS, le=LONGEST_SLOT_MS)
    sought: int = Field(ge=1)
    streams: Annotated[tuple[StreamFacts, ...], Field(min_length=1)]

    @property
    def speakers(self) -> tuple[str, ...]:
        """Whose words were found in the leak, each once."""
        return tuple(dict.fromkeys(one.speaker for one in self.streams))

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        numbers, blocks = [one.stream for one in self.streams], [block for one in self.streams for block in one.blocks]
        if any(after <= before for before, after in pairwise(numbers)) or len(set(blocks)) != len(blocks):
            raise ValueError("streams rise, and a block is of one of them")
        if self.sought < len(self.streams):
            raise ValueError("what was found was looked for")
        return self


class RecordingFacts(Strict):
    """The recording that leaked.

    Attributes:
        id: what its codewords are bound to.
        title: for people.
        input_sha256: of the file that was marked; None of a call.
        seconds: its length; 0 of a call that has not ended.
        coalition: how many colluders its codebook is made for.
        detector: the rules it was marked and traced by.
        grid: its segments; of a call those of its codebook.
        call: None of a file.
    """

    id: Text
    title: Text
    input_sha256: Sha256 | None
    seconds: float = Field(ge=0)
    coalition: int = Field(ge=1, le=32)
    detector: Whole
    grid: GridFacts
    call: CallFacts | None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.input_sha256 is None) != (self.call is not None):
            raise ValueError("a file was marked, or a call was held")
        return self


class Passage(Strict):
    """A stretch of the leak and where in the recording it was said, in seconds.

    Attributes:
        leak_start_s: from the leak's start.
        leak_end_s: likewise.
        recording_start_s: from the recording's start.
        recording_end_s: likewise.
        speed: seconds of the recording per second of the leak.
        speaker: of a call, whose words they are, and seconds are from when its first member was let in; None of a file.
        chance_log10: decimal logarithm of a bound on the chance that unmarked sound shows such a passage.
    """

    leak_start_s: float
    leak_end_s: float
    recording_start_s: float
    recording_end_s: float
    speed: float
    speaker: Text | None
    chance_log10: float


class Stretch(Strict):
    """A part of the time line of the leak; the stretches cover all of it, in order, those of several speakers together.

    Attributes:
        state: what is said of it.
        leak_start_s: from the leak's start.
        leak_end_s: likewise; the same where it is cut.
        recording_start_s: where in the recording it was said, or what is missing begins; None where that is not known.
        recording_end_s: likewise.
        missing_s: seconds of the recording that are missing here, cut out or replaced; else 0.
        error_rate_log10: decimal logarithm of how often such a statement is wrong at most; None where that is unknown.
        speaker: of a call, whose words it is about; None where it is about nobody's, and of a file.
    """

    state: State
    leak_start_s: float
    leak_end_s: float
    recording_start_s: float | None
    recording_end_s: float | None
    missing_s: float = Field(ge=0)
    error_rate_log10: float | None
    speaker: Text | None


class Heard(Strict):
    """What was heard, segment by segment.

    Attributes:
        segments: their numbers, rising.
        soft: positive for variant 1, negative for variant 0, in units of its noise.
        amplitude: what ``soft`` should reach.
        thresholds: the biases' numerators over 65536; empty unless somebody is named.
        share: the share of the allowed error that this evidence has, above 0 and at most 1.
    """

    segments: tuple[Whole, ...]
    soft: tuple[Annotated[float, Field(ge=-LARGEST_SOFT, le=LARGEST_SOFT)], ...]
    amplitude: tuple[Annotated[float, Field(ge=0, le=LARGEST_SOFT)], ...]
    thresholds: tuple[Annotated[int, Field(gt=0, lt=65_536)], ...]
    share: float = Field(gt=0, le=1)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if not len(self.segments) == len(self.soft) == len(self.amplitude):
            raise ValueError("segments, soft and amplitude have one length")
        if self.thresholds and len(self.thresholds) != len(self.segments):
            raise ValueError("there is a threshold for every segment, or none at all")
        if any(after <= before for before, after in pairwise(self.segments)):
            raise ValueError("segments rise")
        return self
