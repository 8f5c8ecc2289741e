"""Whether calls can be held: whoever asks is told what is up and what is down, and the log what is wrong."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from earmark.errors import EarmarkError
from earmark.server.house import House

HEALTH_S = 5.0
FRESH_S = 1.0
"""So long an answer is given again, however many ask."""

log = logging.getLogger(__name__)


class Checkup:
    """Looks whether the relay forwards and the vault answers, once for all who ask within a second.

    Args:
        house: the calls.
        clock: gives seconds that never go back.
    """

    def __init__(self, house: House, clock: Callable[[], float]) -> None:
        self._house, self._clock = house, clock
        self._looking = asyncio.Lock()
        self._wrong: Mapping[str, str] = {}
        self._at = -FRESH_S

    async def look(self) -> dict[str, str]:
        """Return "ok" or "failing" for each of "relay" and "vault", and for all of it as "status"."""
        async with self._looking:
            if self._clock() - self._at >= FRESH_S:
                await self._look()
        parts = {name: "failing" if name in self._wrong else "ok" for name in ("relay", "vault")}
        return {"status": "failing" if self._wrong else "ok", **parts}

    async def _look(self) -> None:
        found = {"relay": self._house.problem(), "vault": await self._of_vault()}
        wrong = {name: problem for name, problem in found.items() if problem}
        for name, problem in wrong.items():
            if self._wrong.get(name) != problem:
                log.warning("the %s fails: %s", name, problem)
        for name in self._wrong.keys() - wrong.keys():
            log.warning("the %s is well again", name)
        self._wrong, self._at = wrong, self._clock()

    async def _of_vault(self) -> str:
        try:
            async with asyncio.timeout(HEALTH_S):
                await self._house.register.answers()
        except (EarmarkError, TimeoutError) as error:
            return str(error) or "the vault does not answer"
        return ""
