"""The first page of a report, in words: for people who decide.

A verdict names a copy, not a person: that stands before anything else. Below the bound there is no name here, and no
hint of one.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log10

from earmark.cases.bound import said
from earmark.cases.evidence import Evidence
from earmark.cases.report.alterations import alterations
from earmark.cases.report.words import LARGEST_POWER, UNTOLD, caution, day, figures, length, listed, odds

NOTICE = "A verdict names a copy, not a person: whose copy it was, not who passed it on."


@dataclass(frozen=True)
class Background:
    """What a report tells besides the evidence.

    Attributes:
        case: the case's id.
        title: for people.
        made_at: when, as in the ledger.
        made_by: program and version.
        received_at: when the exhibit was entered in the ledger.
        marked_at: when the recording was, or when the call was opened; None if none was found.
        given_at: when each of those named was given a copy, or let into the call, by listener.
        names: what those named are called, and who speaks, by listener; may lack any of them.
        codewords: the bits of those named at the segments of each attempt, by listener.
        public_key: the ledger's, in hexadecimal.
        traced_before: the chances that were allowed in earlier traces of the exhibit, as the ledger has them.
        untold: whether the evidence names others as well, who are not told since their own words are in the leak.
    """

    case: str
    title: str
    made_at: str
    made_by: str
    received_at: str
    marked_at: str | None
    given_at: Mapping[str, str]
    names: Mapping[str, str]
    codewords: Sequence[Mapping[str, Sequence[int]]]
    public_key: str
    traced_before: Sequence[float] = ()
    untold: bool = False

    def called(self, listener: str) -> str:
        """Return what a listener is called."""
        name = self.names.get(listener, "")
        return f"{name} ({listener})" if name else listener

    def given(self, listener: str) -> str:
        """Return when a listener was given a copy, or let in, in words."""
        time = self.given_at.get(listener)
        return day(time) if time else "a day that is not on record"


@dataclass(frozen=True)
class Answer:
    """A question of the first page.

    Attributes:
        question: as people ask it.
        lead: the answer in a sentence.
        more: what belongs to it.
        items: likewise, as a list.
    """

    question: str
    lead: str
    more: tuple[str, ...] = ()
    items: tuple[str, ...] = ()


def verdict(evidence: Evidence, background: Background) -> str:
    """Return the verdict in a sentence."""
    names = [background.called(one.listener) for one in evidence.accusations]
    if names and of_call(evidence):
        echo = ", or from an echo of it" if own_words(evidence) else ""
        return f"The leak was made from what the call let {listed(names)} hear{echo}."
    if len(names) == 1:
        return f"The leak was made from the copy given to {names[0]}."
    if names:
        return f"The leak was made from the copies given to {listed(names)}."
    if evidence.verdict == "insufficient":
        what = "a marked call" if of_call(evidence) else "a marked recording"
        return f"The leak is from {what}, but there is too little of it to say whose copy it was."
    return "Nothing of any marked recording was found in the leak."


def of_call(evidence: Evidence) -> bool:
    """Tell whether a call leaked."""
    return evidence.recording is not None and evidence.recording.call is not None


def own_words(evidence: Evidence) -> list[str]:
    """Return those named whose own words are in the leak as well; nobody of a file."""
    named = [(one.listener, evidence.voices(one.attempt)) for one in evidence.accusations]
    return [listener for listener, voices in named if voices.has_words_of(listener)]


def answers(evidence: Evidence, background: Background) -> Iterator[Answer]:
    """Yield the first page."""
    yield leaked(evidence, background)
    yield whose(evidence, background)
    yield sure(evidence, background)
    if evidence.recording is not None:
        lead, items = alterations(evidence, background.called, untold=background.untold)
        yield Answer("What was altered?", lead, (), items)
    yield Answer("What does this not prove?", *limits(evidence))


def leaked(evidence: Evidence, background: Background) -> Answer:
    """Return what leaked."""
    exhibit, recording = evidence.exhibit, evidence.recording
    received = (
        f"The exhibit is a file with {length(exhibit.seconds)} of sound that was called “{exhibit.name}”. The "
        f"ledger has had its hash since {day(background.received_at)}. The copy of it that belongs to this case has "
        f"that hash, and was traced on {day(background.made_at)}."
    )
    if exhibit.streams > 1:
        received += f" It has {exhibit.streams} streams of sound, of which the longest was listened to."
    if recording is None or background.marked_at is None:
        return Answer("What leaked?", "Nothing that this vault has marked was recognised.", (received,))
    found = length(covered((one.leak_start_s, one.leak_end_s) for one in evidence.passages))
    if recording.call is not None:
        long = f", which was {length(recording.seconds)} long" if recording.seconds else ", which had not ended"
        opened = f"That call was opened on {day(background.marked_at)}, and {evidence.listeners:,} could hear it."
        speakers = listed([background.called(one) for one in recording.call.speakers])
        whose = f"The words of {speakers} were recognised in it: they speak, and nothing more is said of them by that."
        return Answer("What leaked?", f"{found} of the call “{recording.title}”{long}.", (opened, whose, received))
    lead = f"{found} of the recording “{recording.title}”, which is {length(recording.seconds)} long."
    marked = f"That recording was marked on {day(background.marked_at)} for {evidence.listeners:,} listeners."
    return Answer("What leaked?", lead, (marked, received))


def covered(spans: Iterable[tuple[float, float]]) -> float:
    """Return how many seconds spans cover, which may overlap where several people speak."""
    at, total = 0.0, 0.0
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, at))
        at = max(at, end)
    return total


def whose(evidence: Evidence, background: Background) -> Answer:
    """Return whose copy it was."""
    question = "Whose copy was it?"
    if not evidence.accusations:
        return Answer(
            question, "Nobody is named. The evidence does not carry a name, and so none is given.", more(evidence)
        )
    came = "was let into the call first" if of_call(evidence) else "was given a copy"
    given = tuple(
        f"{background.called(one.listener)} {came} on {background.given(one.listener)}." for one in evidence.accusations
    )
    names = listed([background.called(one.listener) for one in evidence.accusations])
    lead = f"The one given to {names}." if len(given) == 1 else f"Those given to {names}, together."
    if of_call(evidence):
        lead = f"What {names} could hear of it{'' if len(given) == 1 else ', together'}."
    why = "In a call everybody hears a copy of their own. " if of_call(evidence) else ""
    why += "Every copy has inaudible variants of its own, and the leak has those of " + (
        "this one." if len(given) == 1 else "these copies."
    )
    voices = " ".join(by_one_voice(evidence, background))
    echoed = [background.called(one) for one in own_words(evidence)]
    feared = (" ".join(caution(echoed)),) if echoed else ()
    others = (UNTOLD,) if background.untold else ()
    return Answer(question, lead, (*feared, " ".join(given), why, *((voices,) if voices else ()), *others))


def by_one_voice(evidence: Evidence, background: Background) -> Iterator[str]:
    """Yield who is named by the words of one speaker alone, and why that may be."""
    alone = [(one, evidence.voices(one.attempt).alone) for one in evidence.accusations]
    for one, speaker in alone:
        if speaker is not None:
            name, voice = background.called(one.listener), background.called(speaker)
            yield f"{name} is named by the words of {voice} alone, which the leak has as they were made for {name}."
    if any(speaker is not None for _, speaker in alone):
        yield (
            "Nobody is sent their own words in a call. So where several leak together what they heard, the words of "
            "one speaker may tell more than those of all."
        )


def more(evidence: Evidence) -> tuple[str, ...]:
    """Return what would help where nobody is named."""
    if evidence.verdict == "unmarked":
        return (
            "That is no proof of where the sound comes from: it may be too short, or too damaged, to be recognised.",
        )
    if evidence.more_needed_s is None or evidence.more_needed_s <= 0:
        return ("How much more it would take cannot be told. A longer piece, or a clearer one, might be enough.",)
    return (f"About {max(1, round(evidence.more_needed_s))} seconds more of it, as clear as this, should be enough.",)


def sure(evidence: Evidence, background: Background) -> Answer:
    """Return how sure that is, in words and figures."""
    question, allowed = "How sure is that?", log10(evidence.family_wise)
    limit = f"The largest chance allowed in this trace was set to {in_both(allowed)}. {earlier(background)}"
    if not evidence.accusations:
        rule = (
            "A name is given only where the chance that any innocent listener is named has a proven bound below that."
        )
        return Answer(question, "Nobody is accused, so nobody can be accused wrongly.", (limit, rule))
    largest = said(max(one.bound_log10 for one in evidence.accusations))
    fixed = "any copy was given, and that the keys stayed secret"
    if of_call(evidence):
        fixed = "they were let into the call, that the keys stayed secret, and that no microphone sent it as an echo"
    return Answer(
        question,
        f"Less than {odds(largest)} that any innocent listener is named.",
        (
            f"In figures: the chance that any copy is named that did not go into the leak is at most "
            f"{figures(largest)}, over all {evidence.listeners:,} listeners and all ways of looking that might have "
            f"been tried in this trace{_EACH_VOICE if of_several(evidence) else ''}. {limit}",
            "This is a proven bound, not an estimate. It holds whatever was done to the sound, provided that the marks "
            f"were drawn at random and fixed before {fixed}, and that the ciphers are sound by which they are drawn.",
        ),
    )


def earlier(background: Background) -> str:
    """Return which earlier traces of the exhibit the ledger has: whoever tries until a name comes up shows there."""
    before = Counter(background.traced_before)
    if not before:
        return f"The ledger has no earlier trace of this file{_OTHER_FILES}"
    traces = "1 earlier trace" if before.total() == 1 else f"{before.total()} earlier traces"
    chances = listed([f"{count} with {figures(log10(chance))}" for chance, count in before.items()])
    return f"The ledger has {traces} of this file, {chances} allowed{_OTHER_FILES}"


_OTHER_FILES = "; whether the leak was traced as another file, or in another vault, this case cannot show."


def in_both(log10: float) -> str:
    """Return a chance in words and figures; in figures alone where there are no words for one so small."""
    return figures(log10) if log10 < -LARGEST_POWER else f"{odds(log10)} ({figures(log10)})"


_EACH_VOICE = ", among them the words of all speakers together and those of each alone"


def of_several(evidence: Evidence) -> bool:
    """Tell whether the words of several speakers in a call are in the leak."""
    call = evidence.recording.call if evidence.recording else None
    return call is not None and len(call.speakers) > 1


def limits(evidence: Evidence) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Return what the case does not prove."""
    if evidence.verdict == "unmarked":
        return ("It clears nobody and nothing.", (), ("The leak may still come from a recording of this vault.",))
    if not evidence.accusations:
        lead = "It says nothing about anybody, neither for nor against them."
        return (lead, (), ("The leak may have been put together from several copies.",))
    or_sent = ", or a microphone sent it" if of_call(evidence) else ""
    return (
        "It does not say who passed the copy on, why, or whether that was wrong.",
        (),
        (
            f"The copy may have been stolen, shared, or played where somebody else recorded it{or_sent}. Ask how "
            "else it may have got out.",
            "It does not show that the rest of the leak is genuine: only the passages listed were recognised.",
            "It does not clear those who are not named: others may have leaked as well.",
            "Whoever holds the vault could have made this copy too. The ledger shows what was committed to and when, "
            "not that the vault was never misused.",
            *((_TOGETHER,) if of_call(evidence) else ()),
        ),
    )


_TOGETHER = "In a call, whoever runs its server together with somebody who was in it could have made this copy as well."
