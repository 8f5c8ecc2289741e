"""Rooms and sounds that are made up, for who has no recorded ones."""

from collections.abc import Callable

import numpy as np
import scipy  # loads scipy.signal when it is used, so that no other command waits for it
from numpy.typing import NDArray

from earmark.attacks.drawing import Background
from earmark.attacks.materials import stretch
from earmark.attacks.sound import Floats

Wide = NDArray[np.float64]

LOOP_S = 20.0
USUAL_RT60_S = (0.3, 0.7)
FIRST_ECHO_S = (0.002, 0.008)
DIRECT_TO_REVERBERANT_DB = (-8.0, 2.0)
DARK_ABOVE_HZ = 4_000
SYLLABLES_HZ = (3.0, 5.0)
SPEECH_HZ = (150, 500, 3_500)
BABBLERS = 8
NOTE_S = 0.5
PARTIALS = 8
SCALE_HZ = 110 * 2 ** (np.array([0, 2, 4, 5, 7, 9, 11, 12, 14, 16]) / 12)


class Synthetic:
    """Materials made by chance alone."""

    def room(self, rng: np.random.Generator, rate: int, rt60_s: float | None) -> Floats:
        """Return a direct sound and, after some milliseconds, noise that decays exponentially.

        Above 4 kHz it decays twice as fast. The reverberation is up to 8 dB stronger or 2 dB weaker than the direct
        sound.
        """
        rt60 = rng.uniform(*USUAL_RT60_S) if rt60_s is None else rt60_s
        time = np.arange(round(1.2 * rt60 * rate) + 1) / rate
        noise = rng.standard_normal((2, len(time)))
        edge = scipy.signal.butter(2, min(DARK_ABOVE_HZ, 0.4 * rate), fs=rate, output="sos")
        dark = scipy.signal.sosfilt(edge, noise[0])
        bright = noise[1] - scipy.signal.sosfilt(edge, noise[1])
        tail = dark * 10 ** (-3 * time / rt60) + bright * 10 ** (-6 * time / rt60)
        tail *= 10 ** (-rng.uniform(*DIRECT_TO_REVERBERANT_DB) / 20) / np.sqrt(np.sum(tail**2))
        response = np.concatenate([[1.0], np.zeros(round(rng.uniform(*FIRST_ECHO_S) * rate)), tail])
        # The direct sound stays the strongest sample, since it says where the response begins.
        response[1:] *= min(1.0, 0.9 / np.abs(response[1:]).max())
        return response.astype(np.float32)

    def background(self, kind: Background, rng: np.random.Generator, rate: int, samples: int) -> Floats:
        """Return a loop of 20 s, made anew for each seed."""
        makers = {"noise": noise, "talk": talk, "music": music}
        return stretch(makers[kind](rng, rate).astype(np.float32), rng, samples)


def noise(rng: np.random.Generator, rate: int) -> Wide:
    """Return pink noise, or the noise of a crowd: many voices at once."""
    if rng.random() < 0.5:
        return coloured(rng, rate, pink)
    crowd: Wide = np.sum([talk(rng, rate) for _ in range(BABBLERS)], axis=0)
    return crowd


def talk(rng: np.random.Generator, rate: int) -> Wide:
    """Return noise with the long-term spectrum of speech that comes and goes like syllables and words."""
    voice = coloured(rng, rate, speech_shaped)
    time = np.arange(len(voice)) / rate
    syllables = np.sin(2 * np.pi * rng.uniform(*SYLLABLES_HZ) * time + rng.uniform(0, 2 * np.pi))
    words = np.sin(2 * np.pi * 0.3 * time + rng.uniform(0, 2 * np.pi))
    modulated: Wide = voice * np.clip(0.5 + 0.5 * syllables, 0.05, 1) * np.clip(0.7 + words, 0.02, 1)
    return modulated


def music(rng: np.random.Generator, rate: int) -> Wide:
    """Return plucked notes of a scale, three at a time, each with a few partials."""
    note = np.arange(round(NOTE_S * rate)) / rate
    bars = [
        np.sum([plucked(hz, note) for hz in rng.choice(SCALE_HZ, 3)], axis=0) for _ in range(round(LOOP_S / NOTE_S))
    ]
    tune: Wide = np.concatenate(bars)
    return tune


def plucked(hz: float, time: Wide) -> Wide:
    """Return one note."""
    partials = np.arange(1, PARTIALS + 1)[:, None]
    tone: Wide = np.sum(np.exp(-4 * time * partials) * np.sin(2 * np.pi * hz * partials * time) / partials, axis=0)
    return tone


def coloured(rng: np.random.Generator, rate: int, shape: Callable[[Wide], Wide]) -> Wide:
    """Return 20 s of noise whose spectrum has a shape: the gain at each frequency in Hz."""
    samples = round(LOOP_S * rate)
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    hz: Wide = np.fft.rfftfreq(samples, 1 / rate).astype(np.float64)
    shaped: Wide = np.fft.irfft(spectrum * shape(hz), samples).astype(np.float64)
    return shaped


def pink(hz: Wide) -> Wide:
    """Return gains that fall by 3 dB an octave."""
    return 1 / np.sqrt(np.maximum(hz, 20))


def speech_shaped(hz: Wide) -> Wide:
    """Return gains like the long-term average of speech: level up to 500 Hz, then falling by 9 dB an octave."""
    low, knee, high = SPEECH_HZ
    gains: Wide = (hz / low) / (1 + hz / low) * np.minimum(1, knee / np.maximum(hz, 1)) ** 1.5
    return gains / (1 + (hz / high) ** 2)
