"""Evidence made on the spot: a codebook, a leak of it, and whoever it names."""

from dataclasses import dataclass, field
from math import log

import numpy as np
from numpy.typing import NDArray

from earmark.cases.chance import every
from earmark.cases.evidence import Accusation, Decoder, Evidence, Innocents
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
from earmark.codes.grounds import Case, grounds
from earmark.records.calls.entries import effective_secret

RECORDING = "r-abcdefgh"
CALL = "call-abcdefgh"
STREAMS = (StreamFacts(stream=0, speaker="sam", blocks=(0,)), StreamFacts(stream=2, speaker="tia", blocks=(1, 3)))
BLOCK = 1024
LIMIT = 1e-6


@dataclass(frozen=True)
class Leaked:
    """A recording, its listeners, and which of them leaked.

    Attributes:
        segments: how many were heard, from number 20 on; of a call, half of them in each of two streams.
        leakers: the first so many listeners.
        listeners: how many there are.
        of_call: whether it is a call.
    """

    segments: int = 90
    leakers: int = 1
    listeners: int = 12
    seed: bytes = field(default=bytes(range(32)))
    of_call: bool = False

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

    def evidence(self, exhibit: bytes = b"exhibit", sha256: str = "ab" * 32) -> Evidence:
        """Return what names the leakers."""
        heard, speaker = self.heard, "sam" if self.of_call else None
        book = Codebook(self.recording.encode(), self.seed, 4, self.all_segments)
        bits = book.bits(list(self.effective.values()), heard)
        level = 2 * bits[: self.leakers].mean(axis=0) - 1 if self.leakers else np.zeros(self.segments)
        soft = 3 * level + np.random.default_rng(self.segments).standard_normal(self.segments)
        amplitude = np.full(self.segments, 3.0)
        bank = fit_bank(soft, amplitude, book.biases(heard))
        found = grounds(Case(book.biases(heard), bank, self.listeners, 1.0, LIMIT), bits[: self.leakers])
        accusations = tuple(
            Accusation(
                listener=self.ids[one.index],
                decoder=next(place for place, decoder in enumerate(bank) if decoder is one.decoder),
                companions=tuple(self.ids[other] for other in one.companions),
                scores=tuple(one.scores.tolist()),
                deficit=one.deficit,
                tail_log10=one.log_tail / log(10),
                price_log10=one.log_price / log(10),
                bound_log10=one.log_bound / log(10),
            )
            for one in found
        )
        step = every(self.segments)
        scores = np.array(accusations[0].scores[::step]) if accusations else np.zeros(0)
        others = bits[len(accusations) :, ::step]
        deficits = sorted((np.maximum(scores, 0).sum() - others @ scores).tolist()) if accusations else []
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
                call=CallFacts(slot_ms=20, streams=STREAMS) if self.of_call else None,
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
            heard=Heard(
                segments=tuple(heard.tolist()),
                soft=tuple(soft.tolist()),
                amplitude=tuple(amplitude.tolist()),
                thresholds=tuple(book.thresholds[heard].tolist()) if accusations else (),
                share=1.0,
            ),
            listeners=self.listeners,
            bank=tuple(
                Decoder(
                    strategy=decoder.strategy.name,
                    colluders=decoder.strategy.colluders,
                    weight=decoder.weight,
                    depths=min(3, decoder.strategy.colluders),
                )
                for decoder in bank
            )
            if accusations
            else (),
            accusations=accusations,
            innocents=Innocents(every=step, deficits=tuple(deficits)) if accusations else None,
            more_needed_s=None if accusations else 4.0,
        )
