"""An ear on a leak: what is heard of it in the cells of a layout and at a pace, each of them listened to once.

Nothing here may import ``earmark.codes`` or ``earmark.records``, see ``earmark.api.finding``.
"""

from contextlib import ExitStack, closing
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path

from earmark.api.progress import Progress, watched
from earmark.media.reading import read_resampled
from earmark.media.source import probe
from earmark.signal.layout import Layout
from earmark.signal.listening import Intake, Listening
from earmark.signal.pace import OWN, Pace
from earmark.signal.search import CANDIDATES

KEPT = CANDIDATES + 1


class Ear:
    """What is heard of a leak. To be closed.

    Most long leaks say in their first minutes how they run; only then the rest of them is listened to, and at that pace
    alone. What was heard by then is not listened to again.

    Args:
        leak: a file.
        progress: told about the stage "listening".
    """

    def __init__(self, leak: Path, progress: Progress) -> None:
        self._leak = leak
        self._progress = progress
        self._open = ExitStack()
        self._intake = lru_cache(KEPT)(self._begun)
        self._early = cache(self._cut)

    def __call__(self, layout: Layout, pace: Pace = OWN) -> Listening:
        """Return all that is heard.

        Raises:
            MediaError: there is nothing in the leak that can be decoded, or more than can be listened to.
        """
        return self._intake(layout, pace).first()

    def early(self, layout: Layout, seconds: float) -> Listening:
        """Return what is heard of the first ``seconds``; its own are more than these where there is more.

        It stays what it is when more is heard.

        Raises:
            MediaError: there is nothing in the leak that can be decoded.
        """
        return self._early(layout, seconds)

    def close(self) -> None:
        """Close the leak, and forget what was heard, which its caches would keep for long as they keep each other."""
        self._open.close()
        self._intake.cache_clear()
        self._early.cache_clear()

    def _cut(self, layout: Layout, seconds: float) -> Listening:
        heard = self._intake(layout, OWN).first(seconds)
        return replace(heard, cells=heard.cells[: round(seconds / heard.hop_s)])

    def _begun(self, layout: Layout, pace: Pace) -> Intake:
        expected = (probe(self._leak).seconds or 0) * pace.rate
        sound = self._open.enter_context(closing(read_resampled(self._leak, pace.rate)))
        return Intake(watched(sound, expected, "listening", self._progress), layout, pace=pace)
