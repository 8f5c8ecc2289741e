"""How often the statements of ``verify`` are wrong: what ``bench/tampering.py`` and ``bench/call_tampering.py`` write.

A measured share, no proven bound: of stretches of the kind called so, in leaks that were tampered with after the manner
of the benchmark, so many were not what they were called.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from earmark.records.entries import Kind


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


FILES: dict[Kind, str] = {"file": "error_rates.json", "call": "call_error_rates.json"}
MEASURED_BY: dict[Kind, str] = {"file": "python -m bench tampering", "call": "python -m bench call_tampering"}


@cache
def measured(kind: Kind) -> tuple[ErrorRate, ...]:
    """Return all that was measured of leaks of files, or of calls."""
    facts = json.loads(files("earmark.api").joinpath(FILES[kind]).read_bytes())
    return tuple(ErrorRate(**one) for one in facts["rates"])


def error_rates(*, with_original: bool, kind: Kind = "file") -> tuple[ErrorRate, ...]:
    """Return what was measured with or without the original; of calls, what speakers have kept stands for it."""
    return tuple(one for one in measured(kind) if one.with_original == with_original)


def error_rate(state: str, *, with_original: bool, kind: Kind = "file") -> float | None:
    """Return the largest share of wrong statements over all that leaks went through; None where none was measured."""
    shares = [one.share for one in error_rates(with_original=with_original, kind=kind) if one.state == state]
    return max(shares, default=None)


def written(rates: tuple[ErrorRate, ...], folder: Path, kind: Kind = "file") -> None:
    """Write what was measured."""
    facts = {"measured_by": MEASURED_BY[kind], "rates": [vars(one) for one in rates]}
    (folder / FILES[kind]).write_text(json.dumps(facts, indent=2) + "\n")
