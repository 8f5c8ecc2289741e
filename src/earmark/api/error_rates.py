"""How often the statements of ``verify`` are wrong: ``error_rates.json``, which ``bench/tampering.py`` writes.

A measured share, no proven bound: of stretches of the kind called so, in leaks that were tampered with after the manner
of the benchmark, so many were not what they were called.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path


@dataclass(frozen=True)
class ErrorRate:
    """How often a statement was wrong when that was measured.

    Attributes:
        state: what was stated.
        after: what had happened to the leaks besides, such as "opus:16k".
        with_original: whether the original was at hand.
        stated: how often it was stated.
        wrong: how often that was wrong.
    """

    state: str
    after: str
    with_original: bool
    stated: int
    wrong: int

    @property
    def share(self) -> float:
        """What part of the statements was wrong, as if one more had been made and been wrong: few prove little."""
        return (self.wrong + 1) / (self.stated + 1)


FILE = "error_rates.json"


@cache
def measured() -> tuple[ErrorRate, ...]:
    """Return all that was measured."""
    with files("earmark.api").joinpath(FILE).open("rb") as file:
        return tuple(ErrorRate(**one) for one in json.load(file)["rates"])


def error_rates(*, with_original: bool) -> tuple[ErrorRate, ...]:
    """Return what was measured with or without the original."""
    return tuple(one for one in measured() if one.with_original == with_original)


def error_rate(state: str, *, with_original: bool) -> float | None:
    """Return the largest share of wrong statements over all that leaks went through; None where none was measured."""
    shares = [one.share for one in error_rates(with_original=with_original) if one.state == state]
    return max(shares, default=None)


def written(rates: tuple[ErrorRate, ...], path: Path) -> None:
    """Write what was measured."""
    facts = {"measured_by": "python -m bench tampering", "rates": [vars(one) for one in rates]}
    path.write_text(json.dumps(facts, indent=2) + "\n")
