"""Exposure: what a listener or one of their devices has heard, and how much of it is public already.

"If this laptop was compromised on 3 March, what did they hear?" Every copy covers its whole recording, from the day on
which it was given; of a call everybody has heard what was said while they were there. What leaks have made public is
subtracted. Calls know a device by its key; copies that are files may be on any.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from earmark.api.bounds import DEFAULT_BOUND
from earmark.api.exposing_calls import Attended, Presence, attended, device_of
from earmark.api.progress import Progress, silent
from earmark.api.results import RecordingName
from earmark.api.tracing import trace
from earmark.errors import UsageError
from earmark.records.entries import Copy, Kind, Recording
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
    """A recording that a listener has had a copy of, or a call that they were in.

    Attributes:
        recording: what it is called.
        kind: "file" or "call".
        classification: how confidential it is; empty if nobody has said so.
        since: when the first copy was given, or when they were let in first, in UTC.
        copies: how many they were given, or how often they were let in, in the time asked for.
        seconds: how long the recording is, or how long they were in the call.
        public: what of that leaks have made public, in order; of a call in seconds from when its first member was let
            in.
        exposed: what only this copy covers, in order: all of that that is not public.
        exposed_s: seconds of that.
    """

    recording: RecordingName
    kind: Kind
    classification: str
    since: datetime
    copies: int
    seconds: float
    public: tuple[Covered, ...]
    exposed: tuple[Covered, ...]
    exposed_s: float


@dataclass(frozen=True)
class Exposure:
    """What a listener or a device has heard.

    Attributes:
        listener: who; None if a device was asked for.
        device: the device's key in hexadecimal; None if a listener was asked for.
        used_by: who has signed with the device.
        devices: the keys of the devices by which the listener was in calls.
        since: from when on copies and what was heard count; None for all.
        until: up to when, not including; None for all.
        recordings: the earliest given first.
        exposed_s: seconds of all of them.
        leaks: the leaks that were subtracted, and what was found in each.
        notes: what is worth knowing, each a clause that can be printed.
    """

    listener: str | None
    device: str | None
    used_by: tuple[str, ...]
    devices: tuple[str, ...]
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


@dataclass(frozen=True)
class Asked:
    """What was asked for.

    Attributes:
        listener: see ``Exposure``, as the others.
        device: likewise.
        used_by: likewise.
    """

    listener: str | None
    device: str | None
    used_by: tuple[str, ...] = ()

    def met_by(self, stay: Presence) -> bool:
        """Tell whether a stay in a call is theirs."""
        if self.listener is None:
            return stay.device == self.device
        return keyed(stay.listener) == keyed(self.listener)


def exposure(
    vault: Vault,
    listener: str | None = None,
    *,
    device: str | None = None,
    since: date | None = None,
    until: date | None = None,
    leaks: Sequence[Path] = (),
    progress: Progress = silent,
) -> Exposure:
    """Return what a listener or a device has heard, and what of it is not yet public.

    Of a listener that is every recording they were given a copy of, and what was said in calls while they were there.
    Of a device it is the calls alone: which device a copy that is a file is on, nobody knows.

    Args:
        vault: has the recordings.
        listener: their id; upper and lower case make no difference.
        device: the key of a device that was in a call, in hexadecimal, or eight digits or more of its start; instead of
            ``listener``.
        since: the first day that counts, in UTC; None for all.
        until: the last day that counts; None for all.
        leaks: files that are public; each is traced, and what it holds is subtracted.
        progress: told about the stages of ``trace``.

    Raises:
        UsageError: no recording has such a listener, no call had such a device, both or neither are asked for, or the
            days are the wrong way round.
        MediaError: a leak cannot be read.
        VaultError: the vault cannot be used.
    """
    if since and until and until < since:
        raise UsageError(f"{until} is before {since}", "--since is the earlier day.")
    if (listener is None) == (device is None):
        raise UsageError("either a listener or a device has heard something", "Name one of the two.")
    first = datetime.combine(since, time(), UTC) if since else None
    end = datetime.combine(until + timedelta(days=1), time(), UTC) if until else None
    files = list(given(vault, listener)) if listener is not None else []
    asked = asked_for(vault, listener, device, [one.id for _, one, _ in files])
    vault.enter(acts.exposure_shown(asked.listener, asked.device))
    public = tuple(published(vault, leak, progress) for leak in leaks)
    parts = by_recording(public)
    calls = list(attended(vault, asked.met_by))
    exposed = [
        *(
            exposed_by(one, some, parts.get(one.id, []))
            for one, _, every in files
            if (some := during(every, first, end))
        ),
        *(
            exposed_in(one, parts.get(one.call.recording.id, []))
            for call in calls
            if (one := call.within(first, end)).stays
        ),
    ]
    ordered = tuple(sorted(exposed, key=lambda one: one.since))
    keys = sorted({stay.device for call in calls for stay in call.stays if stay.device})
    return Exposure(
        listener=asked.listener,
        device=asked.device,
        used_by=asked.used_by,
        devices=tuple(keys) if asked.device is None else (),
        since=first,
        until=end,
        recordings=ordered,
        exposed_s=sum(one.exposed_s for one in ordered),
        leaks=public,
        notes=tuple(notes(asked, public)),
    )


def asked_for(vault: Vault, listener: str | None, device: str | None, known: Sequence[str]) -> Asked:
    """Return what was asked for, with ids and keys as they are on record."""
    if device is not None:
        key, people = device_of(vault, device)
        return Asked(None, key, people)
    if not known:
        raise UsageError(f"no recording has a listener {listener!r}", "“earmark listeners RECORDING” lists them.")
    return Asked(known[0], None)


def notes(asked: Asked, public: Iterable[Published]) -> Iterator[str]:
    """Yield what is worth knowing."""
    for one in asked.used_by:
        yield f"which files were on it is not known: “earmark exposure {one}” has those that {one} was given"
    yield from (f"nothing was recognised in {one.path.name}" for one in public if one.recording is None)


def during(copies: Iterable[Copy], first: datetime | None, end: datetime | None) -> list[Copy]:
    """Return the copies that were given between two moments."""
    return [one for one in copies if (not first or one.given_at >= first) and (not end or one.given_at < end)]


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
        kind="file",
        classification=recording.classification,
        since=min(copy.given_at for copy in copies),
        copies=len(copies),
        seconds=recording.seconds,
        public=tuple(Covered(*one) for one in shown),
        exposed=tuple(Covered(*one) for one in left),
        exposed_s=sum(end - start for start, end in left),
    )


def exposed_in(heard: Attended, public: Sequence[Interval]) -> Exposed:
    """Return what somebody has heard of a call, given what is public of it."""
    recording, spans = heard.call.recording, heard.spans
    length = max(end for _, end in spans)
    there = joined(spans, length)
    left = joined((part for one in rest(joined(public, length), length) for part in shared(one, there)), length)
    shown = joined((part for one in joined(public, length) for part in shared(one, there)), length)
    return Exposed(
        recording=RecordingName(recording.id, recording.title),
        kind="call",
        classification=recording.classification,
        since=min(stay.start for stay in heard.stays),
        copies=len(heard.stays),
        seconds=sum(end - start for start, end in there),
        public=tuple(Covered(*one) for one in shown),
        exposed=tuple(Covered(*one) for one in left),
        exposed_s=sum(end - start for start, end in left),
    )


def shared(one: Interval, others: Iterable[Interval]) -> Iterator[Interval]:
    """Yield what an interval has in common with others."""
    yield from ((max(one[0], start), min(one[1], end)) for start, end in others if start < one[1] and one[0] < end)


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
