"""How others do on the same cuts, through the same attacks, in the same run as Earmark.

``resemble-perth`` says whether a sound is marked, no more; it is in the dependency group ``peers``, since it needs
torch. ``audiowmark`` carries a payload of 128 bits; it is measured where the command is on the path. A peer that is not
there has a row that says so.
"""

import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import numpy as np
import soxr
from pesq import pesq

from bench.aimed import JUDGED_RATE
from bench.aims import repeated
from bench.attacks import Attack
from bench.leaks import Mixed, drawn, named, unpacked
from bench.stage import RATE, Floats, Stage
from earmark.attacks import FLAC
from earmark.media.reading import read_resampled

ATTACKS = ("clean", "mp3:64k", "opus:16k", "opus:12k", "white:20", "loudspeaker+room+noise:20+opus:24k")
SECONDS = 10.0

ABOUT = (
    "The same cuts of 10 seconds through the same attacks. Earmark: one of 1,000 listeners named with a bound of\n"
    "1e-6; audiowmark: the right payload of 128 bits; resemble-perth: taken for marked (in brackets: the same cuts\n"
    "unmarked)."
)
HEAD = ("", "PESQ-WB", *ATTACKS)


class Peer(Protocol):
    """Another way to mark sound."""

    name: str

    def absent(self) -> str:
        """Return why it cannot be measured, nothing if it can."""

    def mark(self, sound: Floats) -> Floats:
        """Return a marked copy of a sound, shape (samples,)."""

    def found(self, sound: Floats) -> bool:
        """Tell whether the mark is found in a leak."""


class Perth:
    """resemble-perth: marked or not."""

    name = "resemble-perth"

    def absent(self) -> str:
        """Return why it cannot be measured, nothing if it can."""
        there = all(map(find_spec, ("perth", "torchaudio")))  # without the latter the former has nothing in it
        return "" if there else "not installed (`pip install --group peers`): not measured"

    @cached_property
    def _marker(self) -> Any:
        from perth import PerthImplicitWatermarker  # noqa: PLC0415 - there may be none

        return PerthImplicitWatermarker()

    def mark(self, sound: Floats) -> Floats:
        """Return a marked copy of a sound, shape (samples,)."""
        marked: Floats = self._marker.apply_watermark(sound, sample_rate=RATE)
        return np.pad(marked, (0, max(0, len(sound) - len(marked))))[: len(sound)]

    def found(self, sound: Floats) -> bool:
        """Tell whether the mark is found in a leak."""
        return bool(self._marker.get_watermark(sound, sample_rate=RATE))


class Audiowmark:
    """audiowmark: a payload of 128 bits."""

    name = "audiowmark"

    def __init__(self) -> None:
        self._payload = secrets.token_hex(16)

    def absent(self) -> str:
        """Return why it cannot be measured, nothing if it can."""
        return "" if shutil.which("audiowmark") else "not on the path: not measured"

    def mark(self, sound: Floats) -> Floats:
        """Return a marked copy of a sound, shape (samples,)."""
        with TemporaryDirectory() as folder:
            into = Path(folder) / "marked.flac"
            self._run("add", FLAC.write(sound, RATE, Path(folder) / "plain"), into, self._payload)
            return mono(into)

    def found(self, sound: Floats) -> bool:
        """Tell whether the payload is among those that it prints."""
        with TemporaryDirectory() as folder:
            return self._payload in self._run("get", FLAC.write(sound, RATE, Path(folder) / "leak"))

    @staticmethod
    def _run(*words: str | Path) -> str:
        command = [shutil.which("audiowmark") or "audiowmark", *map(str, words)]
        return subprocess.run(command, check=False, capture_output=True, text=True).stdout


def mono(path: Path) -> Floats:
    """Return the first channel of a file; shape (samples,)."""
    sound: Floats = np.concatenate(list(read_resampled(path, RATE)), axis=1)[0]
    return sound


@dataclass(frozen=True)
class Cut:
    """A stretch of the original.

    Attributes:
        sound: the stretch; shape (samples,).
        seed: of what chance decides in attacks.
    """

    sound: Floats
    seed: int

    def attacked(self, attack: str) -> Floats:
        """Return what an attack leaves of it."""
        with TemporaryDirectory() as folder:
            return mono(Attack(attack).write(self.sound, RATE, Path(folder) / "leak", self.seed))


def count(found: Callable[[Floats], bool], cuts: Sequence[Cut], attack: str) -> int:
    """Return in how many cuts a mark is found."""
    return sum(found(cut.attacked(attack)) for cut in cuts)


def row(peer: Peer, plain: Sequence[Cut]) -> tuple[str, ...]:
    """Return the row of a peer."""
    if why := peer.absent():
        return (peer.name, why, *("" for _ in ATTACKS))
    marked = [replace(cut, sound=peer.mark(cut.sound)) for cut in plain]
    cells = []
    for attack in ATTACKS:
        wrong = f" ({count(peer.found, plain, attack)})" if isinstance(peer, Perth) else ""
        cells.append(f"{count(peer.found, marked, attack)}/{len(plain)}{wrong}")
    return peer.name, quality(plain, [cut.sound for cut in marked]), *cells


def quality(plain: Sequence[Cut], marked: Sequence[Floats]) -> str:
    """Return the mean PESQ-WB of marked cuts."""
    to_judge = partial(soxr.resample, in_rate=RATE, out_rate=JUDGED_RATE)
    pairs = zip(plain, marked, strict=True)
    return f"{np.mean([pesq(JUDGED_RATE, to_judge(cut.sound), to_judge(other), 'wb') for cut, other in pairs]):.2f}"


def measure(stage: Stage, clips: int) -> Iterator[tuple[str, ...]]:
    """Yield a row for each: Earmark first."""
    leaks = [replace(one, seconds=SECONDS) for one in drawn(stage.vault, stage.copies, 1, repeated, clips)]
    original = np.load(unpacked({"original": stage.original})["original"], mmap_mode="r")
    plain = [Cut(np.array(original[leak.cut]), leak.seed) for leak in leaks]
    yield "Earmark", quality(plain, [leak.sound() for leak in leaks]), *(tally(leaks, attack) for attack in ATTACKS)
    for peer in (Audiowmark(), Perth()):
        yield row(peer, plain)


def tally(leaks: Sequence[Mixed], attack: str) -> str:
    """Return in how many leaks somebody is named."""
    return f"{sum(named(replace(leak, attack=attack)) for leak in leaks)}/{len(leaks)}"
