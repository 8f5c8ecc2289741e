"""Progress on standard error: only where somebody watches, and only after a second."""

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

PATIENCE_S = 1.0


class Bars:
    """Shows the stages of a command, one bar at a time, and removes it at the end."""

    def __init__(self, *, watched: bool | None = None) -> None:
        self._watched = sys.stderr.isatty() if watched is None else watched
        self._started = time.monotonic()
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def __call__(self, stage: str, fraction: float) -> None:
        """Show that ``fraction`` of a stage is done."""
        if not self._watched or (self._bars is None and time.monotonic() - self._started < PATIENCE_S):
            return
        if self._bars is None:
            columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
            self._bars = Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True)
            self._bars.start()
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage, total=1.0)
        self._bars.update(self._tasks[stage], completed=fraction)
