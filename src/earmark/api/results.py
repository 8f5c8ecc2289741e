"""What the use cases return: plain facts, the same that ``--json`` prints."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Verdict = Literal["named", "insufficient", "unmarked"]


@dataclass(frozen=True)
class RecordingName:
    """What a recording is called.

    Attributes:
        id: "r-" (a file) or "call-" (a call) and eight letters or digits.
        title: for people.
    """

    id: str
    title: str


@dataclass(frozen=True)
class CopyAt:
    """A copy that is in its place.

    Attributes:
        listener: whose it is.
        path: where it is.
    """

    listener: str
    path: Path


@dataclass(frozen=True)
class Delivered:
    """Copies that are in their places, whether made now or before.

    Attributes:
        recording: of what.
        copies: one for each listener asked for, in the order asked for.
        made: how many of them were made now.
        notes: what is worth knowing, each a clause that can be printed.
    """

    recording: RecordingName
    copies: tuple[CopyAt, ...]
    made: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exhibit:
    """A leak as it was found.

    Attributes:
        sha256: of the file, in hexadecimal.
        seconds: of sound that could be decoded.
    """

    sha256: str
    seconds: float


@dataclass(frozen=True)
class Named:
    """A listener whose copy the leak was made from.

    Attributes:
        listener: the id.
        false_accusation_log10: decimal logarithm of a bound on the chance that an innocent listener is named so.
        share: the share of the allowed chance that the evidence has which names them, and which the bound has paid for.
        speakers: of a call, whose words that evidence is of; none of a file.
        alone: whether it is of one speaker's words alone, though those of others were recognised as well.
        own_words: whether the listener's own words are in the leak as well, which they are not sent: what their
            loudspeaker played may have come into it through their microphone, and the bound does not cover that. Only
            where that is so of all who could be named is anybody of them.
    """

    listener: str
    false_accusation_log10: float
    share: float
    speakers: tuple[str, ...]
    alone: bool
    own_words: bool


@dataclass(frozen=True)
class PassageTimes:
    """A stretch of the leak and where in the recording it was said.

    Attributes:
        leak_start_s: in seconds from the leak's start.
        leak_end_s: likewise.
        recording_start_s: in seconds from the recording's start.
        recording_end_s: likewise.
        speed: seconds of the recording per second of the leak; 1 where the passage is too short to tell.
        stream: of a call which of its streams this is; its seconds are those since the first member was let in.
        speaker: of a call who speaks there.
    """

    leak_start_s: float
    leak_end_s: float
    recording_start_s: float
    recording_end_s: float
    speed: float
    stream: int | None = None
    speaker: str | None = None


@dataclass(frozen=True)
class Traced:
    """What a leak has told.

    Attributes:
        verdict: "named" with at least one name, "insufficient" where a recording was found but nobody can be named,
            "unmarked" where none of the vault's recordings was found.
        exhibit: the leak.
        recording: what leaked; None if unmarked.
        named: the listeners named, the surest first; nobody else is ever mentioned.
        family_wise: the allowed chance that any innocent listener is named.
        passages: in the order of the leak.
        more_needed_s: about how many more seconds of such a leak would do; None where none are needed or would help.
        elapsed_s: how long it took.
        untold: whether the evidence names others as well, who are not told since their own words are in the leak.
        notes: what is worth knowing, each a clause that can be printed.
    """

    verdict: Verdict
    exhibit: Exhibit
    recording: RecordingName | None
    named: tuple[Named, ...]
    family_wise: float
    passages: tuple[PassageTimes, ...]
    more_needed_s: float | None
    elapsed_s: float
    untold: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeakNeeded:
    """How much of a leak it takes to name one of so many who leak together.

    Attributes:
        colluders: how many leak together; 1 is a single leaker.
        clean_s: seconds of an untouched leak; None where no length will do.
        coded_s: the same after Opus at 16 kb/s.
        covered: whether the recording is long enough for the clean leak.
    """

    colluders: int
    clean_s: float | None
    coded_s: float | None
    covered: bool


@dataclass(frozen=True)
class Inspected:
    """Whether a recording can be traced once it is marked.

    Attributes:
        sha256: of the file, in hexadecimal.
        seconds: its length.
        audible_s: seconds of it that are not silence.
        measured_s: seconds that were marked and listened to for the forecast.
        listeners: among how many a leaker is to be found.
        family_wise: the allowed chance that any innocent listener is named.
        coalition: the coalition size of the codebook.
        needed: for 1, 2, … colluders.
        traceable: whether the recording is long enough to name a single leaker.
        colluders_covered: for how many colluders it is long enough.
        notes: what is worth knowing, each a clause that can be printed.
    """

    sha256: str
    seconds: float
    audible_s: float
    measured_s: float
    listeners: int
    family_wise: float
    coalition: int
    needed: tuple[LeakNeeded, ...]
    traceable: bool
    colluders_covered: int
    notes: tuple[str, ...]
