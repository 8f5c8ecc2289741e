"""The evidence record, ``evidence.json``: everything a stranger needs to compute the bound of a name once more.

Format "earmark/evidence/1", ``docs/formats/case.md``: canonical JSON (RFC 8785), so that one record has one text. Only
those who are named are ever mentioned in it.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from earmark.records.ledger.canonical import canonical

SCHEMA: Literal["earmark/evidence/1"] = "earmark/evidence/1"
MOST_BYTES = 2**26
LARGEST_SOFT = 1e6
"""In units of its noise, no evidence comes near; and no arithmetic on smaller numbers overflows."""

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


class RecordingFacts(Strict):
    """The recording that leaked.

    Attributes:
        id: what its codewords are bound to.
        title: for people.
        input_sha256: of the file that was marked.
        seconds: its length.
        coalition: how many colluders its codebook is made for.
        detector: the rules it was marked and traced by.
        grid: its segments.
    """

    id: Text
    title: Text
    input_sha256: Sha256
    seconds: float = Field(ge=0)
    coalition: int = Field(ge=1, le=32)
    detector: Whole
    grid: GridFacts


class Passage(Strict):
    """A stretch of the leak and where in the recording it was said, in seconds.

    Attributes:
        leak_start_s: from the leak's start.
        leak_end_s: likewise.
        recording_start_s: from the recording's start.
        recording_end_s: likewise.
        speed: seconds of the recording per second of the leak.
        chance_log10: decimal logarithm of a bound on the chance that unmarked sound shows such a passage.
    """

    leak_start_s: float
    leak_end_s: float
    recording_start_s: float
    recording_end_s: float
    speed: float
    chance_log10: float


class Stretch(Strict):
    """A part of the time line of the leak; the stretches cover all of it, in order.

    Attributes:
        state: what is said of it.
        leak_start_s: from the leak's start.
        leak_end_s: likewise; the same where it is cut.
        recording_start_s: where in the recording it was said, or what is missing begins; None where that is not known.
        recording_end_s: likewise.
        missing_s: seconds of the recording that are missing here, cut out or replaced; else 0.
        error_rate_log10: decimal logarithm of how often such a statement is wrong at most; None where that is unknown.
    """

    state: State
    leak_start_s: float
    leak_end_s: float
    recording_start_s: float | None
    recording_end_s: float | None
    missing_s: float = Field(ge=0)
    error_rate_log10: float | None


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


class Decoder(Strict):
    """One decoder of the bank, fitted to the evidence.

    Attributes:
        strategy: what the leakers are assumed to have done.
        colluders: how many they are assumed to be.
        weight: its share of the allowed error.
        depths: for how many numbers of companions, from 0 on, it makes tests, with an equal share each.
    """

    strategy: str
    colluders: int = Field(ge=1)
    weight: float = Field(gt=0, le=1)
    depths: int = Field(ge=1)


class Accusation(Strict):
    """A listener named, and the test that names them.

    Attributes:
        listener: whose copy it is.
        decoder: the decoder, as a place in the bank.
        companions: listeners taken to have leaked as well; they are named too.
        scores: what variant 1 earns over variant 0 in each segment heard.
        deficit: by how much the listener's score falls short of the best there could be.
        tail_log10: decimal logarithm of a bound on an innocent's chance of such a deficit.
        price_log10: decimal logarithm of what that is multiplied with, for all tests that might have been made.
        bound_log10: their sum, at most 0: the bound on the chance that anybody innocent is named.
    """

    listener: Text
    decoder: Whole
    companions: tuple[Text, ...]
    scores: tuple[Annotated[int, Field(ge=-48, le=48)], ...]
    deficit: Whole
    tail_log10: float = Field(le=0)
    price_log10: float = Field(ge=0)
    bound_log10: float = Field(le=0)


class Innocents(Strict):
    """How well those fit who are not named: nobody's name, and in rising order.

    Attributes:
        every: of the segments heard, every so-manieth counts here.
        deficits: by the scores of the first accusation.
    """

    every: int = Field(ge=1)
    deficits: tuple[Whole, ...]


class Evidence(Strict):
    """What a case rests on.

    Attributes:
        schema_: the format.
        verdict: "named", "insufficient" or "unmarked".
        family_wise: the allowed chance that any innocent listener is named.
        exhibit: the leak.
        recording: what leaked; None if unmarked.
        passages: in the order of the leak.
        stretches: the time line of the leak.
        heard: what was heard; None if unmarked.
        listeners: among how many was searched.
        bank: the decoders; empty unless somebody is named.
        accusations: the surest first; empty unless somebody is named.
        innocents: None unless somebody is named.
        more_needed_s: if insufficient, about how many more seconds like these would name somebody, or None.
    """

    model_config = ConfigDict(
        **Strict.model_config, validate_by_name=True, validate_by_alias=True, serialize_by_alias=True
    )

    schema_: Literal["earmark/evidence/1"] = Field(default=SCHEMA, alias="schema")
    verdict: Verdict
    family_wise: float = Field(gt=0, lt=1)
    exhibit: ExhibitFacts
    recording: RecordingFacts | None
    passages: tuple[Passage, ...]
    stretches: tuple[Stretch, ...]
    heard: Heard | None
    listeners: Whole
    bank: tuple[Decoder, ...]
    accusations: tuple[Accusation, ...]
    innocents: Innocents | None
    more_needed_s: float | None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        named, marked = self.verdict == "named", self.verdict != "unmarked"
        if not bool(self.accusations) == bool(self.bank) == (self.innocents is not None) == named:
            raise ValueError("there are accusations, a bank and innocents if somebody is named, and only then")
        if not (self.recording is not None) == (self.heard is not None) == marked:
            raise ValueError("there is a recording unless the verdict is unmarked")
        if self.heard is not None and bool(self.heard.thresholds) != named:
            raise ValueError("biases are told if somebody is named, and only then")
        if self.heard is not None:
            _require_accusable(self.heard, self.bank, self.accusations)
        return self


def _require_accusable(heard: Heard, bank: Sequence[Decoder], accusations: Sequence[Accusation]) -> None:
    names = [one.listener for one in accusations]
    if len(set(names)) != len(names):
        raise ValueError("a listener is named once")
    for one in accusations:
        if len(one.scores) != len(heard.segments) or one.decoder >= len(bank):
            raise ValueError("an accusation has a score for every segment and a decoder of the bank")
        others = set(names) - {one.listener}
        if len(set(one.companions)) != len(one.companions) or not set(one.companions) <= others:
            raise ValueError("companions are named too, each once")
        if len(one.companions) >= bank[one.decoder].depths:
            raise ValueError("there are fewer companions than depths")


def written(evidence: Evidence) -> bytes:
    """Return the record's text: canonical JSON and no line feed."""
    return canonical(evidence.model_dump(mode="json"))


def read(text: bytes) -> Evidence:
    """Return the record that ``text`` is.

    Raises:
        ValueError: it is too long, not canonical, or no such record.
    """
    if len(text) > MOST_BYTES:
        raise ValueError(f"an evidence record has at most {MOST_BYTES} bytes")
    try:
        evidence = Evidence.model_validate_json(text)
    except ValidationError as error:
        raise ValueError(f"this is no evidence record: {first_reason(error)}") from error
    if written(evidence) != text:
        raise ValueError("the evidence record is not canonical JSON")
    return evidence


def first_reason(error: ValidationError) -> str:
    """Return what is wrong in one line, with no more than a few letters of what was read."""
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])[:80]
    return f"{place}: {first['msg']}" if place else str(first["msg"])
