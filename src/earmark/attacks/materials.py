"""Rooms and sounds to attack with: recorded ones from files, or synthetic ones where there are none."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np

from earmark.attacks.drawing import Background
from earmark.attacks.rooms import rt60_s as rt60_of
from earmark.attacks.sound import Floats
from earmark.errors import MediaError, UsageError
from earmark.media.reading import read_resampled

SUFFIXES = frozenset({".wav", ".flac", ".aiff", ".aif", ".ogg", ".mp3", ".m4a"})
LONGEST_S = 600
LIKE_ENOUGH = 1.2

Response = tuple[float, Floats]
"""A reverberation time in seconds, and the response of a room that has it."""


@lru_cache(maxsize=64)
def loaded(path: Path, rate: int) -> Floats:
    """Return the first ten minutes of a file, resampled; shape (channels, samples)."""
    return np.concatenate(list(islice(read_resampled(path, rate), LONGEST_S)), axis=1)


@lru_cache(maxsize=64)
def responses(path: Path, rate: int) -> tuple[Response, ...]:
    """Return the channels of a room's response and their reverberation times: each is another place in the room."""
    return tuple((rt60_of(channel, rate), channel) for channel in loaded(path, rate))


@dataclass(frozen=True)
class Recorded:
    """Recorded materials.

    Attributes:
        rooms: files with responses of rooms.
        noise: with background noise.
        talk: with speech.
        music: with music.
    """

    rooms: tuple[Path, ...] = ()
    noise: tuple[Path, ...] = ()
    talk: tuple[Path, ...] = ()
    music: tuple[Path, ...] = ()

    @classmethod
    def in_folder(cls, folder: Path) -> "Recorded":
        """Return what lies in the folders ``rooms``, ``noise``, ``talk`` and ``music`` of a folder.

        Raises:
            MediaError: ``folder`` is none.
        """
        if not folder.is_dir():
            hint = "Name one with folders rooms, noise, talk and music in it."
            raise MediaError(f"{folder} is not a folder", hint)
        return cls(*(sounds_in(folder / kind) for kind in ("rooms", "noise", "talk", "music")))

    def room(self, rng: np.random.Generator, rate: int, rt60_s: float | None) -> Floats:
        """Return a response; one with a reverberation time within a fifth of ``rt60_s``, or else the nearest.

        Where none is asked for, every room is as likely as any other, from however many places it was recorded.
        """
        files = some(self.rooms, "rooms")
        if rt60_s is None:
            known = list(responses(files[rng.integers(len(files))], rate))
        else:
            known = likest([one for path in files for one in responses(path, rate)], rt60_s)
        return known[rng.integers(len(known))][1]

    def background(self, kind: Background, rng: np.random.Generator, rate: int, samples: int) -> Floats:
        """Return a stretch of one of the files."""
        files = some({"noise": self.noise, "talk": self.talk, "music": self.music}[kind], kind)
        return stretch(loaded(files[rng.integers(len(files))], rate).mean(axis=0), rng, samples)


def sounds_in(folder: Path) -> tuple[Path, ...]:
    """Return the sound files of a folder; none where it does not exist."""
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return tuple(path for path in found if path.suffix.lower() in SUFFIXES and path.is_file())


def some(files: tuple[Path, ...], kind: str) -> tuple[Path, ...]:
    """Return ``files``; raise a UsageError if there are none."""
    if not files:
        hint = f"Put WAV or FLAC files into its folder {kind!r}, or leave the materials out for synthetic ones."
        raise UsageError(f"the materials have nothing for {kind!r}", hint)
    return files


def likest(known: list[Response], rt60_s: float) -> list[Response]:
    """Return the responses with a reverberation time within a fifth of ``rt60_s``, or else the nearest."""
    ordered = sorted(known, key=lambda one: unlike(one[0], rt60_s))
    alike = sum(unlike(time, rt60_s) <= LIKE_ENOUGH for time, _ in known)
    return ordered[: max(1, alike)]


def unlike(one: float, other: float) -> float:
    """Return the ratio of two times, the larger to the smaller."""
    small, large = sorted((max(one, 1e-3), max(other, 1e-3)))
    return large / small


def stretch(sound: Floats, rng: np.random.Generator, samples: int) -> Floats:
    """Return so many samples of ``sound``, shape (n,), from anywhere on and over again if it is short."""
    return np.resize(np.roll(sound, rng.integers(len(sound))), samples)
