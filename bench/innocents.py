"""How often innocent listeners are named, with the bound set so loose that it can be seen.

Evidence is taken from real leaks: cuts of marked copies through every attack there is, mixes of two to four colluders,
and attacks aimed at the mark. The evidence of each leak is put to many codebooks: the recording's own biases, which is
all that a leaker's evidence may depend on, and fresh secrets for everybody but, in every other codebook, those whose
copies went into the leak. So there are always innocents, and half of the time in the company of the guilty. For each
bound the share of codebooks that named anybody innocent must not be above it.
"""

from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.aimed import AIMS
from bench.attacks import ROWS
from bench.codebooks import BOUNDS, CODEBOOKS, Tally, counted, named_in
from bench.colluders import MIXES, average, kinds
from bench.leaks import Mixed, drawn
from bench.plots import COLOURS, FAINT, INK, link, plot, powers
from bench.stage import Stage
from earmark.api import Vault
from earmark.api.delivery import codebook_of
from earmark.api.finding import hear
from earmark.api.progress import silent
from earmark.api.tracks import tracks_of

SECONDS, ALL_OF_IT = 10.0, 60.0
CODEC = "opus:16k"
FEWEST_SHOWN = 5
PICTURE = "innocents"


@dataclass(frozen=True)
class Case:
    """A leak whose evidence is put to codebooks.

    Attributes:
        kind: of attack.
        leak: the leak.
    """

    kind: str
    leak: Mixed


def namings(case: Case) -> list[int]:
    """Return in how many codebooks anybody innocent was named, for each of ``BOUNDS``."""
    rng = np.random.default_rng(case.leak.seed)
    with TemporaryDirectory() as folder, Vault(case.leak.vault) as vault:
        recording = vault.recordings()[0]
        keys = vault.keys_of([recording.id], "trace")
        tracks = tracks_of(vault, [recording], keys, "trace")
        heard = hear(case.leak.write(Path(folder) / "leak"), tracks, silent).found
        secrets: Mapping[str, bytes] = vault.secrets(recording.id, "trace")
    book, guilty = codebook_of(recording, keys[recording.id]), [secrets[name] for name, _ in case.leak.copies]
    return named_in(heard, book, guilty, rng)


def cases(stage: Stage, clips: int) -> list[Case]:
    """Return leaks of one copy through every attack, of several, and aimed at the mark."""
    attacks = [("one copy", 1, average, row.attack(SECONDS)) for row in ROWS]
    together = [(f"{size} colluders", size, MIXES[mix], attack) for attack in ("clean", CODEC) for size, mix in kinds()]
    aimed = [("aimed at the mark", aim.copies, aim.mix, "clean") for aim in AIMS]
    found = [
        Case(kind, replace(leak, seconds=ALL_OF_IT if attack.startswith("cuts:") else SECONDS, attack=attack))
        for kind, size, mix, attack in (*attacks, *together, *aimed)
        for leak in drawn(stage.vault, stage.copies, size, mix, clips)
    ]
    return [replace(case, leak=replace(case.leak, seed=seed)) for seed, case in enumerate(found)]


def measure(stage: Stage, clips: int) -> dict[str, Tally]:
    """Return the tally of each kind of attack, and of all."""
    found = cases(stage, clips)
    with ProcessPoolExecutor(2) as pool:
        counts = np.array(list(counted(pool.map(namings, found, chunksize=4), len(found))))
    kinds_of = np.array([case.kind for case in found])
    chosen = {"all": np.full(len(found), True)} | {kind: kinds_of == kind for kind in dict.fromkeys(kinds_of.tolist())}
    return {
        kind: Tally(int(which.sum()) * CODEBOOKS, tuple(counts[which].sum(axis=0).tolist()))
        for kind, which in chosen.items()
    }


ABOUT = (
    "Evidence of leaks of 10 seconds through every attack there is, of one copy, of colluders and of attacks aimed\n"
    "at the mark, put to codebooks of 60 innocents each, half of the time in the company of the guilty. An innocent\n"
    "must not be named more often than was asked for."
)


def picture(tallies: Mapping[str, Tally]) -> str:
    """Draw what happened against what was asked for and return the link to the picture."""
    with plot(PICTURE, "An innocent is named more seldom than was asked for") as axes:
        axes.plot(BOUNDS, BOUNDS, "--", color=INK, label="as often as asked for")
        for (kind, tally), colour in zip(tallies.items(), (INK, *COLOURS), strict=False):
            shares = [count / tally.tried for count in tally.named]
            some = [at for at, count in enumerate(tally.named) if count >= (1 if kind == "all" else FEWEST_SHOWN)]
            points = [BOUNDS[at] for at in some], [shares[at] for at in some]
            faint = 1.0 if kind == "all" else 0.55
            axes.plot(*points, "o-", label=kind, color=colour, markersize=4, alpha=faint, zorder=1 + faint)
        tally = tallies["all"]
        for at, bound in enumerate(BOUNDS):
            low, high = tally.interval(at)
            axes.plot([bound, bound], [max(low, 1e-9), high], color=FAINT, linewidth=3, alpha=0.6, zorder=1)
        axes.set(xscale="log", yscale="log", ylim=(1e-5, 1))
        axes.set(xlabel="bound asked for", ylabel="share of codebooks with an innocent named")
        powers(axes)
        powers(axes, along=False)
        axes.legend(loc="lower right")
    return link(PICTURE, "Share of codebooks in which an innocent was named, against the bound asked for; all below it")
