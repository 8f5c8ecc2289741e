"""How many edits of leaks ``verify`` finds, how near, how many it finds that there are none, and how often it is wrong.

Each leak is half a minute of a marked copy of held speech with one edit (``forgery``), or none, and then sent through a
codec, or through a loudspeaker, a room, noise and a codec. It is looked at blind with the mark alone, and again with
the original. An edit counts as found if there is one told of within 0.25 s (with the original) or 0.5 s (without) of
each of its joints. Nothing can be told from silence; so, beside the strict count, a joint in a pause counts as anywhere
in that pause. How often *too degraded to say* is wrong, ``degraded`` says.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache, partial
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from bench import corpus, degraded
from bench.attacks import Attack, Codec
from bench.degraded import Degraded, Speaking, Truth
from bench.forgery import KINDS, RATE, Forger, Forgery, Material, forger, spoken
from bench.stage import sound_of
from bench.tables import MISSED
from earmark.api import Vault, mark, read_listeners
from earmark.api.comparing import by_sound, likeness_of, recognised
from earmark.api.error_rates import ErrorRate
from earmark.api.looking import Track
from earmark.api.progress import silent
from earmark.api.tracks import tracks_of
from earmark.media.reading import read_resampled
from earmark.signal.alignment import Passage
from earmark.signal.correlation import Correlator
from earmark.signal.layout import Layout
from earmark.signal.likeness import Likeness, Original, spectrum
from earmark.signal.pace import OWN
from earmark.signal.spectrum import HOPS_PER_SLOT
from earmark.signal.stretches import State, Stretch
from earmark.signal.timeline import TimeLine, time_line

CODED, ROOM = "opus:16k", "loudspeaker+room+noise:20+opus:24k"
SHARES = {CODED: 10, ROOM: 3}
"""How many leaks there are of each for a clip that is asked for."""

OTHER_S = 240
WITHIN_S = {True: 0.25, False: 0.5}
"""How near an edit has to be told, with the original and without."""

FAR_S = 0.5
APART_S = 1.0
OFF_S = 0.25
DEGRADED: State = "too degraded to say"
STATES = ("genuine", "cut here", "moved", "not from this recording", DEGRADED)
PROCESSES = 2
KEPT = "tampering.jsonl"


@dataclass(frozen=True)
class Scene:
    """What leaks are made from, on disk.

    Attributes:
        folder: has copy.flac, original.flac and other.flac, all mono.
        track: what listening may know of the recording.
        files: where each recording joined in it begins and ends, in samples.
    """

    folder: Path
    track: Track
    files: tuple[tuple[int, int], ...]


@contextmanager
def scene(names: Sequence[str] = corpus.HELD, others: Sequence[str] = corpus.OPEN) -> Iterator[Scene]:
    """Mark one recording of ``names`` and another one of ``others``, in a temporary folder."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        ends = np.cumsum([0, *(len(corpus.load(one, RATE)) for one in names)]).tolist()
        sounds = {
            "original": np.concatenate([corpus.load(one, RATE) for one in names]),
            "before": np.concatenate([corpus.load(one, RATE) for one in others])[: OTHER_S * RATE],
        }
        paths = {key: Codec("flac", ".flac").write(sound, RATE, folder / key) for key, sound in sounds.items()}
        with Vault.init(folder / "vault") as vault:
            marked = mark(vault, paths["original"], read_listeners(BytesIO(b"id\ncopy\n")), folder)
            mark(vault, paths["before"], read_listeners(BytesIO(b"id\nother\n")), folder)
            recording = vault.recording(marked.recording.id)
            (track,) = tracks_of(vault, [recording], vault.keys_of([recording.id], "verify"), "verify")
        yield Scene(folder, track, tuple(pairwise(ends)))


@cache
def material(scene: Scene) -> Material:
    """Return what leaks are made from, read once by each process."""
    copy, original, other = (sound_of(scene.folder / f"{name}.flac") for name in ("copy", "original", "other"))
    return Material(copy, original, scene.files, other, spoken())


@dataclass(frozen=True)
class Outcome:
    """What came of a leak.

    Attributes:
        kind: of edit.
        channel: what happened to the leak besides.
        with_original: whether the original was at hand.
        found: whether its edit was found.
        strictly: whether it was found even if pauses count for nothing.
        false_edits: how many were told of that there are not.
        seconds: of leak.
        statements: what was stated, and whether that was wrong, each with how often.
        degraded: how much of it was called too degraded to say.
    """

    kind: str
    channel: str
    with_original: bool
    found: bool
    strictly: bool
    false_edits: int
    seconds: float
    statements: tuple[tuple[tuple[str, bool], int], ...]
    degraded: Degraded


def outcomes(scene: Scene, channel: str, seed: int) -> list[Outcome]:
    """Make a leak, look at it without and with the original, and compare what is told with what was done."""
    kinds = (*KINDS, Forger.untouched)
    forgery = kinds[seed % len(kinds)](forger(material(scene), seed))
    with TemporaryDirectory() as folder:
        leak = Attack(channel).write(forgery.sound, RATE, Path(folder) / "leak", seed)
        by_mark = recognised(leak, [scene.track], silent).found
        found = by_mark or by_sound(leak, scene.track, original_path(scene), silent)
        if found is None:
            return [judged(forgery, channel, NOTHING, with_original=one) for one in (False, True)]
        correlator, likeness = found.correlator, likeness_of(leak, found, original(scene), silent)
        blind = told(forgery, correlator, by_mark.passages, None) if by_mark else NOTHING
        known = told(forgery, correlator, found.passages, likeness)
        return [
            judged(forgery, channel, one, with_original=with_original)
            for one, with_original in ((blind, False), (known, True))
        ]


@dataclass(frozen=True)
class Told:
    """What is told of a leak.

    Attributes:
        line: its time line; an empty one if nothing was found.
        speaking: what could have been; None if nothing was found.
    """

    line: TimeLine
    speaking: Speaking | None = None


NOTHING = Told(TimeLine((), ()))


def told(forgery: Forgery, correlator: Correlator, passages: Sequence[Passage], likeness: Likeness | None) -> Told:
    """Return what ``verify`` tells of a leak."""
    line = time_line(correlator, passages, likeness)
    if not any(one.placed for one in line.stretches):
        return NOTHING
    return Told(line, Speaking.of(correlator, passages, likeness, truths(forgery)))


def truths(forgery: Forgery) -> list[Truth]:
    """Return the parts of a leak that are of the marked copy."""
    ends = np.cumsum([len(piece.sound) for piece in forgery.pieces]).tolist()
    return [
        Truth((end - len(piece.sound)) / RATE, end / RATE, piece.said / RATE)
        for piece, end in zip(forgery.pieces, ends, strict=True)
        if piece.said is not None and piece.marked
    ]


def original_path(scene: Scene) -> Path:
    """Return the file of the original."""
    return scene.folder / "original.flac"


@cache
def original(scene: Scene) -> Original:
    """Return the original as it is compared with, read once by each process."""
    layout = Layout(scene.track.grid.segment_ms)
    log_power = spectrum(read_resampled(original_path(scene), OWN.rate), layout)
    return Original(log_power, HOPS_PER_SLOT * layout.intervals)


def judged(forgery: Forgery, channel: str, told: Told, *, with_original: bool) -> Outcome:
    """Compare what is told with what was done."""
    near, line = WITHIN_S[with_original], told.line
    some = [told.speaking.degraded(*times(one)) for one in line.stretches if one.state == DEGRADED and told.speaking]
    statements = Counter((one.state, wrong(one, forgery)) for one in line.stretches if one.state != DEGRADED)
    statements.update((DEGRADED, one.recognisable > 0) for one in some)
    return Outcome(
        kind=forgery.kind,
        channel=channel,
        with_original=with_original,
        found=all(told_near(line.edits, place, near) for place in forgery.places),
        strictly=all(told_near(line.edits, (joint, joint), near) for joint in forgery.joints),
        false_edits=false_edits(line.edits, forgery.places),
        seconds=len(forgery.sound) / RATE,
        statements=tuple(statements.items()),
        degraded=sum(some, Degraded()),
    )


def times(stretch: Stretch) -> tuple[float, float]:
    """Return from when to when in the leak a stretch is."""
    return stretch.leak_start_s, stretch.leak_end_s


def told_near(edits: Iterable[float], place: tuple[float, float], near: float) -> bool:
    """Tell whether an edit is told of near a place."""
    return any(place[0] - near <= edit <= place[1] + near for edit in edits)


def false_edits(edits: Iterable[float], places: Sequence[tuple[float, float]]) -> int:
    """Return how many edits are far from all places; those within a second of each other are one."""
    false = [edit for edit in edits if not any(told_near([edit], place, FAR_S) for place in places)]
    return sum(number == 0 or edit - false[number - 1] > APART_S for number, edit in enumerate(false))


def wrong(stretch: Stretch, forgery: Forgery) -> bool:
    """Tell whether what is stated of a stretch is not so; its borders may be off by 0.25 s, or in a pause."""
    if stretch.state == "cut here":
        return not any(told_near([stretch.leak_start_s], place, FAR_S) for place in forgery.places)
    middle = (stretch.leak_start_s + stretch.leak_end_s) / 2
    inner = np.arange(stretch.leak_start_s + OFF_S, stretch.leak_end_s - OFF_S, 0.05)
    times = (float(time) for time in (inner if len(inner) else [middle]))
    clear = [time for time in times if not any(told_near([time], place, OFF_S) for place in forgery.places)]
    return any(is_wrong(stretch, forgery, time) for time in clear)


def is_wrong(stretch: Stretch, forgery: Forgery, time_s: float) -> bool:
    """Tell whether what is stated of a stretch is not so at a time.

    An unmarked word of the original may be called moved, since it was said there, or not from the recording.
    """
    piece, said = forgery.at(time_s)
    if stretch.state == "not from this recording":
        return said is not None and piece.marked
    if said is None or stretch.recording_start_s is None or stretch.recording_end_s is None:
        return True
    times, places = (stretch.leak_start_s, stretch.leak_end_s), (stretch.recording_start_s, stretch.recording_end_s)
    off = abs(float(np.interp(time_s, times, places)) - said) > OFF_S
    return off or (stretch.state == "moved" and not piece.displaced)


Job = tuple[str, int]
"""A channel and a seed."""


def measure(clips: int, folder: Path, processes: int = PROCESSES) -> list[Outcome]:
    """Return what came of all leaks, ``SHARES`` times ``clips`` of each channel.

    Args:
        clips: how many.
        folder: keeps what came of each, so that a measurement that was broken off goes on where it was.
        processes: so many work on it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / KEPT
    found = dict(read(kept))
    wanted = jobs(clips)
    missing = [job for job in wanted if job not in found]
    with scene() as made, ProcessPoolExecutor(processes) as pool, kept.open("a") as file:
        for job, some in zip(missing, pool.map(partial(outcomes_of, made), missing), strict=True):
            found[job] = some
            print(json.dumps([*job, [asdict(one) for one in some]]), file=file, flush=True)
    return [one for job in wanted for one in found[job]]


def jobs(clips: int) -> list[Job]:
    """Return what there is to do, all channels by turns."""
    return [
        (channel, share * clip + number)
        for clip in range(clips)
        for channel, share in SHARES.items()
        for number in range(share)
    ]


def outcomes_of(scene: Scene, job: Job) -> list[Outcome]:
    """Return what came of a leak."""
    return outcomes(scene, *job)


def read(kept: Path) -> Iterator[tuple[Job, list[Outcome]]]:
    """Yield what came of leaks before, if anything was kept."""
    for line in kept.read_text().splitlines() if kept.exists() else []:
        channel, seed, some = json.loads(line)
        if all("degraded" in one for one in some):  # which was not measured once
            yield (channel, seed), [outcome_from(one) for one in some]


def outcome_from(facts: dict[str, Any]) -> Outcome:
    """Return an outcome as it was written down."""
    statements = tuple(((state, wrong), count) for (state, wrong), count in facts["statements"])
    return Outcome(**{**facts, "statements": statements, "degraded": Degraded(**facts["degraded"])})


ABOUT = (
    "Half a minute of a marked copy with one edit, then sent through a codec or a room; seen by the mark alone, and\n"
    "with the original. An edit is found if all its joints are told of within 0.25 s with the original, 0.5 s\n"
    "without; a joint in a pause counts as anywhere in that pause (in brackets: it does not). Where the recording\n"
    "was not recognised at all, the edit was not found. *Too degraded to say* is wrong where a passage in it would\n"
    "have been recognised at the very place that it was said at: where the mark, and with the original the likeness,\n"
    "speak for that by 12 nats, which is as much as is asked of any passage between two that are foreign."
)
HEAD = ("what was done", "after", "leaks", "found with the original", "found without it")
GOALS = {CODED: 0.95, ROOM: 0.90}


def rows(found: Sequence[Outcome]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each kind of edit and channel, and one for all edits of a channel."""
    for channel in SHARES:
        here = [one for one in found if one.channel == channel]
        for kind in dict.fromkeys(one.kind for one in here if one.kind != "untouched"):
            yield row(kind, channel, [one for one in here if one.kind == kind])
        yield row("all edits", channel, [one for one in here if one.kind != "untouched"], goal=GOALS[channel])


def row(kind: str, channel: str, some: Sequence[Outcome], goal: float = 0.0) -> tuple[str, ...]:
    """Return a row."""
    known, blind = ([one for one in some if one.with_original == with_original] for with_original in (True, False))
    return kind, f"`{channel}`", str(len(known)), share(known, goal), share(blind, goal)


def share(some: Sequence[Outcome], goal: float) -> str:
    """Return what part was found, and strictly so; with a ✗ if that is below the goal."""
    if not some:
        return "–"
    part, strictly = (sum(getattr(one, way) for one in some) / len(some) for way in ("found", "strictly"))
    return f"{part:.0%} ({strictly:.0%})" + MISSED * bool(part < goal)


FALSE_HEAD = ("after", "seen", "minutes", "false edits", "in 10 minutes", "goal")


def false_rows(found: Sequence[Outcome]) -> Iterator[tuple[str, ...]]:
    """Yield how many edits were told of that there are not."""
    for channel in SHARES:
        for with_original in (True, False):
            some = [one for one in found if (one.channel, one.with_original) == (channel, with_original)]
            minutes, false = sum(one.seconds for one in some) / 60, sum(one.false_edits for one in some)
            rate = 10 * false / max(minutes, 1e-9)
            seen = "with the original" if with_original else "by the mark alone"
            yield f"`{channel}`", seen, f"{minutes:.0f}", str(false), f"{rate:.2f}" + MISSED * (rate > 1), "≤ 1"


STATED_HEAD = ("statement", "after", "seen", "stated", "wrong", "share")


def stated(found: Sequence[Outcome]) -> Iterator[ErrorRate]:
    """Yield how often each statement was wrong."""
    for channel in SHARES:
        for with_original in (True, False):
            counts: Counter[tuple[str, bool]] = Counter()
            for one in found:
                if (one.channel, one.with_original) == (channel, with_original):
                    counts.update(dict(one.statements))
            for state in STATES:
                right, false = counts[state, False], counts[state, True]
                if right + false:
                    yield ErrorRate(state, channel, with_original, right + false, false)


def stated_rows(rates: Iterable[ErrorRate]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each statement."""
    for one in rates:
        seen = "with the original" if one.with_original else "by the mark alone"
        yield one.state, f"`{one.after}`", seen, str(one.stated), str(one.wrong), f"{one.wrong / one.stated:.1%}"


def degraded_rows(found: Sequence[Outcome]) -> Iterator[tuple[str, ...]]:
    """Yield how much was called too degraded to say, and what of that was genuine and would have been recognised."""
    for channel in SHARES:
        for with_original in (True, False):
            some = [one for one in found if (one.channel, one.with_original) == (channel, with_original)]
            seen = "with the original" if with_original else "by the mark alone"
            whole = sum((one.degraded for one in some), Degraded())
            yield degraded.row(channel, seen, sum(one.seconds for one in some), whole)
