"""Leaks that somebody has tampered with, and where: what ``bench/tampering.py`` measures.

Edits are made as a forger with an ear would make them: at the softest moment within 0.15 s, with joints faded over
5 ms, and never of a mere pause. Everything is seeded.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from earmark.attacks import read_sound

RATE = 16_000
LEAK_S = 30.0
MARGIN_S = 6.0
FADE_S = 0.005
SOFTEST_S = 0.15
STEP_S = 0.01
ACTIVE_DB = 30.0
WORD_S = (0.3, 0.8)
CUT_S = (0.3, 3.0)
SENTENCE_S = (1.5, 4.0)
SPOKEN_S = (0.6, 2.5)
CALL_S = (2.0, 6.0)
ATTEMPTS = 200

LINES = (
    "I never agreed to any of this, and you all know it.",
    "We paid them in cash, every single month.",
    "Nobody outside of this room is going to find out.",
    "The report was changed before it went to the board.",
    "Yes, I told her to delete the messages.",
    "Let us do it before the inspectors arrive.",
)

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Material:
    """What forgeries are made from, all of one length but for the last two; shape (samples,) each.

    Attributes:
        copy: the marked copy that leaks.
        original: the recording it was made from, without a mark.
        files: where each of the recordings joined in it begins and ends, in samples; a speaker stays within one.
        other: a copy of another recording.
        spoken: synthetic speech.
    """

    copy: Floats
    original: Floats
    files: tuple[tuple[int, int], ...]
    other: Floats
    spoken: Floats


@dataclass(frozen=True)
class Piece:
    """A piece of a leak.

    Attributes:
        sound: shape (samples,).
        said: where in the copy it begins, in samples; None if it is of something else.
        displaced: whether it is out of the copy's order.
        marked: whether it is of the copy; of the original if not, where ``said`` is told.
    """

    sound: Floats
    said: int | None
    displaced: bool = False
    marked: bool = True


@dataclass(frozen=True)
class Forgery:
    """A leak with at most one edit.

    Attributes:
        kind: what was done.
        pieces: what it is joined from.
    """

    kind: str
    pieces: tuple[Piece, ...]

    @property
    def sound(self) -> Floats:
        """The leak; shape (samples,)."""
        return spliced([piece.sound for piece in self.pieces])

    @property
    def joints(self) -> list[float]:
        """Where pieces meet, in seconds."""
        lengths = [len(piece.sound) for piece in self.pieces[:-1]]
        return [float(end) / RATE for end in np.cumsum(lengths)] if lengths else []

    @property
    def places(self) -> list[tuple[float, float]]:
        """Where pieces meet, from the start of the pause around it to its end; twice the same if there is none."""
        sound = self.sound
        power = levels(sound)
        soft = power < np.quantile(power, 0.95) - ACTIVE_DB
        return [pause(soft, joint) for joint in self.joints]

    def at(self, time_s: float) -> tuple[Piece, float | None]:
        """Return the piece at a time of the leak, and where in the copy that was said, in seconds."""
        start = 0
        for piece in self.pieces:
            within = round(time_s * RATE) - start
            if within < len(piece.sound) or piece is self.pieces[-1]:
                break
            start += len(piece.sound)
        return piece, None if piece.said is None else (piece.said + within) / RATE


@dataclass(frozen=True)
class Forger:
    """Makes forgeries of one stretch of a copy.

    Attributes:
        material: to make them from.
        rng: decides.
        start: where the stretch begins in the copy, in samples.
    """

    material: Material
    rng: np.random.Generator
    start: int

    @property
    def file(self) -> tuple[int, int]:
        """The recording that the stretch is of."""
        return next(span for span in self.material.files if span[0] <= self.start < span[1])

    @property
    def sound(self) -> Floats:
        """The stretch as it is in the copy."""
        return self.material.copy[self.start : self.start + samples(LEAK_S)]

    def untouched(self) -> Forgery:
        """Do nothing."""
        return Forgery("untouched", (self.of_copy(0, len(self.sound)),))

    def of_copy(self, first: int, last: int, *, displaced: bool = False) -> Piece:
        """Return a piece of the stretch."""
        return Piece(self.sound[first:last], self.start + first, displaced)

    def around(self, kind: str, first: int, last: int, *pieces: Piece) -> Forgery:
        """Put pieces in place of the samples from ``first`` to ``last``."""
        return Forgery(kind, (self.of_copy(0, first), *pieces, self.of_copy(last, len(self.sound))))

    def cut(self) -> Forgery:
        """Take something out."""
        return self.around("cut", *self.piece(self.sound, CUT_S))

    def word_of_copy(self) -> Forgery:
        """Put a word in place of another one, both of the same copy and speaker."""
        return self.word("word of the same copy", self.material.copy, marked=True)

    def word_unmarked(self) -> Forgery:
        """Put an unmarked word of the same speaker in place of another one."""
        return self.word("word, unmarked", self.material.original, marked=False)

    def word(self, kind: str, source: Floats, *, marked: bool) -> Forgery:
        """Put a word of the same speaker in place of another one."""
        first, last = self.piece(self.sound, WORD_S)
        from_, to = self.file
        here = self.start - from_ + first
        for _ in range(ATTEMPTS):
            begin, end = self.piece(source[from_:to], WORD_S, margin_s=0.2)
            if end <= here - RATE or begin >= here + (last - first) + RATE:
                break
        sound = self.levelled(source[from_ + begin : from_ + end])
        word = Piece(sound, from_ + begin, displaced=True, marked=marked)
        return self.around(kind, first, last, word)

    def reordered(self) -> Forgery:
        """Let two sentences change places."""
        first, middle = self.piece(self.sound, SENTENCE_S)
        last = softest(self.sound, middle + samples(self.rng.uniform(*SENTENCE_S)))
        last = min(last, len(self.sound) - samples(2.0))
        pieces = (self.of_copy(a, b, displaced=True) for a, b in ((middle, last), (first, middle)))
        return self.around("sentences swapped", first, last, *pieces)

    def synthetic(self) -> Forgery:
        """Put synthetic speech in, in place of something or between."""
        return self.foreign("synthetic speech", self.material.spoken, SPOKEN_S)

    def other_call(self) -> Forgery:
        """Put a passage of another call in, in place of something or between."""
        return self.foreign("passage of another call", self.material.other, CALL_S)

    def foreign(self, kind: str, source: Floats, length_s: tuple[float, float]) -> Forgery:
        """Put in a piece of something else."""
        begin, end = self.piece(source, length_s, margin_s=0.2)
        first, last = self.piece(self.sound, length_s)
        if self.rng.random() < 0.5:
            last = first
        return self.around(kind, first, last, Piece(self.levelled(source[begin:end]), None))

    def levelled(self, sound: Floats) -> Floats:
        """Return a sound as loud as the stretch."""
        return sound * np.float32(loudness(self.sound) / max(loudness(sound), 1e-6))

    def piece(self, sound: Floats, length_s: tuple[float, float], margin_s: float = MARGIN_S) -> tuple[int, int]:
        """Return where a piece of ``sound`` begins and ends that has speech in at least half of it."""
        margin = samples(margin_s)
        best, most = (margin, margin + samples(length_s[0])), -1.0
        for _ in range(ATTEMPTS):
            length = samples(float(np.exp(self.rng.uniform(*np.log(length_s)))))
            room = len(sound) - 2 * margin - length
            first = softest(sound, margin + int(self.rng.integers(max(1, room))))
            last = softest(sound, first + length)
            if not 0.9 * samples(length_s[0]) <= last - first:
                continue
            share = activity(sound, first, last)
            if share > most:
                best, most = (first, last), share
            if share >= 0.5:
                break
        return best


KINDS: tuple[Callable[[Forger], Forgery], ...] = (
    Forger.cut,
    Forger.word_of_copy,
    Forger.word_unmarked,
    Forger.reordered,
    Forger.synthetic,
    Forger.other_call,
)


def forger(material: Material, seed: int) -> Forger:
    """Return the forger of a seed, at work on a stretch of one of the files."""
    rng = np.random.default_rng(seed)
    long = [span for span in material.files if span[1] - span[0] >= samples(LEAK_S + 2)]
    lengths = np.array([last - first for first, last in long], float)
    first, last = long[rng.choice(len(long), p=lengths / lengths.sum())]
    return Forger(material, rng, int(rng.integers(first, last - samples(LEAK_S))))


def samples(seconds: float) -> int:
    """Return how many samples so many seconds are."""
    return round(seconds * RATE)


def pause(soft: NDArray[np.bool_], time_s: float) -> tuple[float, float]:
    """Return from when to when it is soft around a time; that time twice if it is not.

    Args:
        soft: for each 10 ms.
        time_s: in seconds.
    """
    at = min(len(soft) - 1, round(time_s / STEP_S))
    loud = np.flatnonzero(~soft)
    before, after = loud[loud < at], loud[loud > at]
    start = STEP_S * (before[-1] + 1) if len(before) else 0.0
    end = STEP_S * (after[0] if len(after) else len(soft))
    return min(time_s, float(start)), max(time_s, float(end))


def levels(sound: Floats) -> Floats:
    """Return the power of each 10 ms, smoothed over 30 ms, in dB; shape (len(sound) // 160,)."""
    step = samples(STEP_S)
    power = np.square(sound[: len(sound) // step * step].reshape(-1, step)).mean(axis=1)
    smooth: Floats = (10 * np.log10(np.convolve(power, np.ones(3) / 3, "same") + 1e-10)).astype(np.float32)
    return smooth


def softest(sound: Floats, position: int) -> int:
    """Return the softest moment within 0.15 s of ``position``."""
    step, reach = samples(STEP_S), samples(SOFTEST_S)
    first = max(0, min(position - reach, len(sound) - 2 * reach))
    return first + step * int(levels(sound[first : first + 2 * reach]).argmin()) + step // 2


def activity(sound: Floats, first: int, last: int) -> float:
    """Return what part of a piece is not much softer than the loud parts of the sound around it."""
    around = levels(sound[max(0, first - samples(8)) : last + samples(8)])
    return float((levels(sound[first:last]) > np.quantile(around, 0.95) - ACTIVE_DB).mean())


def loudness(sound: Floats) -> float:
    """Return the root of the mean power of a sound's louder half."""
    power = np.square(sound.astype(np.float64))
    return float(np.sqrt(power[power >= np.median(power)].mean()))


def spliced(pieces: Sequence[Floats]) -> Floats:
    """Return pieces one after the other, each faded in and out over a few milliseconds."""
    fade = np.linspace(0, 1, samples(FADE_S), dtype=np.float32)
    faded = []
    for piece in pieces:
        one = piece.copy()
        if len(one) >= 2 * len(fade):
            one[: len(fade)] *= fade
            one[-len(fade) :] *= fade[::-1]
        faded.append(one)
    return np.concatenate(faded)


@cache
def spoken() -> Floats:
    """Return lines that nobody said, spoken by a synthesizer."""
    from demo.voice import speak  # noqa: PLC0415 - a library of the machine, loaded where it is needed

    with TemporaryDirectory() as folder:
        path = Path(folder) / "spoken.wav"
        speak(path, " ".join(LINES))
        said: Floats = read_sound(path).at_rate(RATE).samples[0]
        return said
