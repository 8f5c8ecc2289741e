"""What attacks aimed at the mark cost the sound, and whether they keep the copy from being named.

For each strength: PESQ-WB of the leak against the original, and how many seconds of it name a listener it is from,
blind, in 95 % of random cuts. The goal is that a leak is still named or audibly ruined, by which a PESQ below 2.5 is
meant.
"""

import io
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soxr
from pesq import pesq

from bench.aims import remarked, repeated, scrambled, smoothed
from bench.ladder import Rung, climb, needed
from bench.leaks import Mix, Mixed, drawn, outcomes, unpacked
from bench.plots import COLOURS, INK, WASH, link, plot
from bench.stage import LISTENERS, RATE, Stage, listener_id
from earmark.api import Vault, mark, read_listeners

LENGTHS = (4, 6, 8, 10, 15, 20, 30, 60, 120)
RUINED = 2.5
JUDGED_S, JUDGED_CLIPS, JUDGED_RATE = 10, 12, 16_000
TIMES = (2, 3, 4)
PICTURE = "aimed"


@dataclass(frozen=True)
class Aim:
    """An attack at one strength.

    Attributes:
        family: attacks that differ in strength only.
        strength: in words.
        mix: what is done.
        copies: of how many copies.
    """

    family: str
    strength: str
    mix: Mix
    copies: int = 1


AIMS = (
    Aim("as given", "", repeated),
    *(
        Aim("re-marked with other keys", f"{times} × at depth {depth:g}", partial(remarked, times=times, depth=depth))
        for times, depth in ((1, 0.36), (2, 0.36), (4, 0.36), (1, 0.7), (1, 1.0), (4, 1.0))
    ),
    *(
        Aim("smoothed over time", f"over {over} ms, {part:.0%}", partial(smoothed, over_ms=over, strength=part))
        for over, part in ((120, 0.5), (120, 1.0), (240, 0.5), (240, 1.0), (1000, 1.0))
    ),
    *(
        Aim("cells of two, scrambled", f"{gain:g} × their difference", partial(scrambled, gain=gain), 2)
        for gain in (0, 1, 2, 4, 8)
    ),
)
REPEATS = "the same, marked anew, averaged"


@dataclass(frozen=True)
class Found:
    """What came of an attack.

    Attributes:
        aim: the attack.
        pesq: of the leak against the original, the mean.
        rungs: the lengths tried.
    """

    aim: Aim
    pesq: float
    rungs: tuple[Rung, ...]

    @property
    def row(self) -> tuple[str, ...]:
        """The row of the table."""
        tally = ", ".join(str(rung) for rung in self.rungs)
        held = self.rungs[-1].passed
        goal = "named" if held else "ruined" if self.pesq < RUINED else "missed"
        return self.aim.family, self.aim.strength, f"{self.pesq:.2f}", needed(self.rungs), goal, tally


ABOUT = (
    "What people try who have read the code and have no keys. PESQ-WB is of the leak against the original, seconds\n"
    "as above. The goal is that a leak is still named, or audibly ruined (PESQ below 2.5)."
)
HEAD = ("attack", "strength", "PESQ-WB", "seconds", "goal", "named of tried")


def judged(original: Path, leak: Mixed) -> float:
    """Return the PESQ-WB of a leak against the original."""
    sounds = (np.load(original, mmap_mode="r")[leak.cut], leak.sound())
    one, other = (soxr.resample(sound, RATE, JUDGED_RATE) for sound in sounds)
    return float(pesq(JUDGED_RATE, one, other, "wb"))


def attacked(pool: Executor, original: Path, aim: Aim, leaks: Sequence[Mixed]) -> Found:
    """Judge leaks and find out how long they have to be."""
    heard = [replace(leak, seconds=JUDGED_S) for leak in leaks[:JUDGED_CLIPS]]
    quality = float(np.mean(list(pool.map(partial(judged, original), heard))))
    return Found(aim, quality, tuple(climb(LENGTHS, partial(outcomes, pool, leaks), len(leaks))))


def measure(stage: Stage, clips: int) -> Iterator[Found]:
    """Yield what comes of each attack."""
    original = unpacked({"original": stage.original})["original"]
    with ProcessPoolExecutor(2) as pool:
        for aim in AIMS:
            yield attacked(pool, original, aim, drawn(stage.vault, stage.copies, aim.copies, aim.mix, clips))
        with marked_again(stage.original) as (vault, copies):
            for times in TIMES:
                aim = Aim(REPEATS, f"{times} copies", repeated, times)
                yield attacked(pool, original, aim, repeats(vault, copies[:times], clips))


@contextmanager
def marked_again(original: Path) -> Iterator[tuple[Path, list[Path]]]:
    """Mark a recording anew again and again and give one listener all copies; returns vault and copies."""
    ids = [listener_id(number) for number in range(LISTENERS)]
    people = read_listeners(io.BytesIO("\n".join(["id", *ids]).encode()))
    with TemporaryDirectory() as name:
        folder = Path(name)
        with Vault.init(folder / "vault") as vault:
            done = [
                mark(vault, original, people, folder / str(number), only=ids[:1], again=True)
                for number in range(max(TIMES))
            ]
        yield folder / "vault", [delivered.copies[0].path for delivered in done]


def repeats(vault: Path, copies: Sequence[Path], clips: int) -> list[Mixed]:
    """Return leaks of one listener's copies of the same."""
    arrays = unpacked({str(number): copy for number, copy in enumerate(copies)})
    one = [(listener_id(0), array) for array in arrays.values()]
    rng = np.random.default_rng(len(copies))
    starts = rng.random(clips).tolist()
    return [Mixed(vault, tuple(one), repeated, start, 0.0, "clean", seed) for seed, start in enumerate(starts)]


def picture(found: Sequence[Found]) -> str:
    """Draw quality against seconds and return the link to the picture."""
    with plot(PICTURE, "What it takes to name a copy after attacks aimed at the mark") as axes:
        axes.axvspan(1, RUINED, color=WASH, linewidth=0)
        axes.text(RUINED - 0.05, LENGTHS[-1], "audibly ruined", va="center", color=INK)
        families = list(dict.fromkeys(one.aim.family for one in found))
        for family, colour in zip(families, (INK, *COLOURS), strict=False):
            points = [one for one in found if one.aim.family == family]
            axes.plot([p.pesq for p in points], [p.rungs[-1].length for p in points], "-", color=colour, alpha=0.4)
            for passed, marker in ((True, "o"), (False, "^")):
                some = [p for p in points if p.rungs[-1].passed == passed]
                label = family if passed or not any(p.rungs[-1].passed for p in points) else None
                lengths = [p.rungs[-1].length for p in some]
                axes.plot([p.pesq for p in some], lengths, marker, color=colour, label=label if some else None)
        axes.set(
            xlim=(4.7, 1),
            ylim=(LENGTHS[0] / 1.2, LENGTHS[-1] * 1.2),
            yscale="log",
            xlabel="PESQ-WB against the original",
            ylabel="seconds needed",
        )
        axes.set_yticks(LENGTHS, [str(length) for length in LENGTHS])
        axes.minorticks_off()
        axes.legend(loc="upper left")
    return link(PICTURE, "Seconds needed against PESQ for each attack; triangles mark lengths that were not enough")
