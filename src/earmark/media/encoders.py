"""The encoders a copy can be made with, and how each is set.

Only those are listed whose files come back with every sample where it was. Vorbis is not among them: FFmpeg's own
encoder is experimental, knows stereo only, and ends the whole process on some pure tones.

Settings were measured with FFmpeg 8 on speech at 48 kHz: the ``fast`` coder of AAC is twice as fast as the default and
nearer to the original at every rate, LAME's level 7 is twice as fast as its default at the same distance, Opus'
level 5 one and a half times.
"""

from dataclasses import dataclass, field

from earmark.media.samples import SampleFormat

# 7.1 and what else must be told apart has names; a file that names no layout gets the usual one.
USUAL_LAYOUT = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
# The same loudspeakers in the same order under another name, for encoders that know only one of them.
SAME_ORDER = {"5.1(side)": "5.1", "5.0(side)": "5.0", "7.1(wide-side)": "7.1(wide)"}


@dataclass(frozen=True)
class Encoder:
    """One of FFmpeg's encoders.

    Attributes:
        name: FFmpeg's name of the encoder.
        frame: packed sample format it is fed with; where ``s16``, deeper sound is fed as ``s32``.
        rates: sampling rates it takes, ascending; empty for any.
        channels: numbers of channels it takes.
        layouts: layouts it takes where it is choosy; empty for any.
        options: its settings.
        floor: bit/s per channel below which speech at 32 kHz or more is poor; 0 for lossless.
        ceiling: bit/s per channel it can at most use; 0 for lossless.
        steps: the only bit rates it knows, ascending; empty for any.
        levels: (bit rate, factor), descending: how far sound is turned down from that bit rate on.
    """

    name: str
    frame: str
    rates: tuple[int, ...] = ()
    channels: tuple[int, ...] = tuple(range(1, 9))
    layouts: frozenset[str] = frozenset()
    options: dict[str, str] = field(default_factory=dict, hash=False)
    floor: int = 0
    ceiling: int = 0
    steps: tuple[int, ...] = ()
    levels: tuple[tuple[int, float], ...] = ()

    @property
    def lossless(self) -> bool:
        """Whether every sample is kept."""
        return self.floor == 0

    def rate_for(self, rate: int) -> int:
        """Return the rate to encode sound of ``rate`` Hz at: itself, the next above, or the highest of its family."""
        if not self.rates or rate in self.rates:
            return rate
        above = [known for known in self.rates if known > rate]
        family = [known for known in self.rates if rate % known == 0 and known >= 44_100]
        return above[0] if above else (family or list(self.rates))[-1]

    def layout_for(self, layout: str, channels: int) -> str | None:
        """Return the name under which the encoder takes ``layout``; None if it does not."""
        if channels not in self.channels:
            return None
        named = USUAL_LAYOUT[channels] if layout.endswith(" channels") else layout
        if not self.layouts or named in self.layouts:
            return named
        akin = SAME_ORDER.get(named)
        return akin if akin in self.layouts else None

    def bit_rate_for(self, wanted: int | None, rate: int, channels: int) -> int | None:
        """Return the bit rate in bit/s: what is ``wanted``, but neither poor nor more than the encoder can do."""
        if self.lossless:
            return None
        width = channels if channels == 1 else 0.75 * channels  # channels are alike; two need less than twice
        floor = int(self.floor * width * min(1.0, rate / 32_000))
        bits = max(floor, wanted or 3 * floor // 2)
        bits = min(bits, self.ceiling * channels)
        if not self.steps:
            return bits
        steps = [step for step in self.steps if rate >= 32_000 or step <= MOST_BELOW_32K]
        return next((step for step in steps if step >= bits), steps[-1])

    def level_for(self, bit_rate: int | None) -> float:
        """Return what sound must be multiplied with so that it comes back as loud as it was."""
        return next((1 / level for rate, level in self.levels if bit_rate is not None and bit_rate >= rate), 1.0)

    def samples(self, bits: int, *, is_float: bool) -> SampleFormat:
        """Return how sound of ``bits`` bits is fed to the encoder."""
        deep = self.frame == "s16" and (bits > 16 or is_float)
        return SampleFormat.of_frame("s32" if deep else self.frame, 24 if deep else bits)


MP3_STEPS = tuple(1000 * k for k in (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320))
MOST_BELOW_32K = 160_000  # of MPEG-2 and 2.5 layer III
# LAME turns sound down (by 0.45 dB at 128 kb/s) and FFmpeg offers no way to tell it not to.
LAME_LEVELS = ((256_000, 1.0), (224_000, 0.98), (192_000, 0.97), (0, 0.95))
MPEG_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
OPUS_LAYOUTS = frozenset({"mono", "stereo", "3.0", "quad", "5.0", "5.1", "6.1", "7.1"})
ALAC_LAYOUTS = frozenset({"mono", "stereo", "3.0", "4.0", "5.0", "5.1", "7.1(wide)"})

ENCODERS = {
    "aac": Encoder(
        "aac", "flt", (*MPEG_RATES, 64000, 88200, 96000), options={"aac_coder": "fast"}, floor=64_000, ceiling=288_000
    ),
    "mp3": Encoder(
        "libmp3lame",
        "flt",
        MPEG_RATES,
        (1, 2),
        options={"compression_level": "7"},
        floor=64_000,
        ceiling=320_000,
        steps=MP3_STEPS,
        levels=LAME_LEVELS,
    ),
    "opus": Encoder(
        "libopus",
        "flt",
        (8000, 12000, 16000, 24000, 48000),
        layouts=OPUS_LAYOUTS,
        options={"compression_level": "5"},
        floor=40_000,
        ceiling=256_000,
    ),
    "flac": Encoder("flac", "s16", options={"compression_level": "3"}),
    "alac": Encoder("alac", "s16", layouts=ALAC_LAYOUTS),
}


def encoder_of(codec: str) -> Encoder | None:
    """Return the encoder for FFmpeg's codec ``codec``; None where there is none that is exact."""
    pcm = SampleFormat.of_pcm(codec)
    if pcm is None:
        return ENCODERS.get(codec)
    frame = {"float": "flt" if pcm.bits <= 32 else "dbl", "unsigned": "u8"}.get(pcm.kind, "s16")
    return Encoder(codec, frame if pcm.bits == 8 or pcm.kind == "float" or pcm.bits <= 16 else "s32")
