"""Verifying leaks of calls: what each speaker said is compared with what they have kept, or with the mark alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from earmark.api.comparing import compared_together
from earmark.api.error_rates import ErrorRate, error_rate, error_rates
from earmark.api.finding import Strand
from earmark.api.progress import Progress
from earmark.api.timelines import Account, SpeakerCompared, StretchTimes
from earmark.errors import MediaError
from earmark.records.calls.entries import CallRecord, Stream
from earmark.records.calls.speech import Spoken
from earmark.records.vault import Vault
from earmark.signal.stretches import Stretch

GAP_S = 0.1

NETWORK = (
    "what a network has lost for half a second and more looks as if it were cut out, and several copies mixed into one "
    "as if words had been replaced: “earmark trace” tells if there are several"
)


def require_no_original(original: Path | None) -> None:
    """Raise a MediaError where somebody has an original of a call."""
    if original is not None:
        raise MediaError(
            f"{original} is not what the leak is of: that is a call, and a call has no original",
            "Leave --original out: what speakers have kept of their words is in the vault.",
        )


@dataclass(frozen=True)
class Voice:
    """A stream of a call that is in a leak.

    Attributes:
        stream: it.
        spoken: what its speaker has kept; None where they did not want that.
        line: what the leak is where it is about them, in order.
    """

    stream: Stream
    spoken: Spoken | None
    line: Sequence[Stretch]

    @property
    def kept(self) -> bool:
        """Whether there was anything to compare it with but the mark."""
        return bool(self.spoken and self.spoken.frames)


def account_of_call(vault: Vault, leak: Path, strands: Sequence[Strand], progress: Progress) -> Account:
    """Compare a leak with the call that is in it.

    Args:
        vault: has the call.
        leak: the leak.
        strands: of the streams that were found in it.
        progress: told about the stages "opening" and "comparing".

    Raises:
        VaultError: what a speaker has kept is not what the ledger says.
    """
    call = vault.calls.get(strands[0].track.recording_id)
    progress("opening", 0.0)
    streams = [call.streams[strand.track.stream or 0] for strand in strands]
    spoken = [vault.calls.speech(call.recording.id, stream.number, "verify") for stream in streams]
    kept = {stream.number: one.frames for stream, one in zip(streams, spoken, strict=True) if one is not None}
    together = compared_together(leak, strands, kept, progress)
    voices = [Voice(*one) for one in zip(streams, spoken, together.lines, strict=True)]
    return Account(
        recording=call.recording,
        with_original=any(voice.kept for voice in voices),
        stretches=tuple(stretches(call, voices, together.seconds)),
        edits_s=together.edits,
        error_rates=tuple(rates(voices)),
        notes=tuple(notes(voices)),
        speakers=tuple(compared(voice) for voice in voices),
    )


def compared(voice: Voice) -> SpeakerCompared:
    """Return what a speaker's words were compared with."""
    stream = voice.stream
    return SpeakerCompared(stream.speaker_id, stream.number, "mark and original" if voice.kept else "mark")


def rates(voices: Sequence[Voice]) -> Iterator[ErrorRate]:
    """Yield how often statements like these were wrong: against what was kept, by the mark alone, or both."""
    for with_original in (True, False):
        if any(voice.kept == with_original for voice in voices):
            yield from error_rates(with_original=with_original, kind="call")


def notes(voices: Sequence[Voice]) -> Iterator[str]:
    """Yield what is worth knowing."""
    alone = sorted({voice.stream.speaker_id for voice in voices if not voice.kept})
    if alone:
        yield f"nothing was kept of what {' and '.join(alone)} said: edits of a word or two in it go unseen"
    for voice in voices:
        if voice.spoken is not None and voice.spoken.unreadable:
            yield f"{voice.spoken.unreadable} pieces of what {voice.stream.speaker_id} has kept make no sense"
    yield NETWORK


def stretches(call: CallRecord, voices: Sequence[Voice], seconds: float) -> list[StretchTimes]:
    """Return the stretches of all speakers, and where nothing can be said of anybody, in the order of the leak."""
    told = [one for voice in voices for one in stretches_of(call, voice)]
    wrong = max((one.share for one in rates(voices) if one.state == "too degraded to say"), default=None)
    told += nobody(told, seconds, wrong)
    return sorted(told, key=lambda one: (one.leak_start_s, one.leak_end_s, one.speaker or ""))


def stretches_of(call: CallRecord, voice: Voice) -> Iterator[StretchTimes]:
    """Yield what is said of one speaker, with places that count from the call's start."""
    for one in voice.line:
        start, end = span(call, voice.stream, one)
        placed = one.recording_start_s is not None
        times = {"recording_start_s": start if placed else None, "recording_end_s": end if placed else None}
        wrong = error_rate(one.state, with_original=voice.kept, kind="call")
        yield StretchTimes(**vars(one) | times, error_rate=wrong, speaker=voice.stream.speaker_id)


def span(call: CallRecord, stream: Stream, stretch: Stretch) -> tuple[float, float]:
    """Return from when to when in the call a stretch of a stream was said; in seconds."""
    segment_s = call.recording.segment_ms / 1000
    started = call.started_at or stream.opened_at
    start, end = (
        (stream.time_of((at or 0.0) / segment_s, segment_s) - started).total_seconds()
        for at in (stretch.recording_start_s, stretch.recording_end_s)
    )
    return start, max(start, end)


def nobody(told: Sequence[StretchTimes], whole: float, wrong: float | None = None) -> Iterator[StretchTimes]:
    """Yield the parts of a leak of which nothing is told; ``wrong`` says how often that is so."""
    at = 0.0
    for start, end in [*sorted((one.leak_start_s, one.leak_end_s) for one in told), (whole, whole)]:
        if start - at > GAP_S:
            yield StretchTimes("too degraded to say", at, start, None, None, None, 0.0, wrong)
        at = max(at, end)
