"""Fill in the results in ``patterns.json`` and ``variants.json``: ``python -m tests.vectors.make_signal``.

What is asked for stands in the files; a new vector needs its parameters there and a run of this. What has its results
keeps them: they were published.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from earmark.grid import Grid
from earmark.signal.layout import Layout
from earmark.signal.patterns import Patterns
from earmark.signal.variants import Renderer

FOLDER = Path(__file__).parent


def patterns_of(vector: dict[str, Any]) -> Patterns:
    """Return the patterns that a vector is about."""
    return Patterns(bytes.fromhex(vector["mark_key"]), Layout(vector["segment_ms"], vector["slot_ms"]))


def with_bits(vector: dict[str, Any]) -> dict[str, Any]:
    """Return a vector of ``patterns.json`` with its results."""
    patterns = patterns_of(vector)
    numbers = [one["segment"] for one in vector["segments"]]
    bits = [np.packbits(patterns.signs(number, 1).ravel() > 0).tobytes().hex() for number in numbers]
    segments = [{"segment": number, "bits": text} for number, text in zip(numbers, bits, strict=True)]
    counts = {"slots": patterns.layout.slots, "blocks_per_segment": patterns.blocks_per_segment}
    return {**vector, **counts, "segments": segments}


def with_variants(vector: dict[str, Any]) -> dict[str, Any]:
    """Return a vector of ``variants.json`` with its results."""
    grid = Grid(vector["segment_ms"], vector["segments"])
    renderer = Renderer(patterns_of(vector), grid, vector["rate"], vector["depth"])
    n = np.arange(vector["samples"])
    sound = (vector["peak"] * np.sin(np.pi * (n * n % vector["period"]) / (vector["period"] / 2))).astype(np.float32)
    (pair,) = renderer.render([sound[None]])
    found = {f"variant{one}": pair[one][0, :: vector["step"]].astype("<f4").tobytes().hex() for one in (0, 1)}
    return {**vector, **found}


def complete(vector: dict[str, Any]) -> bool:
    """Tell whether a vector has its results."""
    return "slots" in vector or "variant0" in vector


def main() -> None:
    """Fill in both files."""
    for name, fill in (("patterns", with_bits), ("variants", with_variants)):
        path = FOLDER / f"{name}.json"
        vectors = json.loads(path.read_text("utf-8"))
        vectors[name] = [vector if complete(vector) else fill(vector) for vector in vectors[name]]
        path.write_text(json.dumps(vectors, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
