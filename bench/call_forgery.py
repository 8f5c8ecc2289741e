"""Calls of two that were held without a network, and leaks of them that somebody has tampered with.

What each speaker says is rendered in both variants, as their page does; the listener gets a random one per segment, and
each stream late by a time of its own, as a jitter buffer plays it. An edit is made in all streams at once: the leak is
their sum.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from bench import corpus, forgery
from bench.forgery import ACTIVE_DB, levels, pause, softest
from earmark.api.looking import Track
from earmark.grid import BLOCK_SEGMENTS, Grid
from earmark.signal.calls import DEPTH, RATE, SEGMENT_MS, SLOT_MS
from earmark.signal.layout import Layout
from earmark.signal.patterns import Patterns
from earmark.signal.variants import Renderer

CALL_S = 48.0
TURN_S, OVERLAP_S = (3.0, 8.0), (0.0, 1.0)
LATE_S, WARP_S, APART_S = (0.02, 0.25), 0.02, (8.0, 16.0)
MARGIN_S = 6.0
CUT_S, MOVED_S, PUT_IN_S, WORD_S = (0.6, 6.0), (2.5, 6.0), (2.0, 6.0), (0.5, 1.5)
FADE = 240
PER_STEP: int = RATE // forgery.RATE
CALL_ID = "call-benchmrk"

SPEAKERS = (
    "speech/librispeech-testother_2609_en",
    "speech/librispeech-testother_2033_en",
    "speech/asterisk_allison-smith_en",
    "speech/webaudio_obama_en",
    "speech/ktuberling_en1_en",
)
"""Held recordings of one speaker each."""

Floats = NDArray[np.float32]
Piece = tuple[int, int] | None
"""From where to where in the call; None for what was put in."""


@dataclass(frozen=True)
class HeldCall:
    """A call as one listener heard it.

    Attributes:
        said: what each of the two speakers said, shape (2, samples); streams have their numbers.
        heard: what the listener heard of each, and another voice, to be put in; shape (3, samples).
        tracks: what listening may know.
    """

    said: Floats = field(repr=False)
    heard: Floats = field(repr=False)
    tracks: tuple[Track, ...]

    def frames(self, stream: int) -> dict[int, bytes]:
        """Return what a speaker has kept: Opus frames by their places."""
        return dict(enumerate(coded(self.said[stream : stream + 1])))


@dataclass(frozen=True)
class CallForgery:
    """A leak of a call with at most one edit.

    Attributes:
        kind: what was done.
        pieces: from where to where in the call it is; None for what was put in.
        displaced: which of the pieces are out of the call's order, or may be held to be.
        voices: what is heard of each speaker, and of what was put in; shape (3, samples).
    """

    kind: str
    pieces: tuple[Piece, ...]
    displaced: frozenset[int]
    voices: Floats = field(repr=False)
    ends: tuple[int, ...]

    @property
    def sound(self) -> Floats:
        """The leak; shape (samples,)."""
        mix: Floats = self.voices.sum(axis=0)
        return mix / np.float32(max(1.0, float(np.abs(mix).max()) / 0.9))

    @property
    def joints(self) -> list[float]:
        """Where pieces meet, in seconds."""
        return [end / RATE for end in self.ends[:-1]]

    def places(self, speaker: int | None = None) -> list[tuple[float, float]]:
        """Return where pieces meet, from the start of the pause around it to its end: of all, or of one speaker."""
        power = levels(coarse(self.voices.sum(axis=0) if speaker is None else self.voices[speaker]))
        soft = power < np.quantile(levels(coarse(self.voices.sum(axis=0))), 0.95) - ACTIVE_DB
        return [pause(soft, joint) for joint in self.joints]

    def at(self, time_s: float) -> tuple[int, float | None]:
        """Return which piece is at a time of the leak, and when in the call that was; None if it was not."""
        number = min(int(np.searchsorted(self.ends, time_s * RATE, side="right")), len(self.ends) - 1)
        piece, start = self.pieces[number], (0, *self.ends)[number]
        return number, None if piece is None else (piece[0] - start) / RATE + time_s


def held_call(rng: np.random.Generator) -> HeldCall:
    """Hold a call."""
    names = rng.permutation(len(SPEAKERS))[:3]
    length = round(CALL_S * RATE)
    voices = [part_of(SPEAKERS[name], length, rng) for name in names]
    said = np.stack([voice * turns for voice, turns in zip(voices[:2], turns_of(length, rng), strict=True)])
    keys = [hashlib.sha256(rng.bytes(32)).digest() for _ in range(2)]
    heard = np.zeros((3, length + RATE), np.float32)
    for stream, key in enumerate(keys):
        sound = buffered(dealt(said[stream : stream + 1], key, rng), rng)
        start = round(rng.uniform(*LATE_S) * RATE)
        heard[stream, start : start + len(sound)] = sound[: heard.shape[1] - start]
    heard[2, :length] = voices[2]
    grid = Grid(SEGMENT_MS, BLOCK_SEGMENTS)
    tracks = tuple(Track(CALL_ID, key, grid, SLOT_MS, number, (number,)) for number, key in enumerate(keys))
    return HeldCall(said, heard[:, :length], tracks)


def part_of(name: str, length: int, rng: np.random.Generator) -> Floats:
    """Return so much of a recording, from any place on, around its end if need be, at one level."""
    sound = corpus.load(name, RATE)
    part = np.take(sound, np.arange(length) + rng.integers(len(sound)), mode="wrap")
    return np.asarray(part * np.float32(0.1 / forgery.loudness(part)), np.float32)


def turns_of(length: int, rng: np.random.Generator) -> Floats:
    """Return who of two speaks when, softly on and off; shape (2, length)."""
    speaks, at, who = np.zeros((2, length), np.float32), 0, int(rng.integers(2))
    while at < length:
        end = at + round(rng.uniform(*TURN_S) * RATE)
        speaks[who, at : end + round(rng.uniform(*OVERLAP_S) * RATE)] = 1.0
        at, who = end, 1 - who
    soft = np.hanning(2 * FADE + 1)[1:-1] / FADE
    return np.stack([np.convolve(one, soft, "same") for one in speaks]).astype(np.float32)


def rendered(sound: Floats, key: bytes, slot_ms: int = SLOT_MS) -> tuple[Floats, Floats]:
    """Return both variants of what a member says, each of shape (1, samples), as their page makes them."""
    patterns = Patterns(key, Layout(SEGMENT_MS, slot_ms))
    renderer = Renderer(patterns, Grid.over(sound.shape[1], RATE, SEGMENT_MS), RATE, DEPTH)
    first, second = zip(*renderer.render([sound]), strict=True)
    return np.concatenate(first, axis=1), np.concatenate(second, axis=1)


def dealt(sound: Floats, key: bytes, rng: np.random.Generator) -> Floats:
    """Return what a listener is dealt of a stream: of each segment one variant; shape (samples,)."""
    first, second = (variant[0] for variant in rendered(sound, key))
    segments = Grid.over(sound.shape[1], RATE, SEGMENT_MS).segments
    which = np.repeat(rng.integers(2, size=segments), RATE * SEGMENT_MS // 1000)
    mixed: Floats = np.where(which, second[: which.size], first[: which.size]).astype(np.float32)
    return mixed


def buffered(sound: Floats, rng: np.random.Generator, every_s: tuple[float, float] = APART_S) -> Floats:
    """Return a stream as a jitter buffer plays it: now and then 20 ms are left out, or there twice.

    Between two such moments lie ``every_s`` seconds, from the least to the most.
    """
    step, pieces, at = round(WARP_S * RATE), [], 0
    while at < sound.size:
        until = at + round(rng.uniform(*every_s) * RATE)
        pieces.append(sound[at:until])
        at = until + (step if rng.random() < 0.5 else -step)
    return np.concatenate(pieces)


def coded(sound: Floats) -> list[bytes]:
    """Return the Opus frames of a sound at 48 kHz, shape (1, samples), as browsers code them."""
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, AudioCodecContext)  # noqa: S101 - to the types' liking
    encoder.sample_rate, encoder.layout, encoder.format, encoder.bit_rate = RATE, "mono", "flt", 32_000
    encoder.options = {"application": "audio", "vbr": "off"}
    packets, step = [], RATE // 50
    for start in range(0, sound.shape[1] // step * step, step):
        frame = AudioFrame.from_ndarray(
            np.ascontiguousarray(sound[:, start : start + step]), format="flt", layout="mono"
        )
        frame.sample_rate, frame.pts = RATE, start
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets


def coarse(sound: Floats) -> Floats:
    """Return a sound at the rate that levels are measured at."""
    return sound[::PER_STEP]


@dataclass(frozen=True)
class CallForger:
    """Makes one edit in what a listener heard of a call.

    Attributes:
        call: what was heard.
        rng: decides.
    """

    call: HeldCall
    rng: np.random.Generator

    @property
    def length(self) -> int:
        """Samples of what was heard."""
        return int(self.call.heard.shape[1])

    def untouched(self) -> CallForgery:
        """Do nothing."""
        return self.joined("untouched", (0, self.length))

    def cut(self) -> CallForgery:
        """Take something out."""
        first, last = self.piece(CUT_S)
        return self.joined("cut", (0, first), (last, self.length))

    def moved(self) -> CallForgery:
        """Put a passage elsewhere; where two neighbours change places, either may be held to have moved."""
        first, last = self.piece(MOVED_S)
        before, after = self.softest(MARGIN_S), self.length - round(MARGIN_S * RATE)
        if first - before > after - last:
            return self.joined("passage moved", (0, before), (first, last), (before, first), (last, self.length))
        after = self.softest(after / RATE)
        return self.joined("passage moved", (0, first), (last, after), (first, last), (after, self.length))

    def put_in(self) -> CallForgery:
        """Put in what somebody else has said elsewhere."""
        first, _ = self.piece(PUT_IN_S)
        return self.joined("other voice put in", (0, first), None, (first, self.length))

    def word(self) -> CallForgery:
        """Put words of another place of the same call in place of others."""
        first, last = self.piece(WORD_S)
        other = self.piece(WORD_S)
        while other[0] < last + RATE and first < other[1] + RATE:
            other = self.piece(WORD_S)
        return self.joined("words of the same call", (0, first), other, (last, self.length), displaced=frozenset({1}))

    def piece(self, length_s: tuple[float, float]) -> tuple[int, int]:
        """Return where a piece begins and ends."""
        length = float(np.exp(self.rng.uniform(*np.log(length_s))))
        start = self.rng.uniform(MARGIN_S, CALL_S - MARGIN_S - length)
        return self.softest(start), self.softest(start + length)

    def softest(self, time_s: float) -> int:
        """Return the softest moment near a time, in samples."""
        mix = coarse(self.call.heard[:2].sum(axis=0))
        return int(softest(mix, round(time_s * forgery.RATE))) * PER_STEP

    def joined(self, kind: str, *pieces: Piece, displaced: frozenset[int] = frozenset()) -> CallForgery:
        """Return the leak that pieces make."""
        heard, some = self.call.heard, round(self.rng.uniform(*PUT_IN_S) * RATE)
        silence, start = np.zeros((2, some), np.float32), int(self.rng.integers(self.length - some))
        foreign = np.concatenate([silence, heard[2:, start : start + some]])
        quiet = np.array([[1], [1], [0]], np.float32)
        cut = [foreign if one is None else quiet * heard[:, slice(*one)] for one in pieces]
        places = [one[0] for one in pieces if one is not None]
        out = {number for number, one in enumerate(pieces) if one is not None and places != sorted(places)}
        moved = displaced or frozenset(out - {0, len(pieces) - 1})
        ends = tuple(np.cumsum([one.shape[1] for one in cut]).tolist())
        voices = np.stack([forgery.spliced([one[row] for one in cut]) for row in range(3)])
        return CallForgery(kind, pieces, moved, voices, ends)


KINDS: tuple[Callable[[CallForger], CallForgery], ...] = (
    CallForger.cut,
    CallForger.moved,
    CallForger.put_in,
    CallForger.word,
    CallForger.untouched,
)
