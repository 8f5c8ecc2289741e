"""Leaks of calls: browsers talk with real speech over each relay, and what each of them heard is recorded and traced.

Leaks are random cuts of what somebody heard, as their page played it, or coded as a messenger codes voice notes. Of
two who leak together, what they recorded is laid side by side and mixed, or they take turns. ``trace`` gets the vault,
in which all the calls are, and a file.
"""

import shutil
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import scipy.signal
from demo.browsers import installed

from bench.attacks import Attack
from bench.held import TALK_S, Held, hold
from bench.stage import RATE, Floats
from earmark.api import Vault, trace

RELAYS = ("builtin", "janus")
RUNS = 10
SEED = 20_261_128
CUTS = (("clean", 30.0), ("opus:16k", 60.0))
TOGETHER = ("mixed", "in turns")
TOGETHER_CUTS = (("clean", 60.0), ("opus:16k", 60.0))
TURN_S = 2.0
APART_S = 0.5
"""How far apart recordings of one call may be after they were laid side by side by the clock."""

ABOUT = (
    f"Calls of {TALK_S:.0f} s in headless Chromium. Three people talk over each other with speech; in every other\n"
    "call a fourth listens. Everybody records what their page plays; random cuts of that are traced, as they are and\n"
    "as voice notes. Two together mix what they recorded, or take turns of 2 s; one of them has to be named."
)
HEAD = ("what leaked", "relay", "calls", "leaks", "right", "nobody named", "somebody else named", "weakest bound, 10^")


@dataclass(frozen=True)
class Leak:
    """A cut of what was heard in a call, by one person or by two who leak together.

    Attributes:
        held: the call.
        by: who leaks.
        way: how two make one of what they have: one of ``TOGETHER``; empty for one alone.
        attack: what happens to it.
        seconds: how long it is.
        seed: of what chance decides.
    """

    held: Held
    by: tuple[str, ...]
    way: str
    attack: str
    seconds: float
    seed: int

    @property
    def kind(self) -> str:
        """What the table calls it."""
        who = f"two {self.way}" if self.way else "one"
        return f"{who}, {self.seconds:.0f} s, {self.attack}"

    def sound(self) -> Floats:
        """Return what leaks; shape (samples,)."""
        whole = self.held.heard(self.by[0]) if not self.way else together(self.held, self.by, self.way)
        first = round(np.random.default_rng(self.seed).random() * (len(whole) - self.seconds * RATE))
        return whole[first : first + round(self.seconds * RATE)]


@dataclass(frozen=True)
class Outcome:
    """What a trace came to.

    Attributes:
        leak: that was traced.
        named: who was.
        bound_log10: on naming an innocent; 0 if nobody was named.
    """

    leak: Leak
    named: tuple[str, ...]
    bound_log10: float

    @property
    def wrong(self) -> bool:
        """Whether somebody was named who does not leak."""
        return not set(self.named) <= set(self.leak.by)

    @property
    def right(self) -> bool:
        """Whether those were named who leak, one of them at least, and nobody else."""
        return bool(self.named) and not self.wrong


def together(held: Held, by: Sequence[str], way: str) -> Floats:
    """Return what two make of what they recorded, side by side as well as they can lay it."""
    one, other = (held.heard(name) for name in by)
    late = round((held.began_ms[by[1]] - held.began_ms[by[0]]) * RATE / 1000)
    one, other = aligned(one[max(0, late) :], other[max(0, -late) :])
    if way == "mixed":
        return np.asarray((one + other) / 2, np.float32)
    turns = np.arange(len(one)) // round(TURN_S * RATE) % 2
    return np.where(turns, one, other)


def aligned(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    """Return two sounds side by side that are no more than ``APART_S`` apart, by what they have in common."""
    length = min(len(one), len(other))
    most = round(APART_S * RATE)
    alike = scipy.signal.correlate(one[:length], other[:length], "full")[length - 1 - most : length + most]
    late = int(np.argmax(alike)) - most
    one, other = one[max(0, late) :], other[max(0, -late) :]
    length = min(len(one), len(other))
    return one[:length], other[:length]


def leaks_of(held: Held) -> Iterator[Leak]:
    """Yield the leaks of a call: of everybody each cut, and of two drawn by lot what they do together."""
    rng = np.random.default_rng([SEED, held.number, *held.relay.encode()])
    for name in held.people:
        for attack, seconds in CUTS:
            yield Leak(held, (name,), "", attack, seconds, int(rng.integers(1 << 32)))
    pairs = list(combinations(held.people, 2))
    for way in TOGETHER:
        both, seed = pairs[int(rng.integers(len(pairs)))], int(rng.integers(1 << 32))
        for attack, seconds in TOGETHER_CUTS:
            yield Leak(held, both, way, attack, seconds, seed)


def traced(vault: Path, leak: Leak) -> Outcome:
    """Make a leak and trace it."""
    with TemporaryDirectory() as folder, Vault(vault) as opened:
        path = Attack(leak.attack).write(leak.sound(), RATE, Path(folder) / "leak", leak.seed)
        named = trace(opened, path).named
    bound = max((one.false_accusation_log10 for one in named), default=0.0)
    return Outcome(leak, tuple(one.listener for one in named), bound)


def measure(folder: Path, runs: int) -> Iterator[Outcome]:
    """Hold so many calls over each relay, unless the folder has them, and trace leaks of each of them."""
    chromium = installed()
    if chromium is None:
        print("bench: there is no Chromium here, so no call is held", file=sys.stderr)
        return
    relays = [relay for relay in RELAYS if relay != "janus" or shutil.which("janus")]
    calls = [hold(chromium, folder, relay, number) for number in range(runs) for relay in relays]
    leaks = [leak for held in calls for leak in leaks_of(held)]
    with ProcessPoolExecutor(1) as pool:
        for outcome in pool.map(partial(traced, folder / "vault"), leaks):
            tell(outcome)
            yield outcome


def tell(outcome: Outcome) -> None:
    """Show an outcome as soon as it is there."""
    leak = outcome.leak
    what = "right" if outcome.right else "WRONG" if outcome.wrong else "MISSED"
    where = f"{leak.held.relay} {leak.held.number}: {leak.kind}, seed {leak.seed}"
    names = f"by {' '.join(leak.by)}, named {' '.join(outcome.named) or 'nobody'} ({outcome.bound_log10:.0f})"
    print(f"{what:7} {where}, {names}", file=sys.stderr, flush=True)


def rows(found: Sequence[Outcome]) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the table."""
    for kind, relay in dict.fromkeys((one.leak.kind, one.leak.held.relay) for one in found):
        these = [one for one in found if (one.leak.kind, one.leak.held.relay) == (kind, relay)]
        right = [one for one in these if one.right]
        yield (
            kind,
            relay,
            str(len({one.leak.held.number for one in these})),
            str(len(these)),
            str(len(right)),
            str(sum(not one.named for one in these)),
            str(sum(one.wrong for one in these)),
            f"{max((one.bound_log10 for one in right), default=0.0):.0f}",
        )
