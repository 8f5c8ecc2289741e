"""The evidence record, ``evidence.json``: everything a stranger needs to compute the bound of a name once more.

Format "earmark/evidence/2", ``docs/formats/case.md``: canonical JSON (RFC 8785), so that one record has one text. Only
those who are named are ever mentioned in it.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator

from earmark.cases.facts import ExhibitFacts, Heard, Passage, RecordingFacts, Stretch, Strict, Text, Verdict, Whole
from earmark.cases.voices import Voices
from earmark.records.ledger.canonical import canonical

SCHEMA: Literal["earmark/evidence/2"] = "earmark/evidence/2"
MOST_BYTES = 2**26
ROUNDING = 1e-9


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
        attempt: what names them, as a place among the attempts.
        decoder: the decoder, as a place in the attempt's bank.
        companions: listeners taken to have leaked as well; they are named too.
        scores: what variant 1 earns over variant 0 in each segment heard.
        deficit: by how much the listener's score falls short of the best there could be.
        tail_log10: decimal logarithm of a bound on an innocent's chance of such a deficit.
        price_log10: decimal logarithm of what that is multiplied with, for all tests that might have been made.
        bound_log10: their sum, at most 0: the bound on the chance that anybody innocent is named.
    """

    listener: Text
    attempt: Whole
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
        deficits: by the scores of the first accusation that rests on the attempt.
    """

    every: int = Field(ge=1)
    deficits: tuple[Whole, ...]


class Attempt(Strict):
    """A piece of evidence that was put to the codebook, and what came of it.

    Attributes:
        heard: the evidence, and its share of the allowed error.
        streams: of a call, the numbers of the streams it is of, rising: all that were found, or one; None of a file.
        bank: the decoders; empty unless it names somebody.
        innocents: None unless it names somebody.
    """

    heard: Heard
    streams: tuple[Whole, ...] | None
    bank: tuple[Decoder, ...]
    innocents: Innocents | None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.streams is not None and (not self.streams or any(b <= a for a, b in pairwise(self.streams))):
            raise ValueError("streams rise, and there is one at least")
        if not bool(self.bank) == (self.innocents is not None) == bool(self.heard.thresholds):
            raise ValueError("there are a bank, innocents and biases if an attempt names somebody, and only then")
        return self


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
        tracks: how many files and streams of calls were looked for.
        listeners: among how many was searched.
        attempts: those that name somebody; none unless somebody is named, since what was heard could be put to any
            codeword that was ever opened.
        accusations: the surest first; empty unless somebody is named.
        more_needed_s: if insufficient, about how many more seconds like these would name somebody, or None.
    """

    model_config = ConfigDict(
        **Strict.model_config, validate_by_name=True, validate_by_alias=True, serialize_by_alias=True
    )

    schema_: Literal["earmark/evidence/2"] = Field(default=SCHEMA, alias="schema")
    verdict: Verdict
    family_wise: float = Field(gt=0, lt=1)
    exhibit: ExhibitFacts
    recording: RecordingFacts | None
    passages: tuple[Passage, ...]
    stretches: tuple[Stretch, ...]
    tracks: Whole
    listeners: Whole
    attempts: tuple[Attempt, ...]
    accusations: tuple[Accusation, ...]
    more_needed_s: float | None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        named, marked = self.verdict == "named", self.verdict != "unmarked"
        if not bool(self.accusations) == any(one.bank for one in self.attempts) == named:
            raise ValueError("there are accusations and a bank if somebody is named, and only then")
        if (self.recording is not None) != marked or bool(self.attempts) != named:
            raise ValueError("there is a recording unless the verdict is unmarked, and evidence if somebody is named")
        if self.recording is not None:
            _require_of(self.recording, self.attempts)
        _require_accusable(self.attempts, self.accusations)
        return self

    def named_by(self, attempt: int) -> Iterator[Accusation]:
        """Yield the accusations that rest on an attempt."""
        return (one for one in self.accusations if one.attempt == attempt)

    def voices(self, attempt: int) -> Voices:
        """Return whose words an attempt is of, and whose are in the leak; nobody's of a file."""
        call = self.recording.call if self.recording else None
        if call is None:
            return Voices()
        speakers = {one.stream: one.speaker for one in call.streams}
        return Voices.of(speakers, self.attempts[attempt].streams or (), speakers)


def _require_of(recording: RecordingFacts, attempts: Sequence[Attempt]) -> None:
    found = None if recording.call is None else {one.stream for one in recording.call.streams}
    for one in attempts:
        if (one.streams is None) != (found is None) or not set(one.streams or ()) <= (found or set()):
            raise ValueError("an attempt is of streams that were found, if a call leaked, and only then")


def _require_accusable(attempts: Sequence[Attempt], accusations: Sequence[Accusation]) -> None:
    names = [one.listener for one in accusations]
    if len(set(names)) != len(names):
        raise ValueError("a listener is named once")
    if len(attempts) > 1 and {one.attempt for one in accusations} != set(range(len(attempts))):
        raise ValueError("every attempt names somebody, if there is more than one")
    if sum(one.heard.share for one in attempts) > 1 + ROUNDING:
        raise ValueError("attempts do not share more than there is")
    for one in accusations:
        _require_tested(one, attempts, set(names) - {one.listener})


def _require_tested(one: Accusation, attempts: Sequence[Attempt], others: set[str]) -> None:
    if one.attempt >= len(attempts):
        raise ValueError("an accusation rests on an attempt")
    attempt = attempts[one.attempt]
    if len(one.scores) != len(attempt.heard.segments) or one.decoder >= len(attempt.bank):
        raise ValueError("an accusation has a score for every segment and a decoder of the bank")
    if len(set(one.companions)) != len(one.companions) or not set(one.companions) <= others:
        raise ValueError("companions are named too, each once")
    if len(one.companions) >= attempt.bank[one.decoder].depths:
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
