"""Quality against seconds: how copies sound, and how long a leak has to be, as the mark gets deeper."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from bench.aimed import JUDGED_CLIPS, JUDGED_S, judged
from bench.aims import repeated
from bench.ladder import Rung, climb, needed
from bench.leaks import drawn, outcomes, unpacked
from bench.plots import COLOURS, link, plot
from bench.stage import Stage, stage
from earmark.signal.variants import DEFAULT_DEPTH

DEPTHS = (0.2, 0.28, DEFAULT_DEPTH, 0.43, 0.5)
ATTACKS = ("opus:16k", "loudspeaker+room+noise:20+opus:24k")
LENGTHS = (4, 5, 6, 7, 8, 10, 12, 15, 20, 30, 60)
GOAL_PESQ = 4.55
PICTURE = "depths"


@dataclass(frozen=True)
class Found:
    """What a depth gives.

    Attributes:
        depth: how strongly is marked.
        pesq: of the copies against the original, the mean.
        rungs: for each of ``ATTACKS`` the lengths tried.
    """

    depth: float
    pesq: float
    rungs: tuple[tuple[Rung, ...], ...]

    @property
    def row(self) -> tuple[str, ...]:
        """The row of the table."""
        usual = " (usual)" if self.depth == DEFAULT_DEPTH else ""
        return f"{self.depth:g}{usual}", f"{self.pesq:.3f}", *(needed(rungs) for rungs in self.rungs)


ABOUT = (
    "How deep the mark is, against how copies sound and how long leaks have to be. A length that was not enough\n"
    "stopped at the first cut too many that named nobody."
)
HEAD = ("depth", "PESQ-WB", *(f"seconds, {attack}" for attack in ATTACKS))


def measure(clips: int) -> Iterator[Found]:
    """Yield what each depth gives."""
    with ProcessPoolExecutor(2) as pool:
        for depth in DEPTHS:
            with stage(2, depth=depth) as played:
                yield Found(depth, quality(pool, played), tuple(lengths(pool, played, clips)))


def quality(pool: Executor, played: Stage) -> float:
    """Return the PESQ-WB of copies against the original."""
    original = unpacked({"original": played.original})["original"]
    leaks = [replace(one, seconds=JUDGED_S) for one in drawn(played.vault, played.copies, 1, repeated, JUDGED_CLIPS)]
    return float(np.mean(list(pool.map(partial(judged, original), leaks))))


def lengths(pool: Executor, played: Stage, clips: int) -> Iterator[tuple[Rung, ...]]:
    """Yield the lengths tried for each attack."""
    for attack in ATTACKS:
        leaks = [replace(one, attack=attack) for one in drawn(played.vault, played.copies, 1, repeated, clips)]
        yield tuple(climb(LENGTHS, partial(outcomes, pool, leaks), clips))


def picture(found: Sequence[Found]) -> str:
    """Draw seconds against quality and return the link to the picture."""
    with plot(PICTURE, "Deeper marks are found sooner and sound worse") as axes:
        for number, (attack, colour) in enumerate(zip(ATTACKS, COLOURS, strict=False)):
            ends = [one.rungs[number][-1] for one in found]
            axes.plot([one.pesq for one in found], [end.length for end in ends], "-", color=colour, alpha=0.4)
            for passed, marker in ((True, "o"), (False, "^")):
                points = [(one.pesq, end.length) for one, end in zip(found, ends, strict=True) if end.passed == passed]
                label = f"{attack}" if passed else f"{attack}: more than that"
                axes.plot(*zip(*points, strict=True), marker, color=colour, label=label) if points else None
        for one in found:
            axes.annotate(f"{one.depth:g}", (one.pesq, one.rungs[0][-1].length), (0, -13), textcoords="offset points")
        axes.axvline(GOAL_PESQ, color=COLOURS[-1], linewidth=0.8, linestyle=":")
        axes.text(GOAL_PESQ, LENGTHS[-1], " the least aimed at", color=COLOURS[-1], fontsize=9)
        axes.set(yscale="log", xlabel="PESQ-WB of copies", ylabel="seconds needed", ylim=(3, LENGTHS[-1] * 1.2))
        axes.set_yticks(LENGTHS, [str(length) for length in LENGTHS])
        axes.minorticks_off()
        axes.legend()
    return link(PICTURE, "Seconds needed against PESQ for depths from 0.2 to 0.5; usual is 0.36")
