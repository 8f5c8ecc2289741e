"""What was altered, in words: all that the time line of the leak shows."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from earmark.cases.evidence import Evidence
from earmark.cases.facts import Passage, Stretch
from earmark.cases.report.words import clock, length, share, span

NOTABLE_S = 1.5
"""Shorter gaps are not told apart from how far the borders of passages may be off."""

NOTABLE_SPEED = 0.003
NOTABLE_PAUSE_S = 0.1
"""Of less than that nothing can be said anyway, neither on the first page nor in the table."""

MOST_SHOWN = 6


def alterations(
    evidence: Evidence, called: Callable[[str], str] = str, *, untold: bool = False
) -> tuple[str, tuple[str, ...]]:
    """Return what was altered: in a sentence, and one by one; ``called`` tells what speakers in a call are called."""
    found, unclear = tuple(_found(evidence, called)), tuple(_unclear(evidence.stretches))
    call = evidence.recording is not None and evidence.recording.call is not None
    unseen = _UNSEEN_IN_CALLS if call else _UNSEEN
    mixed = (_MIXED,) if untold or len(evidence.accusations) > 1 else ()
    if found:
        lead = f"The leak is not the {'call' if call else 'recording'} as it was."
        return lead, (*_fewer(found), *mixed, *unclear, unseen)
    if call and not _compared_at_all(evidence):
        return _OF_SEVERAL if mixed else _NOT_COMPARED, ()
    if call:
        return "Nothing that shows: what was recognised is in the order in which it was said.", (*unclear, unseen)
    lead = "Nothing that shows: what was recognised is one unbroken passage at its own speed."
    return lead, (*mixed, *unclear, unseen)


def _fewer(found: Sequence[str]) -> Iterator[str]:
    """Yield what fits on a page, and how much more there is."""
    yield from found[:MOST_SHOWN]
    if len(found) > MOST_SHOWN:
        yield f"{len(found) - MOST_SHOWN} more such places are in the table of the evidence."


_MIXED = (
    "The leak is of several copies. How often such statements are wrong was measured on leaks of one; where copies "
    "were mixed they may be wrong more often."
)


def _compared_at_all(evidence: Evidence) -> bool:
    return any(one.state not in {"found", "not found"} for one in evidence.stretches)


_OF_SEVERAL = (
    "That cannot be said: the leak is of several copies, and how often it is wrong to say that something in a call was "
    "altered is known of leaks of one copy only."
)
_NOT_COMPARED = (
    "That cannot be said: too little of the leak runs straight for it to be compared with the call in a way of which "
    "it is known how often it is wrong."
)
_UNSEEN_IN_CALLS = (
    "Changes shorter than it takes to notice, such as a word taken out, may go unseen; and what a network has lost for "
    "half a second and more looks as if it were cut out."
)
_UNSEEN = "Changes within a passage that are shorter than it takes to notice, such as a word taken out, may go unseen."


def _found(evidence: Evidence, called: Callable[[str], str]) -> Iterator[str]:
    passages = evidence.passages
    compared = [one for one in evidence.stretches if one.state not in {"found", "not found"}]
    if compared:
        yield from (words for one in compared for words in _compared(one, called))
    elif evidence.recording is None or evidence.recording.call is None:
        yield from _by_passages(passages)
    fast = [one for one in passages if abs(one.speed - 1) > NOTABLE_SPEED and one.speaker is None]  # networks stretch
    if fast:
        speeds = ", ".join(f"{1 / one.speed:.1%}" for one in fast[:5])
        yield f"It was played at another speed: {speeds} of the recording's."
    if evidence.recording is not None and evidence.recording.call is not None:
        return  # of a call that was not compared nothing is said, and of one that was, all of it above
    foreign = [one for one in evidence.stretches if one.state == "not found"]
    unknown = sum(one.leak_end_s - one.leak_start_s for one in foreign)
    if unknown >= NOTABLE_S:
        yield (
            f"{length(unknown)} of it were not found in the recording: put in, or too damaged to say "
            f"({', '.join(span(one.leak_start_s, one.leak_end_s) for one in foreign[:8])})."
        )


def _compared(one: Stretch, called: Callable[[str], str]) -> Iterator[str]:
    """Yield what a comparison with the recording has shown to be altered in a stretch, and how often that is wrong."""
    wrong = "how often such statements are wrong was not measured"
    if one.error_rate_log10 is not None:
        wrong = f"wrong in {share(one.error_rate_log10)} of such statements when measured"
    yield from (f"{words} ({wrong})." for words in _altered(one, called))


def _altered(one: Stretch, called: Callable[[str], str]) -> Iterator[str]:
    place = span(one.leak_start_s, one.leak_end_s)
    what, whose = ("recording", "") if one.speaker is None else ("call", f", by what {called(one.speaker)} says")
    if one.state == "cut here":
        gone = f"{length(one.missing_s)} of the {what} are missing" if one.missing_s else "it is cut"
        yield f"At {clock(one.leak_start_s)} of the leak, {gone}{whose}"
    elif one.state == "moved":
        yield f"{place} of the leak is from another place of the {what}{whose}: it was moved"
    elif one.state == "not from this recording":
        yield f"{place} of the leak is not from this {what}: it was put in, or replaces what was said"
    elif one.state == "too degraded to say" and one.missing_s:
        yield f"{place} of the leak is not what was said there; where it is from is more than so little can tell"


def _unclear(stretches: Sequence[Stretch]) -> Iterator[str]:
    """Yield of how much nothing can be said, neither that it was altered nor that it was not."""
    unclear = [one for one in stretches if one.state == "too degraded to say" and not one.missing_s and notable(one)]
    seconds = sum(one.leak_end_s - one.leak_start_s for one in unclear)
    if unclear:
        places = ", ".join(span(one.leak_start_s, one.leak_end_s) for one in unclear[:8])
        yield f"{length(seconds)} of it are too quiet, too short or too degraded to say anything of ({places})."


def notable(one: Stretch) -> bool:
    """Tell whether there is anything to say of a stretch: there is, but for pauses between two that are hardly any."""
    pause = one.state == "too degraded to say" and not one.missing_s
    return not pause or one.leak_end_s - one.leak_start_s >= NOTABLE_PAUSE_S


def _by_passages(passages: Sequence[Passage]) -> Iterator[str]:
    if len(passages) > 1:
        yield f"It was put together from {len(passages)} passages of the recording."
    for before, after in pairwise(passages):
        yield from _between(before, after)


def _between(before: Passage, after: Passage) -> Iterator[str]:
    skipped = after.recording_start_s - before.recording_end_s
    place = f"At {span(before.leak_end_s, after.leak_start_s)} of the leak"
    if after.recording_start_s < before.recording_start_s:
        yield f"{place} it goes back to an earlier part of the recording: the order was changed."
    elif skipped - (after.leak_start_s - before.leak_end_s) >= NOTABLE_S:
        yield f"{place}, {length(skipped)} of the recording are missing."
