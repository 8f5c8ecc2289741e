"""A call as its vault and its listeners have it, made without a network.

What each speaker says is rendered in both variants, as their page does, and every listener gets what is dealt to them:
per segment the variant of their codeword, each stream late by a little of its own, as a jitter buffer plays it.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from tests.api.voices import Sound, speech
from tests.members import Clock, Member

from bench.call_forgery import APART_S, buffered, coded, rendered
from earmark.api.finding import DETECTOR
from earmark.codes.codebook import Bits, Codebook
from earmark.grid import BLOCK_SEGMENTS
from earmark.records.calls.entries import NewCall
from earmark.records.calls.pieces import SUITE, Piece, PieceName, pack
from earmark.records.entries import Recording
from earmark.records.listeners import Listener
from earmark.records.vault import Vault
from earmark.signal.calls import DEPTH, RATE, SEGMENT_MS, SLOT_MS

LATEST_S = 0.25
PIECE_FRAMES = 60


@dataclass(frozen=True)
class Turn:
    """What one member says: sound at 48 kHz, shape (1, samples), from a moment of the call on."""

    speaker: str
    sound: Sound = field(repr=False)
    start_s: float = 0.0

    @property
    def segments(self) -> int:
        return int(self.sound.shape[1] * 1000 // (RATE * SEGMENT_MS))


@dataclass(frozen=True)
class Call:
    """A call that was held, with what was said in it in both variants."""

    vault: Vault
    recording: Recording
    turns: Sequence[Turn]
    keys: Sequence[bytes]

    @cached_property
    def book(self) -> Codebook:
        seed = self.vault.calls.codes(self.recording.id).bias_seed
        call = self.recording
        return Codebook(call.id.encode(), seed, call.coalition, call.segments, call.detector)

    @cached_property
    def secrets(self) -> Mapping[str, bytes]:
        return self.vault.calls.secrets(self.recording.id, "deal")

    @cached_property
    def variants(self) -> list[tuple[Sound, Sound]]:
        return [rendered(turn.sound, key) for turn, key in zip(self.turns, self.keys, strict=True)]

    def bits(self, listener: str, stream: int) -> Bits:
        """Return which variants of a stream were dealt to a listener."""
        numbers = self.vault.calls.streams(self.recording.id)[stream].segments()[: self.turns[stream].segments]
        bits: Bits = self.book.bits([self.secrets[listener]], np.array(numbers))[0]
        return bits

    def stream(self, listener: str, stream: int) -> Sound:
        """Return what a listener hears of one stream, whole segments only; shape (samples,)."""
        which = np.repeat(self.bits(listener, stream), RATE * SEGMENT_MS // 1000)
        first, second = (variant[0, : which.size] for variant in self.variants[stream])
        heard: Sound = np.where(which, second, first).astype(np.float32)
        return heard

    def heard(self, listener: str, *, late: bytes = b"", every_s: tuple[float, float] = APART_S) -> Sound:
        """Return what a listener hears of the call, their own voice aside; shape (1, samples).

        What is ``late`` by the same word is late by the same time; by the listener's name if there is none. Between two
        moments that a jitter buffer leaves out or repeats lie ``every_s`` seconds, from the least to the most.
        """
        length = max(turn.start_s + turn.sound.shape[1] / RATE for turn in self.turns)
        mix = np.zeros(round((length + 1) * RATE), np.float32)
        for number, turn in enumerate(self.turns):
            if turn.speaker != listener:
                rng = np.random.default_rng([number, *(late or listener.encode())])
                sound = buffered(self.stream(listener, number), rng, every_s)
                start = round((turn.start_s + rng.uniform(0.02, LATEST_S)) * RATE)
                mix[start : start + sound.size] += sound[: mix.size - start]
        mix /= max(1.0, float(np.abs(mix).max()) / 0.9)
        return mix[None]


def keep(vault: Vault, call_id: str, stream: int, speaker: str, sound: Sound) -> None:
    """Keep what a speaker says in a stream, as their page does."""
    key = X25519PublicKey.from_public_bytes(vault.calls.keep_speech(call_id, stream).public_key)
    frames = coded(sound)
    for number, start in enumerate(range(0, len(frames), PIECE_FRAMES)):
        name = PieceName(call_id, speaker, stream, number)
        sealed = SUITE.encrypt(pack(start, frames[start : start + PIECE_FRAMES]), key, info=name.seal_info)
        signature = Member(speaker).device.sign(name.signed_text(sealed))
        vault.calls.add_speech(call_id, stream, number, Piece(sealed, signature))


def hold(
    vault: Vault,
    clock: Clock,
    turns: Sequence[Turn],
    people: Iterable[str],
    *,
    title: str = "Board",
    keepers: Iterable[str] = (),
    later: Iterable[str] = (),
    **receipts: str,
) -> Call:
    """Hold a call in a vault, whose clock this is.

    Args:
        vault: keeps it.
        clock: the vault's.
        turns: what is said.
        people: who listens.
        title: of the call.
        keepers: who of the speakers keeps what they say.
        later: who is invited when the others are in.
        receipts: what is otherwise than it should be in the receipts.
    """
    ids = list(dict.fromkeys([*people, *(turn.speaker for turn in turns)]))
    call = vault.calls.create(
        NewCall(title=title, detector=DETECTOR, depth=DEPTH, slot_ms=SLOT_MS, segment_ms=SEGMENT_MS),
        [Listener(one) for one in ids],
    )
    for one in ids:
        Member(one).join(vault, call.id, **receipts)
    for one in later:
        vault.calls.add_people(call.id, [Listener(one)])
        Member(one).join(vault, call.id, **receipts)
    keys = [hashlib.sha256(f"{call.id} {number}".encode()).digest() for number in range(len(turns))]
    started, streams = clock.now, []
    for turn, key in sorted(zip(turns, keys, strict=True), key=lambda one: one[0].start_s):
        clock.wait(turn.start_s - (clock.now - started).total_seconds())
        streams.append((vault.calls.open_stream(call.id, turn.speaker, key), turn))
        for _ in range(-(-turn.segments // BLOCK_SEGMENTS)):
            vault.calls.open_block(call.id, streams[-1][0])
        if turn.speaker in keepers:
            keep(vault, call.id, streams[-1][0], turn.speaker, turn.sound)
    ends = sorted((turn.start_s + turn.segments * SEGMENT_MS / 1000, stream, turn) for stream, turn in streams)
    for end, stream, turn in ends:
        clock.wait(max(0.0, end - (clock.now - started).total_seconds()))
        vault.calls.close_stream(call.id, stream, turn.segments)
    vault.calls.end(call.id)
    order = sorted(range(len(turns)), key=lambda place: turns[place].start_s)
    return Call(vault, vault.recording(call.id), [turns[place] for place in order], [keys[place] for place in order])


def in_turns(voices: Mapping[str, Sound], *, seconds: float, turn_s: float = 5.0, overlap_s: float = 1.0) -> list[Turn]:
    """Return streams as long as the call in which one voice speaks after the other, a little into each other.

    Args:
        voices: sound at 48 kHz of each speaker, shape (1, samples), as long as the call at least.
        seconds: length of the call.
        turn_s: how long each speaks at a time.
        overlap_s: by how much each goes on while the next one speaks.
    """
    time = np.arange(round(seconds * RATE)) / RATE
    turns = []
    for place, (speaker, voice) in enumerate(voices.items()):
        phase = (time - place * turn_s) % (len(voices) * turn_s)
        speaks = phase < turn_s + overlap_s
        hush = np.convolve(speaks, np.ones(960) / 960, mode="same")
        turns.append(Turn(speaker, (voice[:, : time.size] * hush + 1e-5).astype(np.float32)))
    return turns


def made_up(names: Sequence[str], seconds: float) -> dict[str, Sound]:
    """Return voices that need no recording."""
    return {name: speech(seconds, rate=RATE, seed=50 + number) for number, name in enumerate(names)}
