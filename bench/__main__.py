"""Measure what Earmark reaches, and print tables: ``python -m bench`` for all, or name some of the parts.

Parts: ``quality``, ``seconds``, ``innocents``, ``speed``. All of them together take about half an hour on two cores.
Each writes its table into ``docs/benchmarks.md`` and ``README.md``; ``--attack NAME`` measures and prints the seconds
for one chain of attacks, see ``bench.attacks``.
"""

import argparse
import os
import platform
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

from bench import corpus, innocents, quality, seconds, speed
from bench.attacks import MAIN
from bench.stage import COPIES, Stage, stage
from bench.tables import table

ROOT = Path(__file__).resolve().parents[1]
REPORT, README = ROOT / "docs" / "benchmarks.md", ROOT / "README.md"
SECTION = re.compile(r"^## (.+)\n\n((?:\|.*\n?)+)", re.MULTILINE)
BLOCK = re.compile(r"(<!-- bench -->).*?(<!-- /bench -->)", re.DOTALL)
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

    def quality(self) -> str:
        """Return how copies sound."""
        return table(quality.HEAD, quality.rows(quality.measure()))

    def seconds(self) -> str:
        """Return how long leaks have to be."""
        attacks = self._options.attack or MAIN
        clips = self._options.clips
        return table((*seconds.HEAD, f"named, of {clips} cuts"), shown(seconds.measure(self._stage, attacks, clips)))

    def innocents(self) -> str:
        """Return how often innocents are named."""
        return table(innocents.HEAD, innocents.measure(self._stage, self._options.clips))

    def speed(self) -> str:
        """Return how fast everything is."""
        return table(speed.HEAD, shown(speed.rows(self._stage)))


PARTS: dict[str, tuple[str, Callable[[Bench], str]]] = {
    "quality": ("How copies sound", Bench.quality),
    "seconds": ("Seconds of leak to name one of 1,000 listeners, family-wise 1e-6", Bench.seconds),
    "innocents": ("How often innocents are named", Bench.innocents),
    "speed": ("Speed and memory", Bench.speed),
}


def shown(rows: Iterator[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Yield rows and show each as soon as it is there."""
    for row in rows:
        print("  ".join(row), file=sys.stderr, flush=True)
        yield row


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help="what to measure: " + ", ".join(PARTS))
    parser.add_argument("--attack", action="append", help="measure the seconds for this chain of attacks; repeatable")
    parser.add_argument("--clips", type=int, default=60, help="cuts for each attack and length (default 60)")
    options = parser.parse_args(arguments)
    parts = options.parts or (["seconds"] if options.attack else list(PARTS))
    if set(parts) - set(PARTS):
        parser.error("parts are " + ", ".join(PARTS))
    if not corpus.available():
        print(f"bench: {MISSING}", file=sys.stderr)
        return 1
    with ExitStack() as stack:
        bench = Bench(options, stack)
        measured = {PARTS[part][0]: PARTS[part][1](bench) for part in parts}
    print(report(measured))
    if not options.attack:
        publish(measured)
    return 0


def report(tables: Mapping[str, str]) -> str:
    """Return tables and what they are of."""
    machine = f"{platform.machine()}, {os.cpu_count()} shared cores, Python {platform.python_version()}"
    head = (
        f"# Benchmarks\n\nMade by `make bench` on {machine}.\n"
        "Real speech and meetings; rooms, noises and talkers are held ones that nothing was tuned on.\n"
    )
    return "\n".join([head, *(f"## {title}\n\n{rows}\n" for title, rows in tables.items())])


def publish(measured: Mapping[str, str]) -> None:
    """Put what was measured into the report, in place of what it had of it, and all of the report into the README."""
    known = {title: rows.strip() for title, rows in SECTION.findall(REPORT.read_text())} if REPORT.exists() else {}
    tables = {title: measured.get(title, known.get(title)) for title, _ in PARTS.values()}
    there = {title: rows for title, rows in tables.items() if rows is not None}
    REPORT.write_text(report(there))
    block = "\n\n".join(f"**{title}**\n\n{rows}" for title, rows in there.items())
    README.write_text(BLOCK.sub(lambda found: f"{found[1]}\n{block}\n{found[2]}", README.read_text()))


if __name__ == "__main__":
    sys.exit(main())
