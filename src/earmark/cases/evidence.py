"""The evidence record, ``evidence.json``: everything a stranger needs to compute the bound of a name once more.

Format "earmark/evidence/1", ``docs/formats/case.md``: canonical JSON (RFC 8785), so that one record has one text. Only
those who are named are ever mentioned in it.
"""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator

from earmark.cases.facts import ExhibitFacts, Heard, Passage, RecordingFacts, Stretch, Strict, Text, Verdict, Whole
from earmark.records.ledger.canonical import canonical

SCHEMA: Literal["earmark/evidence/1"] = "earmark/evidence/1"
MOST_BYTES = 2**26


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
