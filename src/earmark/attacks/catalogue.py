"""All effects there are, by name."""

from earmark.attacks import coding, denoising, editing, mixing, rooms, shaping, timing
from earmark.attacks.amounts import Span, shown
from earmark.attacks.drawing import Drawing, Drawn, Effect, Measured, Plain
from earmark.attacks.kinds import Kind, coded, drawn, measured, plain, worded
from earmark.attacks.sndfile import Gsm, Vorbis
from earmark.attacks.sound import Sound
from earmark.errors import UsageError

RATIO = Span(-60, 100, "dB", usual=20)
HERTZ = Span(20, 20_000, "Hz")
PERCENT = Span(-50, 100, "%")


def room(text: str) -> Effect:
    """Return the effect of any room, or of one with a reverberation time."""
    if not text:
        return Drawn(rooms.any_room)
    return Measured(rooms.in_a_room, Span(0.05, 10, "s", usual=0.4).parse("room", text))


def band(text: str) -> Effect:
    """Return the effect of two limits."""
    low, _, high = text.partition("-")
    below, above = HERTZ.number("band", high), HERTZ.number("band", low)
    if below <= above:
        raise UsageError(f"nothing would be left of the band {shown(text)}", "Such as band:300-3400.")

    def limited(sound: Sound, drawing: Drawing) -> Sound:
        return shaping.lowpass(shaping.highpass(sound, drawing, above), drawing, below)

    return Drawn(limited)


def unchanged(sound: Sound) -> Sound:
    """Return ``sound`` as it is."""
    return sound


CODECS = (
    coded("mp3:64k", "MP3 (LAME), 8k to 320k; below 48k at 22,050 Hz", coding.MP3.at, Span(8, 320, "k")),
    coded("aac:64k", "AAC, 12k to 320k; below 48k at 32,000 Hz", coding.AAC.at, Span(12, 320, "k")),
    coded("opus:16k", "Opus, 6k to 256k", coding.OPUS.at, Span(6, 256, "k")),
    coded("vorbis:48k", "Vorbis, near 40k to 240k; needs libsndfile", Vorbis, Span(40, 240, "k")),
    coded(
        "amr:12.2k", "AMR, a mobile telephone's codec, 4.75k to 12.2k at 8 kHz", coding.AMR.at, Span(4.75, 12.2, "k")
    ),
    worded("gsm", "GSM 6.10, the first mobile telephones' codec, 13 kb/s; needs libsndfile", {"": Gsm()}),
    worded("g711", "a telephone's µ-law at 8 kHz; g711:a for A-law", coding.G711),
    worded("g722", "a conference telephone's codec, 64 kb/s at 16 kHz", {"": coding.G722}),
    worded("g723", "an early Internet telephone's codec, 6.3 kb/s at 8 kHz", {"": coding.G723}),
    worded("g726", "a cordless telephone's codec at 8 kHz, 32 kb/s; g726:16k, 24k or 40k", coding.G726),
    measured("resample:8000", "resampled to 4,000 to 96,000 Hz and back", shaping.resample, Span(4_000, 96_000, "Hz")),
)
SOUNDS = (
    measured("white:20", "white noise, 20 dB below it", mixing.white, RATIO),
    measured("noise:20", "background noise, 20 dB below it", mixing.background("noise"), RATIO),
    measured("talk:0", "another talker, as loud as it; talk:-6 is louder", mixing.background("talk"), RATIO),
    measured("music:0", "music, as loud as it", mixing.background("music"), RATIO),
    Kind("room", "room, room:0.4", "played in a room; with a reverberation time (RT60) of 0.4 s", room),
    drawn("loudspeaker", "played through a small loudspeaker", rooms.loudspeaker),
)
SHAPES = (
    measured("lowpass:4000", "nothing above 4 kHz", shaping.lowpass, HERTZ),
    measured("highpass:300", "nothing below 300 Hz", shaping.highpass, HERTZ),
    Kind("band", "band:300-3400", "nothing outside of 300 to 3,400 Hz", band),
    measured(
        "equaliser:9", "five bands anywhere, up to 9 dB up or down", shaping.equaliser, Span(0, 30, "dB", usual=9)
    ),
    plain("agc", "automatic gain: all of it at full level", shaping.automatic_gain),
    plain("compressor", "compressor and limiter, as radio stations have them", shaping.compressor),
    worded(
        "denoise",
        "noise suppression: RNNoise (needs pyrnnoise); denoise:fft by FFmpeg",
        {"": Plain(denoising.denoise), "fft": Plain(denoising.subtracted)},
    ),
    plain("left", "the first channel only", shaping.left),
    plain("right", "the second channel only", shaping.right),
    plain("polarity", "every sample's sign turned", shaping.polarity),
)
TIMES = (
    measured("speed:5", "5 % faster, higher in pitch; -50 to 100", timing.speed, PERCENT, in_step=False),
    measured("tempo:5", "5 % faster at the same pitch; -50 to 100", timing.tempo, PERCENT, in_step=False),
    measured("drift:100", "by a clock 100 ppm fast", timing.drift, Span(-20_000, 20_000, "ppm"), in_step=False),
    measured(
        "jitter:120",
        "periods left out and repeated as by a jitter buffer, never off by more than 120 ms",
        timing.jitter,
        Span(15, 2_000, "ms", usual=120),
        in_step=False,
    ),
    Kind(
        "cuts",
        "cuts:1.5, cuts:1.5:20",
        "pieces of 1.5 to 3 s in another order; 20 s of them in all",
        editing.Cuts.parse,
        in_step=False,
    ),
    plain("nopauses", "pauses taken out", editing.no_pauses, in_step=False),
)
CATALOGUE: dict[str, Kind] = {
    kind.name: kind for kind in (plain("clean", "nothing", unchanged), *CODECS, *SOUNDS, *SHAPES, *TIMES)
}
