"""Inspecting: is there enough speech in a recording, and how much of a leak will be needed?"""

from pathlib import Path

from earmark.api.bounds import DEFAULT_BOUND, require_bound
from earmark.api.marking import DEFAULT_COALITION
from earmark.api.original import examine
from earmark.api.progress import Progress, silent
from earmark.api.rehearsal import Rehearsal, rehearse
from earmark.api.results import Inspected, LeakNeeded
from earmark.codes.biases import MAX_COALITION
from earmark.codes.outlook import MOST_COLLUDERS, Price, segments_needed
from earmark.errors import UsageError
from earmark.grid import Grid
from earmark.media.target import choose_target
from earmark.records.listeners import MAX_LISTENERS

DEFAULT_LISTENERS = 1000


def inspect(
    source: Path,
    *,
    listeners: int = DEFAULT_LISTENERS,
    family_wise: float = DEFAULT_BOUND,
    coalition: int | None = None,
    progress: Progress = silent,
) -> Inspected:
    """Tell whether ``source`` can be traced once it is marked; nothing is kept, and no vault is needed.

    Args:
        source: the recording; never changed.
        listeners: among how many a leaker is to be found, 1 to 100,000.
        family_wise: the allowed chance that any innocent listener is named, as in ``trace``.
        coalition: the coalition size of the codebook, 1 to 32; 4 if None.
        progress: told about the stages "reading" and "rehearsing".

    Raises:
        UsageError: an option makes no sense.
        MediaError: the recording cannot be read or marked, or is silent.
    """
    size = DEFAULT_COALITION if coalition is None else coalition
    require_bound(family_wise)
    if not (1 <= listeners <= MAX_LISTENERS and 1 <= size <= MAX_COALITION):
        raise UsageError(
            f"there are 1 to {MAX_LISTENERS:,} listeners, and a coalition of 1 to {MAX_COALITION}",
            "What is left out is 1,000 listeners, and 4.",
        )
    original = examine(source, progress)
    target = choose_target(original.info)
    progress("rehearsing", 0.0)
    rehearsal = rehearse(original.info, original.grid.segment_ms)
    progress("rehearsing", 1.0)
    needed = forecast_all(rehearsal, original.grid, Price(listeners, family_wise), size)
    return Inspected(
        sha256=original.sha256,
        seconds=original.seconds,
        audible_s=original.audible_s,
        measured_s=rehearsal.seconds,
        listeners=listeners,
        family_wise=family_wise,
        coalition=size,
        needed=needed,
        traceable=needed[0].covered,
        colluders_covered=covered(needed),
        notes=(*original.notes, *target.notes),
    )


def forecast_all(rehearsal: Rehearsal, grid: Grid, price: Price, coalition: int) -> tuple[LeakNeeded, ...]:
    """Return how much of a leak is needed, for every number of colluders that can be forecast."""
    rows = []
    for colluders in range(1, MOST_COLLUDERS + 1):
        clean, coded = (
            segments_needed(heard, price, coalition=coalition, colluders=colluders)
            for heard in (rehearsal.clean, rehearsal.coded)
        )
        enough = clean is not None and clean <= grid.segments
        rows.append(LeakNeeded(colluders, seconds_of(clean, grid), seconds_of(coded, grid), enough))
    return tuple(rows)


def seconds_of(segments: int | None, grid: Grid) -> float | None:
    """Return the length of so many segments."""
    return None if segments is None else segments * grid.segment_s


def covered(needed: tuple[LeakNeeded, ...]) -> int:
    """Return how many colluders are covered, with all smaller numbers of them."""
    count = 0
    while count < len(needed) and needed[count].covered:
        count += 1
    return count
