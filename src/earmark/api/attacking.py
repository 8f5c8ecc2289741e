"""Attacking: what would be left of a copy after a room, a telephone, a messenger, an editor?"""

from dataclasses import dataclass
from pathlib import Path

from earmark.api.progress import Progress, silent
from earmark.attacks import CATALOGUE, Chain, Materials, Recorded, Sound, Synthetic, read_sound
from earmark.attacks.output import Output
from earmark.errors import UsageError
from earmark.media.pending import finish, new_part, sweep
from earmark.media.source import probe, require_file


@dataclass(frozen=True)
class Attacked:
    """What is left of a copy.

    Attributes:
        path: the file written.
        sha256: of it, in hexadecimal.
        effects: what happened, in this order.
        seed: of what chance decided.
        in_step: whether every sample stayed where it was.
        seconds: how long it is.
        seconds_before: how long the copy was.
        notes: what is worth knowing, each a clause that can be printed.
    """

    path: Path
    sha256: str
    effects: tuple[str, ...]
    seed: int
    in_step: bool
    seconds: float
    seconds_before: float
    notes: tuple[str, ...]


@dataclass(frozen=True)
class EffectSummary:
    """An effect that can be asked for.

    Attributes:
        name: before the colon.
        usage: how it is written.
        help: what it does.
        in_step: whether every sample stays where it was.
    """

    name: str
    usage: str
    help: str
    in_step: bool


@dataclass(frozen=True)
class EffectList:
    """All effects there are.

    Attributes:
        effects: in the order of the documentation.
    """

    effects: tuple[EffectSummary, ...]


def effects() -> EffectList:
    """Return all effects that ``attack`` knows."""
    known = (EffectSummary(kind.name, kind.usage, kind.help, kind.in_step) for kind in CATALOGUE.values())
    return EffectList(tuple(known))


def attack(
    source: Path,
    out: Path,
    effects: str,
    *,
    seed: int = 0,
    materials: Path | None = None,
    force: bool = False,
    progress: Progress = silent,
) -> Attacked:
    """Do to a copy what might be done to a leak, and write what is left of it.

    All of the sound is in memory: about 5 GB for an hour of stereo at 48 kHz.

    Args:
        source: the copy, or any sound file; never changed.
        out: the file to write; its ending chooses the container.
        effects: their names, joined by commas or plus signs, such as "room,noise:20,opus:16k".
        seed: of what chance decides; the same seed does the same.
        materials: a folder with folders "rooms", "noise", "talk" and "music" of recordings; None for synthetic ones.
        force: replace ``out`` if it is there; never ``source``.
        progress: told about the stages "reading", "attacking" and "writing".

    Raises:
        UsageError: there is no such effect, it does not take this amount, or ``out`` is in the way or of no known kind.
        MediaError: ``source`` or a material cannot be read, or ``out`` cannot be written.
        EarmarkError: an effect needs a library that is not installed, or leaves nothing.
    """
    chain = Chain.parse(effects)
    output = Output.of(chain, out)
    require_seed(seed)
    require_free(source, out, force=force)
    drawn: Materials = Synthetic() if materials is None else Recorded.in_folder(materials)
    notes = (*output.notes, *(("the picture is left out",) if probe(source).has_video else ()))
    progress("reading", 0.0)
    sound = read_sound(source)
    before = sound.seconds
    steps = output.chain.steps if output.chain is not None else ()
    for number, step in enumerate(steps):
        progress("attacking", number / len(steps))
        sound = step.apply(sound, number, seed, drawn)
    digest = written(sound, output, out, force=force, progress=progress)
    names = tuple(step.name for step in chain.steps)
    return Attacked(out, digest, names, seed, chain.in_step, sound.seconds, before, notes)


def require_seed(seed: int) -> None:
    """Raise a UsageError unless chance can begin with ``seed``."""
    if not 0 <= seed < 1 << 63:
        raise UsageError(f"{seed} is no seed", "It is a whole number, 0 or more.")


def require_free(source: Path, out: Path, *, force: bool) -> None:
    """Raise a UsageError if ``out`` is the input, or is there and may not be replaced."""
    require_file(source)
    if out.is_symlink() and not out.exists():
        raise UsageError(f"{out} exists already, as a link to what is not there", "Choose another name.")
    if out.exists():
        if out.samefile(source):
            raise UsageError(f"{out} is the copy itself", "Choose another name: the input is never overwritten.")
        if not force:
            raise UsageError(f"{out} exists already", "Choose another name, or --force to replace it.")
    if not out.parent.is_dir():
        raise UsageError(f"{out.parent} is not a folder", "Make it first, or choose another.")


def written(sound: Sound, output: Output, out: Path, *, force: bool, progress: Progress) -> str:
    """Write ``sound`` to ``out``, whole or not at all, and return its SHA-256 in hexadecimal."""
    progress("writing", 0.0)
    sweep(out.parent)
    with new_part(out) as (part, lock):
        output.save(sound, part)
        pending = finish(out, part, lock)
        pending.commit(overwrite=force)
    progress("writing", 1.0)
    return pending.sha256
