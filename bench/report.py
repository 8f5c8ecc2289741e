"""The report of all figures, ``docs/benchmarks.md``, and the main ones of them in the README.

Every part has a section of its own, so that parts can be measured by themselves: what is measured anew replaces its
section, the others stay.
"""

import os
import platform
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SECTION = re.compile(r"^## ([^\n]+)\n\n(.*?)\n*(?=^## |\Z)", re.MULTILINE | re.DOTALL)
TABLE = re.compile(r"(?:^\|.*\n?)+", re.MULTILINE)
BLOCK = re.compile(r"(<!-- bench -->).*?(<!-- /bench -->)", re.DOTALL)


@dataclass(frozen=True)
class Heading:
    """What a section is called.

    Attributes:
        title: its heading.
        about: what is measured, in a sentence or two.
        main: whether the README has its table.
    """

    title: str
    about: str
    main: bool = False


def body(about: str, *blocks: str, took_s: float) -> str:
    """Return what stands under a heading: what is measured, tables and pictures, and what it took."""
    minutes = f"{took_s / 60:.0f} min" if took_s >= 100 else f"{took_s:.0f} s"
    return "\n\n".join([about, *blocks, f"Measured in {minutes}."])


def merged(headings: Iterable[Heading], old: str, new: Mapping[str, str]) -> dict[str, str]:
    """Return the bodies of all sections there are, by title: the new ones, or else those of an old report."""
    bodies = dict(SECTION.findall(old)) | dict(new)
    return {heading.title: bodies[heading.title] for heading in headings if heading.title in bodies}


def report(bodies: Mapping[str, str]) -> str:
    """Return the report."""
    machine = f"{platform.machine()}, {os.cpu_count()} shared cores, Python {platform.python_version()}"
    head = (
        f"# Benchmarks\n\nMade by `make bench` on {machine}; `python -m bench PART` measures a part by itself.\n"
        "Real speech and meetings. Speakers, rooms, noises and talkers are held ones, which nothing was tuned on\n"
        "(`HELD…` in `bench/corpus.py`). All leaks are traced blind: `trace` gets the vault and a file.\n"
    )
    return "\n".join([head, *(f"## {title}\n\n{text}\n" for title, text in bodies.items())])


def block(headings: Iterable[Heading], bodies: Mapping[str, str]) -> str:
    """Return the tables of the main sections."""
    tables = [
        f"**{heading.title}**\n\n{found[0].strip()}"
        for heading in headings
        if heading.main and (found := TABLE.search(bodies.get(heading.title, "")))
    ]
    return "\n\n".join(tables)


def with_block(readme: str, tables: str) -> str:
    """Return the README with other tables between its marks."""
    return BLOCK.sub(lambda found: f"{found[1]}\n{tables}\n{found[2]}", readme)
