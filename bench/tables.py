"""Tables as people and Markdown read them."""

from collections.abc import Iterable, Sequence

MISSED = " ✗"
"""Stands behind a figure that does not reach its goal."""


def figure(value: float, shape: str, missed: bool) -> str:
    """Return a figure in a shape such as ".3f", and whether it misses its goal."""
    return format(value, shape) + MISSED * bool(missed)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table, its columns aligned."""
    texts = [[str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(row[column]) for row in texts) for column in range(len(head))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in texts
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)
