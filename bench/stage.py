"""The stage that benchmarks play on: a long briefing of real speech, marked for a thousand listeners."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from bench import corpus
from bench.attacks import Codec
from earmark.api import Vault, mark, read_listeners
from earmark.media.reading import read_blocks
from earmark.media.source import probe

RATE = 48_000
BRIEFING_S = 38 * 60
LISTENERS = 1_000
COPIES = 4

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Stage:
    """A marked recording and its vault.

    Attributes:
        vault: folder of the vault.
        original: the recording as a FLAC file.
        copies: the copies made, by listener.
    """

    vault: Path
    original: Path
    copies: dict[str, Path]


def listener_id(number: int) -> str:
    """Return the id of a listener."""
    return f"listener-{number:06d}"


@contextmanager
def stage(
    rendered: int, *, seconds: float = BRIEFING_S, listeners: int = LISTENERS, depth: float | None = None
) -> Iterator[Stage]:
    """Mark a briefing for many listeners and render the copies of some of them, in a temporary folder.

    Args:
        rendered: how many copies.
        seconds: length of the briefing.
        listeners: how many are on record.
        depth: how strongly to mark; None for what is usual.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        original = Codec("flac", ".flac").write(corpus.briefing(seconds, RATE), RATE, folder / "briefing")
        chosen = [listener_id(number * (listeners // rendered)) for number in range(rendered)]
        ids = "id\n" + "".join(f"{listener_id(number)}\n" for number in range(listeners))
        with Vault.init(folder / "vault") as vault:
            people = read_listeners(io.BytesIO(ids.encode()))
            done = mark(vault, original, people, folder / "copies", only=chosen, depth=depth)
        yield Stage(folder / "vault", original, {copy.listener: copy.path for copy in done.copies})


def sound_of(path: Path) -> Floats:
    """Return a mono file's samples; shape (samples,)."""
    sound: Floats = np.concatenate(list(read_blocks(probe(path))), axis=1)[0]
    return sound
