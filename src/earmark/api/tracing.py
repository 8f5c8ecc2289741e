"""Tracing: whose copy a leak was made from, with a proven bound on naming an innocent listener."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

from threadpoolctl import threadpool_limits

from earmark.api.bounds import DEFAULT_BOUND, require_bound
from earmark.api.delivery import codebook_of
from earmark.api.finding import Found, Heard, hear
from earmark.api.looking import Track
from earmark.api.original import file_state, sha256_of
from earmark.api.own_words import named_by, to_be_told, voices_in
from earmark.api.passages import passages_of
from earmark.api.progress import Progress, silent
from earmark.api.results import Exhibit, Named, RecordingName, Traced, Verdict
from earmark.api.tracks import opened_secrets, require_known_rules, tracks_of
from earmark.api.workroom import sweep
from earmark.codes.accusation import accuse
from earmark.codes.codebook import Codebook
from earmark.codes.outlook import Price, forecast
from earmark.media.source import probe
from earmark.records.entries import Recording, RecordingKeys
from earmark.records.ledger import acts
from earmark.records.ledger.entries import Entry
from earmark.records.vault import Vault
from earmark.signal.evidence import Evidence


def trace(
    vault: Vault,
    leak: Path,
    *,
    family_wise: float = DEFAULT_BOUND,
    recording: str | None = None,
    progress: Progress = silent,
) -> Traced:
    """Tell whose copy ``leak`` was made from.

    1. The exhibit is hashed before anything else happens to it, and entered in the ledger.
    2. Evidence is gathered from the leak and mark keys. No listener's secret has been read.
    3. The evidence is frozen; only now the codebook is read, and the evidence put to it.
    4. The trace is entered in the ledger; without that there is no verdict.

    Args:
        vault: has the recordings.
        leak: any sound file; never changed.
        family_wise: the allowed chance that any innocent listener is named, above 0 and at most ``LOOSEST_BOUND``.
        recording: id or title of the only one to look for; None for all of them.
        progress: told about the stages "hashing", "listening", "searching", "aligning" and "accusing".

    Raises:
        UsageError: the bound makes no sense, or the recording is unknown.
        MediaError: the leak cannot be read.
        VaultError: the vault cannot be used, or has recordings of a newer version.
    """
    return traced(vault, leak, family_wise=family_wise, recording=recording, progress=progress).result


@dataclass(frozen=True)
class Accused:
    """A listener whom evidence names.

    Attributes:
        listener: the id.
        false_accusation_log10: decimal logarithm of the bound, which the evidence's share is paid in.
        found: the evidence.
    """

    listener: str
    false_accusation_log10: float
    found: Found


Vet = Callable[[Codebook, Mapping[str, bytes], float, Sequence[Accused]], tuple[Accused, ...]]
"""Decides, by codebook, secrets and allowed chance, which of those accused are to be named, each once."""


def everybody(
    _book: Codebook, _secrets: Mapping[str, bytes], _family_wise: float, accused: Sequence[Accused]
) -> tuple[Accused, ...]:
    """Let everybody be named, by the evidence that has the smallest bound."""
    named: dict[str, Accused] = {}
    for one in sorted(accused, key=lambda one: one.false_accusation_log10):
        named.setdefault(one.listener, one)
    return tuple(named.values())


def traced(
    vault: Vault,
    leak: Path,
    *,
    family_wise: float,
    recording: str | None,
    progress: Progress,
    vet: Vet = everybody,
) -> "Tracing":
    """Return what ``trace`` returns, and what it rests on; with ``vet``, only names that it lets pass."""
    require_bound(family_wise)
    started = time.monotonic()
    sweep(vault.folder)
    recordings = {r.id: r for r in (vault.recordings() if recording is None else [vault.recording(recording)])}
    require_known_rules(recordings.values())
    progress("hashing", 0.0)
    sha256 = received(vault, leak)  # 1.
    keys = vault.keys_of(list(recordings), "trace")
    tracks = tracks_of(vault, list(recordings.values()), keys, "trace")
    with threadpool_limits(1, "blas"):  # threads of our own do better, and the two kinds wait for each other
        heard = hear(leak, tracks, progress)  # 2.
        progress("accusing", 0.0)
        outcome = judged(vault, recordings, keys, heard, family_wise=family_wise, progress=progress, vet=vet)  # 3.
        outcome = replace(outcome, streams=streams_of(outcome.found, tracks))
    progress("accusing", 1.0)
    found = outcome.found
    entry = vault.enter(run(sha256, outcome, family_wise, list(recordings)))  # 4.
    result = Traced(
        verdict=outcome.verdict,
        exhibit=Exhibit(sha256, heard.seconds),
        recording=None if found is None else name_of(recordings[found.recording_id]),
        named=tuple(named_so(vault, one) for one in outcome.accused),
        family_wise=family_wise,
        passages=() if found is None else tuple(passages_of(vault, found)),
        more_needed_s=outcome.more_needed_s,
        elapsed_s=time.monotonic() - started,
        untold=outcome.untold,
        notes=unheard(leak),
    )
    return Tracing(result, outcome, entry)


def unheard(leak: Path) -> tuple[str, ...]:
    """Return what is to be noted of a leak that was not listened to in whole: the longest of its streams was."""
    streams = probe(leak).audio_streams
    if streams == 1:
        return ()
    return (
        f"the leak has {streams} streams of sound, and only the longest was listened to: put each in a file of its own",
    )


def name_of(recording: Recording) -> RecordingName:
    """Return what a recording is called."""
    return RecordingName(recording.id, recording.title)


def named_so(vault: Vault, one: Accused) -> Named:
    """Return how a listener is named who is accused."""
    share = min(1.0, one.found.share)
    return named_by(voices_in(vault, one.found), one.listener, one.false_accusation_log10, share)


def received(vault: Vault, leak: Path) -> str:
    """Hash an exhibit and enter it in the ledger, unless it is there; return its SHA-256."""
    size, sha256 = file_state(leak)[2], sha256_of(leak)
    vault.enter(acts.exhibit_received(sha256, size), once=True)
    return sha256


def run(sha256: str, outcome: "Judged", family_wise: float, searched: Sequence[str]) -> acts.Act:
    """Return what the ledger says of a trace."""
    return acts.trace_run(
        sha256,
        verdict=outcome.verdict,
        bound=family_wise,
        recording=outcome.found.recording_id if outcome.found else None,
        named=[(one.listener, one.false_accusation_log10) for one in outcome.accused],
        untold=outcome.untold,
        searched=searched,
        tried=acts.Tried(
            outcome.tracks, outcome.streams, len(outcome.listeners), [min(1.0, one.share) for one in outcome.tried]
        ),
    )


@dataclass(frozen=True)
class Tracing:
    """A trace, and what it rests on.

    Attributes:
        result: what may be shown.
        judged: with the evidence.
        entry: of the ledger.
    """

    result: Traced
    judged: "Judged"
    entry: Entry


@dataclass(frozen=True)
class Judged:
    """What came out of the codebook.

    Attributes:
        verdict: see ``Traced``.
        found: the recording and the passages the verdict is about, with the evidence that says most; None if unmarked.
        accused: those to be named, the surest first, each by the evidence with the smallest bound.
        tried: all evidence of that recording that was put to its codebook.
        listeners: whom that has.
        tracks: how many were looked for.
        streams: how many of them were of the call that was found; 0 of a file.
        more_needed_s: see ``Traced``.
        untold: whether others are named as well, and not told since their own words are in the leak.
        withheld: how many names were not let pass.
    """

    verdict: Verdict
    found: Found | None = None
    accused: tuple[Accused, ...] = ()
    tried: tuple[Found, ...] = ()
    listeners: tuple[str, ...] = ()
    tracks: int = 0
    streams: int = 0
    more_needed_s: float | None = None
    untold: bool = False
    withheld: int = 0

    @property
    def surest_log10(self) -> float:
        """The smallest bound with which somebody is named; 0 if nobody is."""
        return min((one.false_accusation_log10 for one in self.accused), default=0.0)


def judged(
    vault: Vault,
    recordings: Mapping[str, Recording],
    keys: Mapping[str, RecordingKeys],
    heard: Heard,
    *,
    family_wise: float,
    progress: Progress = silent,
    vet: Vet = everybody,
) -> Judged:
    """Put evidence that is complete to the codebooks.

    Of a call that is surely in the leak all streams together are tried, and each by itself, and all are named whom any
    of that names, but for those who may be in it by an echo (``own_words``). Where no place in the leak was sure,
    several that are likely are tried, most of which have to be chance: the one counts that names with the smallest
    bound. Every attempt has its share of the allowed chance. Which ones there are, and with what shares, the evidence
    alone has decided.
    """
    best, withheld, number = Judged("unmarked"), 0, 0
    secrets_of = cache(lambda recording_id: opened_secrets(vault, recordings[recording_id], "trace"))
    for tried in [heard.found] if heard.sure else [(one,) for one in heard.found]:
        recording = recordings[tried[0].recording_id]
        dealt, codebook = secrets_of(recording.id), codebook_of(recording, keys[recording.id])
        listed: list[Accused] = []
        for found in tried:
            done = partial(_part_done, progress, number, len(heard.found))
            listed += accused(dealt, codebook, found, family_wise, done)
            number += 1
        told = to_be_told(listed, voices_in(vault, tried[0]).heard)
        named = vet(codebook, dealt, family_wise, told)
        withheld += len({one.listener for one in told}) - len(named)
        of_it = tuple(found for found in heard.found if found.recording_id == recording.id)
        outcome = Judged("named", tried[0], named, of_it, tuple(dealt), untold=len(told) < len(listed))
        if named and outcome.surest_log10 < best.surest_log10:
            best = replace(outcome, found=named[0].found)
        elif heard.sure:
            price = Price(max(1, len(dealt)), family_wise, 1 / tried[0].share)
            more = more_needed_s(tried[0].evidence, recording, price)
            best = replace(outcome, verdict="insufficient", more_needed_s=more, untold=False)  # without names no hint
    return replace(best, withheld=withheld, tracks=heard.tracks)


def streams_of(found: Found | None, tracks: Sequence[Track]) -> int:
    """Return how many of the tracks are streams of the call that was found; 0 of a file, and if none was."""
    return sum(
        found is not None and (one.recording_id, one.stream is None) == (found.recording_id, False) for one in tracks
    )


def _part_done(progress: Progress, number: int, parts: int, done: float) -> None:
    progress("accusing", (number + done) / parts)


def accused(
    secrets: Mapping[str, bytes],
    codebook: Codebook,
    found: Found,
    family_wise: float,
    done: Callable[[float], None] = lambda _: None,
) -> list[Accused]:
    """Return the listeners that evidence names, the surest first; ``done`` is told how much of the work is."""
    ids, evidence = list(secrets), found.evidence
    rows = codebook.rows(list(secrets.values()), evidence.segments)
    biases = codebook.biases(evidence.segments)
    shares = {"family_wise": family_wise, "trials": 1 / found.share}
    accusations = accuse(rows, biases, evidence.soft, evidence.amplitude, **shares, done=done)
    return [Accused(ids[one.index], one.false_accusation_log10, found) for one in accusations]


def more_needed_s(evidence: Evidence, recording: Recording, price: Price) -> float | None:
    """Return about how many more seconds like these would name somebody; None where more would not help."""
    outlook = forecast(evidence.soft, evidence.amplitude, price, coalition=recording.coalition)
    if outlook is None:
        return None
    return (outlook.segments - len(evidence.segments)) * recording.grid.segment_s
