"""How often innocent listeners are named by leaks of calls, of which several pieces of evidence are tried.

What is heard of two speakers is put to the codebook together, and each of them by itself, as ``trace`` does. Leaks are
of one copy, or of two mixed, among them those of the speakers: neither hears their own words, so that each stream is
then of one copy alone. Codebooks are drawn as for leaks of files (``innocents``): the call's own biases and fresh
secrets, in every other one in the company of the guilty.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.attacks import Attack
from bench.call_forgery import CALL_ID, LATE_S, SPEAKERS, Floats, buffered, part_of, rendered, turns_of
from bench.codebooks import BOUNDS, CODEBOOKS, Tally, counted, named_in, rows
from earmark.api.finding import Heard, hear
from earmark.api.looking import Track
from earmark.api.progress import silent
from earmark.codes.codebook import Codebook
from earmark.grid import BLOCK_SEGMENTS, Grid
from earmark.signal.calls import RATE, SEGMENT_MS, SLOT_MS

SECONDS = 20.0
TURN_S = 2.0
STREAMS = 2
COALITION = 4
CODED = "opus:16k"
KIND_HEAD = ("copies of", "leaks", "surely of the call", "pieces of evidence each")


@dataclass(frozen=True)
class Kind:
    """Whose copies go into a leak.

    Attributes:
        name: in words.
        speaks: for each of them in which stream they speak, which they do not hear; None if in neither.
        in_turns: whether one copy is played after the other, or both at once.
    """

    name: str
    speaks: tuple[int | None, ...]
    in_turns: bool = False


KINDS = (
    Kind("one listener", (None,)),
    Kind("two listeners, averaged", (None, None)),
    Kind("two listeners, in turns", (None, None), in_turns=True),
    Kind("a speaker and a listener, averaged", (0, None)),
    Kind("both speakers, averaged", (0, 1)),
)


def mixed(variants: tuple[Floats, Floats], bits: Sequence[Floats], *, in_turns: bool) -> Floats:
    """Return what copies make of a stream; shape (samples,).

    Args:
        variants: what the speaker said in both, shape (1, samples) each.
        bits: for each copy which variant each segment has, shape (segments,).
        in_turns: see ``Kind``.
    """
    which = [np.repeat(one, RATE * SEGMENT_MS // 1000).astype(bool) for one in bits]
    first, second = (variant[0, : which[0].size] for variant in variants)
    copies = np.stack([np.where(one, second, first) for one in which])
    turn = np.arange(copies.shape[1]) // round(TURN_S * RATE) % len(copies)
    mix = np.take_along_axis(copies, turn[None], axis=0)[0] if in_turns else copies.mean(axis=0)
    return np.asarray(mix, np.float32)


def heard_of(kind: Kind, rng: np.random.Generator, seed: int) -> tuple[Heard, Codebook, list[bytes]]:
    """Hold a call, leak it, and listen to the leak; return the codebook and the secrets of the guilty as well."""
    length = round(SECONDS * RATE)
    voices = np.stack([part_of(SPEAKERS[one], length, rng) for one in rng.permutation(len(SPEAKERS))[:STREAMS]])
    said, keys = voices * turns_of(length, rng), [rng.bytes(32) for _ in range(STREAMS)]
    book = Codebook(CALL_ID.encode(), rng.bytes(32), COALITION, STREAMS * BLOCK_SEGMENTS)
    guilty = [rng.bytes(32) for _ in kind.speaks]
    segments, leak = Grid.over(length, RATE, SEGMENT_MS).segments, np.zeros(length + RATE, np.float32)
    for stream, key in enumerate(keys):
        numbers = stream * BLOCK_SEGMENTS + np.arange(segments)
        heard = [secret for secret, speaks in zip(guilty, kind.speaks, strict=True) if speaks != stream]
        copies = mixed(
            rendered(said[stream : stream + 1], key), list(book.bits(heard, numbers)), in_turns=kind.in_turns
        )
        sound, start = buffered(copies, rng), round(rng.uniform(*LATE_S) * RATE)
        leak[start : start + sound.size] += sound[: leak.size - start]
    leak /= max(1.0, float(np.abs(leak).max()) / 0.9)
    grid = Grid(SEGMENT_MS, BLOCK_SEGMENTS)
    tracks = [Track(CALL_ID, key, grid, SLOT_MS, number, (number,)) for number, key in enumerate(keys)]
    with TemporaryDirectory() as folder:
        return hear(Attack(CODED).write(leak, RATE, Path(folder) / "leak", seed), tracks, silent), book, guilty


@dataclass(frozen=True)
class Outcome:
    """What a leak has come to.

    Attributes:
        sure: whether it was surely of the call.
        attempts: how many pieces of evidence there were.
        named: in how many codebooks anybody innocent was named, for each of ``BOUNDS``.
    """

    sure: bool
    attempts: int
    named: tuple[int, ...]


def outcome(seed: int) -> Outcome:
    """Make a leak and put its evidence to codebooks."""
    rng = np.random.default_rng([8, seed])
    heard, book, guilty = heard_of(KINDS[seed % len(KINDS)], rng, seed)
    return Outcome(heard.sure, len(heard.found), tuple(named_in(heard.found, book, guilty, rng)))


def measure(leaks: int) -> Mapping[str, list[Outcome]]:
    """Return what leaks have come to, by kind, so many of each."""
    with ProcessPoolExecutor(2) as pool:
        found = list(counted(pool.map(outcome, range(leaks * len(KINDS))), leaks * len(KINDS)))
    return {kind.name: found[place :: len(KINDS)] for place, kind in enumerate(KINDS)}


ABOUT = (
    "Leaks of 20 seconds of a call of two speakers, after Opus at 16 kb/s: what is heard of both together and of\n"
    "each by itself, with their shares of the chance allowed, is put to codebooks of 60 innocents each, half of the\n"
    "time in the company of the guilty. An innocent must not be named by any of it more often than was asked for."
)


def table_rows(found: Mapping[str, Sequence[Outcome]]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each bound."""
    yield from rows({"all": tally(one for outcomes in found.values() for one in outcomes)})


def tally(outcomes: Iterator[Outcome]) -> Tally:
    """Return how often anybody innocent was named."""
    listed = list(outcomes)
    named = np.array([one.named for one in listed]).reshape(-1, len(BOUNDS)).sum(axis=0)
    return Tally(len(listed) * CODEBOOKS, tuple(named.tolist()))


def kind_rows(found: Mapping[str, Sequence[Outcome]]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each kind of leak: that there was evidence, and how much."""
    for name, outcomes in found.items():
        pieces = sorted(one.attempts for one in outcomes)
        yield name, str(len(outcomes)), str(sum(one.sure for one in outcomes)), f"{pieces[0]} to {pieces[-1]}"
