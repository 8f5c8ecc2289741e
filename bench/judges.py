"""Plain evidence beside the learned: how long leaks have to be where either judge tells what their cells say.

The same cuts through the same attacks are traced twice. Which judge hears a leak is no option of a trace, since the
evidence has to come out alike for everybody; so it is exchanged here.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from unittest.mock import patch

from bench.ladder import Rung, climb, needed
from bench.seconds import LENGTHS, PROCESSES, Cut, cuts, named, outcomes
from bench.stage import Stage
from earmark.signal.listening import Intake, listen
from earmark.signal.network import learned
from earmark.signal.plain import plain
from earmark.signal.surroundings import Judge

ATTACKS = ("clean", "opus:16k", "opus:12k", "g711", "white:10", "noise:10", "loudspeaker+room+noise:20+opus:24k")
JUDGES: tuple[Judge, ...] = (plain, learned)
LISTENERS = ("earmark.api.ear.Intake", "earmark.api.looking.listen")

ABOUT = (
    "Seconds as above, of the same cuts, where a linear filter tells what cells say (plain), and where the network\n"
    "does that a trace uses (learned). The bound holds for either."
)
HEAD = ("attack", "plain", "learned", "cuts named, plain", "cuts named, learned")


@dataclass(frozen=True)
class Found:
    """What an attack leaves.

    Attributes:
        attack: its name.
        rungs: for each of ``JUDGES`` the lengths tried.
    """

    attack: str
    rungs: tuple[tuple[Rung, ...], ...]

    @property
    def row(self) -> tuple[str, ...]:
        """The row of the table."""
        return f"`{self.attack}`", *map(needed, self.rungs), *(", ".join(map(str, rungs)) for rungs in self.rungs)


def measure(stage: Stage, clips: int) -> Iterator[Found]:
    """Yield what each attack leaves for either judge."""
    with ProcessPoolExecutor(PROCESSES) as pool:
        for attack in ATTACKS:

            def results(judge: Judge, seconds: float, attack: str = attack) -> Iterator[bool]:
                return outcomes(pool, cuts(stage, attack, seconds, clips), partial(named_by, judge))

            yield Found(attack, tuple(tuple(climb(LENGTHS, partial(results, judge), clips)) for judge in JUDGES))


def named_by(judge: Judge, cut: Cut) -> bool:
    """Make the leak, trace it by what a judge says, and tell whether its listener is named."""
    with patch(LISTENERS[0], partial(Intake, judge=judge)), patch(LISTENERS[1], partial(listen, judge=judge)):
        return named(cut)
