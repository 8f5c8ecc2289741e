"""How the time of a trace grows with the listeners of a recording, and with the recordings in a vault.

The leak is a cut of 30 seconds of a marked copy. Listeners: names on record, from ten to a hundred thousand, of one
recording. Recordings: of 38 minutes each, from one to a thousand; those that are not the leak's are entries in the
vault with keys of their own, for a search looks at nothing else of a recording. The slope is how fast the time grows
over the last tenfold, on logarithms: 1 would be in proportion. Times are CPU time, which does not depend on what else
a machine has to do.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from math import log
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.attacks import Attack
from bench.plots import COLOURS, link, plot, powers
from bench.stage import BRIEFING_S, RATE, Stage, listener_id, sound_of, stage
from earmark.api import Listener, Vault, trace
from earmark.records.entries import NewRecording

LISTENERS = (10, 100, 1_000, 10_000, 100_000)
RECORDINGS = (1, 3, 10, 30, 100, 300, 1_000)
LEAK_S, SHORT_S = 30, 300
REPEATS = 3
PATIENCE_S = 100
PICTURE = "scaling"


@dataclass(frozen=True)
class Point:
    """One size and what a trace takes.

    Attributes:
        size: how many listeners or recordings.
        seconds: the median of some traces, CPU time.
    """

    size: int
    seconds: float


def long_ago() -> datetime:
    """Return a time before everything, so that the leak's own recording is the last to be looked for."""
    return datetime(2020, 1, 1, tzinfo=UTC)


Grow = Callable[[Vault, int], None]
"""Sees that a vault has so many of something."""


def more_listeners(vault: Vault, size: int) -> None:
    """Put listeners on record until there are so many."""
    vault.add_listeners(vault.recordings()[0].id, [Listener(listener_id(number)) for number in range(size)])


def more_recordings(vault: Vault, size: int) -> None:
    """Enter recordings like the first one until there are so many."""
    there = vault.recordings()
    new = NewRecording(**{one.name: getattr(there[0], one.name) for one in fields(NewRecording)})
    for _ in range(size - len(there)):
        vault.create_recording(new)


def leak_of(played: Stage, folder: Path) -> Path:
    """Cut a leak out of the middle of a copy."""
    sound = sound_of(next(iter(played.copies.values())))
    middle = len(sound) // 2
    return Attack("clean").write(sound[middle : middle + LEAK_S * RATE], RATE, folder / "leak", 0)


def growth(grow: Grow, sizes: Sequence[int], seconds: float) -> Iterator[Point]:
    """Yield what a trace takes for each size, until one takes too long for the next to be waited for."""
    with stage(1, seconds=seconds, listeners=LISTENERS[0]) as played, TemporaryDirectory() as folder:
        leak = leak_of(played, Path(folder))
        for size in sizes:
            with Vault(played.vault, clock=long_ago) as vault:
                grow(vault, size)
            with Vault(played.vault) as vault:
                took = median(timed(vault, leak) for _ in range(REPEATS))
            yield Point(size, took)
            if took > PATIENCE_S:
                return


def timed(vault: Vault, leak: Path) -> float:
    """Return the CPU time of a trace that has to name somebody."""
    started = time.process_time()
    if not trace(vault, leak).named:
        raise AssertionError("nobody was named")
    return time.process_time() - started


def slope(points: Sequence[Point]) -> float:
    """Return how fast the time grows over about the last tenfold."""
    last = points[-1]
    before = max((one for one in points if one.size * 10 <= last.size), key=lambda one: one.size, default=points[0])
    return log(last.seconds / before.seconds) / log(last.size / before.size) if last.size > before.size else 0.0


@dataclass(frozen=True)
class Scaling:
    """What was measured.

    Attributes:
        listeners: as these grow.
        recordings: as these grow.
    """

    listeners: tuple[Point, ...]
    recordings: tuple[Point, ...]


def measure() -> Scaling:
    """Measure both."""
    return Scaling(
        tuple(growth(more_listeners, LISTENERS, SHORT_S)), tuple(growth(more_recordings, RECORDINGS, BRIEFING_S))
    )


ABOUT = (
    "A leak of 30 seconds is traced. Listeners: of one recording; recordings: of 38 minutes each, the leak's own\n"
    "the last to be looked for."
)
HEAD = ("as these grow", "CPU seconds of a trace", "slope at the end", "goal")


def rows(found: Scaling) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the table."""
    for what, points, goal in (
        ("listeners", found.listeners, "≤ 1"),
        ("recordings of 38 minutes", found.recordings, "≤ 1; 100 in 20 s"),
    ):
        yield what, ", ".join(f"{one.size:,}: {one.seconds:.2g}" for one in points), f"{slope(points):.2f}", goal


def picture(found: Scaling) -> str:
    """Draw both and return the link to the picture."""
    with plot(PICTURE, f"Tracing a leak of {LEAK_S} seconds") as axes:
        for points, label, colour in zip(
            (found.listeners, found.recordings),
            ("listeners of one recording", "recordings of 38 minutes in the vault"),
            COLOURS,
            strict=False,
        ):
            axes.plot([one.size for one in points], [one.seconds for one in points], "o-", color=colour, label=label)
        last = found.recordings[-1]
        ends = (last.size / 30, last.size)
        axes.plot(ends, [last.seconds / 30, last.seconds], ":", color=COLOURS[-1], label="in proportion")
        axes.set(xscale="log", yscale="log", xlabel="how many", ylabel="CPU seconds")
        powers(axes)
        powers(axes, along=False)
        axes.legend()
    return link(PICTURE, "CPU seconds of a trace against listeners and against recordings")
