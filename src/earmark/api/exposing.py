"""Exposure: what a listener has heard, and how much of it is public already.

"If this laptop was compromised on 3 March, what did they hear?" Every copy covers its whole recording, from the day on
which it was given. What leaks have made public is subtracted.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from earmark.api.progress import Progress, silent
from earmark.api.results import RecordingName
from earmark.api.tracing import DEFAULT_BOUND, trace
from earmark.errors import UsageError
from earmark.records.entries import Copy, Recording
from earmark.records.ledger import acts
from earmark.records.listeners import Listener
from earmark.records.vault import Vault

Interval = tuple[float, float]


@dataclass(frozen=True)
class Covered:
    """A stretch of a recording, in seconds from its start.

    Attributes:
        start_s: where it starts.
        end_s: where it ends.
    """

    start_s: float
    end_s: float


@dataclass(frozen=True)
class Exposed:
    """A recording that a listener has had a copy of.

    Attributes:
        recording: what it is called.
        classification: how confidential it is; empty if nobody has said so.
        since: when the first copy was given, in UTC.
        copies: how many they were given, in the time asked for.
        seconds: how long the recording is.
        public: what leaks have made public, in order.
        exposed: what only this copy covers, in order: all of the recording that is not public.
        exposed_s: seconds of that.
    """

    recording: RecordingName
    classification: str
    since: datetime
    copies: int
    seconds: float
    public: tuple[Covered, ...]
    exposed: tuple[Covered, ...]
    exposed_s: float


@dataclass(frozen=True)
class Exposure:
    """What a listener has heard.

    Attributes:
        listener: who.
        since: from when on copies count; None for all.
        until: up to when, not including; None for all.
        recordings: the earliest given first.
        exposed_s: seconds of all of them.
        leaks: the leaks that were subtracted, and what was found in each.
        notes: what is worth knowing, each a clause that can be printed.
    """

    listener: str
    since: datetime | None
    until: datetime | None
    recordings: tuple[Exposed, ...]
    exposed_s: float
    leaks: tuple["Published", ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Published:
    """A leak that is public.

    Attributes:
        path: the file.
        sha256: of it, in hexadecimal.
        recording: what it is of; None if nothing was recognised.
        parts: which parts of it.
    """

    path: Path
    sha256: str
    recording: RecordingName | None
    parts: tuple[Covered, ...]


def exposure(
    vault: Vault,
    listener: str,
    *,
    since: date | None = None,
    until: date | None = None,
    leaks: Sequence[Path] = (),
    progress: Progress = silent,
) -> Exposure:
    """Return what a listener has heard: every recording they were given a copy of, and what of it is not yet public.

    Args:
        vault: has the recordings.
        listener: their id; upper and lower case make no difference.
        since: the first day whose copies count, in UTC; None for all.
        until: the last day whose copies count; None for all.
        leaks: files that are public; each is traced, and what it holds is subtracted.
        progress: told about the stages of ``trace``.

    Raises:
        UsageError: no recording has such a listener, or the days are the wrong way round.
        MediaError: a leak cannot be read.
        VaultError: the vault cannot be used.
    """
    if since and until and until < since:
        raise UsageError(f"{until} is before {since}", "--since is the earlier day.")
    first = datetime.combine(since, time(), UTC) if since else None
    end = datetime.combine(until + timedelta(days=1), time(), UTC) if until else None
    found = list(given(vault, listener))
    if not found:
        raise UsageError(f"no recording has a listener {listener!r}", "“earmark listeners RECORDING” lists them.")
    vault.enter(acts.exposure_shown(found[0][1].id))
    public = tuple(published(vault, leak, progress) for leak in leaks)
    parts = by_recording(public)
    exposed = [
        exposed_by(recording, within, parts.get(recording.id, []))
        for recording, _, copies in found
        if (
            within := [
                one for one in copies if (not first or one.given_at >= first) and (not end or one.given_at < end)
            ]
        )
    ]
    ordered = tuple(sorted(exposed, key=lambda one: one.since))
    notes = tuple(f"nothing was recognised in {one.path.name}" for one in public if one.recording is None)
    return Exposure(found[0][1].id, first, end, ordered, sum(one.exposed_s for one in ordered), public, notes)


def given(vault: Vault, listener: str) -> Iterator[tuple[Recording, Listener, list[Copy]]]:
    """Yield the recordings that have a listener, who that is there, and their copies."""
    wanted = keyed(listener)
    for recording in vault.recordings():
        for one in vault.listeners(recording.id):
            if one.key == wanted:
                yield recording, one, [copy for copy in vault.copies(recording.id) if copy.listener_id == one.id]


def keyed(listener: str) -> str:
    """Return an id without what makes no difference.

    Raises:
        UsageError: it is no id.
    """
    return Listener(listener).key


def published(vault: Vault, leak: Path, progress: Progress) -> Published:
    """Trace a leak for what it holds; whom it names is not asked here."""
    result = trace(vault, leak, family_wise=DEFAULT_BOUND, progress=progress)
    parts = tuple(Covered(one.recording_start_s, one.recording_end_s) for one in result.passages)
    return Published(leak, result.exhibit.sha256, result.recording, parts)


def by_recording(public: Iterable[Published]) -> Mapping[str, list[Interval]]:
    """Return what is public of each recording."""
    found: dict[str, list[Interval]] = {}
    for one in public:
        if one.recording is not None:
            found.setdefault(one.recording.id, []).extend((part.start_s, part.end_s) for part in one.parts)
    return found


def exposed_by(recording: Recording, copies: Sequence[Copy], public: Sequence[Interval]) -> Exposed:
    """Return what copies of a recording expose, given what is public of it."""
    shown = joined(public, recording.seconds)
    left = rest(shown, recording.seconds)
    return Exposed(
        recording=RecordingName(recording.id, recording.title),
        classification=recording.classification,
        since=min(copy.given_at for copy in copies),
        copies=len(copies),
        seconds=recording.seconds,
        public=tuple(Covered(*one) for one in shown),
        exposed=tuple(Covered(*one) for one in left),
        exposed_s=sum(end - start for start, end in left),
    )


def joined(intervals: Iterable[Interval], length: float) -> list[Interval]:
    """Return intervals within 0 … ``length`` in order, those that overlap or touch as one."""
    found: list[Interval] = []
    for start, end in sorted((max(0.0, start), min(length, end)) for start, end in intervals):
        if end <= start:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def rest(intervals: Sequence[Interval], length: float) -> list[Interval]:
    """Return what ordered, separate intervals leave of 0 … ``length``."""
    ends = [0.0, *(end for _, end in intervals)]
    starts = [*(start for start, _ in intervals), length]
    return [(start, end) for start, end in zip(ends, starts, strict=True) if end > start]
