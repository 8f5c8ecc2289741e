"""Measure what Earmark reaches, and print tables: ``python -m bench`` for all, or name some of the parts.

All of them together take some hours on two cores. Each writes its section into ``docs/benchmarks.md``, and the main
ones their table into ``README.md``; ``--attack NAME`` measures and prints the seconds for one chain of attacks, see
``earmark attack --help``.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import (
    aimed,
    call_innocents,
    call_tampering,
    calls,
    codebooks,
    colluders,
    corpus,
    degraded,
    depths,
    exhibits,
    innocents,
    judges,
    ledger,
    lobby,
    long_call,
    lossy,
    peers,
    plain,
    quality,
    relays,
    scaling,
    seconds,
    speed,
    tampering,
)
from bench.attacks import ROWS, asked_for
from bench.report import Heading, block, body, merged, report, with_block
from bench.stage import COPIES, Stage, stage
from bench.tables import table
from earmark.api import error_rates

ROOT = Path(__file__).resolve().parents[1]
REPORT, README = ROOT / "docs" / "benchmarks.md", ROOT / "README.md"
RATES = ROOT / "src" / "earmark" / "api"
MISSING = f"the recordings are not in {corpus.FOLDER}: nothing was measured; set EARMARK_AUDIO to where they are"


class Bench:
    """The parts that can be measured, on one stage.

    Args:
        options: what was asked for.
        stack: closes what was opened.
    """

    def __init__(self, options: argparse.Namespace, stack: ExitStack) -> None:
        self._options = options
        self._stack = stack

    @cached_property
    def _stage(self) -> Stage:
        print("marking a briefing of 38 minutes …", file=sys.stderr)
        return self._stack.enter_context(stage(COPIES))

    def _clips(self, share: int = 1) -> int:
        return max(1, int(self._options.clips) // share)

    def _runs(self, usual: int) -> int:
        return int(self._options.runs or usual)

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        """Give the folder that was asked for, which stays, or a temporary one."""
        if self._options.keep:
            self._options.keep.mkdir(parents=True, exist_ok=True)
            yield self._options.keep
        else:
            with TemporaryDirectory() as folder:
                yield Path(folder)

    def quality(self) -> list[str]:
        """Return how copies sound."""
        return [table(quality.HEAD, quality.rows(quality.measure()))]

    def depths(self) -> list[str]:
        """Return quality against seconds."""
        found = list(depths.measure(self._clips(3)))
        return [table(depths.HEAD, [one.row for one in found]), depths.picture(found)]

    def seconds(self) -> list[str]:
        """Return how long leaks have to be."""
        if self._options.attack:
            return [table(seconds.HEAD, seconds.measure(self._stage, self._options.attack, self._clips()))]
        lines = list(shown(seconds.measure(self._stage, ROWS, self._clips())))
        return [table(seconds.SHORT_HEAD, seconds.summary(lines)), table(seconds.HEAD, lines)]

    def judges(self) -> list[str]:
        """Return how long leaks have to be where either judge hears them."""
        lines = shown(found.row for found in judges.measure(self._stage, self._clips(3)))
        return [table(judges.HEAD, lines)]

    def colluders(self) -> list[str]:
        """Return how long leaks of several have to be."""
        lines = list(shown(colluders.measure(self._stage, self._clips(3))))
        return [table(colluders.SHORT_HEAD, colluders.summary(lines)), table(colluders.HEAD, lines)]

    def aimed(self) -> list[str]:
        """Return what attacks aimed at the mark come to."""
        found = []
        for one in aimed.measure(self._stage, self._clips(3)):
            found.append(one)
            tell(one.row)
        return [table(aimed.HEAD, [one.row for one in found]), aimed.picture(found)]

    def innocents(self) -> list[str]:
        """Return how often innocents are named."""
        found = innocents.measure(self._stage, self._clips(10))
        return [table(codebooks.HEAD, codebooks.rows(found)), innocents.picture(found)]

    def call_innocents(self) -> list[str]:
        """Return how often innocents are named by leaks of calls."""
        found = call_innocents.measure(self._clips(5))
        return [
            table(codebooks.HEAD, call_innocents.table_rows(found)),
            table(call_innocents.KIND_HEAD, call_innocents.kind_rows(found)),
        ]

    def tampering(self) -> list[str]:
        """Return what of tampered leaks is noticed."""
        with self._scratch() as folder:
            found = tampering.measure(self._clips(), folder)
        rates = tuple(tampering.stated(found))
        error_rates.written(rates, RATES)
        return [
            table(tampering.HEAD, tampering.rows(found)),
            table(tampering.FALSE_HEAD, tampering.false_rows(found)),
            table(tampering.STATED_HEAD, tampering.stated_rows(rates)),
            table(degraded.HEAD, tampering.degraded_rows(found)),
        ]

    def call_tampering(self) -> list[str]:
        """Return what of tampered leaks of calls is noticed."""
        with self._scratch() as folder:
            found = call_tampering.measure(self._clips(), folder)
        rates = tuple(call_tampering.stated(found))
        error_rates.written(rates, RATES, "call")
        return [
            table(call_tampering.HEAD, call_tampering.rows(found)),
            table(call_tampering.FALSE_HEAD, call_tampering.false_rows(found)),
            table(call_tampering.STATED_HEAD, call_tampering.stated_rows(rates)),
            table(degraded.HEAD, call_tampering.degraded_rows(found)),
        ]

    def peers(self) -> list[str]:
        """Return how others do."""
        return [table(peers.HEAD, shown(peers.measure(self._stage, self._clips(3))))]

    def relays(self) -> list[str]:
        """Return what relays carry."""
        return [table(relays.HEAD, shown(relays.measured())), table(relays.ROOMS_HEAD, shown(relays.rooms_measured()))]

    def lobby(self) -> list[str]:
        """Return how many joins the lobby takes."""
        return [table(lobby.HEAD, shown(lobby.measured()))]

    def calls(self) -> list[str]:
        """Return whether leaks of calls name those who leaked."""
        with self._scratch() as folder:
            return [table(calls.HEAD, calls.rows(list(calls.measure(folder, self._runs(calls.RUNS)))))]

    def plain(self) -> list[str]:
        """Return what calls are against plain ones."""
        return [table(plain.HEAD, plain.rows(list(plain.measure(self._runs(plain.ROUNDS)))))]

    def lossy(self) -> list[str]:
        """Return what bad networks do to calls."""
        return [table(lossy.HEAD, shown(lossy.rows()))]

    def long(self) -> list[str]:
        """Return how a long call holds."""
        return [table(long_call.HEAD, long_call.rows(long_call.measure(self._options.minutes)))]

    def scaling(self) -> list[str]:
        """Return how time grows."""
        found = scaling.measure()
        return [table(scaling.HEAD, scaling.rows(found)), scaling.picture(found)]

    def ledger(self) -> list[str]:
        """Return what a ledger of a million entries takes."""
        return [table(ledger.HEAD, shown(ledger.rows()))]

    def exhibits(self) -> list[str]:
        """Return what a huge exhibit takes."""
        return [table(exhibits.HEAD, shown(exhibits.rows()))]

    def speed(self) -> list[str]:
        """Return how fast everything is."""
        return [table(speed.HEAD, shown(speed.rows(self._stage)))]


PARTS: dict[str, tuple[Heading, Callable[[Bench], list[str]]]] = {
    "quality": (Heading("How copies sound", quality.ABOUT, main=True), Bench.quality),
    "depths": (Heading("Quality against seconds", depths.ABOUT), Bench.depths),
    "seconds": (
        Heading("Seconds of leak to name one of 1,000 listeners, family-wise 1e-6", seconds.ABOUT, main=True),
        Bench.seconds,
    ),
    "judges": (Heading("Plain evidence beside the learned", judges.ABOUT), Bench.judges),
    "colluders": (Heading("Seconds of leak to name one of several", colluders.ABOUT, main=True), Bench.colluders),
    "aimed": (Heading("Attacks aimed at the mark", aimed.ABOUT), Bench.aimed),
    "innocents": (Heading("How often innocents are named", innocents.ABOUT, main=True), Bench.innocents),
    "call_innocents": (
        Heading("How often innocents are named by leaks of calls", call_innocents.ABOUT),
        Bench.call_innocents,
    ),
    "tampering": (Heading("Edits found in tampered leaks", tampering.ABOUT, main=True), Bench.tampering),
    "call_tampering": (
        Heading("Edits found in tampered leaks of calls", call_tampering.ABOUT),
        Bench.call_tampering,
    ),
    "peers": (Heading("Others, in the same run", peers.ABOUT), Bench.peers),
    "relays": (Heading("What one relay of calls carries", relays.ABOUT), Bench.relays),
    "lobby": (Heading("A crowd with invitations", lobby.ABOUT), Bench.lobby),
    "calls": (Heading("Leaks of calls", calls.ABOUT, main=True), Bench.calls),
    "plain": (Heading("Calls against plain ones", plain.ABOUT), Bench.plain),
    "lossy": (Heading("Calls over bad networks", lossy.ABOUT), Bench.lossy),
    "long": (Heading("A long call", long_call.ABOUT), Bench.long),
    "scaling": (Heading("As lists and vaults grow", scaling.ABOUT), Bench.scaling),
    "ledger": (Heading("A ledger of a million entries", ledger.ABOUT), Bench.ledger),
    "exhibits": (Heading("An exhibit of ten gigabytes", exhibits.ABOUT), Bench.exhibits),
    "speed": (Heading("Speed and memory", speed.ABOUT, main=True), Bench.speed),
}


def tell(row: Sequence[str]) -> None:
    """Show a row as soon as it is there."""
    print("  ".join(row), file=sys.stderr, flush=True)


def shown(rows: Iterator[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Yield rows and show each."""
    for row in rows:
        tell(row)
        yield row


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help="what to measure: " + ", ".join(PARTS))
    parser.add_argument(
        "--attack",
        action="append",
        type=asked_for,
        help="measure the seconds for this chain of attacks; repeatable",
    )
    parser.add_argument("--clips", type=int, default=60, help="cuts for each attack and length, in some parts of it")
    parser.add_argument("--runs", type=int, help="calls held over each relay, of each kind")
    parser.add_argument("--minutes", type=float, default=long_call.MINUTES, help="how long the long call lasts")
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="FOLDER",
        help="what calls recorded, and what came of tampered leaks, stays here and is used again",
    )
    options = parser.parse_args(arguments)
    parts = options.parts or (["seconds"] if options.attack else list(PARTS))
    if set(parts) - set(PARTS):
        parser.error("parts are " + ", ".join(PARTS))
    if not corpus.available():
        print(f"bench: {MISSING}", file=sys.stderr)
        return 1
    with ExitStack() as stack:
        bench = Bench(options, stack)
        for part in parts:
            measure(bench, part, keep=not options.attack)
    return 0


def measure(bench: Bench, part: str, *, keep: bool) -> None:
    """Measure a part, print it, and put it into the report and the README, in place of what they had of it."""
    heading, work = PARTS[part]
    started = time.perf_counter()
    text = body(heading.about, *work(bench), took_s=time.perf_counter() - started)
    print(f"## {heading.title}\n\n{text}\n", flush=True)
    if keep:
        headings = [one for one, _ in PARTS.values()]
        bodies = merged(headings, REPORT.read_text() if REPORT.exists() else "", {heading.title: text})
        REPORT.write_text(report(bodies))
        README.write_text(with_block(README.read_text(), block(headings, bodies)))


if __name__ == "__main__":
    sys.exit(main())
