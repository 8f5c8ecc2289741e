"""How often innocent listeners are named, with the bound set so loose that it can be seen.

Evidence is taken from real leaks: cuts of marked copies through every attack there is, mixes of two to four colluders,
and attacks aimed at the mark. The evidence of each leak is put to many codebooks: the recording's own biases, which is
all that a leaker's evidence may depend on, and fresh secrets for everybody but, in every other codebook, those whose
copies went into the leak. So there are always innocents, and half of the time in the company of the guilty. For each
bound the share of codebooks that named anybody innocent must not be above it.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from math import log
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy.stats import beta

from bench.aimed import AIMS
from bench.attacks import ROWS
from bench.colluders import MIXES, average, kinds
from bench.leaks import Mixed, drawn
from bench.plots import COLOURS, FAINT, INK, link, plot, powers
from bench.stage import Stage
from earmark.api import Vault
from earmark.api.delivery import codebook_of
from earmark.api.finding import Found, hear
from earmark.api.progress import silent
from earmark.api.tracks import tracks_of
from earmark.codes.codebook import Codebook
from earmark.codes.decoders import Decoder, Scores, fit_bank
from earmark.codes.lineup import LineUp

BOUNDS = tuple(10 ** (-half / 2) for half in range(1, 9))
INNOCENTS = 60
CODEBOOKS = 160
SECONDS, ALL_OF_IT = 10.0, 60.0
CODEC = "opus:16k"
SURE = 0.95
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


@dataclass(frozen=True)
class Remembering(Decoder):
    """A decoder that works out its scores once: they are the same for every codebook."""

    @cached_property
    def _known(self) -> dict[int, Scores]:
        return {}

    def scores(self, companions: int) -> Scores:
        """Return what variant 1 earns over variant 0."""
        if companions not in self._known:
            self._known[companions] = super().scores(companions)
        return self._known[companions]


@dataclass(frozen=True)
class Place:
    """Where the recording may be in the leak, and the tests that this evidence leads to.

    Attributes:
        found: the place and its evidence.
        decoders: fitted to it, which takes no codebook.
    """

    found: Found
    decoders: Sequence[Decoder]

    def surest(self, book: Codebook, guilty: Sequence[bytes], innocents: Sequence[bytes]) -> float:
        """Return the natural logarithm of the smallest bound with which an innocent is named; 0 if none is."""
        evidence = self.found.evidence
        rows = book.rows([*guilty, *innocents], evidence.segments)
        line_up = LineUp(rows, book.biases(evidence.segments), 1 / self.found.share, log(max(BOUNDS)))
        bounds = line_up.hold(self.decoders)
        return min((bound for index, bound in bounds.items() if index >= len(guilty)), default=0.0)


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
    places = [Place(one, fitted(one, book)) for one in heard if one.evidence.segments.size]
    named = np.zeros(len(BOUNDS), int)
    for number in range(CODEBOOKS):
        innocents = [rng.bytes(32) for _ in range(INNOCENTS)]
        present = guilty if number % 2 else []
        surest = min((place.surest(book, present, innocents) for place in places), default=0.0)
        named += [surest <= log(bound) for bound in BOUNDS]
    return named.tolist()


def fitted(found: Found, book: Codebook) -> list[Remembering]:
    """Return the decoders that suit evidence."""
    evidence = found.evidence
    bank = fit_bank(evidence.soft, evidence.amplitude, book.biases(evidence.segments))
    return [Remembering(one.strategy, one.weight, one.heard, one.biases) for one in bank]


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


@dataclass(frozen=True)
class Tally:
    """How often anybody innocent was named.

    Attributes:
        tried: how many codebooks.
        named: in how many of them, for each of ``BOUNDS``.
    """

    tried: int
    named: tuple[int, ...]

    def interval(self, at: int) -> tuple[float, float]:
        """Return between what the true share lies with a probability of 95 % (Clopper and Pearson)."""
        hits, misses = self.named[at], self.tried - self.named[at]
        low = float(beta.ppf((1 - SURE) / 2, hits, misses + 1)) if hits else 0.0
        return low, float(beta.ppf((1 + SURE) / 2, hits + 1, misses)) if misses else 1.0


def counted(results: Iterable[list[int]], total: int) -> Iterator[list[int]]:
    """Yield results and say now and then how many there are: it takes long."""
    for number, result in enumerate(results, 1):
        if number % 50 == 0:
            print(f"{number} of {total} leaks", file=sys.stderr, flush=True)
        yield result


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
    "at the mark, put to codebooks of 20 innocents each, half of the time in the company of the guilty. An innocent\n"
    "must not be named more often than was asked for."
)
HEAD = ("bound asked for", "leaks put to codebooks", "(leak, innocent) trials", "named an innocent", "share", "95 %")


def rows(tallies: Mapping[str, Tally]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each bound."""
    tally = tallies["all"]
    for at, bound in enumerate(BOUNDS):
        low, high = tally.interval(at)
        share = f"{tally.named[at] / tally.tried:.2g}"
        counts = (f"{tally.tried:,}", f"{tally.tried * INNOCENTS:,}", f"{tally.named[at]:,}")
        yield f"{bound:.2g}", *counts, share, f"{low:.2g} to {high:.2g}"


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
