"""Evidence made on the spot: a codebook, a leak of it, and whoever it names."""

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from math import log

import numpy as np
from numpy.typing import NDArray

from earmark.cases.chance import every
from earmark.cases.evidence import Accusation, Attempt, Decoder, Evidence, Innocents
from earmark.cases.facts import (
    CallFacts,
    ExhibitFacts,
    GridFacts,
    Heard,
    Passage,
    RecordingFacts,
    StreamFacts,
    Stretch,
)
from earmark.codes.biases import RULES
from earmark.codes.codebook import Codebook
from earmark.codes.decoders import fit_bank
from earmark.codes.grounds import Case, Grounds, grounds
from earmark.records.calls.entries import effective_secret

RECORDING = "r-abcdefgh"
CALL = "call-abcdefgh"
STREAMS = (StreamFacts(stream=0, speaker="sam", blocks=(0,)), StreamFacts(stream=2, speaker="tia", blocks=(1, 3)))
BLOCK = 1024
LIMIT = 1e-6
TRACKS = 5


@dataclass(frozen=True)
class Leaked:
    """A recording, its listeners, and which of them leaked.

    Attributes:
        segments: how many were heard, from number 20 on; of a call, half of them in each of two streams.
        leakers: the first so many listeners.
        listeners: how many there are.
        of_call: whether it is a call.
        parted: whether the first stream of that is of the last leaker's copy alone, since the first one speaks in it.
    """

    segments: int = 90
    leakers: int = 1
    listeners: int = 12
    seed: bytes = field(default=bytes(range(32)))
    of_call: bool = False
    parted: bool = False

    @property
    def recording(self) -> str:
        return CALL if self.of_call else RECORDING

    @property
    def nonces(self) -> dict[str, bytes]:
        return {name: (number + 7).to_bytes(2, "big") * 16 for number, name in enumerate(self.ids)}

    @property
    def heard(self) -> NDArray[np.int64]:
        heard = np.arange(20, 20 + self.segments)
        return np.where(np.arange(self.segments) < self.segments // 2, heard, heard + 3 * BLOCK * self.of_call)

    @property
    def all_segments(self) -> int:
        return 4 * BLOCK if self.of_call else 200 + self.segments

    @property
    def ids(self) -> list[str]:
        return [f"listener{number:02}" for number in range(self.listeners)]

    @property
    def secrets(self) -> dict[str, bytes]:
        return {name: (number + 1).to_bytes(2, "big") * 16 for number, name in enumerate(self.ids)}

    @property
    def effective(self) -> dict[str, bytes]:
        if not self.of_call:
            return self.secrets
        return {name: effective_secret(secret, self.nonces[name]) for name, secret in self.secrets.items()}

    @property
    def book(self) -> Codebook:
        return Codebook(self.recording.encode(), self.seed, 4, self.all_segments)

    @cached_property
    def soft(self) -> NDArray[np.float64]:
        """What is heard: the average of the leakers' copies."""
        bits = self.book.bits(list(self.effective.values()), self.heard)[: max(1, self.leakers)]
        level = 2 * bits.mean(axis=0) - 1 if self.leakers else np.zeros(self.segments)
        if self.parted:
            level = np.where(self.heard < BLOCK, 2.0 * bits[-1] - 1, level)
        noise: NDArray[np.float64] = np.random.default_rng(self.segments).standard_normal(self.segments)
        return 3 * level + noise

    @property
    def attempts(self) -> list[tuple[tuple[int, ...] | None, NDArray[np.intp], float]]:
        """What is put to the codebook: which streams, where their segments are in what was heard, and the share."""
        everything = np.arange(self.segments)
        if not self.of_call:
            return [(None, everything, 1.0)]
        first = np.flatnonzero(self.heard < BLOCK)
        last = np.flatnonzero(self.heard >= BLOCK)
        return [((0, 2), everything, 0.8), ((0,), first, 0.1), ((2,), last, 0.1)]

    @property
    def amplitude(self) -> NDArray[np.float64]:
        """What is heard should reach that."""
        return np.full(self.segments, 3.0)

    def case(self, which: NDArray[np.intp], share: float) -> Case:
        heard, amplitude = self.heard[which], self.amplitude[which]
        biases = self.book.biases(heard)
        bits = self.book.bits(list(self.effective.values())[: self.leakers], heard)
        return Case(biases, fit_bank(self.soft[which], amplitude, biases), self.listeners, 1 / share, LIMIT, bits)

    def evidence(self, exhibit: bytes = b"exhibit", sha256: str = "ab" * 32) -> Evidence:
        """Return what names the leakers."""
        speaker = "sam" if self.of_call else None
        cases = [self.case(which, share) for _, which, share in self.attempts]
        found = grounds(cases)
        chosen = list(dict.fromkeys(one.case for one in found))
        accusations = tuple(
            Accusation(
                listener=self.ids[one.index],
                attempt=chosen.index(one.case),
                decoder=next(place for place, bank in enumerate(cases[one.case].decoders) if bank is one.decoder),
                companions=tuple(self.ids[other] for other in one.companions),
                scores=tuple(one.scores.tolist()),
                deficit=one.deficit,
                tail_log10=one.log_tail / log(10),
                price_log10=one.log_price / log(10),
                bound_log10=one.log_bound / log(10),
            )
            for one in found
        )
        named = {one.index for one in found}
        return Evidence(
            verdict="named" if accusations else "insufficient",
            family_wise=LIMIT,
            exhibit=ExhibitFacts(
                sha256=sha256, bytes=len(exhibit), name="leak.wav", seconds=0.06 * self.segments + 1, streams=1
            ),
            recording=RecordingFacts(
                id=self.recording,
                title="Briefing",
                input_sha256=None if self.of_call else "cd" * 32,
                seconds=(200 + self.segments) * 0.06,
                coalition=4,
                detector=RULES,
                grid=GridFacts(segment_ms=240 if self.of_call else 60, segments=self.all_segments),
                call=CallFacts(slot_ms=20, sought=3, streams=STREAMS) if self.of_call else None,
            ),
            passages=(
                Passage(
                    leak_start_s=0.5,
                    leak_end_s=0.5 + 0.06 * self.segments,
                    recording_start_s=1.2,
                    recording_end_s=1.2 + 0.06 * self.segments,
                    speed=1.0,
                    speaker=speaker,
                    chance_log10=-9.5,
                ),
            ),
            stretches=(
                Stretch(
                    state="found",
                    leak_start_s=0.5,
                    leak_end_s=0.5 + 0.06 * self.segments,
                    recording_start_s=1.2,
                    recording_end_s=1.2 + 0.06 * self.segments,
                    missing_s=0.0,
                    error_rate_log10=-9.5,
                    speaker=speaker,
                ),
            ),
            tracks=TRACKS,
            listeners=self.listeners,
            attempts=tuple(
                self.attempt(number, next((one for one in found if one.case == number), None), named)
                for number in chosen
            ),
            accusations=accusations,
            more_needed_s=None if accusations else 4.0,
        )

    def attempt(self, number: int, first: Grounds | None, named: Collection[int]) -> Attempt:
        """Return an attempt whose first name stands on some grounds; of None if it names nobody."""
        streams, which, share = self.attempts[number]
        heard, step = self.heard[which], every(len(which))
        bits = np.delete(self.book.bits(list(self.effective.values()), heard[::step]), list(named), axis=0)
        scores = np.zeros(0) if first is None else first.scores[::step].astype(int)
        return Attempt(
            heard=Heard(
                segments=tuple(heard.tolist()),
                soft=tuple(self.soft[which].tolist()),
                amplitude=tuple(self.amplitude[which].tolist()),
                thresholds=() if first is None else tuple(self.book.thresholds[heard].tolist()),
                share=share,
            ),
            streams=streams,
            bank=tuple(
                Decoder(
                    strategy=decoder.strategy.name,
                    colluders=decoder.strategy.colluders,
                    weight=decoder.weight,
                    depths=min(3, decoder.strategy.colluders),
                )
                for decoder in (() if first is None else self.case(which, share).decoders)
            ),
            innocents=None
            if first is None
            else Innocents(every=step, deficits=tuple(sorted((np.maximum(scores, 0).sum() - bits @ scores).tolist()))),
        )
